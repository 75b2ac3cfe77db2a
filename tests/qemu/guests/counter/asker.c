/* SPDX-License-Identifier: Apache-2.0 */
/* The frontend of counter.c: what it reads counts up, also behind a reset of the device. */
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/irq.h"
#include "pv/start.h"
#include "pv/virtio_rng.h"
#include "tests/qemu/guests/report.h"

#define N_ANSWERS 100u /* the slots and the ring come round */

static struct pv_rng_client client;

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

static uint32_t read_answer(unsigned char *bytes)
{
	uint32_t taken = 0;

	while (pv_rng_client_read(&client, bytes, PV_RNG_SLOT_BYTES, &taken) == PV_EMPTY) {
		if (pv_rng_client_wait_begin(&client)) {
			pv_wfi();
		}
		pv_rng_client_wait_end(&client);
		pv_irq_take_pending();
	}
	pv_rng_client_kick(&client);
	return taken;
}

/* The first byte may be any: what was under way at a reset is lost. */
static bool counts_up(void)
{
	unsigned char bytes[PV_RNG_SLOT_BYTES], next = 0;

	for (uint32_t n = 0; n < N_ANSWERS; n++) {
		if (read_answer(bytes) != sizeof(bytes)) {
			return false;
		}
		next = n == 0 ? bytes[0] : next;
		for (uint32_t i = 0; i < sizeof(bytes); i++) {
			if (bytes[i] != next++) {
				return false;
			}
		}
	}
	return true;
}

void guest_main(void)
{
	const struct pv_virtio_frontend_config *config = pv_virtio_frontend_find("counter", PV_VIRTIO_RNG);

	if (config == NULL || !pv_irq_attach_edge(config->interrupt, on_interrupt, NULL)) {
		pv_panic("no device \"counter\"");
	}
	for (uint32_t life = 1; life <= 2; life++) {
		report_equal((uint64_t)pv_rng_client_open(&client, config), PV_OK, "the device opens");
		pv_rng_client_kick(&client);
		report(counts_up(), "%u answers count up", N_ANSWERS);
	}
	report_done();
}
