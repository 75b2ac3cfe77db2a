/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A port of this partition, and the character device that stands for it.
 *
 * Owns     its device number, its windows' mappings (through devm), its counters.
 * Locks    lock: who reads or writes the windows or the look-ahead; a leaf.
 * Context  process; pv_port_interrupt() in interrupt context takes no lock.
 */
#ifndef PARAVENT_PORT_H
#define PARAVENT_PORT_H

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "hypercall.h"
#include "layout.h"
#include "paravent.h"

#define PV_REGISTER_MESSAGE_BYTES (PV_MESSAGE_WORDS * sizeof(u64))

struct pv_window {
	phys_addr_t base;
	u64         bytes;
	void       *address; /* not mapped for window ports */
};

struct pv_port_counters {
	atomic64_t sent, received, dropped, refused, doorbells, interrupts;
};

struct pv_port {
	struct device dev;
	struct cdev   cdev;

	/* From the device tree, checked by port_create(), constant from then on. */
	const char *name;
	u32  number;
	enum pv_port_kind      kind;
	enum pv_port_direction direction;
	u32  message_bytes;
	u32  depth;
	u32  refresh_us;
	u32  first_doorbell, n_doorbells;
	bool read_only;
	int  irq;          /* 0: peers cannot wake this end */
	u32  n_windows;
	struct pv_window windows[2];

	struct mutex lock;
	struct layout_sampling sampling;
	struct layout_queue    queue;
	/* Message ports: taken from EL2 to answer poll(), not yet read. */
	bool has_ahead;
	u32  ahead_sender;
	u64  ahead[PV_MESSAGE_WORDS];

	wait_queue_head_t wait;
	struct pv_port_counters count;
};

/* The chrdev region, the class: once per module. */
int port_class_register(void);
void port_class_unregister(void);

/* Make the device of one port node; undone by devm of @parent. */
int port_create(struct device *parent, struct device_node *node);

/* May a node of the device tree give its device this name? */
bool is_file_name(const char *name);

u32 port_peer_state(const struct pv_port *port);
/* "a,b": the peers' names, cut to fit. Returns the length. */
int port_peers(const struct pv_port *port, char *text, size_t size);

extern const struct attribute_group *pv_port_groups[];
const char *port_kind_name(u32 kind);
const char *port_direction_name(u32 direction);
const char *partition_state_name(u32 state);

static inline struct pv_port *port_of(struct device *dev)
{
	return container_of(dev, struct pv_port, dev);
}

#endif
