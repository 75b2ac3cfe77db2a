/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/alarms.h"

#include "pv/hypercall.h"

void demo_alarms_open(struct demo_alarms *alarms, const struct pv_port_config *ports,
		      const struct pv_port_config *config)
{
	*alarms = (struct demo_alarms){ .is_open = false };
	if (config != NULL && config->kind == PV_PORT_MESSAGE &&
	    config->direction == PV_PORT_SOURCE) {
		alarms->is_open = true;
		alarms->port = (uint64_t)(config - ports);
	}
}

static enum pv_status send(const struct demo_alarms *alarms, const struct demo_alarm *alarm)
{
	uint64_t words[PV_MESSAGE_WORDS];

	_Static_assert(sizeof(words) == sizeof(*alarm), "an alarm is one register message");
	memcpy(words, alarm, sizeof(words));
	return pv_message_send(alarms->port, words);
}

unsigned int demo_alarms_flush(struct demo_alarms *alarms)
{
	unsigned int n_calls = 0;

	while (alarms->is_open && alarms->n_pending > 0) {
		enum pv_status status = send(alarms, &alarms->pending[alarms->first]);

		n_calls++;
		if (status == PV_FULL || status == PV_BUSY) {
			break; /* later */
		}
		if (status != PV_OK) {
			alarms->is_open = false; /* it would be refused for ever */
		}
		alarms->first = (alarms->first + 1) % DEMO_ALARMS_PENDING;
		alarms->n_pending--;
	}
	return n_calls;
}

void demo_alarms_raise(struct demo_alarms *alarms, const struct demo_alarm *alarm)
{
	alarms->sequence++;
	if (!alarms->is_open || alarms->n_pending == DEMO_ALARMS_PENDING) {
		alarms->n_dropped++;
		return;
	}

	uint32_t place = (alarms->first + alarms->n_pending) % DEMO_ALARMS_PENDING;

	alarms->pending[place] = *alarm;
	alarms->pending[place].sequence = alarms->sequence;
	alarms->n_pending++;
}
