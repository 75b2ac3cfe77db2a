/* SPDX-License-Identifier: Apache-2.0 */
/* pvctl partitions, info, start, stop, restart. */
#include "linux-guest/pvctl/commands.h"

#include "abi/hypercall.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LOOK_EVERY_MS 10
#define PATIENCE_MS   5000

enum exit_code list_partitions(void)
{
	struct paravent_partition partition, self;
	int fd = control_open();
	__u32 id;

	if (fd < 0) {
		return EXIT_FAILED;
	}
	if (!partition_describe(fd, PARAVENT_NOBODY, &self)) {
		return complain("the hypervisor does not tell: %s", strerror(errno));
	}
	printf("%5s  %-20s %-9s %6s %7s\n", "ID", "PARTITION", "STATE", "VCPUS", "STARTS");
	for (__u32 i = 0; partition_id(fd, i, &id); i++) {
		if (!partition_describe(fd, id, &partition)) {
			continue;
		}
		printf("%5u  %-20s %-9s %6u %7u%s\n", partition.id, partition.name,
		       state_name(partition.state), partition.n_vcpus, partition.n_starts,
		       id == self.id ? "  <- here" : "");
	}
	close(fd);
	return EXIT_DONE;
}

static void print_exits(int fd, __u32 n_vcpus)
{
	static const char *const names[PV_N_STATISTICS] = {
		[PV_STATISTIC_HYPERCALLS] = "hypercalls",
		[PV_STATISTIC_PSCI] = "psci",
		[PV_STATISTIC_VGIC] = "vgic",
		[PV_STATISTIC_SGI] = "sgi",
		[PV_STATISTIC_VUART] = "vuart",
		[PV_STATISTIC_WFI] = "wfi",
		[PV_STATISTIC_SYSREG] = "sysreg",
		[PV_STATISTIC_INTERRUPTS] = "interrupts",
		[PV_STATISTIC_VIRTIO] = "virtio",
	};

	printf("  entries into the hypervisor since the start, by cause and vCPU\n");
	for (__u32 which = 0; which < PV_N_STATISTICS; which++) {
		printf("    %-12s", names[which]);
		for (__u32 vcpu = 0; vcpu < n_vcpus; vcpu++) {
			struct paravent_statistic statistic = { .which = which, .vcpu = vcpu };

			if (ioctl(fd, PARAVENT_STATISTIC, &statistic) != 0) {
				printf("%12s", "-");
			} else {
				printf("%12llu", (unsigned long long)statistic.value);
			}
		}
		putchar('\n');
	}
}

enum exit_code show_self(void)
{
	struct paravent_partition self;
	__u32 revision;
	int fd = control_open();

	if (fd < 0) {
		return EXIT_FAILED;
	}
	if (!partition_describe(fd, PARAVENT_NOBODY, &self) ||
	    ioctl(fd, PARAVENT_REVISION, &revision) != 0) {
		return complain("the hypervisor does not tell: %s", strerror(errno));
	}
	printf("%s\n", self.name);
	printf("  %-12s %u\n", "id", self.id);
	printf("  %-12s Paravent, ABI %u.%u\n", "hypervisor", revision >> 16, revision & 0xffff);
	printf("  %-12s %s\n", "roles", self.roles & PV_ROLE_MANAGER ? "manager" : "none");
	printf("  %-12s %u\n", "vcpus", self.n_vcpus);
	printf("  %-12s %u\n", "ports", self.n_ports);
	printf("  %-12s %u\n", "doorbells", self.n_doorbells);
	printf("  %-12s %u\n", "starts", self.n_starts);
	print_exits(fd, self.n_vcpus);
	close(fd);
	return EXIT_DONE;
}

/* ---- start, stop, restart -------------------------------------------------------- */

static enum exit_code explain_refusal(const struct paravent_partition *partition, const char *doing)
{
	switch (errno) {
	case EPERM:
		return complain("this partition may not %s others: it needs paravent,roles = "
				"\"manager\" in the system's DTS", doing);
	case EOPNOTSUPP:
		return complain("this hypervisor cannot %s partition \"%s\"", doing, partition->name);
	case EBUSY:
		return complain("partition \"%s\" is %s: it cannot %s now", partition->name,
				state_name(partition->state), doing);
	default:
		return complain("partition \"%s\": %s failed: %s", partition->name, doing,
				strerror(errno));
	}
}

/* Ask until the hypervisor takes the wish: it is busy while it regains the partition's cores. */
static bool ask(int fd, const struct paravent_control *control, struct paravent_partition *partition)
{
	for (int waited = 0; ioctl(fd, PARAVENT_CONTROL, control) != 0; waited += LOOK_EVERY_MS) {
		int error = errno;

		if (error != EBUSY || waited >= PATIENCE_MS ||
		    !partition_describe(fd, control->id, partition) ||
		    partition->state != PV_PARTITION_STOPPING) {
			errno = error;
			return false;
		}
		poll(NULL, 0, LOOK_EVERY_MS);
	}
	return true;
}

static bool has_happened(const struct paravent_partition *now, const struct paravent_partition *before,
			 enum pv_control control)
{
	switch (control) {
	case PV_CONTROL_STOP:
		return now->state == PV_PARTITION_STOPPED || now->state == PV_PARTITION_CRASHED;
	case PV_CONTROL_START:
		return now->state == PV_PARTITION_RUNNING;
	case PV_CONTROL_RESTART:
	default:
		return now->state == PV_PARTITION_RUNNING && now->n_starts != before->n_starts;
	}
}

enum exit_code control_partition(const struct request *request)
{
	static const struct {
		enum pv_control control;
		const char     *doing;
	} wishes[] = {
		[COMMAND_START] = { PV_CONTROL_START, "start" },
		[COMMAND_STOP] = { PV_CONTROL_STOP, "stop" },
		[COMMAND_RESTART] = { PV_CONTROL_RESTART, "restart" },
	};
	enum pv_control wish = wishes[request->command].control;
	struct paravent_control order;
	struct paravent_partition before, now;
	int fd = control_open();

	if (fd < 0 || !partition_find(fd, request->subject, &before)) {
		return EXIT_FAILED;
	}
	order = (struct paravent_control){ .id = before.id, .control = wish };
	if (!ask(fd, &order, &before)) {
		return explain_refusal(&before, wishes[request->command].doing);
	}
	for (int waited = 0; waited < PATIENCE_MS; waited += LOOK_EVERY_MS) {
		if (partition_describe(fd, before.id, &now) && has_happened(&now, &before, wish)) {
			printf("%s is %s\n", now.name, state_name(now.state));
			close(fd);
			return EXIT_DONE;
		}
		poll(NULL, 0, LOOK_EVERY_MS);
	}
	return complain("partition \"%s\" is still %s after %d s", before.name,
			state_name(now.state), PATIENCE_MS / 1000);
}
