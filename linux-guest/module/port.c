// SPDX-License-Identifier: GPL-2.0
/*
 * From a port node of the device tree to a device in /dev/paravent/.
 *
 * The device tree comes from the hypervisor's configuration compiler; a node
 * that makes no sense is refused with its name, the other ports go on.
 */
#include "port.h"

#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "file.h"

#define PORTS_MAX 256

static dev_t first_device;

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
static char *port_devnode(const struct device *dev, umode_t *mode)
#else
static char *port_devnode(struct device *dev, umode_t *mode)
#endif
{
	return kasprintf(GFP_KERNEL, "paravent/%s", dev_name(dev));
}

static struct class port_class = {
	.name = "paravent",
	.devnode = port_devnode,
	.dev_groups = pv_port_groups,
};

int port_class_register(void)
{
	int status = alloc_chrdev_region(&first_device, 0, PORTS_MAX, "paravent");

	if (status) {
		return status;
	}
	status = class_register(&port_class);
	if (status) {
		unregister_chrdev_region(first_device, PORTS_MAX);
	}
	return status;
}

void port_class_unregister(void)
{
	class_unregister(&port_class);
	unregister_chrdev_region(first_device, PORTS_MAX);
}

u32 port_peer_state(const struct pv_port *port)
{
	struct hypercall_port answer;

	return hypercall_port_info(port->number, &answer) ? U32_MAX : answer.peer_state;
}

int port_peers(const struct pv_port *port, char *text, size_t size)
{
	int n_peers = of_property_count_strings(port->dev.of_node, "paravent,peers");
	const char *peer;
	int length = 0;
	int i;

	text[0] = '\0';
	for (i = 0; i < n_peers; i++) {
		if (of_property_read_string_index(port->dev.of_node, "paravent,peers", i, &peer)) {
			break;
		}
		length += scnprintf(text + length, size - length, "%s%s", i ? "," : "", peer);
	}
	return length;
}

/* ---- Reading the node ---------------------------------------------------------- */

static int read_kind(struct device *parent, struct device_node *node, struct pv_port *port)
{
	static const struct {
		const char *compatible;
		enum pv_port_kind kind;
	} kinds[] = {
		{ "paravent,sampling-port-1", PV_PORT_SAMPLING },
		{ "paravent,queuing-port-1", PV_PORT_QUEUING },
		{ "paravent,message-port-1", PV_PORT_MESSAGE },
		{ "paravent,window-port-1", PV_PORT_WINDOW },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (of_device_is_compatible(node, kinds[i].compatible)) {
			port->kind = kinds[i].kind;
			return 0;
		}
	}
	dev_err(parent, "%pOF: unknown kind of port, left alone\n", node);
	return -EINVAL;
}

static int read_direction(struct device *parent, struct device_node *node, struct pv_port *port)
{
	const char *direction = "";

	of_property_read_string(node, "paravent,direction", &direction);
	if (strcmp(direction, "source") == 0) {
		port->direction = PV_PORT_SOURCE;
	} else if (strcmp(direction, "destination") == 0) {
		port->direction = PV_PORT_DESTINATION;
	} else if (strcmp(direction, "both") == 0 && port->kind == PV_PORT_WINDOW) {
		port->direction = PV_PORT_BOTH;
	} else {
		dev_err(parent, "%pOF: paravent,direction \"%s\" makes no sense here\n", node,
			direction);
		return -EINVAL;
	}
	return 0;
}

bool is_file_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && !strpbrk(name, "/!") &&
	       strlen(name) < PARAVENT_NAME_BYTES;
}

static int read_node(struct device *parent, struct device_node *node, struct pv_port *port)
{
	u32 doorbells[2] = { 0, 0 };
	int status;

	if (of_property_read_u32(node, "reg", &port->number) || port->number >= PORTS_MAX ||
	    of_property_read_string(node, "label", &port->name) || !is_file_name(port->name)) {
		dev_err(parent, "%pOF: no usable reg or label\n", node);
		return -EINVAL;
	}
	status = read_kind(parent, node, port);
	if (!status) {
		status = read_direction(parent, node, port);
	}
	if (status) {
		return status;
	}
	/* Absent where a kind has no use for them; what it needs is checked with the windows. */
	of_property_read_u32(node, "paravent,depth", &port->depth);
	of_property_read_u32(node, "paravent,refresh-us", &port->refresh_us);
	of_property_read_u32_array(node, "paravent,doorbells", doorbells, 2);
	port->first_doorbell = doorbells[0];
	port->n_doorbells = doorbells[1];
	port->read_only = of_property_read_bool(node, "paravent,read-only");
	if (port->kind == PV_PORT_MESSAGE) {
		port->message_bytes = PV_REGISTER_MESSAGE_BYTES;
	} else if (port->kind != PV_PORT_WINDOW) {
		of_property_read_u32(node, "paravent,message-size", &port->message_bytes);
	}
	return 0;
}

/* The hypervisor's own table is what counts: a device tree that says otherwise is not its own. */
static int check_with_hypervisor(struct device *parent, const struct pv_port *port)
{
	struct hypercall_port answer;
	int status = hypercall_port_info(port->number, &answer);

	if (status) {
		dev_err(parent, "port %u (%s): the hypervisor knows no such port (%d)\n",
			port->number, port->name, status);
		return status;
	}
	if (answer.kind != port->kind || answer.direction != port->direction) {
		dev_err(parent, "port %u (%s): device tree says %s %s, hypervisor %s %s\n",
			port->number, port->name, port_kind_name(port->kind),
			port_direction_name(port->direction), port_kind_name(answer.kind),
			port_direction_name(answer.direction));
		return -EINVAL;
	}
	return 0;
}

/* ---- Windows --------------------------------------------------------------------- */

static int find_window(struct device *parent, struct device_node *node, struct pv_port *port)
{
	struct pv_window *window = &port->windows[port->n_windows];
	struct device_node *region = of_parse_phandle(node, "memory-region", port->n_windows);
	struct resource resource = {};
	int status;

	if (!region) {
		dev_err(parent, "%pOF: window %u is missing\n", node, port->n_windows);
		return -EINVAL;
	}
	status = of_address_to_resource(region, 0, &resource);
	if (!status && (!PAGE_ALIGNED(resource.start) || !PAGE_ALIGNED(resource_size(&resource)))) {
		status = -EINVAL;
	}
	if (status) {
		dev_err(parent, "%pOF: %pOF is no window\n", node, region);
	}
	of_node_put(region);
	window->base = resource.start;
	window->bytes = resource_size(&resource);
	port->n_windows++;
	return status;
}

static int map_window(struct device *parent, struct pv_window *window)
{
	window->address = devm_memremap(parent, window->base, window->bytes, MEMREMAP_WB);
	return PTR_ERR_OR_ZERO(window->address);
}

static int open_windows(struct device *parent, struct device_node *node, struct pv_port *port)
{
	u32 n_windows = port->kind == PV_PORT_MESSAGE ? 0 : port->kind == PV_PORT_QUEUING ? 2 : 1;
	struct pv_window *windows = port->windows;
	int status = 0;

	while (!status && port->n_windows < n_windows) {
		status = find_window(parent, node, port);
		if (!status && port->kind != PV_PORT_WINDOW) {
			status = map_window(parent, &windows[port->n_windows - 1]);
		}
	}
	if (status) {
		return status;
	}
	if (port->kind == PV_PORT_SAMPLING) {
		status = layout_sampling_open(&port->sampling, windows[0].address,
					      windows[0].bytes, port->message_bytes);
	} else if (port->kind == PV_PORT_QUEUING) {
		status = layout_queue_open(&port->queue, port->direction == PV_PORT_SOURCE,
					   windows[0].address, windows[0].bytes,
					   windows[1].address, windows[1].bytes,
					   port->message_bytes, port->depth);
	}
	if (status) {
		dev_err(parent, "%pOF: messages of %u bytes, depth %u, do not fit the window\n",
			node, port->message_bytes, port->depth);
	}
	return status;
}

/* ---- The device ---------------------------------------------------------------------- */

static irqreturn_t pv_port_interrupt(int irq, void *cookie)
{
	struct pv_port *port = cookie;

	atomic64_inc(&port->count.interrupts);
	wake_up_all(&port->wait);
	return IRQ_HANDLED;
}

static int open_interrupt(struct device *parent, struct device_node *node, struct pv_port *port)
{
	int irq;

	if (!of_find_property(node, "interrupts", NULL)) {
		return 0;
	}
	irq = of_irq_get(node, 0);
	if (irq <= 0) {
		return dev_err_probe(parent, irq ? irq : -EINVAL, "%pOF: no interrupt\n", node);
	}
	port->irq = irq;
	return devm_request_irq(parent, irq, pv_port_interrupt, 0, port->name, port);
}

static void release_port(struct device *dev)
{
	struct pv_port *port = port_of(dev);

	of_node_put(dev->of_node);
	kfree(port);
}

static void put_port(void *port)
{
	put_device(&((struct pv_port *)port)->dev);
}

static void delete_port(void *cookie)
{
	struct pv_port *port = cookie;

	cdev_device_del(&port->cdev, &port->dev);
}

static struct pv_port *allocate_port(struct device *parent, struct device_node *node)
{
	struct pv_port *port = kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port) {
		return NULL;
	}
	device_initialize(&port->dev);
	port->dev.parent = parent;
	port->dev.class = &port_class;
	port->dev.of_node = of_node_get(node);
	port->dev.release = release_port;
	mutex_init(&port->lock);
	init_waitqueue_head(&port->wait);
	cdev_init(&port->cdev, &pv_port_file_operations);
	port->cdev.owner = THIS_MODULE;
	return port;
}

int port_create(struct device *parent, struct device_node *node)
{
	struct pv_port *port = allocate_port(parent, node);
	int status;

	if (!port) {
		return -ENOMEM;
	}
	/* devm undoes in reverse: the device node, the interrupt, the windows, the memory. */
	status = devm_add_action_or_reset(parent, put_port, port);
	if (!status) {
		status = read_node(parent, node, port);
	}
	if (!status) {
		status = check_with_hypervisor(parent, port);
	}
	if (!status) {
		status = open_windows(parent, node, port);
	}
	if (!status) {
		status = open_interrupt(parent, node, port);
	}
	if (status) {
		return status;
	}
	port->dev.devt = MKDEV(MAJOR(first_device), port->number);
	status = dev_set_name(&port->dev, "%s", port->name);
	if (!status) {
		status = cdev_device_add(&port->cdev, &port->dev);
	}
	return status ? status : devm_add_action_or_reset(parent, delete_port, port);
}
