// SPDX-License-Identifier: GPL-2.0
#include "backend_node.h"

#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_address.h>

#include "port.h"

static int read_properties(struct device *parent, struct device_node *node, struct backend_node *to)
{
	struct paravent_backend *about = &to->about;
	const char *name, *frontend = "";
	u32 queues[2];

	if (of_property_read_u32(node, "reg", &to->number) ||
	    of_property_read_string(node, "label", &name) || !is_file_name(name) ||
	    of_property_read_u32(node, "paravent,device-id", &about->device) ||
	    of_property_read_u64(node, "paravent,features", &about->features) ||
	    of_property_read_u32_array(node, "paravent,queues", queues, 2) ||
	    of_property_read_u32(node, "paravent,doorbell", &to->doorbell)) {
		dev_err(parent, "%pOF: no usable reg, label or description of the device\n",
			node);
		return -EINVAL;
	}
	of_property_read_string(node, "paravent,frontend", &frontend);
	strscpy(about->name, name, sizeof(about->name));
	strscpy(about->frontend, frontend, sizeof(about->frontend));
	about->n_queues = queues[0];
	about->queue_size_max = queues[1];
	about->read_only = of_property_read_bool(node, "paravent,read-only");
	of_property_read_u8_array(node, "local-mac-address", about->mac, sizeof(about->mac));
	return 0;
}

/* Memory that the kernel knows and does not use. */
static bool is_set_aside(phys_addr_t base, u64 bytes)
{
	u64 offset;

	for (offset = 0; offset < bytes; offset += PAGE_SIZE) {
		unsigned long pfn = PHYS_PFN(base + offset);

		if (!pfn_valid(pfn) || !PageReserved(pfn_to_page(pfn))) {
			return false;
		}
	}
	return true;
}

static int find_window(struct device *parent, struct device_node *node, struct paravent_backend *about)
{
	struct device_node *region = of_parse_phandle(node, "memory-region", 0);
	struct resource resource = {};
	int status = region ? of_address_to_resource(region, 0, &resource) : -EINVAL;

	of_node_put(region);
	if (status || !PAGE_ALIGNED(resource.start) || !PAGE_ALIGNED(resource_size(&resource))) {
		dev_err(parent, "%pOF: memory-region is no window\n", node);
		return -EINVAL;
	}
	if (!is_set_aside(resource.start, resource_size(&resource))) {
		dev_err(parent,
			"%pOF: the window %pR must lie in /memory and, without no-map, in /reserved-memory\n",
			node, &resource);
		return -EINVAL;
	}
	about->window_address = resource.start;
	about->window_bytes = resource_size(&resource);
	return 0;
}

int backend_node_read(struct device *parent, struct device_node *node, struct backend_node *to)
{
	int status = read_properties(parent, node, to);

	if (status) {
		return status;
	}
	if (of_property_read_u64(node, "paravent,state", &to->state_address) ||
	    !PAGE_ALIGNED(to->state_address)) {
		dev_err(parent, "%pOF: paravent,state is no page\n", node);
		return -EINVAL;
	}
	return find_window(parent, node, &to->about);
}
