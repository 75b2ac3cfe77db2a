/* SPDX-License-Identifier: Apache-2.0 */
/* The small system of tests/fake/machine.h, as pvc would emit it. */
#include "tests/fake/machine.h"

#include "hyp/gic.h"

#define ALL_SGIS  0x0000ffffu
#define TIMERS    (1u << 27 | 1u << 30)
#define MASTER_PA UINT64_C(0x8000000) /* of the GIC */

struct system_config fake_config;
struct cpu_config fake_cpus[MAX_CPUS];
struct vcpu_config fake_vcpus[MAX_CPUS];
struct partition_config fake_partitions[MAX_PARTITIONS];
uint32_t fake_interrupts[MAX_PARTITIONS][INTID_WORDS];
struct mmio_config fake_mmio[FAKE_N_PARTITIONS][4];
struct port_config fake_ports[FAKE_N_PARTITIONS][4];
struct doorbell_config fake_doorbells[FAKE_N_PARTITIONS][2];
struct message_channel_config fake_channels[2];
struct load_config fake_loads[FAKE_N_PARTITIONS][2];
struct memory_config fake_memories[FAKE_N_PARTITIONS][1];
struct region_config fake_regions[5];
struct virtual_device_config fake_virtual_devices[FAKE_N_VIRTUAL_DEVICES];

static struct memory_config windows[2];
static uint64_t slots[2][4][1 + PV_MESSAGE_WORDS];
static char image[FAKE_IMAGE_BYTES];
static char dtb[100];
static uint64_t roots[FAKE_N_PARTITIONS][4];
static uint64_t root_templates[FAKE_N_PARTITIONS][4];

static const struct {
	const char *name;
	uint32_t    id, roles, first_vcpu, n_vcpus;
	uint64_t    ipa, pa;
	bool        has_console;
	uint8_t     spis[6]; /* the last one is its port's */
} partitions[FAKE_N_PARTITIONS] = {
	[ALPHA] = { "alpha", 10, PV_ROLE_MANAGER, 0, 3, FAKE_ALPHA_IPA, FAKE_ALPHA_PA, true,
		    { 40, 41, 64, 79, 100 } },
	[BETA] = { "beta", 20, 0, 3, 1, FAKE_BETA_PA, FAKE_BETA_PA, true, { 42, 65, 80, 101 } },
	[GAMMA] = { "gamma", 30, 0, 4, 1, FAKE_GAMMA_PA, FAKE_GAMMA_PA, false, { 43, 102 } },
};

static void make_cpus(void)
{
	static const struct cpu_config cpus[FAKE_N_CPUS] = {
		{ 0x00000, 1, { 0 }, 2 }, { 0x00001, 0, { 0 }, 3 },
		{ 0x00100, 3, { 0 }, 0 }, { 0x00101, 2, { 0 }, 1 },
		{ 0x10002, 5, { 0 }, 4 }, { UINT64_C(0x100000003), 4, { 0 }, NONE },
	};
	static const struct vcpu_config vcpus[FAKE_N_VCPUS] = {
		{ ALPHA, 0, 2 }, { ALPHA, 1, 3 }, { ALPHA, 2, 0 }, { BETA, 0, 1 }, { GAMMA, 0, 4 },
	};

	memcpy(fake_cpus, cpus, sizeof(cpus));
	memcpy(fake_vcpus, vcpus, sizeof(vcpus));
}

static void own(uint32_t index, intid_t interrupt)
{
	fake_interrupts[index][interrupt / 32] |= UINT32_C(1) << interrupt % 32;
}

static void make_mmio(uint32_t index, enum gic_version version)
{
	struct mmio_config *mmio = fake_mmio[index];
	uint32_t n = 0;

	mmio[n++] = (struct mmio_config){ IPA(FAKE_GICD),
		version == GIC_V3 ? GICD_BYTES : GICD_BYTES_V2, MMIO_VGIC_DISTRIBUTOR, 0 };
	if (version == GIC_V3) {
		mmio[n++] = (struct mmio_config){ IPA(FAKE_GICR),
						  (uint64_t)partitions[index].n_vcpus * GICR_BYTES,
						  MMIO_VGIC_REDISTRIBUTORS, 0 };
	}
	if (partitions[index].has_console) {
		mmio[n++] = (struct mmio_config){ IPA(FAKE_UART), PAGE_BYTES, MMIO_VUART, 0 };
	}
	fake_partitions[index].mmio = mmio;
	fake_partitions[index].n_mmio = n;
}

/* alpha and gamma send to beta by channel 0, beta to alpha by channel 1; each rings each. */
static void make_ports(void)
{
	static const struct port_config ports[FAKE_N_PARTITIONS][4] = {
		[ALPHA] = {
			{ .name = "state", .kind = PV_PORT_SAMPLING,
			  .direction = PV_PORT_DESTINATION,
			  .message_bytes = 64, .refresh_us = 10000, .interrupt = 100, .peer = BETA,
			  .message_channel = NONE },
			{ .name = "alarm", .kind = PV_PORT_MESSAGE, .direction = PV_PORT_SOURCE,
			  .message_bytes = 32, .depth = 4, .peer = BETA, .message_channel = 0 },
			{ .name = "answer", .kind = PV_PORT_MESSAGE,
			  .direction = PV_PORT_DESTINATION,
			  .message_bytes = 32, .depth = 2, .interrupt = 100, .peer = BETA,
			  .message_channel = 1 },
			{ .name = "trace", .kind = PV_PORT_WINDOW, .direction = PV_PORT_BOTH,
			  .message_bytes = 4096, .first_doorbell = 0, .n_doorbells = 2,
			  .peer = GAMMA,
			  .message_channel = NONE },
		},
		[BETA] = {
			{ .name = "alarm", .kind = PV_PORT_MESSAGE,
			  .direction = PV_PORT_DESTINATION,
			  .message_bytes = 32, .depth = 4, .interrupt = 101, .peer = ALPHA,
			  .message_channel = 0 },
			{ .name = "answer", .kind = PV_PORT_MESSAGE, .direction = PV_PORT_SOURCE,
			  .message_bytes = 32, .depth = 2, .peer = ALPHA, .message_channel = 1 },
		},
		[GAMMA] = {
			{ .name = "alarm", .kind = PV_PORT_MESSAGE, .direction = PV_PORT_SOURCE,
			  .message_bytes = 32, .depth = 4, .peer = BETA, .message_channel = 0,
			  .interrupt = 102 },
		},
	};
	static const uint32_t n_ports[] = { 4, 2, 1 };
	static const intid_t rings[FAKE_N_PARTITIONS][2] = { { 101, 102 },
							     { 100, 102 },
							     { 100, 101 } };

	memcpy(fake_ports, ports, sizeof(ports));
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		fake_partitions[i].ports = fake_ports[i];
		fake_partitions[i].n_ports = n_ports[i];
		for (uint32_t d = 0; d < 2; d++) {
			fake_doorbells[i][d] = (struct doorbell_config){
				.pend_register =
					PA(MASTER_PA + GICD_ISPENDR + rings[i][d] / 32 * 4),
				.pend_bit = 1u << rings[i][d] % 32,
				.interrupt = rings[i][d],
				.partition_id = rings[i][d] - 100,
			};
		}
		fake_partitions[i].doorbells = fake_doorbells[i];
		fake_partitions[i].n_doorbells = 2;
	}
	fake_channels[0] = (struct message_channel_config){ BETA, 101, 4, slots[0] };
	fake_channels[1] = (struct message_channel_config){ ALPHA, 100, 2, slots[1] };
}

static void make_partition(uint32_t index, enum gic_version version)
{
	struct partition_config *config = &fake_partitions[index];
	uint64_t pa = partitions[index].pa;

	*config = (struct partition_config){
		.name = partitions[index].name,
		.id = partitions[index].id,
		.roles = partitions[index].roles,
		.first_vcpu = partitions[index].first_vcpu,
		.n_vcpus = partitions[index].n_vcpus,
		.entry = IPA(partitions[index].ipa + FAKE_ENTRY_OFFSET),
		.dtb = IPA(partitions[index].ipa + FAKE_DTB_OFFSET),
		.stage2_root = roots[index],
		.stage2_root_template = root_templates[index],
		.n_stage2_root = 4,
		.n_memory = 1,
		.memory = fake_memories[index],
		.n_loads = 2,
		.loads = fake_loads[index],
		.interrupts = fake_interrupts[index],
		.has_console = partitions[index].has_console,
	};
	fake_memories[index][0] = (struct memory_config){ PA(pa), IPA(partitions[index].ipa),
							  FAKE_MEMORY_BYTES };
	fake_loads[index][0] =
		(struct load_config){ image, PA(pa), sizeof(image), 0x2000, "kernel" };
	fake_loads[index][1] = (struct load_config){ dtb, PA(pa + FAKE_DTB_OFFSET), sizeof(dtb),
						     sizeof(dtb), "dtb" };
	memset(fake_interrupts[index], 0, sizeof(fake_interrupts[index]));
	fake_interrupts[index][0] = ALL_SGIS | TIMERS;
	for (uint32_t i = 0; partitions[index].spis[i] != 0; i++) {
		own(index, partitions[index].spis[i]);
	}
	make_mmio(index, version);
}

void fake_system_begin(enum gic_version version)
{
	static const struct region_config regions[] = {
		{ PA(0x08000000), 0x10000, "gic", "paravent" },
		{ PA(0x0a000000), 0x1000, "ethernet", "beta" },
		{ PA(0x0b000000), 0x1000, "watchdog", NULL },
		{ PA(FAKE_BETA_PA), FAKE_MEMORY_BYTES, "memory", "beta" },
		{ PA(FAKE_GAMMA_PA), FAKE_MEMORY_BYTES, "memory", "gamma" },
	};

	memset(fake_partitions, 0, sizeof(fake_partitions));
	memset(fake_interrupts, 0, sizeof(fake_interrupts));
	memset(image, 0x5a, sizeof(image));
	memset(dtb, 0xd0, sizeof(dtb));
	memcpy(fake_regions, regions, sizeof(regions));
	make_cpus();
	for (uint32_t i = 0; i < FAKE_N_PARTITIONS; i++) {
		make_partition(i, version);
	}
	make_ports();
	windows[0] = (struct memory_config){ PA(FAKE_WINDOW_PA), IPA(0), FAKE_WINDOW_BYTES };
	fake_config = (struct system_config){
		.name = "small",
		.model = "fake board",
		.hash = "0123abcd",
		.gic = { .version = version, .distributor = PA(MASTER_PA), .n_spis = FAKE_N_SPIS },
		.console = { UART_PL011, PA(0x9000000), FAKE_CONSOLE_SPI, "/pl011" },
		.n_cpus = FAKE_N_CPUS,
		.n_vcpus = FAKE_N_VCPUS,
		.n_partitions = FAKE_N_PARTITIONS,
		.n_message_channels = 2,
		.n_regions = ARRAY_SIZE(regions),
		.n_windows = 1,
		.cpus = fake_cpus,
		.vcpus = fake_vcpus,
		.partitions = fake_partitions,
		.message_channels = fake_channels,
		.regions = fake_regions,
		.windows = windows,
		.name_columns = 8,
	};
}

void fake_system_share(void)
{
	static const struct virtual_device_config devices[FAKE_N_VIRTUAL_DEVICES] = {
		[FAKE_DISK] = { .name = "disk", .device = PV_VIRTIO_BLOCK, .frontend = ALPHA,
				.backend = BETA, .frontend_interrupt = 103, .backend_interrupt = 104,
				.registers = PA(FAKE_PAGES_PA), .state = PA(FAKE_PAGES_PA + 0x1000),
				.window = PA(FAKE_DISK_PA), .window_bytes = FAKE_DISK_BYTES,
				.features = PV_VIRTIO_FEATURES_REQUIRED | PV_VIRTIO_F_EVENT_IDX | 0x246,
				.n_queues = 1, .queue_size_max = 8,
				.configuration = { 0, UINT64_C(0x800001000), [7] = UINT64_MAX } },
		[FAKE_NET] = { .name = "net", .device = PV_VIRTIO_NET, .frontend = GAMMA,
			       .backend = ALPHA, .frontend_interrupt = 105, .backend_interrupt = 106,
			       .registers = PA(FAKE_PAGES_PA + 0x2000),
			       .state = PA(FAKE_PAGES_PA + 0x3000),
			       .window = PA(FAKE_NET_PA), .window_bytes = FAKE_NET_BYTES,
			       .features = PV_VIRTIO_FEATURES_REQUIRED | 0x18020,
			       .n_queues = 2, .queue_size_max = 64,
			       .configuration = { UINT64_C(0x010000000002) } },
	};
	static const uint32_t numbers[FAKE_N_VIRTUAL_DEVICES] = { FAKE_DISK, FAKE_NET };

	memcpy(fake_virtual_devices, devices, sizeof(devices));
	fake_config.virtual_devices = fake_virtual_devices;
	fake_config.n_virtual_devices = FAKE_N_VIRTUAL_DEVICES;
	windows[1] = (struct memory_config){ PA(FAKE_PAGES_PA), IPA(0), FAKE_PAGES_BYTES };
	fake_config.n_windows = 2;
	for (uint32_t i = 0; i < FAKE_N_VIRTUAL_DEVICES; i++) {
		const struct virtual_device_config *device = &devices[i];
		struct partition_config *frontend = &fake_partitions[device->frontend];

		fake_mmio[device->frontend][frontend->n_mmio++] = (struct mmio_config){
			IPA(device->registers.value), PAGE_BYTES, MMIO_VIRTIO, i };
		fake_partitions[device->backend].backends = &numbers[i];
		fake_partitions[device->backend].n_backends = 1;
		own(device->frontend, device->frontend_interrupt);
		own(device->backend, device->backend_interrupt);
	}
}

void fake_system_wide(enum gic_version version, uint32_t n_vcpus)
{
	fake_system_begin(version);
	for (uint32_t i = 0; i < n_vcpus; i++) {
		uint32_t cpu_id = n_vcpus - 1 - i;

		fake_vcpus[i] = (struct vcpu_config){ ALPHA, i, cpu_id };
		fake_cpus[cpu_id] = (struct cpu_config){ .mpidr = 0x200u + cpu_id,
							 .redistributor = cpu_id, .vcpu_id = i };
	}
	fake_partitions[ALPHA].n_vcpus = n_vcpus;
	fake_mmio[ALPHA][1].bytes = (uint64_t)n_vcpus * GICR_BYTES;
	fake_config.n_partitions = 1;
	fake_config.n_cpus = n_vcpus;
	fake_config.n_vcpus = n_vcpus;
}
