/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch/irqchip.h for the host: the registers of a GICv2 or GICv3 in memory, with
 * their write-one-to-set and write-one-to-clear meanings. What EL2 has no
 * business to write on behalf of a guest ends the test.
 */
#include "tests/fake/machine.h"

#include "hyp/bits.h"
#include "hyp/gic.h"

struct fake_gic fake_gic;

static bool is_v3(void)
{
	return system_config.gic.version == GIC_V3;
}

void fake_gic_begin(void)
{
	memset(&fake_gic, 0, sizeof(fake_gic));
	memset(fake_gic.priority, GUEST_DEFAULT_PRIORITY, sizeof(fake_gic.priority));
	for (uint32_t cpu = 0; cpu < MAX_CPUS; cpu++) {
		struct fake_banked *banked = &fake_gic.cpu[cpu];

		memset(banked->priority, GUEST_DEFAULT_PRIORITY, sizeof(banked->priority));
		banked->priority[KICK_SGI] = 0;
		banked->enabled = BIT(KICK_SGI);
		banked->config[0] = 0xaaaaaaaa;
	}
	fake_gic.n_spis_reported = FAKE_N_SPIS;
}

/* ---- Words of one bit an interrupt ----------------------------------------------- */

struct state {
	uint32_t *enabled, *pending, *active;
};

static struct state state_of(struct fake_banked *banked, uint32_t word)
{
	if (word == 0) {
		return (struct state){ &banked->enabled, &banked->pending, &banked->active };
	}
	return (struct state){ &fake_gic.enabled[word], &fake_gic.pending[word],
			       &fake_gic.active[word] };
}

static uint32_t *find_bits(struct fake_banked *banked, uint32_t offset, bool *is_clear)
{
	struct state state = state_of(banked, (offset & 0x7f) / 4);
	uint32_t *bits[] = { state.enabled, state.pending, state.active };
	uint32_t kind = (offset - GICD_ISENABLER) / 0x80;

	*is_clear = kind % 2 != 0;
	return bits[kind / 2];
}

static uint32_t *find_config(struct fake_banked *banked, uint32_t offset)
{
	uint32_t word = (offset - GICD_ICFGR) / 4;

	return word < 2 ? &banked->config[word] : &fake_gic.config[word];
}

static uint8_t *find_priority(struct fake_banked *banked, uint32_t offset)
{
	uint32_t interrupt = offset - GICD_IPRIORITYR;

	return interrupt < 32 ? &banked->priority[interrupt] : &fake_gic.priority[interrupt];
}

static bool is_within(uint32_t offset, uint32_t first, uint32_t bytes)
{
	return offset >= first && offset - first < bytes;
}

static void check_aligned(uint32_t offset, uint32_t bytes)
{
	if (offset % bytes != 0) {
		fake_die("access of %u bytes at offset 0x%x of the GIC", bytes, offset);
	}
}

static void note_access(bool is_write)
{
	if (fake_gic.on_access != NULL) {
		fake_gic.on_access();
	}
	fake_gic.n_register_writes += is_write;
}

static uint32_t read_common(struct fake_banked *banked, uint32_t offset)
{
	bool is_clear;

	if (is_within(offset, GICD_ISENABLER, 6 * 0x80)) {
		return *find_bits(banked, offset, &is_clear);
	}
	if (is_within(offset, GICD_IPRIORITYR, 0x400)) {
		const uint8_t *first = find_priority(banked, offset);

		return (uint32_t)(first[0] | first[1] << 8 | first[2] << 16) |
		       (uint32_t)first[3] << 24;
	}
	if (is_within(offset, GICD_ICFGR, 0x100)) {
		return *find_config(banked, offset);
	}
	fake_die("read of GIC register 0x%x", offset);
}

static void write_common(struct fake_banked *banked, uint32_t offset, uint32_t value)
{
	if (is_within(offset, GICD_ISENABLER, 6 * 0x80)) {
		bool is_clear;
		uint32_t *bits = find_bits(banked, offset, &is_clear);

		*bits = is_clear ? *bits & ~value : *bits | value;
	} else if (is_within(offset, GICD_IPRIORITYR, 0x400)) {
		uint8_t *first = find_priority(banked, offset);

		for (uint32_t i = 0; i < 4; i++) {
			first[i] = (uint8_t)(value >> 8 * i);
		}
	} else if (is_within(offset, GICD_ICFGR, 0x100)) {
		*find_config(banked, offset) = value;
	} else {
		fake_die("write of GIC register 0x%x", offset);
	}
}

/* With affinity routing the distributor has no SGIs and PPIs. */
static void check_not_private(uint32_t offset)
{
	if (is_v3() &&
	    ((is_within(offset, GICD_ISENABLER, 6 * 0x80) && (offset & 0x7f) < 4) ||
	     is_within(offset, GICD_IPRIORITYR, 32) || is_within(offset, GICD_ICFGR, 8))) {
		fake_die("access to SGIs and PPIs in the distributor: 0x%x", offset);
	}
}

/* ---- Distributor ----------------------------------------------------------------- */

static struct fake_banked *own_bank(void)
{
	return &fake_gic.cpu[fake_cpu];
}

uint32_t irqchip_distributor_read32(uint32_t offset)
{
	bool is_identity = is_v3() ? is_within(offset, GICD_IDREGS, 0x30)
				   : is_within(offset, GICD_IDREGS_V2, 0x30);

	check_aligned(offset, 4);
	note_access(false);
	switch (offset) {
	case GICD_CTLR:
		return fake_gic.write_is_pending ? (uint32_t)GICD_CTLR_RWP | 0x12u : 0x12u;
	case GICD_TYPER: /* everything that there can be; ITLinesNumber 3 */
		return 0x037f9ce0u | ((FAKE_N_SPIS + 32) / 32 - 1);
	case GICD_IIDR:
		return FAKE_GICD_IIDR;
	default:
		break;
	}
	if (is_identity) {
		return FAKE_ID_WORD(offset);
	}
	if (!is_v3() && is_within(offset, GICD_ITARGETSR + 32, 0x400 - 32)) {
		const uint8_t *first = &fake_gic.targets[offset - GICD_ITARGETSR];

		return (uint32_t)(first[0] | first[1] << 8 | first[2] << 16) |
		       (uint32_t)first[3] << 24;
	}
	if (!is_v3() && is_within(offset, GICD_CPENDSGIR, 0x20)) {
		const uint8_t *first = &own_bank()->sources[offset % 16];

		return (uint32_t)(first[0] | first[1] << 8 | first[2] << 16) |
		       (uint32_t)first[3] << 24;
	}
	check_not_private(offset);
	return read_common(own_bank(), offset);
}

void irqchip_distributor_write32(uint32_t offset, uint32_t value)
{
	check_aligned(offset, 4);
	note_access(true);
	check_not_private(offset);
	write_common(own_bank(), offset, value);
}

void irqchip_distributor_write8(uint32_t offset, uint8_t value)
{
	note_access(true);
	check_not_private(offset);
	if (is_within(offset, GICD_IPRIORITYR, 0x400)) {
		*find_priority(own_bank(), offset) = value;
	} else if (!is_v3() && is_within(offset, GICD_ITARGETSR + 32, 0x400 - 32)) {
		fake_gic.targets[offset - GICD_ITARGETSR] = value;
	} else if (!is_v3() && is_within(offset, GICD_CPENDSGIR, 16)) {
		own_bank()->sources[offset % 16] &= (uint8_t)~value;
	} else if (!is_v3() && is_within(offset, GICD_SPENDSGIR, 16)) {
		own_bank()->sources[offset % 16] |= value;
	} else {
		fake_die("write of a byte of GIC register 0x%x", offset);
	}
}

uint64_t irqchip_distributor_read64(uint32_t offset)
{
	check_aligned(offset, 8);
	note_access(false);
	if (!is_v3() || !is_within(offset, GICD_IROUTER + 8 * 32, 8 * (MAX_INTIDS - 32))) {
		fake_die("read of 8 bytes of GIC register 0x%x", offset);
	}
	return fake_gic.router[(offset - GICD_IROUTER) / 8];
}

void irqchip_distributor_write64(uint32_t offset, uint64_t value)
{
	check_aligned(offset, 8);
	note_access(true);
	if (!is_v3() || !is_within(offset, GICD_IROUTER + 8 * 32, 8 * (MAX_INTIDS - 32))) {
		fake_die("write of 8 bytes of GIC register 0x%x", offset);
	}
	fake_gic.router[(offset - GICD_IROUTER) / 8] = value;
}

void irqchip_distributor_update32(uint32_t offset, uint32_t mask, uint32_t value)
{
	check_aligned(offset, 4);
	note_access(true);
	check_not_private(offset);
	write_common(own_bank(), offset,
		     (read_common(own_bank(), offset) & ~mask) | (value & mask));
}

/* ---- Redistributors -------------------------------------------------------------- */

static struct fake_banked *bank_of(uint32_t cpu_id)
{
	if (!is_v3() || cpu_id >= system_config.n_cpus) {
		fake_die("there is no redistributor of CPU %u", cpu_id);
	}
	return &fake_gic.cpu[cpu_id];
}

static uint32_t private_offset(uint32_t offset)
{
	uint32_t within = offset - GICR_SGI_BASE;

	if (offset < GICR_SGI_BASE ||
	    !((is_within(within, GICD_ISENABLER, 6 * 0x80) && (within & 0x7f) < 4) ||
	      is_within(within, GICD_IPRIORITYR, 32) || is_within(within, GICD_ICFGR, 8))) {
		fake_die("access to redistributor register 0x%x", offset);
	}
	return within;
}

uint32_t irqchip_redistributor_read32(uint32_t cpu_id, uint32_t offset)
{
	struct fake_banked *banked = bank_of(cpu_id);

	check_aligned(offset, 4);
	note_access(false);
	if (offset == GICR_CTLR) {
		return fake_gic.write_is_pending ? (uint32_t)GICR_CTLR_RWP | 1u : 1u;
	}
	if (offset == GICR_IIDR) {
		return FAKE_GICR_IIDR;
	}
	if (is_within(offset, GICR_IDREGS, 0x30)) {
		return FAKE_ID_WORD(offset);
	}
	return read_common(banked, private_offset(offset));
}

void irqchip_redistributor_write32(uint32_t cpu_id, uint32_t offset, uint32_t value)
{
	struct fake_banked *banked = bank_of(cpu_id);

	check_aligned(offset, 4);
	note_access(true);
	write_common(banked, private_offset(offset), value);
}

void irqchip_redistributor_write8(uint32_t cpu_id, uint32_t offset, uint8_t value)
{
	struct fake_banked *banked = bank_of(cpu_id);
	uint32_t within = private_offset(offset);

	note_access(true);
	if (!is_within(within, GICD_IPRIORITYR, 32)) {
		fake_die("write of a byte of redistributor register 0x%x", offset);
	}
	*find_priority(banked, within) = value;
}

void irqchip_redistributor_update32(uint32_t cpu_id, uint32_t offset, uint32_t mask, uint32_t value)
{
	struct fake_banked *banked = bank_of(cpu_id);
	uint32_t within = private_offset(offset);

	check_aligned(offset, 4);
	note_access(true);
	write_common(banked, within, (read_common(banked, within) & ~mask) | (value & mask));
}

/* ---- What EL2 asks for by itself ------------------------------------------------- */

void irqchip_init(void)
{
	fake_gic.n_inits++;
}

void irqchip_init_cpu(uint32_t cpu_id)
{
	(void)cpu_id;
	fake_gic.n_cpu_inits++;
}

uint32_t irqchip_n_spis(void)
{
	return fake_gic.n_spis_reported;
}

void irqchip_kick(uint32_t cpu_id)
{
	struct fake_banked *banked = &fake_gic.cpu[cpu_id];

	banked->n_kicks++;
	banked->enabled |= BIT(KICK_SGI);
	banked->priority[KICK_SGI] = 0;
	banked->pending |= BIT(KICK_SGI);
}

void irqchip_clean_cpu(uint32_t cpu_id, const uint32_t *interrupts)
{
	struct fake_banked *banked = &fake_gic.cpu[cpu_id];

	if (cpu_id != fake_cpu) {
		fake_die("CPU %u cleans the interface of CPU %u", fake_cpu, cpu_id);
	}
	banked->n_cleans++;
	banked->cleaned_for = interrupts;
	banked->enabled = BIT(KICK_SGI);
	banked->pending = 0;
	banked->active = 0;
	banked->config[1] = 0;
	memset(banked->sources, 0, sizeof(banked->sources));
	memset(banked->priority, GUEST_DEFAULT_PRIORITY, sizeof(banked->priority));
	banked->priority[KICK_SGI] = 0;
}

bool irqchip_open_cpu(struct irqchip_cpu_state *before)
{
	if (own_bank()->is_kick_hidden) {
		return false;
	}
	if (own_bank()->is_open) {
		fake_die("irqchip_open_cpu() twice on CPU %u", fake_cpu);
	}
	own_bank()->is_open = true;
	own_bank()->n_opens++;
	*before = (struct irqchip_cpu_state){ fake_cpu, 0xb0, 2 };
	return true;
}

void irqchip_restore_cpu(const struct irqchip_cpu_state *before)
{
	if (!own_bank()->is_open || before->enable != fake_cpu) {
		fake_die("irqchip_restore_cpu() without its open on CPU %u", fake_cpu);
	}
	own_bank()->is_open = false;
}

void irqchip_spi_enable(intid_t interrupt, bool enabled)
{
	uint32_t bit = UINT32_C(1) << interrupt % 32;

	if (enabled) {
		fake_gic.enabled[interrupt / 32] |= bit;
	} else {
		fake_gic.enabled[interrupt / 32] &= ~bit;
	}
}

void irqchip_spi_reset(intid_t interrupt, uint32_t cpu_id, bool edge)
{
	uint32_t bit = UINT32_C(1) << interrupt % 32;
	uint32_t shift = interrupt % 16 * 2;

	if (interrupt < 32 || interrupt >= 32 + system_config.gic.n_spis) {
		fake_die("interrupt %u is no SPI of the board", interrupt);
	}
	fake_gic.enabled[interrupt / 32] &= ~bit;
	fake_gic.pending[interrupt / 32] &= ~bit;
	fake_gic.active[interrupt / 32] &= ~bit;
	fake_gic.config[interrupt / 16] &= ~(UINT32_C(2) << shift);
	fake_gic.config[interrupt / 16] |= edge ? UINT32_C(2) << shift : 0;
	fake_gic.priority[interrupt] = GUEST_DEFAULT_PRIORITY;
	fake_gic.router[interrupt] = system_config.cpus[cpu_id].mpidr;
	fake_gic.targets[interrupt] = (uint8_t)(1u << system_config.cpus[cpu_id].redistributor);
}

void irqchip_set_pending(intid_t interrupt)
{
	if (interrupt < 32 || interrupt >= 32 + system_config.gic.n_spis) {
		fake_die("interrupt %u is no SPI of the board", interrupt);
	}
	fake_gic.pending[interrupt / 32] |= UINT32_C(1) << interrupt % 32;
}

struct irqchip_target irqchip_target_of(uint32_t cpu_id)
{
	const struct cpu_config *cpu = &system_config.cpus[cpu_id];

	if (system_config.gic.version == GIC_V3) {
		return (struct irqchip_target){ cpu->mpidr & 0xff, cpu->mpidr >> 8 };
	}
	return (struct irqchip_target){ cpu->redistributor, 0 };
}

void irqchip_send_sgi(uint32_t sgi, uint32_t cpu_mask)
{
	if (sgi > 15 || cpu_mask == 0 || cpu_mask >> system_config.n_cpus != 0) {
		fake_die("SGI %u to CPUs 0x%x", sgi, cpu_mask);
	}
	fake_gic.n_sgis++;
	fake_gic.last_sgi = sgi;
	fake_gic.last_sgi_cpus = cpu_mask;
	for (uint32_t cpu = 0; cpu < system_config.n_cpus; cpu++) {
		if ((cpu_mask >> cpu & 1) != 0) {
			fake_gic.cpu[cpu].pending |= UINT32_C(1) << sgi;
		}
	}
}

void irqchip_refuse_interrupt(void)
{
	fake_gic.n_refused++;
}

bool fake_gic_would_wake(uint32_t cpu_id)
{
	const struct fake_banked *banked = &fake_gic.cpu[cpu_id];

	return (banked->enabled & banked->pending & ~banked->active) != 0;
}
