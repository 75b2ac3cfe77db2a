// SPDX-License-Identifier: GPL-2.0
/*
 * paravent-window: keeps what virtio devices read and write inside a window.
 *
 * A device node "virtio,mmio" whose memory-region is "paravent,dma-window-1" gets
 * DMA operations that know that window only (ops.c). They are set on
 * BUS_NOTIFY_BIND_DRIVER, which comes after the bus has set its own and before
 * the driver's probe. For kernels without CONFIG_DMA_RESTRICTED_POOL.
 *
 * A notifier cannot refuse a driver. A device whose window makes no sense gets
 * the same operations over a closed pool: no queue can be made, the virtio
 * driver's probe fails, and nothing runs unconfined. Drivers ask the DMA
 * operations only if VIRTIO_F_ACCESS_PLATFORM is there: virtio's own check for
 * restricted memory demands it, and is the second place where this module stands.
 *
 * The module stays for good: its operations may be in use by any device.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ioport.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/virtio.h>
#include <linux/virtio_anchor.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "ops.h"

/* The name of today, and that of 6.11 and before. Without them set_dma_ops() does nothing, and says nothing. */
#if !defined(CONFIG_ARCH_HAS_DMA_OPS) && !defined(CONFIG_DMA_OPS)
#error "this kernel gives no device DMA operations of its own: build it with CONFIG_DMA_RESTRICTED_POOL"
#endif

#define DEVICE_COMPATIBLE "virtio,mmio"
#define WINDOW_COMPATIBLE "paravent,dma-window-1"
#define SMALLEST_WINDOW SZ_64K
#define LARGEST_WINDOW SZ_16M
#define LARGEST_MAPPING SZ_256K
#define BYTES_PER_ENTRY SZ_8K

/* One for each device that has a window; made at its first driver, never freed. */
struct window {
	struct list_head entry;
	struct device *dev;
	struct confinement confinement;
	unsigned long n_slots;   /* of the window; the pool has them, or is closed */
};

static LIST_HEAD(windows);
static DEFINE_MUTEX(windows_lock); /* protects windows */
static bool (*previous_check)(struct virtio_device *vdev);

static struct window *find_window(struct device *dev)
{
	struct window *window;
	struct window *found = NULL;

	mutex_lock(&windows_lock);
	list_for_each_entry(window, &windows, entry) {
		if (window->dev == dev) {
			found = window;
			break;
		}
	}
	mutex_unlock(&windows_lock);
	return found;
}

/* ---- /sys/devices/platform/.../window ------------------------------------------ */

static ssize_t base_show(struct device *dev, struct device_attribute *attribute, char *text)
{
	return sysfs_emit(text, "%pa\n", &find_window(dev)->confinement.pool.base);
}
static DEVICE_ATTR_RO(base);

#define NUMBER(name, expression)                                                          \
	static ssize_t name##_show(struct device *dev, struct device_attribute *attribute, \
				   char *text)                                            \
	{                                                                                 \
		const struct window *window = find_window(dev);                           \
		const struct pool_statistics *now = &window->confinement.pool.statistics; \
		u64 number = (expression);                                                \
											  \
		(void)now;                                                                \
		return sysfs_emit(text, "%llu\n", number);                                \
	}                                                                                 \
	static DEVICE_ATTR_RO(name)

NUMBER(size, window->n_slots << SLOT_SHIFT);
NUMBER(largest_mapping, window->confinement.largest_mapping);
NUMBER(used, now->used << SLOT_SHIFT);
NUMBER(peak, now->peak << SLOT_SHIFT);
NUMBER(mappings, now->mappings);
NUMBER(mapped_bytes, now->mapped_bytes);
NUMBER(failures, now->failures);

static struct attribute *window_attributes[] = {
	&dev_attr_base.attr,         &dev_attr_size.attr,     &dev_attr_largest_mapping.attr,
	&dev_attr_used.attr,         &dev_attr_peak.attr,     &dev_attr_mappings.attr,
	&dev_attr_mapped_bytes.attr, &dev_attr_failures.attr, NULL,
};

static const struct attribute_group window_group = {
	.name = "window",
	.attrs = window_attributes,
};

/* ---- The window of a device ----------------------------------------------------- */

/* The node of a device's window, with a reference; NULL: it has none. */
static struct device_node *window_node(struct device *dev)
{
	struct device_node *node;

	if (!of_device_is_compatible(dev->of_node, DEVICE_COMPATIBLE)) {
		return NULL;
	}
	node = of_parse_phandle(dev->of_node, "memory-region", 0);
	if (node && !of_device_is_compatible(node, WINDOW_COMPATIBLE)) {
		of_node_put(node);
		return NULL;
	}
	return node;
}

/* What is wrong with the place of a window, and what to do; NULL: nothing. */
static const char *find_fault(const struct resource *place)
{
	if (!PAGE_ALIGNED(place->start) || !PAGE_ALIGNED(resource_size(place))) {
		return "not whole pages: align \"reg\" to 4 KiB";
	}
	if (resource_size(place) < SMALLEST_WINDOW || resource_size(place) > LARGEST_WINDOW) {
		return "no size for a window: \"reg\" needs 64 KiB to 16 MiB";
	}
	if (region_intersects(place->start, resource_size(place), IORESOURCE_SYSTEM_RAM,
			      IORES_DESC_NONE) != REGION_DISJOINT) {
		return "in the kernel's own memory: it lacks \"no-map\", or is not in /reserved-memory";
	}
	return NULL;
}

static void open_window(struct window *window, struct device_node *node)
{
	struct device *dev = window->dev;
	struct pool *pool = &window->confinement.pool;
	const char *fault;
	struct resource place;
	size_t size;

	if (of_address_to_resource(node, 0, &place)) {
		dev_err(dev, "window %pOF: no address: give it \"reg\", its parent \"ranges\"; no driver\n",
			node);
		return;
	}
	size = resource_size(&place);
	pool->base = place.start;
	fault = find_fault(&place);
	if (!fault && !request_mem_region(place.start, size, dev_name(dev))) {
		fault = "somebody else's, see /proc/iomem: each device needs a window of its own";
	}
	if (!fault && pool_open(pool, place.start, size)) {
		fault = "not mapped: out of memory";
	}
	if (fault) {
		dev_err(dev, "window %pOF: %pR is %s; no driver\n", node, &place,
			fault);
		return;
	}
	window->n_slots = pool->n_slots;
	dev_info(dev, "confined to %pR, %zu KiB\n", &place, size / SZ_1K);
}

/* Called with the device's lock held: one caller for each device. */
static struct window *make_window(struct device *dev, struct device_node *node)
{
	struct window *window = kzalloc(sizeof(*window), GFP_KERNEL | __GFP_NOFAIL);

	window->dev = get_device(dev);
	confinement_init(&window->confinement);
	open_window(window, node);
	mutex_lock(&windows_lock);
	list_add_tail(&window->entry, &windows);
	mutex_unlock(&windows_lock);
	if (sysfs_create_group(&dev->kobj, &window_group)) {
		dev_warn(dev, "no statistics of the window in /sys\n");
	}
	return window;
}

static int confine(struct notifier_block *block, unsigned long event, void *argument)
{
	struct device *dev = argument;
	struct device_node *node;
	struct window *window;

	if (event != BUS_NOTIFY_BIND_DRIVER) {
		return NOTIFY_DONE;
	}
	node = window_node(dev);
	if (!node) {
		return NOTIFY_DONE;
	}
	window = find_window(dev);
	if (!window) {
		window = make_window(dev, node);
	}
	of_node_put(node);
	set_dma_ops(dev, &window->confinement.ops);
	return NOTIFY_OK;
}

/* ---- Before a virtio driver's probe --------------------------------------------- */

/*
 * Drivers do not bear a lasting lack of memory. virtio_net tries again without a
 * pause while its receive queue is not full, and virtio_blk repeats a request that
 * found no room. So a queue has an entry for each 8 KiB of the window, which is
 * room for a page in every entry, and what still does not fit is refused here.
 */
static bool fit_queues(struct window *window, struct virtio_device *vdev)
{
	size_t size = window->n_slots << SLOT_SHIFT;
	size_t largest = clamp_t(size_t, size / 8, PAGE_SIZE, LARGEST_MAPPING);
	unsigned long n_entries = rounddown_pow_of_two(size / BYTES_PER_ENTRY);
	u32 n_segments = 1;

	if (vdev->id.device == VIRTIO_ID_NET && n_entries < MAX_SKB_FRAGS + 2) {
		dev_err(&vdev->dev,
			"a window of %zu KiB holds no packet of %lu pieces: it needs 256 KiB; no driver\n",
			size / SZ_1K, (unsigned long)MAX_SKB_FRAGS + 2);
		return false;
	}
	if (vdev->id.device == VIRTIO_ID_BLOCK) {
		virtio_cread_feature(vdev, VIRTIO_BLK_F_SEG_MAX, struct virtio_blk_config, seg_max,
				     &n_segments);
		n_segments = max(n_segments, 1U);
		/* Beside the data a request has a header and a status. */
		if (n_segments > n_entries - 2) {
			dev_err(&vdev->dev,
				"a window of %zu KiB holds %lu segments, not %u: offer a smaller seg_max; no driver\n",
				size / SZ_1K, n_entries - 2, n_segments);
			return false;
		}
		largest = min(largest, size / 2 / n_segments & PAGE_MASK);
	}
	window->confinement.largest_mapping = largest;
	window->confinement.largest_ring = vring_size(n_entries, PAGE_SIZE);
	return true;
}

/*
 * virtio asks before each probe whether this device's memory is restricted; if
 * so, it demands VERSION_1 and ACCESS_PLATFORM. The device is reset by then.
 */
static bool is_restricted(struct virtio_device *vdev)
{
	struct window *window = find_window(vdev->dev.parent);
	struct pool *pool;

	if (!window) {
		return previous_check(vdev);
	}
	pool = &window->confinement.pool;
	pool->n_slots = window->n_slots;
	pool_clear(pool);
	if (window->n_slots && !fit_queues(window, vdev)) {
		pool->n_slots = 0;
	}
	return true;
}

/* ---- The module ----------------------------------------------------------------- */

static int rebind(struct device *dev, void *unused)
{
	struct device_node *node = window_node(dev);

	if (node && dev->driver) {
		dev_warn(dev, "bound before its window: load this module before virtio_mmio; rebinding\n");
		if (device_reprobe(dev)) {
			dev_err(dev, "no driver again\n");
		}
	}
	of_node_put(node);
	return 0;
}

static struct notifier_block confine_block = { .notifier_call = confine };

static int __init window_init(void)
{
	int status = bus_register_notifier(&platform_bus_type, &confine_block);

	if (status) {
		return status;
	}
	previous_check = virtio_check_mem_acc_cb;
	virtio_set_mem_acc_cb(is_restricted);
	return bus_for_each_dev(&platform_bus_type, NULL, NULL, rebind);
}
module_init(window_init);

MODULE_DESCRIPTION("Confines the DMA of virtio-mmio devices to a window");
MODULE_LICENSE("GPL");
