// SPDX-License-Identifier: GPL-2.0
#include "control.h"

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/of.h>
#include <linux/uaccess.h>

#include "hypercall.h"
#include "paravent.h"

struct control {
	struct miscdevice misc;
	struct device    *parent;
	u32               revision;
};

/* Names and ids of all partitions stand side by side in two properties of the node. */
static void name_partition(const struct control *control, struct paravent_partition *partition)
{
	struct device_node *node = control->parent->of_node;
	const char *name;
	u32 id;
	int i;

	snprintf(partition->name, sizeof(partition->name), "partition-%u", partition->id);
	if (!of_property_read_u32(node, "paravent,id", &id) && id == partition->id &&
	    !of_property_read_string(node, "paravent,partition", &name)) {
		strscpy(partition->name, name, sizeof(partition->name));
	}
	for (i = 0; !of_property_read_u32_index(node, "paravent,partition-ids", i, &id); i++) {
		if (id == partition->id &&
		    !of_property_read_string_index(node, "paravent,partitions", i, &name)) {
			strscpy(partition->name, name, sizeof(partition->name));
		}
	}
}

static long describe(const struct control *control, void __user *user)
{
	struct paravent_partition partition;
	struct hypercall_partition answer;
	int status;

	if (copy_from_user(&partition, user, sizeof(partition))) {
		return -EFAULT;
	}
	BUILD_BUG_ON(PARAVENT_NOBODY != PV_SELF);
	status = hypercall_partition_info(partition.id, &answer);
	if (status) {
		return status;
	}
	partition = (struct paravent_partition){
		.id = answer.id,
		.n_vcpus = answer.n_vcpus,
		.state = answer.state,
		.n_starts = answer.n_starts,
		.n_ports = answer.n_ports,
		.n_doorbells = answer.n_doorbells,
		.roles = answer.roles,
	};
	name_partition(control, &partition);
	return copy_to_user(user, &partition, sizeof(partition)) ? -EFAULT : 0;
}

/* A device tree without the list says nothing of ids: then those that are usual. */
#define USUAL_IDS 16

static long read_id(const struct control *control, u32 __user *user)
{
	struct device_node *node = control->parent->of_node;
	u32 index, id;

	if (get_user(index, user)) {
		return -EFAULT;
	}
	if (!of_find_property(node, "paravent,partition-ids", NULL)) {
		return index < USUAL_IDS ? 0 : -ENXIO;
	}
	if (of_property_read_u32_index(node, "paravent,partition-ids", index, &id)) {
		return -ENXIO;
	}
	return put_user(id, user);
}

static long control_partition(void __user *user)
{
	struct paravent_control request;

	if (copy_from_user(&request, user, sizeof(request))) {
		return -EFAULT;
	}
	return hypercall_partition_control(request.id, request.control);
}

static long read_statistic(void __user *user)
{
	struct paravent_statistic statistic;
	int status;

	if (copy_from_user(&statistic, user, sizeof(statistic))) {
		return -EFAULT;
	}
	status = hypercall_statistic(statistic.which, statistic.vcpu, &statistic.value);
	if (status) {
		return status;
	}
	return copy_to_user(user, &statistic, sizeof(statistic)) ? -EFAULT : 0;
}

static long control_ioctl(struct file *filp, unsigned int command, unsigned long argument)
{
	/* misc_open() left the miscdevice here. */
	const struct control *control = container_of(filp->private_data, struct control, misc);
	void __user *user = (void __user *)argument;

	switch (command) {
	case PARAVENT_REVISION:
		return put_user(control->revision, (u32 __user *)user);
	case PARAVENT_PARTITION:
		return describe(control, user);
	case PARAVENT_CONTROL:
		return control_partition(user);
	case PARAVENT_STATISTIC:
		return read_statistic(user);
	case PARAVENT_ID:
		return read_id(control, (u32 __user *)user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations control_file_operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = control_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static void delete_control(void *cookie)
{
	struct control *control = cookie;

	misc_deregister(&control->misc);
}

int control_create(struct device *parent, u32 revision)
{
	struct control *control = devm_kzalloc(parent, sizeof(*control), GFP_KERNEL);
	int status;

	if (!control) {
		return -ENOMEM;
	}
	control->parent = parent;
	control->revision = revision;
	control->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = "paravent-control",
		.fops = &control_file_operations,
		.parent = parent,
		.mode = 0600,
	};
	status = misc_register(&control->misc);
	return status ? status : devm_add_action_or_reset(parent, delete_control, control);
}
