// SPDX-License-Identifier: GPL-2.0
#include <linux/arm-smccc.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "hypercall.h"
#include "abi/status.h"

/* x0..x17 of the call, before and after. Arm DEN 0028 "SMCCC v1.2". */
static void call(struct arm_smccc_1_2_regs *regs)
{
	if (arm_smccc_1_1_get_conduit() == SMCCC_CONDUIT_SMC) {
		arm_smccc_1_2_smc(regs, regs);
	} else {
		arm_smccc_1_2_hvc(regs, regs);
	}
}

static int errno_of(unsigned long x0)
{
	switch ((long)x0) {
	case PV_OK:
		return 0;
	case PV_NO_SUCH:
		return -ENXIO;
	case PV_NOT_ALLOWED:
		return -EPERM;
	case PV_BAD_ARGUMENT:
		return -EINVAL;
	case PV_BUSY:
		return -EBUSY;
	case PV_FULL:
	case PV_EMPTY:
		return -EAGAIN;
	case PV_NOT_SUPPORTED:
	default:
		return -EOPNOTSUPP;
	}
}

int hypercall_probe(struct device *dev, u32 *revision)
{
	struct arm_smccc_1_2_regs regs = { .a0 = PV_CALL_UID };

	/* HVC on a machine without EL2 is undefined: only call where firmware says it may be. */
	if (arm_smccc_1_1_get_conduit() == SMCCC_CONDUIT_NONE) {
		dev_err(dev, "the firmware does not offer SMCCC 1.1: this is not Paravent\n");
		return -ENODEV;
	}
	call(&regs);
	if ((u32)regs.a0 != PV_UID_0 || (u32)regs.a1 != PV_UID_1 ||
	    (u32)regs.a2 != PV_UID_2 || (u32)regs.a3 != PV_UID_3) {
		dev_err(dev, "the hypervisor is not Paravent: UID %08x %08x %08x %08x\n",
			(u32)regs.a0, (u32)regs.a1, (u32)regs.a2, (u32)regs.a3);
		return -ENODEV;
	}
	regs = (struct arm_smccc_1_2_regs){ .a0 = PV_CALL_REVISION };
	call(&regs);
	if ((u32)regs.a0 != PV_ABI_MAJOR) {
		dev_err(dev, "Paravent offers ABI %u.%u, this driver needs %u.x: use the driver that came with it\n",
			(u32)regs.a0, (u32)regs.a1, PV_ABI_MAJOR);
		return -ENODEV;
	}
	*revision = (u32)regs.a0 << 16 | ((u32)regs.a1 & 0xffff);
	return 0;
}

int hypercall_doorbell(u32 doorbell)
{
	struct arm_smccc_1_2_regs regs = { .a0 = PV_DOORBELL, .a1 = doorbell };

	/* What was stored in windows is visible before the peer is woken. */
	wmb();
	call(&regs);
	return errno_of(regs.a0);
}

int hypercall_partition_info(u32 id, struct hypercall_partition *partition)
{
	struct arm_smccc_1_2_regs regs = { .a0 = PV_PARTITION_INFO, .a1 = id };

	call(&regs);
	*partition = (struct hypercall_partition){
		.id = regs.a1,
		.n_vcpus = regs.a2,
		.state = regs.a3,
		.n_ports = regs.a4,
		.n_doorbells = regs.a5,
		.n_starts = regs.a6,
		.roles = regs.a7,
	};
	return errno_of(regs.a0);
}

int hypercall_partition_control(u32 id, u32 control)
{
	struct arm_smccc_1_2_regs regs = {
		.a0 = PV_PARTITION_CONTROL,
		.a1 = id,
		.a2 = control,
	};

	call(&regs);
	return errno_of(regs.a0);
}

int hypercall_port_info(u32 port, struct hypercall_port *result)
{
	struct arm_smccc_1_2_regs regs = { .a0 = PV_PORT_INFO, .a1 = port };

	call(&regs);
	*result = (struct hypercall_port){
		.kind = regs.a1 & 0xff,
		.direction = regs.a1 >> 8 & 0xff,
		.peer_state = regs.a6,
	};
	return errno_of(regs.a0);
}

int hypercall_message_send(u32 port, const u64 message[PV_MESSAGE_WORDS])
{
	struct arm_smccc_1_2_regs regs = {
		.a0 = PV_MESSAGE_SEND,
		.a1 = port,
		.a2 = message[0],
		.a3 = message[1],
		.a4 = message[2],
		.a5 = message[3],
	};

	call(&regs);
	return errno_of(regs.a0);
}

int hypercall_message_receive(u32 port, u32 *sender, u64 message[PV_MESSAGE_WORDS])
{
	struct arm_smccc_1_2_regs regs = { .a0 = PV_MESSAGE_RECEIVE, .a1 = port };

	call(&regs);
	*sender = regs.a1;
	message[0] = regs.a2;
	message[1] = regs.a3;
	message[2] = regs.a4;
	message[3] = regs.a5;
	return errno_of(regs.a0);
}

int hypercall_statistic(u32 which, u32 vcpu, u64 *value)
{
	struct arm_smccc_1_2_regs regs = { .a0 = PV_STATISTICS, .a1 = which, .a2 = vcpu };

	call(&regs);
	*value = regs.a1;
	return errno_of(regs.a0);
}

int hypercall_virtio_config(u32 backend, u32 offset, u64 value, u32 flags)
{
	struct arm_smccc_1_2_regs regs = {
		.a0 = PV_VIRTIO_CONFIG,
		.a1 = backend,
		.a2 = offset,
		.a3 = value,
		.a4 = flags,
	};

	call(&regs);
	return errno_of(regs.a0);
}

int hypercall_virtio_acknowledge(u32 backend, u32 epoch)
{
	struct arm_smccc_1_2_regs regs = {
		.a0 = PV_VIRTIO_ACKNOWLEDGE,
		.a1 = backend,
		.a2 = epoch,
	};

	/* Nothing of the old epoch is stored in the window after this. */
	mb();
	call(&regs);
	return errno_of(regs.a0);
}

int hypercall_console_write(const u64 text[PV_CONSOLE_BYTES / 8], u32 *bytes)
{
	struct arm_smccc_1_2_regs regs = {
		.a0 = PV_CONSOLE_WRITE,
		.a1 = *bytes,
		.a2 = text[0],
		.a3 = text[1],
		.a4 = text[2],
		.a5 = text[3],
		.a6 = text[4],
		.a7 = text[5],
	};

	call(&regs);
	*bytes = regs.a1;
	return errno_of(regs.a0);
}

int hypercall_console_read(u64 text[PV_CONSOLE_BYTES / 8], u32 *bytes)
{
	struct arm_smccc_1_2_regs regs = { .a0 = PV_CONSOLE_READ, .a1 = *bytes };

	call(&regs);
	*bytes = regs.a1;
	text[0] = regs.a2;
	text[1] = regs.a3;
	text[2] = regs.a4;
	text[3] = regs.a5;
	text[4] = regs.a6;
	text[5] = regs.a7;
	return errno_of(regs.a0);
}
