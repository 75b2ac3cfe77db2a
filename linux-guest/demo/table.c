/* SPDX-License-Identifier: Apache-2.0 */
#include "linux-guest/demo/table.h"

#include "linux-guest/demo/exchange.h"
#include "linux-guest/pvctl/text.h"

#include <stdio.h>
#include <string.h>

#define LINE "------------------------------------------------------------------------"

static void row(const char *channel, const char *from, const char *to, uint64_t n, uint64_t n_lost,
		const char *note)
{
	printf("  %-9s %-9s %-9s %9llu %6llu  %s\n", channel, from, to, (unsigned long long)n,
	       (unsigned long long)n_lost, note);
}

static void figure(const char *what, uint64_t min_ns, uint64_t average_ns, uint64_t max_ns)
{
	char min[32], average[32], max[32];

	printf("  %-29s %11s %11s %11s\n", what, text_of_time(min_ns, min, sizeof(min)),
	       text_of_time(average_ns, average, sizeof(average)), text_of_time(max_ns, max, sizeof(max)));
}

void table_print(const struct exchange *exchange)
{
	const struct round_trips *trips = &exchange->round_trips;
	const struct demo_state *figures = &exchange->figures;
	char note[64], jitter[32];

	printf("\n  channel   from      to         messages   lost\n  %s\n", LINE);
	row("command", "linux", "motion", exchange->n_commands,
	    exchange->n_commands - exchange->n_replies, "");
	snprintf(note, sizeof(note), "%llu wrong", (unsigned long long)exchange->n_wrong);
	row("reply", "motion", "linux", exchange->n_replies, exchange->n_lost_replies, note);
	snprintf(note, sizeof(note), "%llu torn, %llu written meanwhile",
		 (unsigned long long)exchange->n_torn, (unsigned long long)exchange->written);
	row("state", "motion", "linux", exchange->n_states, 0, note);
	for (unsigned i = 0; i < exchange->n_senders; i++) {
		row("alarm", exchange->senders[i].name, "linux", exchange->senders[i].n,
		    exchange->senders[i].n_lost, "");
	}
	printf("  %s\n  %-29s %11s %11s %11s\n", LINE, "", "least", "average", "worst");
	if (trips->n > 0) {
		figure("command to reply, in Linux", trips->min_ns, trips->sum_ns / trips->n,
		       trips->max_ns);
	}
	if (figures->head.magic == DEMO_STATE_MAGIC) {
		figure("start of motion's period, late", figures->latency_min_ns,
		       figures->latency_avg_ns, figures->latency_max_ns);
		printf("  worst jitter of motion's loop %11s, %u periods of 1 ms missed\n",
		       text_of_time(figures->latency_max_ns - figures->latency_min_ns, jitter,
				    sizeof(jitter)), figures->n_missed);
	}
	printf("  %s\n", LINE);
}
