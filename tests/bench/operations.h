/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that tools/interference.py finds by their names. Interrupts are masked outside of them. */
#pragma once

#include "pv/timer.h"

#include <stdint.h>

/* Hypercalls: x0 to x5 as given. */
uint64_t operation_psci_version(uint64_t function);
uint64_t operation_doorbell(uint64_t function, uint64_t doorbell);
uint64_t operation_message_send(uint64_t function, uint64_t port, uint64_t m0, uint64_t m1, uint64_t m2,
				uint64_t m3, uint64_t zero0, uint64_t zero1);

/* Writes of a word to a register that traps. */
void operation_gicd_enable(uint64_t address, uint32_t value);
void operation_notify(uint64_t address, uint32_t value);

/* Until an interrupt has been taken. */
void operation_timer_spinning(uint64_t gicc);
void operation_timer_sleeping(uint64_t gicc);
void operation_sgi_self_v2(uint64_t gicc, uint64_t address, uint64_t value);
void operation_sgi_self_v3(uint64_t gicc, uint64_t address, uint64_t value);

void operation_pause(void); /* WFI, not counted */
void operation_finish(void); /* what follows is not counted */
void operation_finish_end(void);

/* From here on, another case. */
void operation_loaded(void);
void operation_loaded_end(void);

void operation_disk_read(void);
void operation_disk_read_end(void);
void operation_disk_reads(void);
void operation_disk_reads_end(void);

void operation_frame(void);
void operation_frame_end(void);
void operation_frames(void);
void operation_frames_end(void);

/* Sleep, the timer's interrupt being on and IRQs masked: the other cores go on meanwhile. */
static inline void pause_for(uint64_t ticks)
{
	pv_timer_set(PV_TIMER_VIRTUAL, pv_timer_now() + ticks);
	while (!pv_timer_has_fired(PV_TIMER_VIRTUAL)) {
		operation_pause();
	}
	pv_timer_stop(PV_TIMER_VIRTUAL);
}
