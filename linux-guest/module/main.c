// SPDX-License-Identifier: GPL-2.0
/*
 * paravent: ports of a partition of the Paravent hypervisor.
 *
 * The hypervisor describes itself in the node /hypervisor of the partition's
 * device tree; being a child of the root it has a platform device already. The
 * driver asks the hypervisor who it is, then makes a character device of each
 * port node, of each virtual device that this partition serves, and one for control,
 * and a terminal of the partition's console.
 */
#include <linux/errno.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "backend.h"
#include "console.h"
#include "control.h"
#include "hypercall.h"
#include "port.h"

#define COMPATIBLE "paravent,paravent-1"

static int create_one(struct device *dev, struct device_node *node, int *n_ports, int *n_backends)
{
	bool is_backend = backend_is_node(node);
	int status = is_backend ? backend_create(dev, node) : port_create(dev, node);

	if (status == 0 && is_backend) {
		++*n_backends;
	} else if (status == 0) {
		++*n_ports;
	} else if (status != -ENOMEM) {
		dev_err(dev, "%pOF: no device for this %s (%d)\n", node,
			is_backend ? "backend" : "port", status);
	}
	return status;
}

/* One bad node must not take the good ones away: whoever refused it has said what is wrong. */
static int create_devices(struct device *dev, int *n_ports, int *n_backends)
{
	struct device_node *node;

	for_each_available_child_of_node(dev->of_node, node) {
		if (create_one(dev, node, n_ports, n_backends) == -ENOMEM) {
			of_node_put(node);
			return -ENOMEM;
		}
	}
	return 0;
}

static int __init paravent_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	const char *partition = "unnamed";
	int n_ports = 0, n_backends = 0;
	u32 revision;
	int status = hypercall_probe(dev, &revision);

	BUILD_BUG_ON(IS_ENABLED(CONFIG_CPU_BIG_ENDIAN));
	if (status) {
		return status;
	}
	status = control_create(dev, revision);
	if (!status) {
		status = create_devices(dev, &n_ports, &n_backends);
	}
	if (status) {
		return status;
	}
	status = console_create(dev);
	if (status) {
		dev_err(dev, "no console by hypercalls (%d)\n", status);
	}
	of_property_read_string(dev->of_node, "paravent,partition", &partition);
	dev_info(dev, "partition %s, ABI %u.%u, %d ports, %d devices to serve\n", partition,
		 revision >> 16, revision & 0xffff, n_ports, n_backends);
	return 0;
}

static const struct of_device_id paravent_of_match[] = {
	{ .compatible = COMPATIBLE },
	{ }
};
MODULE_DEVICE_TABLE(of, paravent_of_match);

static struct platform_driver paravent_driver = {
	.driver = {
		.name = "paravent",
		.of_match_table = paravent_of_match,
	},
};

static int __init paravent_init(void)
{
	struct device_node *node = of_find_compatible_node(NULL, NULL, COMPATIBLE);
	int status;

	if (!node) {
		pr_err("paravent: this machine has no node \"%s\": no Paravent hypervisor here\n",
		       COMPATIBLE);
		return -ENODEV;
	}
	of_node_put(node);
	status = port_class_register();
	if (status) {
		return status;
	}
	/*
	 * Bound now or never: without a hypervisor the module does not stay, and
	 * the binding, which open files do not hold, ends with the module.
	 */
	status = platform_driver_probe(&paravent_driver, paravent_probe);
	if (status) {
		port_class_unregister();
	}
	return status;
}
module_init(paravent_init);

static void __exit paravent_exit(void)
{
	console_remove();
	platform_driver_unregister(&paravent_driver);
	port_class_unregister();
}
module_exit(paravent_exit);

MODULE_DESCRIPTION("Ports of a partition of the Paravent hypervisor");
MODULE_LICENSE("GPL");
