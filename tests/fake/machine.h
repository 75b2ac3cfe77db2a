/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine for EL2 on the host: what include/arch asks for, kept in plain
 * variables that a test may look at and set. Link what is needed of:
 *
 *	tests/fake/system.c   system_config: a small system, every number of it odd on purpose
 *	tests/fake/cpu.c      arch/cpu.h, arch/barrier.h: CPUs, time, waiting
 *	tests/fake/gic.c      arch/irqchip.h: a memory model of GICD and GICR
 *	tests/fake/memory.c   arch/mmu.h: partition memory, loading, revocation
 *	tests/fake/uart.c     arch/uart.h: a UART with a transmit FIFO
 *
 *	tests/fake/begin.c    fake_begin(), for tests that link all of these
 *
 * Each has a fake_x_begin() that puts it back to power-on.
 */
#pragma once

#include "arch/cpu.h"
#include "arch/irqchip.h"
#include "hyp/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A fake was asked for something that EL2 must never do: say it and abort. */
_Noreturn void fake_die(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* ---- system.c ------------------------------------------------------------------ */

/*
 * Three partitions on CPUs 1..4 and 0; CPU 5 is not used.
 *
 *	index  name   id  vCPU -> CPU          SPIs            SPIs of ports
 *	0      alpha  10  0 -> 2, 1 -> 3, 2 -> 0  40 41 64 79  100
 *	1      beta   20  0 -> 1               42 65 80        101
 *	2      gamma  30  0 -> 4               43              102
 *
 * The console's SPI is 33. No CPU's redistributor (or GICv2 interface) and no
 * affinity equals its number. alpha may manage; its memory is at another address
 * than it believes; gamma has no console.
 */
enum { ALPHA, BETA, GAMMA, FAKE_N_PARTITIONS };
enum { FAKE_DISK, FAKE_NET, FAKE_N_VIRTUAL_DEVICES };
#define FAKE_N_CPUS        6u
#define FAKE_N_VCPUS       5u
#define FAKE_N_SPIS        96u
#define FAKE_CONSOLE_SPI   33u
#define FAKE_MEMORY_BYTES  UINT64_C(0x4000) /* of each partition */
#define FAKE_ALPHA_IPA     UINT64_C(0x40000000)
#define FAKE_ALPHA_PA      UINT64_C(0x50000000)
#define FAKE_BETA_PA       UINT64_C(0x60000000)
#define FAKE_GAMMA_PA      UINT64_C(0x70000000)
#define FAKE_WINDOW_PA     UINT64_C(0x7f000000)
#define FAKE_WINDOW_BYTES  UINT64_C(0x1000)
#define FAKE_DISK_PA       UINT64_C(0x7f100000) /* its window; the net device's is behind it */
#define FAKE_NET_PA        UINT64_C(0x7f180000)
#define FAKE_PAGES_PA      UINT64_C(0x7f200000) /* registers and state of disk, then of net */
#define FAKE_PAGES_BYTES   UINT64_C(0x4000)
#define FAKE_DISK_BYTES    UINT64_C(0x10000)
#define FAKE_NET_BYTES     UINT64_C(0x80000)
#define FAKE_ENTRY_OFFSET  UINT64_C(0x80)   /* behind the start of a partition's memory */
#define FAKE_DTB_OFFSET    UINT64_C(0x3000)
#define FAKE_IMAGE_BYTES   UINT64_C(0x1234)
#define FAKE_GICD          UINT64_C(0x08000000) /* as all guests see them */
#define FAKE_GICR          UINT64_C(0x080a0000)
#define FAKE_UART          UINT64_C(0x09000000)

/* The table, writable. EL2 knows it as the constant system_config. */
extern struct system_config fake_config __asm__("system_config");

/* The parts of it that tests change. */
extern struct cpu_config       fake_cpus[MAX_CPUS];
extern struct vcpu_config      fake_vcpus[MAX_CPUS];
extern struct partition_config fake_partitions[MAX_PARTITIONS];
extern uint32_t                fake_interrupts[MAX_PARTITIONS][INTID_WORDS];
extern struct mmio_config      fake_mmio[FAKE_N_PARTITIONS][4];
extern struct port_config      fake_ports[FAKE_N_PARTITIONS][4];
extern struct doorbell_config  fake_doorbells[FAKE_N_PARTITIONS][2];
extern struct message_channel_config fake_channels[2];
extern struct load_config      fake_loads[FAKE_N_PARTITIONS][2];
extern struct memory_config    fake_memories[FAKE_N_PARTITIONS][1];
extern struct region_config    fake_regions[5];
extern struct virtual_device_config fake_virtual_devices[FAKE_N_VIRTUAL_DEVICES];

/* The table as above, with that GIC; nothing else is touched. */
void fake_system_begin(enum gic_version version);

/*
 * Two virtual devices in it:
 *
 *	index  device  frontend (SPI)  backend (SPI), its number there
 *	0      disk    alpha (103)     beta (104), 0
 *	1      net     gamma (105)     alpha (106), 0
 *
 * The pages are memory at FAKE_PAGES_PA.
 */
void fake_system_share(void);

/* The table, and every part of the machine at power-on. */
void fake_begin(enum gic_version version);

/* A partition of n_vcpus vCPUs for the tests of limits: index 0, CPUs in falling order. */
void fake_system_wide(enum gic_version version, uint32_t n_vcpus);

/* ---- cpu.c ------------------------------------------------------------------------ */

/* The CPU that the calling thread is. */
extern _Thread_local uint32_t fake_cpu;
#define FAKE_NO_CPU UINT32_MAX /* it does not know yet */

/* What a CPU does instead of sleeping. NULL: a wait is an error, nothing could end it. */
extern void (*fake_on_wait)(void);
/* What it does inside a spin loop. NULL: a lock that is not free is an error. */
extern void (*fake_on_relax)(void);
/* At each barrier_before_device(), if not NULL: what others can see by then. */
extern void (*fake_on_barrier)(void);

extern uint64_t fake_now, fake_ticks_per_look; /* the clock, and its step at each look */
extern uint64_t fake_fault_va;
extern ipa_t    fake_fault_ipa, fake_walk_ipa; /* of a permission fault: the walk's */
extern bool     fake_walk_fails;
extern struct vcpu_registers fake_registers;
extern const char *fake_direct_is_wrong; /* cpu_check_direct_interrupts() */
extern int64_t  fake_cpu_start_result;
extern void   (*fake_on_cpu_start)(uint32_t cpu_id);

/* What EL2 did. */
struct fake_cpu_record {
	uint32_t n_undefined;    /* injected */
	uint32_t n_resets, n_binds, n_inits, n_starts;
	uint32_t n_barriers;     /* before device */
	const struct partition_config *bound_partition;
	const struct vcpu_config      *bound_vcpu;
};
extern struct fake_cpu_record fake_cpu_record[MAX_CPUS];
extern uint32_t fake_n_power_offs;

/* cpu_stop() and boot_refuse() do not return: run `statement` and say whether it ended so. */
extern jmp_buf fake_stop;
extern bool    fake_stop_is_expected;
#define FAKE_STOPS(statement)                                                          \
	(fake_stop_is_expected = true,                                                 \
	 setjmp(fake_stop) == 0 ? ((void)(statement), fake_stop_is_expected = false)   \
				: true)

void fake_cpu_begin(void);

/* ---- gic.c ------------------------------------------------------------------------- */

struct fake_banked { /* SGIs and PPIs of one CPU */
	uint32_t enabled, pending, active;
	uint32_t config[2];
	uint8_t  priority[32];
	uint8_t  sources[16]; /* GICv2: of pending SGIs, a bit a CPU interface */
	uint32_t n_kicks, n_cleans, n_opens;
	const uint32_t *cleaned_for; /* the interrupts of the last irqchip_clean_cpu() */
	bool     is_open;
	bool     is_kick_hidden; /* what irqchip_open_cpu() finds */
};

struct fake_gic {
	uint32_t enabled[INTID_WORDS], pending[INTID_WORDS], active[INTID_WORDS];
	uint32_t config[2 * INTID_WORDS];
	uint8_t  priority[32 * INTID_WORDS];
	uint8_t  targets[32 * INTID_WORDS];  /* GICv2 */
	uint64_t router[32 * INTID_WORDS];   /* GICv3 */
	struct fake_banked cpu[MAX_CPUS];
	uint32_t n_spis_reported;
	bool     write_is_pending;           /* GICD_CTLR.RWP, GICR_CTLR.RWP */
	uint32_t n_register_writes;          /* of any kind, by the vGIC's access functions */
	uint32_t last_sgi, last_sgi_cpus, n_sgis;
	uint32_t n_refused;
	uint32_t n_inits, n_cpu_inits;
	void   (*on_access)(void);           /* before each access by the vGIC */
};
extern struct fake_gic fake_gic;

#define FAKE_GICD_IIDR  0x0200143bu
#define FAKE_GICR_IIDR  0x0300143bu
#define FAKE_ID_WORD(offset) (0x1d000000u | (offset))

void fake_gic_begin(void);

/* Would the state of this CPU's interface end a wait for interrupt? */
bool fake_gic_would_wake(uint32_t cpu_id);

/* ---- memory.c ---------------------------------------------------------------------- */

struct fake_memory {
	uint32_t n_revokes[MAX_PARTITIONS], n_restores[MAX_PARTITIONS];
	bool     is_revoked[MAX_PARTITIONS];
	uint32_t n_begins, n_ends;    /* of loading */
	uint32_t n_icache;            /* invalidations since the last begin */
	uint64_t cleaned_bytes;
	uint64_t missing_base;        /* of FAKE_MEMORY_BYTES where the bus aborts; 0: none */
	uint64_t alias_from, alias_to; /* the memory at one is that at the other; 0: none */
};
extern struct fake_memory fake_memory;

/* The host's bytes behind a physical address of the fake system. */
unsigned char *fake_memory_at(uint64_t address);
void fake_memory_begin(void);

/* ---- uart.c -------------------------------------------------------------------------- */

#define FAKE_UART_UNLIMITED SIZE_MAX
extern size_t fake_uart_room;     /* characters it takes before it is full */
extern bool   fake_uart_interrupt;
extern uint32_t fake_uart_n_inits;

/* What has been sent since the last call of fake_uart_begin() or _forget(). */
const char *fake_uart_text(void);
void fake_uart_forget(void);
void fake_uart_type(const char *text);
void fake_uart_begin(void);
