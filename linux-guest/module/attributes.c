// SPDX-License-Identifier: GPL-2.0
/* /sys/class/paravent/NAME/: what a port is, and what has passed through it. */
#include <linux/of.h>
#include <linux/sysfs.h>

#include "port.h"

static const char *name_of(const char *const *names, size_t n_names, u32 value)
{
	return value < n_names && names[value] ? names[value] : "unknown";
}

const char *port_kind_name(u32 kind)
{
	static const char *const names[] = {
		[PV_PORT_SAMPLING] = "sampling",
		[PV_PORT_QUEUING] = "queuing",
		[PV_PORT_MESSAGE] = "message",
		[PV_PORT_WINDOW] = "window",
	};

	return name_of(names, ARRAY_SIZE(names), kind);
}

const char *port_direction_name(u32 direction)
{
	static const char *const names[] = {
		[PV_PORT_SOURCE] = "source",
		[PV_PORT_DESTINATION] = "destination",
		[PV_PORT_BOTH] = "both",
	};

	return name_of(names, ARRAY_SIZE(names), direction);
}

const char *partition_state_name(u32 state)
{
	static const char *const names[] = {
		[PV_PARTITION_STOPPED] = "stopped",
		[PV_PARTITION_RUNNING] = "running",
		[PV_PARTITION_STOPPING] = "stopping",
		[PV_PARTITION_CRASHED] = "crashed",
	};

	return name_of(names, ARRAY_SIZE(names), state);
}

static ssize_t kind_show(struct device *dev, struct device_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", port_kind_name(port_of(dev)->kind));
}

static ssize_t direction_show(struct device *dev, struct device_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", port_direction_name(port_of(dev)->direction));
}

static ssize_t peers_show(struct device *dev, struct device_attribute *attr, char *text)
{
	char peers[PARAVENT_NAME_BYTES];

	port_peers(port_of(dev), peers, sizeof(peers));
	return sysfs_emit(text, "%s\n", peers);
}

static ssize_t peer_state_show(struct device *dev, struct device_attribute *attr, char *text)
{
	return sysfs_emit(text, "%s\n", partition_state_name(port_peer_state(port_of(dev))));
}

static ssize_t window_size_show(struct device *dev, struct device_attribute *attr, char *text)
{
	const struct pv_port *port = port_of(dev);

	return sysfs_emit(text, "%llu\n",
			  port->kind == PV_PORT_WINDOW ? port->windows[0].bytes : 0);
}

#define NUMBER_ATTRIBUTE(file, field)                                                           \
	static ssize_t file##_show(struct device *dev, struct device_attribute *attr, char *text) \
	{                                                                                       \
		return sysfs_emit(text, "%u\n", port_of(dev)->field);                           \
	}                                                                                       \
	static DEVICE_ATTR_RO(file)

NUMBER_ATTRIBUTE(message_size, message_bytes);
NUMBER_ATTRIBUTE(depth, depth);
NUMBER_ATTRIBUTE(refresh_us, refresh_us);
NUMBER_ATTRIBUTE(read_only, read_only);
static DEVICE_ATTR_RO(kind);
static DEVICE_ATTR_RO(direction);
static DEVICE_ATTR_RO(peers);
static DEVICE_ATTR_RO(peer_state);
static DEVICE_ATTR_RO(window_size);

static struct attribute *port_attributes[] = {
	&dev_attr_kind.attr,
	&dev_attr_direction.attr,
	&dev_attr_peers.attr,
	&dev_attr_peer_state.attr,
	&dev_attr_message_size.attr,
	&dev_attr_depth.attr,
	&dev_attr_refresh_us.attr,
	&dev_attr_window_size.attr,
	&dev_attr_read_only.attr,
	NULL,
};

#define COUNTER_ATTRIBUTE(counter)                                                                 \
	static ssize_t counter##_show(struct device *dev, struct device_attribute *attr, char *text) \
	{                                                                                          \
		return sysfs_emit(text, "%lld\n", atomic64_read(&port_of(dev)->count.counter));    \
	}                                                                                          \
	static DEVICE_ATTR_RO(counter)

COUNTER_ATTRIBUTE(sent);
COUNTER_ATTRIBUTE(received);
COUNTER_ATTRIBUTE(dropped);
COUNTER_ATTRIBUTE(refused);
COUNTER_ATTRIBUTE(doorbells);
COUNTER_ATTRIBUTE(interrupts);

static struct attribute *counter_attributes[] = {
	&dev_attr_sent.attr,
	&dev_attr_received.attr,
	&dev_attr_dropped.attr,
	&dev_attr_refused.attr,
	&dev_attr_doorbells.attr,
	&dev_attr_interrupts.attr,
	NULL,
};

static const struct attribute_group port_group = { .attrs = port_attributes };
static const struct attribute_group counter_group = {
	.name = "counters",
	.attrs = counter_attributes,
};

const struct attribute_group *pv_port_groups[] = { &port_group, &counter_group, NULL };
