/* SPDX-License-Identifier: Apache-2.0 */
#include "partitions/vgic.h"

#include "arch/irqchip.h"
#include "hyp/bits.h"
#include "hyp/gic.h"
#include "partitions/console.h"
#include "partitions/vgic_filter.h"

#define PRIVATE_INTIDS 32u
#define NOWHERE        BIT(63) /* no IPA is near */

/* ICC_SGI1R_EL1 */
#define SGI1R_AFFINITY (FIELD(55, 48) | FIELD(47, 44) | FIELD(39, 32) | FIELD(23, 16))
#define SGI1R_IRM      BIT(40)
#define SGI1R_INTID    FIELD(27, 24)
#define SGI1R_TARGETS  FIELD(15, 0)

/* GICR_TYPER of a guest: affinity and number of the vCPU, nothing optional. */
#define TYPER_AFF0      FIELD(39, 32)
#define TYPER_PROCESSOR FIELD(23, 8)

static bool is_v3(void)
{
	return system_config.gic.version == GIC_V3;
}

static const struct partition_config *config_of(const struct vcpu *vcpu)
{
	return vcpu->partition->config;
}

static uint32_t cpu_of(const struct partition_config *config, uint32_t number)
{
	return system_config.vcpus[config->first_vcpu + number].cpu_id;
}

static uint32_t all_vcpus(const struct partition_config *config)
{
	return (UINT32_C(1) << config->n_vcpus) - 1;
}

/* A set of vCPU numbers as a set of CPUs; numbers that do not exist fall out. */
static uint32_t to_cpus(const struct partition_config *config, uint32_t vcpus)
{
	uint32_t cpus = 0;

	for (vcpus &= all_vcpus(config); vcpus != 0; vcpus &= vcpus - 1) {
		cpus |= UINT32_C(1) << cpu_of(config, (uint32_t)__builtin_ctz(vcpus));
	}
	return cpus;
}

/* ---- SGIs ------------------------------------------------------------------- */

static void send_sgi(const struct partition_config *config, uint32_t sgi, uint32_t vcpus)
{
	uint32_t cpus = to_cpus(config, vcpus);

	if (cpus != 0 && sgi != KICK_SGI) {
		irqchip_send_sgi(sgi, cpus);
	}
}

void vgic_write_sgi1r(struct vcpu *vcpu, uint64_t value)
{
	const struct partition_config *config = config_of(vcpu);
	uint32_t targets = (uint32_t)field_get(SGI1R_TARGETS, value);

	if ((value & SGI1R_IRM) != 0) {
		targets = all_vcpus(config) & ~(UINT32_C(1) << vcpu->config->number);
	} else if ((value & SGI1R_AFFINITY) != 0) {
		targets = 0; /* all of our vCPUs are in cluster 0.0.0 */
	}
	send_sgi(config, (uint32_t)field_get(SGI1R_INTID, value), targets);
}

static void write_sgir(struct vcpu *vcpu, uint32_t value)
{
	const struct partition_config *config = config_of(vcpu);
	uint32_t self = UINT32_C(1) << vcpu->config->number;
	uint32_t targets = 0;

	switch (field_get(GICD_SGIR_FILTER, value)) {
	case GICD_SGIR_LIST:
		targets = (uint32_t)field_get(GICD_SGIR_TARGETS, value);
		break;
	case GICD_SGIR_OTHERS:
		targets = all_vcpus(config) & ~self;
		break;
	case GICD_SGIR_SELF:
		targets = self;
		break;
	default:
		break;
	}
	send_sgi(config, (uint32_t)field_get(GICD_SGIR_INTID, value), targets);
}

/* ---- GICv2: targets and SGI pending bits -------------------------------------- */

static uint8_t interface_mask(const struct partition_config *config, uint8_t vcpus)
{
	uint8_t mask = 0;

	for (uint32_t cpus = to_cpus(config, vcpus); cpus != 0; cpus &= cpus - 1) {
		mask |= (uint8_t)(1u << system_config.cpus[__builtin_ctz(cpus)].redistributor);
	}
	return mask;
}

static uint8_t vcpu_mask(const struct partition_config *config, uint8_t interfaces)
{
	uint8_t mask = 0;

	for (uint32_t i = 0; i < config->n_vcpus; i++) {
		const struct cpu_config *cpu = &system_config.cpus[cpu_of(config, i)];

		mask |= (uint8_t)((interfaces >> cpu->redistributor & 1u) << i);
	}
	return mask;
}

static uint64_t access_targets(struct vcpu *vcpu, uint32_t offset, const struct mmio_access *access)
{
	const struct partition_config *config = config_of(vcpu);
	uint32_t first = offset - GICD_ITARGETSR;
	uint32_t owned = vgic_owned(vcpu, first / 32) >> first % 32;
	uint64_t result = 0;

	if (access->bytes != 1 && access->bytes != 4) {
		return 0;
	}
	for (uint32_t i = 0; i < access->bytes; i++) {
		uint32_t at = offset + i;

		if (first + i < PRIVATE_INTIDS) {
			/* Read-only: the reader itself. */
			result |= UINT64_C(1) << vcpu->config->number << 8 * i;
		} else if ((owned >> i & 1) == 0) {
			continue;
		} else if (access->is_write) {
			irqchip_distributor_write8(at, interface_mask(config,
						   (uint8_t)(access->value >> 8 * i)));
		} else {
			uint32_t word = irqchip_distributor_read32(at & ~3u);

			result |= (uint64_t)vcpu_mask(config, (uint8_t)(word >> at % 4 * 8)) << 8 * i;
		}
	}
	return result;
}

/* CPENDSGIR, SPENDSGIR: per SGI one byte of source CPUs, banked by target. */
static uint64_t access_pending_sgis(struct vcpu *vcpu, uint32_t offset,
				    const struct mmio_access *access)
{
	const struct partition_config *config = config_of(vcpu);
	uint64_t result = 0;

	if (access->bytes != 1 && access->bytes != 4) {
		return 0;
	}
	for (uint32_t i = 0; i < access->bytes; i++) {
		uint32_t at = offset + i;

		if (at % 16 == KICK_SGI) {
			continue;
		}
		if (access->is_write) {
			irqchip_distributor_write8(at, interface_mask(config,
						   (uint8_t)(access->value >> 8 * i)));
		} else {
			uint32_t word = irqchip_distributor_read32(at & ~3u);

			result |= (uint64_t)vcpu_mask(config, (uint8_t)(word >> at % 4 * 8)) << 8 * i;
		}
	}
	return result;
}

/* ---- GICv3: routing ------------------------------------------------------------- */

static uint64_t access_router(struct vcpu *vcpu, uint32_t offset, const struct mmio_access *access)
{
	const struct partition_config *config = config_of(vcpu);
	intid_t interrupt = (offset - GICD_IROUTER) / 8;
	bool is_high = offset % 8 != 0; /* Aff3: always 0 */
	uint32_t number = 0;

	if (interrupt < PRIVATE_INTIDS || interrupt >= MAX_INTIDS || access->bytes < 4 || is_high ||
	    (vgic_owned(vcpu, interrupt / 32) >> interrupt % 32 & 1) == 0) {
		return 0;
	}
	if (!access->is_write) {
		uint64_t route = irqchip_distributor_read64(GICD_IROUTER + 8 * interrupt);

		for (uint32_t i = 0; i < config->n_vcpus; i++) {
			number = system_config.cpus[cpu_of(config, i)].mpidr == route ? i : number;
		}
		return number;
	}
	/* "Any CPU" (IRM) means any of ours, so the first; an affinity that does not exist is ignored. */
	if ((access->value & GICD_IROUTER_IRM) == 0) {
		if (access->value >= config->n_vcpus) {
			return 0;
		}
		number = (uint32_t)access->value;
	}
	irqchip_distributor_write64(GICD_IROUTER + 8 * interrupt,
				    system_config.cpus[cpu_of(config, number)].mpidr);
	return 0;
}

/* ---- Distributor ------------------------------------------------------------------ */

static uint32_t read_typer(const struct vcpu *vcpu)
{
	uint32_t typer = irqchip_distributor_read32(GICD_TYPER);

	typer &= (uint32_t)GICD_TYPER_SHOWN;
	if (!is_v3()) {
		typer |= (uint32_t)field_put(GICD_TYPER_CPUS, config_of(vcpu)->n_vcpus - 1);
	}
	return typer;
}

/*
 * The distributor stays on for all. A guest sees it on as well, in the form of a
 * GIC with one security state, and whether an earlier write is still on its way.
 */
static uint32_t read_control(void)
{
	if (!is_v3()) {
		return (uint32_t)GICD_CTLR_ENABLE;
	}
	return (uint32_t)(GICD_CTLR_DS | GICD_CTLR_ARE_NS | GICD_CTLR_ENABLE_GRP1A |
			  (irqchip_distributor_read32(GICD_CTLR) & GICD_CTLR_RWP));
}

static uint64_t read_identity(const struct vcpu *vcpu, uint32_t offset)
{
	switch (offset) {
	case GICD_CTLR:
		return read_control();
	case GICD_TYPER:
		return read_typer(vcpu);
	case GICD_IIDR:
		return irqchip_distributor_read32(offset);
	default:
		return offset >= (is_v3() ? GICD_IDREGS : GICD_IDREGS_V2) &&
				       offset < (is_v3() ? GICD_BYTES : GICD_BYTES_V2)
			       ? irqchip_distributor_read32(offset) : 0;
	}
}

static uint64_t access_v2(struct vcpu *vcpu, uint32_t offset, const struct mmio_access *access)
{
	if (offset >= GICD_ITARGETSR && offset < GICD_ICFGR) {
		return access_targets(vcpu, offset, access);
	}
	if (offset == GICD_SGIR && access->is_write && access->bytes == 4) {
		upcall_count(vcpu, PV_STATISTIC_SGI);
		write_sgir(vcpu, (uint32_t)access->value);
		return 0;
	}
	if (offset >= GICD_CPENDSGIR && offset < GICD_SPENDSGIR_END) {
		return access_pending_sgis(vcpu, offset, access);
	}
	return access->is_write || access->bytes != 4 ? 0 : read_identity(vcpu, offset);
}

static uint64_t access_v3(struct vcpu *vcpu, uint32_t offset, const struct mmio_access *access)
{
	if (offset >= GICD_IROUTER && offset < GICD_IROUTER_END) {
		return access_router(vcpu, offset, access);
	}
	return access->is_write || access->bytes != 4 ? 0 : read_identity(vcpu, offset);
}

/* With affinity routing, the distributor's words for SGIs and PPIs do not exist. */
static bool is_private_word(uint32_t offset)
{
	return (offset < GICD_IPRIORITYR && (offset & 0x7f) < 4) ||
	       (offset >= GICD_IPRIORITYR && offset < GICD_IPRIORITYR + PRIVATE_INTIDS) ||
	       (offset >= GICD_ICFGR && offset < GICD_ICFGR + PRIVATE_INTIDS / 4);
}

static uint64_t access_distributor(struct vcpu *vcpu, const struct mmio_access *access)
{
	const struct vgic_view view = { vcpu, false, 0 };
	uint32_t offset = (uint32_t)access->offset;
	uint64_t value = 0;

	if (is_v3() && offset >= GICD_IGROUPR && is_private_word(offset)) {
		return 0;
	}
	if (vgic_by_interrupt(&view, offset, access, &value)) {
		return value;
	}
	return is_v3() ? access_v3(vcpu, offset, access) : access_v2(vcpu, offset, access);
}

/* Could this access be about the interrupt that moves between partitions, the console's? */
static bool concerns_console(uint32_t offset)
{
	intid_t interrupt = system_config.console.interrupt;

	if (offset >= GICD_IROUTER) {
		return (offset - GICD_IROUTER) / 8 == interrupt;
	}
	if (offset >= GICD_ICFGR) {
		return (offset - GICD_ICFGR) / 4 == interrupt / 16;
	}
	if (offset >= GICD_IPRIORITYR) {
		return (offset - GICD_IPRIORITYR) % (GICD_ITARGETSR - GICD_IPRIORITYR) / 4 ==
		       interrupt / 4;
	}
	return (offset & 0x7c) / 4 == interrupt / 32;
}

uint64_t vgic_distributor(struct vcpu *vcpu, struct mmio_access *access)
{
	uint64_t value;

	upcall_count(vcpu, PV_STATISTIC_VGIC);
	if (!concerns_console((uint32_t)access->offset)) {
		return access_distributor(vcpu, access);
	}
	/* Whose it is must not change between the look and the write. */
	spinlock_take(&console_lock);
	value = access_distributor(vcpu, access);
	spinlock_drop(&console_lock);
	return value;
}

/* ---- What needs no C: arch/arm64/fast.S ----------------------------------------------- */

/* A set of vCPUs becomes one of targets by a shift, if they are neighbours in the GIC's order. */
static void bind_sgis(struct fast_gic *fast, const struct partition_config *config)
{
	struct irqchip_target first = irqchip_target_of(cpu_of(config, 0));

	for (uint32_t i = 1; i < config->n_vcpus; i++) {
		struct irqchip_target target = irqchip_target_of(cpu_of(config, i));

		if (target.number != first.number + i || target.cluster != first.cluster) {
			return;
		}
	}
	fast->shift = first.number;
	fast->affinity = first.cluster;
	if (is_v3()) {
		fast->sgi1r_targets = all_vcpus(config);
	} else {
		fast->sgir_targets = (uint32_t)field_put(GICD_SGIR_TARGETS, all_vcpus(config));
	}
}

void vgic_bind(struct percpu *cpu)
{
	const struct partition_config *config = cpu->partition;
	struct fast_gic *fast = &cpu->fast;

	fast->guest_gicd = NOWHERE;
	for (uint32_t i = 0; i < config->n_mmio; i++) {
		if (config->mmio[i].kind == MMIO_VGIC_DISTRIBUTOR) {
			fast->guest_gicd = config->mmio[i].base.value;
		}
	}
	fast->gicd = system_config.gic.distributor.value;
	fast->gicc = system_config.gic.cpu_interface.value;
	fast->owned = config->interrupts;
	fast->statistics = cpu->vcpu->statistics;
	fast->typer = read_typer(cpu->vcpu);
	fast->slow_word = system_config.console.interrupt / 32;
	bind_sgis(fast, config);
}

/* ---- Redistributors (GICv3) ---------------------------------------------------------- */

static uint64_t redistributor_typer(const struct partition_config *config, uint32_t number)
{
	return field_put(TYPER_AFF0, number) | field_put(TYPER_PROCESSOR, number) |
	       (number + 1 == config->n_vcpus ? GICR_TYPER_LAST : 0);
}

static uint64_t read_redistributor(const struct vgic_view *view, uint32_t number, uint32_t offset,
				   uint32_t bytes)
{
	uint64_t typer = redistributor_typer(config_of(view->vcpu), number);

	if (offset == GICR_TYPER) {
		return bytes == 8 ? typer : (uint32_t)typer;
	}
	if (bytes != 4) {
		return 0;
	}
	if (offset == GICR_TYPER + 4) {
		return typer >> 32;
	}
	if (offset == GICR_CTLR) {
		return irqchip_redistributor_read32(view->cpu_id, GICR_CTLR) & GICR_CTLR_RWP;
	}
	if (offset == GICR_IIDR || (offset >= GICR_IDREGS && offset < GICR_SGI_BASE)) {
		return irqchip_redistributor_read32(view->cpu_id, offset);
	}
	return 0; /* GICR_WAKER among them: awake, and so it stays */
}

uint64_t vgic_redistributors(struct vcpu *vcpu, struct mmio_access *access)
{
	const struct partition_config *config = config_of(vcpu);
	uint32_t number = (uint32_t)(access->offset / GICR_BYTES);
	uint32_t offset = (uint32_t)(access->offset % GICR_BYTES);
	uint64_t value = 0;

	upcall_count(vcpu, PV_STATISTIC_VGIC);
	if (number >= config->n_vcpus) {
		return 0; /* pvc sizes the region by vCPUs; this bounds it once more */
	}

	const struct vgic_view view = { vcpu, true, cpu_of(config, number) };

	if (offset < GICR_SGI_BASE) {
		return access->is_write ? 0 : read_redistributor(&view, number, offset, access->bytes);
	}
	offset -= GICR_SGI_BASE;
	if (is_private_word(offset)) {
		(void)vgic_by_interrupt(&view, offset, access, &value);
	}
	return value;
}
