/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers what: the tables that core dispatches by. */
#include "core/dispatch.h"
#include "hyp/types.h"
#include "partitions/console.h"
#include "partitions/information.h"
#include "partitions/message.h"
#include "partitions/psci.h"
#include "partitions/vgic.h"
#include "partitions/virtio.h"
#include "partitions/vuart.h"

const struct hypercall_entry hypercall_table[PV_N_CALLS] = {
	/* The fast path looks at no reserved argument, so neither do these. */
	[PV_NULL - PV_NULL]              = { hypercall_null, 7 },
	[PV_DOORBELL - PV_NULL]          = { hypercall_doorbell, 7 },
	[PV_FEATURES - PV_NULL]          = { hypercall_features, 1 },
	[PV_PARTITION_INFO - PV_NULL]    = { hypercall_partition_info, 1 },
	[PV_PORT_INFO - PV_NULL]         = { hypercall_port_info, 1 },
	[PV_CONSOLE_WRITE - PV_NULL]     = { console_write, 7 },
	[PV_CONSOLE_READ - PV_NULL]      = { console_read, 1 },
	[PV_MESSAGE_SEND - PV_NULL]      = { message_send, 1 + PV_MESSAGE_WORDS },
	[PV_MESSAGE_RECEIVE - PV_NULL]   = { message_receive, 1 },
	[PV_STATISTICS - PV_NULL]        = { hypercall_statistics, 2 },
	[PV_PARTITION_CONTROL - PV_NULL] = { hypercall_partition_control, 2 },
	[PV_VIRTIO_CONFIG - PV_NULL]     = { virtio_config, 4 },
	[PV_VIRTIO_ACKNOWLEDGE - PV_NULL] = { virtio_acknowledge, 2 },
};

/* Arm DEN 0022 "Function prototypes": function number, and the conventions each exists in. */
const struct psci_entry psci_table[PSCI_N_CALLS] = {
	[0x00] = { psci_version, true, false },
	[0x01] = { psci_cpu_suspend, true, true },
	[0x02] = { psci_cpu_off, true, false },
	[0x03] = { psci_cpu_on, true, true },
	[0x04] = { psci_affinity_info, true, true },
	[0x06] = { psci_migrate_info_type, true, false },
	[0x08] = { psci_system_off, true, false },
	[0x09] = { psci_system_reset, true, false },
	[0x0a] = { psci_features, true, false },
};

const struct smccc_entry smccc_table[] = {
	{ 0x80000000, smccc_version },
	{ 0x80000001, smccc_arch_features },
	{ PV_CALL_UID, smccc_uid },
	{ PV_CALL_REVISION, smccc_revision },
};
const size_t smccc_n_calls = ARRAY_SIZE(smccc_table);

mmio_handler *const mmio_table[] = {
	[MMIO_VGIC_DISTRIBUTOR]    = vgic_distributor,
	[MMIO_VGIC_REDISTRIBUTORS] = vgic_redistributors,
	[MMIO_VUART]               = vuart_access,
	[MMIO_VIRTIO]              = virtio_write,
};
