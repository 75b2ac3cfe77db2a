// SPDX-License-Identifier: GPL-2.0
/*
 * paravent: ports of a partition of the Paravent hypervisor.
 *
 * The hypervisor describes itself in the node /hypervisor of the partition's
 * device tree; being a child of the root it has a platform device already. The
 * driver asks the hypervisor who it is, then makes a character device of each
 * port node and one for control.
 */
#include <linux/errno.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "control.h"
#include "hypercall.h"
#include "port.h"

#define COMPATIBLE "paravent,paravent-1"

static int create_ports(struct device *dev)
{
	struct device_node *node;
	int n_ports = 0;

	/* One bad port must not take the good ones away: port_create() has said what is wrong. */
	for_each_available_child_of_node(dev->of_node, node) {
		int status = port_create(dev, node);

		if (status == -ENOMEM) {
			of_node_put(node);
			return status;
		}
		if (status) {
			dev_err(dev, "%pOF: no device for this port (%d)\n", node, status);
		} else {
			n_ports++;
		}
	}
	return n_ports;
}

static int __init paravent_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	const char *partition = "unnamed";
	u32 revision;
	int status = hypercall_probe(dev, &revision);

	BUILD_BUG_ON(IS_ENABLED(CONFIG_CPU_BIG_ENDIAN));
	if (status) {
		return status;
	}
	status = control_create(dev, revision);
	if (!status) {
		status = create_ports(dev);
	}
	if (status < 0) {
		return status;
	}
	of_property_read_string(dev->of_node, "paravent,partition", &partition);
	dev_info(dev, "partition %s, ABI %u.%u, %d ports\n", partition, revision >> 16,
		 revision & 0xffff, status);
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
	platform_driver_unregister(&paravent_driver);
	port_class_unregister();
}
module_exit(paravent_exit);

MODULE_DESCRIPTION("Ports of a partition of the Paravent hypervisor");
MODULE_LICENSE("GPL");
