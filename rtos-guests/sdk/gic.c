/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GICv2 and GICv3 as a guest sees them, behind one interface.
 *
 * Owns     the distributor's state of this partition's SPIs; handlers[].
 * Locks    handlers_lock for additions; bitmap registers are write-one, and
 *          byte registers one interrupt each, so they need none. ICFGR is
 *          read-modify-write: configure interrupts from one CPU at a time.
 * Spec     Arm IHI 0048 (GICv2), Arm IHI 0069 (GICv3).
 */
#include "pv/irq.h"

#include "rtos-guests/sdk/internal.h"

#include "pv/cpu.h"
#include "pv/mmio.h"
#include "pv/platform.h"

/* Distributor, and (GICv3) the same layout in each redistributor's SGI frame. */
#define GICD_CTLR       0x0000
#define GICD_TYPER      0x0004
#define GICD_IGROUPR    0x0080
#define GICD_ISENABLER  0x0100
#define GICD_ICENABLER  0x0180
#define GICD_ISPENDR    0x0200
#define GICD_ICPENDR    0x0280
#define GICD_ISACTIVER  0x0300
#define GICD_IPRIORITYR 0x0400
#define GICD_ITARGETSR  0x0800
#define GICD_ICFGR      0x0c00
#define GICD_SGIR       0x0f00
#define GICD_CPENDSGIR  0x0f10
#define GICD_SPENDSGIR  0x0f20
#define GICD_IROUTER    0x6000

#define GICD_CTLR_V2_ENABLE    1u
#define GICD_CTLR_V3_ENABLE_G1 (1u << 1)
#define GICD_CTLR_V3_ARE       (1u << 4)
#define GICD_CTLR_V3_RWP       (1u << 31)
#define GICD_TYPER_LINES       0x1fu
#define GICD_SGIR_OTHERS       (1u << 24)
#define GICD_SGIR_TARGET(cpu)  (1u << (16 + (cpu)))
#define ICFGR_EDGE             2u

#define GICR_FRAME_BYTES  0x20000u
#define GICR_CTLR         0x0000
#define GICR_TYPER        0x0008
#define GICR_WAKER        0x0014
#define GICR_SGI          0x10000
#define GICR_CTLR_RWP     (1u << 3)
#define GICR_TYPER_LAST   (1u << 4)
#define GICR_WAKER_SLEEP  (1u << 1)
#define GICR_WAKER_ASLEEP (1u << 2)

#define GICC_CTLR 0x0000
#define GICC_PMR  0x0004
#define GICC_BPR  0x0008
#define GICC_IAR  0x000c
#define GICC_EOIR 0x0010

#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_BPR1_EL1    S3_0_C12_C12_3
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_SGI1R_EL1   S3_0_C12_C11_5

#define SGI1R_OTHERS (UINT64_C(1) << 40)

/* The names above as one token each for the assembler. */
#define icc_read(name)          icc_read_(name)
#define icc_read_(name)         pv_sysreg_read(name)
#define icc_write(name, value)  icc_write_(name, value)
#define icc_write_(name, value) pv_sysreg_write(name, value)

#define N_INTIDS       1020u
#define N_PRIVATE      32u
#define ALL_PRIORITIES 0xffu
#define POLLS_MAX      1000000u /* of a busy bit, before we go on without it */

struct handler {
	uint32_t intid;
	pv_irq_handler *function;
	void *context;
};

static struct handler handlers[PV_IRQ_ATTACHED_MAX];
static uint32_t n_handlers;
static struct pv_lock handlers_lock;
static uint64_t redistributors[PV_MAX_CPUS];
/* SPIs whose target and priority were set: those a guest does not place go to CPU 0. */
static uint32_t is_targeted[N_INTIDS / 32 + 1];

static bool is_v3(void)
{
	return pv_platform()->gic_version == 3;
}

/* Where the registers of an interrupt are: GICv3 keeps SGIs and PPIs in the redistributor. */
static uint64_t frame_of(uint32_t intid)
{
	if (is_v3() && intid < N_PRIVATE) {
		return redistributors[pv_this_cpu()->number] + GICR_SGI;
	}
	return pv_platform()->gicd;
}

static uint64_t bitmap_word(uint32_t intid, uint32_t offset)
{
	return frame_of(intid) + offset + intid / 32 * 4;
}

static uint32_t bitmap_bit(uint32_t intid)
{
	return UINT32_C(1) << intid % 32;
}

static void wait_clear(uint64_t address, uint32_t mask)
{
	for (uint32_t i = 0; i < POLLS_MAX && (pv_mmio_read32(address) & mask) != 0; i++) {
	}
}

void pv_irq_set_target(uint32_t intid, uint32_t cpu)
{
	if (intid < N_PRIVATE || intid >= N_INTIDS || cpu >= PV_MAX_CPUS) {
		return;
	}
	__atomic_fetch_or(&is_targeted[intid / 32], bitmap_bit(intid), __ATOMIC_RELAXED);
	if (is_v3()) {
		pv_mmio_write64(pv_platform()->gicd + GICD_IROUTER + 8ull * intid, cpu);
	} else {
		pv_mmio_write8(pv_platform()->gicd + GICD_ITARGETSR + intid, (uint8_t)(1u << cpu));
	}
}

void pv_irq_enable(uint32_t intid)
{
	if (intid >= N_INTIDS) {
		return;
	}
	if (intid >= N_PRIVATE && (is_targeted[intid / 32] & bitmap_bit(intid)) == 0) {
		pv_irq_set_target(intid, 0);
	}
	pv_mmio_write32(bitmap_word(intid, GICD_ISENABLER), bitmap_bit(intid));
}

void pv_irq_disable(uint32_t intid)
{
	if (intid >= N_INTIDS) {
		return;
	}
	pv_mmio_write32(bitmap_word(intid, GICD_ICENABLER), bitmap_bit(intid));
	/* Off means off when this returns. */
	if (is_v3() && intid < N_PRIVATE) {
		wait_clear(redistributors[pv_this_cpu()->number] + GICR_CTLR, GICR_CTLR_RWP);
	} else if (is_v3()) {
		wait_clear(pv_platform()->gicd + GICD_CTLR, GICD_CTLR_V3_RWP);
	}
}

static bool read_bit(uint32_t intid, uint32_t offset)
{
	return intid < N_INTIDS &&
	       (pv_mmio_read32(bitmap_word(intid, offset)) & bitmap_bit(intid)) != 0;
}

bool pv_irq_is_enabled(uint32_t intid)
{
	return read_bit(intid, GICD_ISENABLER);
}

bool pv_irq_is_pending(uint32_t intid)
{
	return read_bit(intid, GICD_ISPENDR);
}

bool pv_irq_is_active(uint32_t intid)
{
	return read_bit(intid, GICD_ISACTIVER);
}

void pv_irq_set_pending(uint32_t intid, bool is_pending)
{
	if (intid >= N_INTIDS) {
		return;
	}
	if (!is_v3() && intid < 16) {
		/* GICv2 keeps an SGI pending per sender: this CPU's. */
		pv_mmio_write8(pv_platform()->gicd +
				       (is_pending ? GICD_SPENDSGIR : GICD_CPENDSGIR) + intid,
			       (uint8_t)(1u << pv_this_cpu()->number));
		return;
	}
	pv_mmio_write32(bitmap_word(intid, is_pending ? GICD_ISPENDR : GICD_ICPENDR),
			bitmap_bit(intid));
}

void pv_irq_set_priority(uint32_t intid, uint8_t priority)
{
	if (intid < N_INTIDS) {
		pv_mmio_write8(frame_of(intid) + GICD_IPRIORITYR + intid, priority);
	}
}

void pv_irq_set_edge(uint32_t intid, bool is_edge)
{
	uint64_t word = frame_of(intid) + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = ICFGR_EDGE << intid % 16 * 2;

	if (intid >= 16 && intid < N_INTIDS) {
		pv_mmio_write32(word,
				is_edge ? pv_mmio_read32(word) | bit : pv_mmio_read32(word) & ~bit);
	}
}

void pv_irq_send(uint32_t cpu, uint32_t sgi)
{
	if (cpu >= pv_platform()->n_cpus || sgi >= 16) {
		return;
	}
	pv_dsb(); /* what the receiver is to find is stored before it is woken */
	if (is_v3()) {
		icc_write(ICC_SGI1R_EL1, (uint64_t)sgi << 24 | UINT64_C(1) << cpu);
		pv_isb();
	} else {
		pv_mmio_write32(pv_platform()->gicd + GICD_SGIR, GICD_SGIR_TARGET(cpu) | sgi);
	}
}

void pv_irq_send_others(uint32_t sgi)
{
	if (sgi >= 16) {
		return;
	}
	pv_dsb(); /* as in pv_irq_send() */
	if (is_v3()) {
		icc_write(ICC_SGI1R_EL1, SGI1R_OTHERS | (uint64_t)sgi << 24);
		pv_isb();
	} else {
		pv_mmio_write32(pv_platform()->gicd + GICD_SGIR, GICD_SGIR_OTHERS | sgi);
	}
}

uint32_t pv_irq_ack(void)
{
	uint32_t token;

	if (is_v3()) {
		token = (uint32_t)icc_read(ICC_IAR1_EL1);
	} else {
		token = pv_mmio_read32(pv_platform()->gicc + GICC_IAR);
	}
	pv_dsb(); /* accesses of the handler stay behind the acknowledge */
	return token;
}

void pv_irq_end(uint32_t token)
{
	pv_dsb(); /* accesses of the handler, a device's level among them, come first */
	if (is_v3()) {
		icc_write(ICC_EOIR1_EL1, token);
		pv_isb();
	} else {
		pv_mmio_write32(pv_platform()->gicc + GICC_EOIR, token);
	}
}

/* ---- Handlers --------------------------------------------------------------- */

bool pv_irq_attach(uint32_t intid, pv_irq_handler *function, void *context)
{
	uint64_t mask = pv_lock(&handlers_lock);
	uint32_t i = 0;

	while (i < n_handlers && handlers[i].intid != intid) {
		i++;
	}
	if (i == PV_IRQ_ATTACHED_MAX) {
		pv_unlock(&handlers_lock, mask);
		return false;
	}
	handlers[i] = (struct handler){ intid, function, context };
	if (i == n_handlers) {
		/* Pairs with find_handler(): a counted entry is filled in. */
		__atomic_store_n(&n_handlers, n_handlers + 1, __ATOMIC_RELEASE);
	}
	pv_unlock(&handlers_lock, mask);

	pv_irq_set_priority(intid, PV_IRQ_PRIORITY_DEFAULT);
	if (intid >= N_PRIVATE) {
		pv_irq_set_target(intid, pv_this_cpu()->number);
	}
	pv_irq_enable(intid);
	return true;
}

bool pv_irq_attach_edge(uint32_t intid, pv_irq_handler *function, void *context)
{
	pv_irq_set_edge(intid, true);
	return pv_irq_attach(intid, function, context);
}

static const struct handler *find_handler(uint32_t intid)
{
	uint32_t n = __atomic_load_n(&n_handlers, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < n; i++) {
		if (handlers[i].intid == intid) {
			return &handlers[i];
		}
	}
	return NULL;
}

struct pv_frame *pv_irq_dispatch(struct pv_frame *frame)
{
	for (;;) {
		uint32_t token = pv_irq_ack();
		uint32_t intid = pv_irq_number(token);

		if (intid >= N_INTIDS) {
			return frame;
		}

		const struct handler *handler = find_handler(intid);

		if (handler != NULL) {
			handler->function(intid, handler->context);
		} else {
			pv_irq_disable(intid); /* nobody would ever lower it */
		}
		pv_irq_end(token);
	}
}

/* ---- Start-up ----------------------------------------------------------------- */

void pv_irq_init(void)
{
	const struct pv_platform *platform = pv_platform();
	uint32_t n_words;

	if (platform->gicd == 0) {
		return;
	}
	n_words = (pv_mmio_read32(platform->gicd + GICD_TYPER) & GICD_TYPER_LINES) + 1;
	if (!is_v3()) {
		pv_mmio_write32(platform->gicd + GICD_CTLR, GICD_CTLR_V2_ENABLE);
		return;
	}
	pv_mmio_write32(platform->gicd + GICD_CTLR, GICD_CTLR_V3_ARE);
	wait_clear(platform->gicd + GICD_CTLR, GICD_CTLR_V3_RWP);
	for (uint32_t i = 1; i < n_words; i++) {
		pv_mmio_write32(platform->gicd + GICD_IGROUPR + 4 * i, UINT32_MAX);
	}
	pv_mmio_write32(platform->gicd + GICD_CTLR, GICD_CTLR_V3_ARE | GICD_CTLR_V3_ENABLE_G1);
	wait_clear(platform->gicd + GICD_CTLR, GICD_CTLR_V3_RWP);
}

/* The frame whose TYPER carries this CPU's affinity. */
static uint64_t find_redistributor(uint32_t number)
{
	const struct pv_platform *platform = pv_platform();

	for (uint64_t at = 0; at + GICR_FRAME_BYTES <= platform->gicr_bytes;
	     at += GICR_FRAME_BYTES) {
		uint64_t frame = platform->gicr + at;

		if ((pv_mmio_read32(frame + GICR_TYPER + 4) & 0xffu) == number) {
			return frame;
		}
		if ((pv_mmio_read32(frame + GICR_TYPER) & GICR_TYPER_LAST) != 0) {
			break;
		}
	}
	return 0;
}

static void init_redistributor(uint64_t frame)
{
	pv_mmio_write32(frame + GICR_WAKER, pv_mmio_read32(frame + GICR_WAKER) & ~GICR_WAKER_SLEEP);
	wait_clear(frame + GICR_WAKER, GICR_WAKER_ASLEEP);
	pv_mmio_write32(frame + GICR_SGI + GICD_IGROUPR, UINT32_MAX);
}

void pv_irq_init_cpu(void)
{
	const struct pv_platform *platform = pv_platform();
	uint32_t number = pv_this_cpu()->number;

	if (platform->gicd == 0) {
		return;
	}
	if (!is_v3()) {
		pv_mmio_write32(platform->gicc + GICC_PMR, ALL_PRIORITIES);
		pv_mmio_write32(platform->gicc + GICC_BPR, 0);
		pv_mmio_write32(platform->gicc + GICC_CTLR, 1);
	} else {
		redistributors[number] = find_redistributor(number);
		if (redistributors[number] == 0) {
			return; /* SPIs still work */
		}
		init_redistributor(redistributors[number]);
		icc_write(ICC_SRE_EL1, 7);
		pv_isb(); /* the registers below exist only then */
		icc_write(ICC_PMR_EL1, ALL_PRIORITIES);
		icc_write(ICC_BPR1_EL1, 0);
		icc_write(ICC_CTLR_EL1, 0);
		icc_write(ICC_IGRPEN1_EL1, 1);
		pv_isb(); /* and are in force before interrupts are unmasked */
	}
	for (uint32_t intid = 0; intid < N_PRIVATE; intid++) {
		pv_irq_set_priority(intid, PV_IRQ_PRIORITY_DEFAULT);
	}
	for (uint32_t sgi = 0; sgi < 16; sgi++) {
		pv_irq_enable(sgi);
	}
}
