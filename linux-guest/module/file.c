// SPDX-License-Identifier: GPL-2.0
/*
 * An open port: one message per read() and write(), poll(), mmap() of windows.
 */
#include "file.h"

#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#include "transfer.h"

/* ---- read, write ------------------------------------------------------------------ */

/* A window port counts its doorbells: eight bytes, the rings since the last read. */
static ssize_t read_rings(struct pv_file *file, char __user *text, size_t size, bool may_sleep)
{
	struct pv_port *port = file->port;
	u64 now, rings;
	int status;

	if (!port->irq) {
		return -EPERM;
	}
	if (size < sizeof(rings)) {
		return -EMSGSIZE;
	}
	now = atomic64_read(&port->count.interrupts);
	if (now == READ_ONCE(file->seen)) {
		if (!may_sleep) {
			return -EAGAIN;
		}
		status = wait_event_interruptible(port->wait,
			(now = atomic64_read(&port->count.interrupts)) != READ_ONCE(file->seen));
		if (status) {
			return status;
		}
	}
	rings = now - READ_ONCE(file->seen);
	WRITE_ONCE(file->seen, now);
	if (copy_to_user(text, &rings, sizeof(rings))) {
		return -EFAULT;
	}
	return sizeof(rings);
}

static ssize_t port_read(struct file *filp, char __user *text, size_t size, loff_t *offset)
{
	struct pv_file *file = filp->private_data;
	bool may_sleep = !(filp->f_flags & O_NONBLOCK);
	struct paravent_message message = {
		.text = (u64)(uintptr_t)text,
		.size = min_t(size_t, size, U32_MAX),
	};
	int status;

	if (file->port->kind == PV_PORT_WINDOW) {
		return read_rings(file, text, size, may_sleep);
	}
	status = transfer_receive(file, &message, may_sleep);
	if (status) {
		return status;
	}
	return message.bytes;
}

static ssize_t port_write(struct file *filp, const char __user *from, size_t bytes, loff_t *offset)
{
	struct pv_file *file = filp->private_data;
	struct pv_port *port = file->port;
	void *text;
	int status;

	if (port->kind == PV_PORT_WINDOW || port->direction != PV_PORT_SOURCE) {
		return -EPERM;
	}
	if (bytes > port->message_bytes) {
		return -EMSGSIZE;
	}
	text = kvmalloc(port->message_bytes, GFP_KERNEL);
	if (!text) {
		return -ENOMEM;
	}
	if (copy_from_user(text, from, bytes)) {
		kvfree(text);
		return -EFAULT;
	}
	status = transfer_send(port, text, bytes, !(filp->f_flags & O_NONBLOCK));
	kvfree(text);
	if (status) {
		return status;
	}
	return bytes;
}

/* ---- poll, mmap, ioctl -------------------------------------------------------------- */

/* The wish for a doorbell stays behind when poll() sleeps; the next success takes it back. */
static __poll_t poll_queue(struct pv_port *port)
{
	__poll_t ready = port->direction == PV_PORT_SOURCE ? EPOLLOUT | EPOLLWRNORM :
							     EPOLLIN | EPOLLRDNORM;

	if (layout_queue_level(&port->queue) < 0) {
		return EPOLLERR | ready;
	}
	return layout_queue_wait(&port->queue) ? 0 : ready;
}

static __poll_t port_poll(struct file *filp, poll_table *table)
{
	struct pv_file *file = filp->private_data;
	struct pv_port *port = file->port;
	__poll_t ready = 0;
	u64 latest;

	poll_wait(filp, &port->wait, table);
	mutex_lock(&port->lock);
	if (port->kind == PV_PORT_QUEUING) {
		ready = poll_queue(port);
	} else if (port->kind == PV_PORT_WINDOW) {
		if (atomic64_read(&port->count.interrupts) != READ_ONCE(file->seen)) {
			ready = EPOLLIN | EPOLLRDNORM;
		}
	} else if (port->direction == PV_PORT_SOURCE) {
		ready = EPOLLOUT | EPOLLWRNORM;
	} else if (port->kind == PV_PORT_MESSAGE) {
		ready = transfer_look_ahead(port) == 0 ? EPOLLIN | EPOLLRDNORM : 0;
	} else {
		latest = layout_sampling_latest(&port->sampling);
		if (latest != 0 && latest != READ_ONCE(file->seen)) {
			ready = EPOLLIN | EPOLLRDNORM;
		}
	}
	mutex_unlock(&port->lock);
	return ready;
}

static void forbid_writing(struct vm_area_struct *vma)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_clear(vma, VM_MAYWRITE);
#else
	vma->vm_flags &= ~VM_MAYWRITE;
#endif
}

/* Cacheable, like the peer's mapping. Stage 2 holds a read-only window against the kernel, too. */
static int port_mmap(struct file *filp, struct vm_area_struct *vma)
{
	const struct pv_file *file = filp->private_data;
	const struct pv_port *port = file->port;

	if (port->kind != PV_PORT_WINDOW) {
		return -ENODEV;
	}
	if (port->read_only) {
		if (vma->vm_flags & VM_WRITE) {
			return -EACCES;
		}
		forbid_writing(vma);
	}
	/* Checks that offset and length stay inside the window. */
	return vm_iomap_memory(vma, port->windows[0].base, port->windows[0].bytes);
}

static long describe(const struct pv_port *port, void __user *to)
{
	struct paravent_port result = {
		.kind = port->kind,
		.direction = port->direction,
		.message_bytes = port->message_bytes,
		.depth = port->depth,
		.refresh_us = port->refresh_us,
		.window_bytes = port->kind == PV_PORT_WINDOW ? port->windows[0].bytes : 0,
		.read_only = port->read_only,
		.n_doorbells = port->n_doorbells,
		.has_interrupt = port->irq != 0,
		.peer_state = port_peer_state(port),
		.sent = atomic64_read(&port->count.sent),
		.received = atomic64_read(&port->count.received),
		.dropped = atomic64_read(&port->count.dropped),
		.refused = atomic64_read(&port->count.refused),
		.doorbells = atomic64_read(&port->count.doorbells),
		.interrupts = atomic64_read(&port->count.interrupts),
	};

	strscpy(result.name, port->name, sizeof(result.name));
	port_peers(port, result.peers, sizeof(result.peers));
	return copy_to_user(to, &result, sizeof(result)) ? -EFAULT : 0;
}

static long receive_described(struct file *filp, void __user *user)
{
	struct pv_file *file = filp->private_data;
	struct paravent_message message;
	bool may_sleep;
	int status;

	if (!(filp->f_mode & FMODE_READ)) {
		return -EBADF;
	}
	if (copy_from_user(&message, user, sizeof(message))) {
		return -EFAULT;
	}
	if ((message.flags & ~PARAVENT_DONTWAIT) || message.reserved) {
		return -EINVAL;
	}
	message = (struct paravent_message){
		.text = message.text,
		.size = message.size,
		.flags = message.flags,
	};
	may_sleep = !(filp->f_flags & O_NONBLOCK) && !(message.flags & PARAVENT_DONTWAIT);
	status = transfer_receive(file, &message, may_sleep);
	if (status) {
		return status;
	}
	return copy_to_user(user, &message, sizeof(message)) ? -EFAULT : 0;
}

static long ring_one(struct file *filp, unsigned long doorbell)
{
	struct pv_file *file = filp->private_data;
	struct pv_port *port = file->port;

	return doorbell < port->n_doorbells ? transfer_ring(port, (u32)doorbell) : -ENXIO;
}

static long port_ioctl(struct file *filp, unsigned int command, unsigned long argument)
{
	struct pv_file *file = filp->private_data;

	switch (command) {
	case PARAVENT_PORT:
		return describe(file->port, (void __user *)argument);
	case PARAVENT_RECEIVE:
		return receive_described(filp, (void __user *)argument);
	case PARAVENT_RING:
		return ring_one(filp, argument);
	default:
		return -ENOTTY;
	}
}

static int port_open(struct inode *inode, struct file *filp)
{
	struct pv_port *port = container_of(inode->i_cdev, struct pv_port, cdev);
	struct pv_file *file = kzalloc(sizeof(*file), GFP_KERNEL);

	if (!file) {
		return -ENOMEM;
	}
	file->port = port;
	if (port->kind == PV_PORT_WINDOW) {
		file->seen = atomic64_read(&port->count.interrupts);
	}
	filp->private_data = file;
	return nonseekable_open(inode, filp);
}

static int port_release(struct inode *inode, struct file *filp)
{
	kfree(filp->private_data);
	return 0;
}

const struct file_operations pv_port_file_operations = {
	.owner = THIS_MODULE,
	.open = port_open,
	.release = port_release,
	.read = port_read,
	.write = port_write,
	.poll = port_poll,
	.mmap = port_mmap,
	.unlocked_ioctl = port_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};
