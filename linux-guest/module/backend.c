// SPDX-License-Identifier: GPL-2.0
#include "backend.h"
#include "backend_node.h"

#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/of.h>
#include <linux/of_irq.h>
#include <linux/poll.h>
#include <linux/reboot.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#include "abi/virtio.h"
#include "hypercall.h"
#include "port.h"
#include "virtio_backend.h"

#define STATE_BYTES 4096
#define STATE_TRIES 64 /* EL2 holds the record for well under a microsecond */

struct backend {
	struct miscdevice misc;
	struct device    *parent;

	/* Constant from backend_create() on. */
	struct backend_node node;
	const void __iomem *state;

	wait_queue_head_t wait;
	atomic64_t        interrupts;
	atomic64_t        seen; /* interrupts at the last read() */

	struct notifier_block reboot;

	struct mutex          events_lock;
	struct address_space *mapping; /* of the open file */
	bool                  is_ending; /* and may not be mapped any more */
	struct eventfd_ctx   *call;
	wait_queue_entry_t    call_wait;
	poll_table            call_poll;

	spinlock_t          lock;
	bool                is_open;
	struct eventfd_ctx *kick;
	u32                 sequence; /* of the state at the last read() */
};

static struct backend *backend_of(struct file *filp)
{
	/* misc_open() left the miscdevice here. */
	return container_of(filp->private_data, struct backend, misc);
}

/* ---- State ---------------------------------------------------------------------------- */

/* 0, or -EAGAIN: it is being written; EL2 interrupts when it has done so. */
static int read_state(const struct backend *backend, struct pv_virtio_state *state)
{
	int tries;

	for (tries = 0; tries < STATE_TRIES; tries++) {
		u32 sequence = readl_relaxed(backend->state);

		rmb(); /* the record after its number; pairs with EL2's barriers */
		memcpy_fromio(state, backend->state, sizeof(*state));
		rmb(); /* the number again after the record */
		if (!(sequence & 1) && readl_relaxed(backend->state) == sequence) {
			return 0;
		}
		cpu_relax();
	}
	return -EAGAIN;
}

/*
 * Nobody has the device, so nobody touches its window. What a former kernel had
 * begun is over, too: this module is loaded behind the drivers of disks, which reset
 * them. If the state cannot be read, or is not the newest any more, an interrupt is
 * on its way that comes here again.
 */
static void acknowledge_for_nobody(const struct backend *backend)
{
	struct pv_virtio_state state;

	if (read_state(backend, &state) == 0) {
		hypercall_virtio_acknowledge(backend->node.number, state.epoch);
	}
}

/* ---- Bells ---------------------------------------------------------------------------- */

static void signal_eventfd(struct eventfd_ctx *eventfd)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
	eventfd_signal(eventfd);
#else
	eventfd_signal(eventfd, 1);
#endif
}

/* Where a kick goes elsewhere, who waits in poll() is woken by changes of the state alone. */
static irqreturn_t backend_interrupt(int irq, void *cookie)
{
	struct backend *backend = cookie;
	bool is_for_reader = true;

	spin_lock(&backend->lock);
	if (!backend->is_open) {
		acknowledge_for_nobody(backend);
	} else if (backend->kick) {
		signal_eventfd(backend->kick);
		is_for_reader = readl(backend->state) != backend->sequence;
	}
	spin_unlock(&backend->lock);
	if (is_for_reader) {
		atomic64_inc(&backend->interrupts);
		wake_up_all(&backend->wait);
	}
	return IRQ_HANDLED;
}

/* The eventfd was signalled: here its own lock is held and interrupts are off. */
static int call_signalled(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct backend *backend = container_of(wait, struct backend, call_wait);
	u64 count;

	if (key_to_poll(key) & EPOLLIN) {
		eventfd_ctx_do_read(backend->call, &count);
		hypercall_doorbell(backend->node.doorbell);
	}
	return 0;
}

static void queue_call(struct file *file, wait_queue_head_t *head, poll_table *table)
{
	struct backend *backend = container_of(table, struct backend, call_poll);

	add_wait_queue_priority(head, &backend->call_wait);
}

static void drop_call(struct backend *backend)
{
	u64 count;

	if (backend->call) {
		eventfd_ctx_remove_wait_queue(backend->call, &backend->call_wait, &count);
		eventfd_ctx_put(backend->call);
		backend->call = NULL;
	}
}

static int take_call(struct backend *backend, int fd)
{
	struct file *file = eventfd_fget(fd);

	if (IS_ERR(file)) {
		return PTR_ERR(file);
	}
	/* The context outlives the file: whoever holds the other descriptors may close them. */
	backend->call = eventfd_ctx_fileget(file);
	init_waitqueue_func_entry(&backend->call_wait, call_signalled);
	init_poll_funcptr(&backend->call_poll, queue_call);
	if (vfs_poll(file, &backend->call_poll) & EPOLLIN) {
		hypercall_doorbell(backend->node.doorbell); /* signalled before it was given to us */
	}
	fput(file);
	return 0;
}

static void set_kick(struct backend *backend, struct eventfd_ctx *kick)
{
	unsigned long flags;

	spin_lock_irqsave(&backend->lock, flags);
	swap(backend->kick, kick);
	spin_unlock_irqrestore(&backend->lock, flags);
	if (kick) {
		eventfd_ctx_put(kick);
	}
}

static long set_events(struct backend *backend, const void __user *user)
{
	struct paravent_backend_events events;
	struct eventfd_ctx *kick = NULL;
	int status = 0;

	if (copy_from_user(&events, user, sizeof(events))) {
		return -EFAULT;
	}
	if (events.kick >= 0) {
		kick = eventfd_ctx_fdget(events.kick);
		if (IS_ERR(kick)) {
			return PTR_ERR(kick);
		}
	}
	mutex_lock(&backend->events_lock);
	drop_call(backend);
	if (events.call >= 0) {
		status = take_call(backend, events.call);
	}
	set_kick(backend, kick);
	mutex_unlock(&backend->events_lock);
	return status;
}

/* ---- Files ---------------------------------------------------------------------------- */

static ssize_t backend_read(struct file *filp, char __user *to, size_t size, loff_t *offset)
{
	struct backend *backend = backend_of(filp);
	struct pv_virtio_state state;
	unsigned long flags;
	s64 interrupts;
	int status;

	if (size < sizeof(state)) {
		return -EMSGSIZE;
	}
	interrupts = atomic64_read(&backend->interrupts);
	status = read_state(backend, &state);
	if (status) {
		return status;
	}
	atomic64_set(&backend->seen, interrupts);
	spin_lock_irqsave(&backend->lock, flags);
	backend->sequence = state.sequence;
	spin_unlock_irqrestore(&backend->lock, flags);
	return copy_to_user(to, &state, sizeof(state)) ? -EFAULT : sizeof(state);
}

static ssize_t backend_write(struct file *filp, const char __user *from, size_t size,
			     loff_t *offset)
{
	int status;

	if (size != sizeof(u64)) {
		return -EINVAL;
	}
	status = hypercall_doorbell(backend_of(filp)->node.doorbell);
	return status ? status : size;
}

static __poll_t backend_poll(struct file *filp, poll_table *table)
{
	struct backend *backend = backend_of(filp);

	poll_wait(filp, &backend->wait, table);
	return atomic64_read(&backend->interrupts) != atomic64_read(&backend->seen) ?
		       EPOLLIN | EPOLLRDNORM : 0;
}

/* Page by page, as pages of memory: direct I/O of a disk refuses what has none. */
static vm_fault_t backend_fault(struct vm_fault *fault)
{
	struct backend *backend = backend_of(fault->vma->vm_file);
	unsigned long pfn = PHYS_PFN(backend->node.about.window_address) + fault->pgoff;
	int status = -ESHUTDOWN;

	mutex_lock(&backend->events_lock);
	if (!backend->is_ending) {
		status = vm_insert_page(fault->vma, fault->address, pfn_to_page(pfn));
	}
	mutex_unlock(&backend->events_lock);
	/* Busy: another thread of the program was faster. */
	return status == 0 || status == -EBUSY ? VM_FAULT_NOPAGE : VM_FAULT_SIGBUS;
}

static const struct vm_operations_struct backend_vm_operations = {
	.fault = backend_fault,
};

static int backend_mmap(struct file *filp, struct vm_area_struct *vma)
{
	unsigned long n_pages = backend_of(filp)->node.about.window_bytes >> PAGE_SHIFT;

	if (!(vma->vm_flags & VM_SHARED) || vma->vm_pgoff > n_pages ||
	    vma_pages(vma) > n_pages - vma->vm_pgoff) {
		return -EINVAL;
	}
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	vm_flags_set(vma, VM_MIXEDMAP | VM_DONTEXPAND);
#else
	vma->vm_flags |= VM_MIXEDMAP | VM_DONTEXPAND;
#endif
	vma->vm_ops = &backend_vm_operations;
	return 0;
}

/*
 * This Linux ends. Its disks are about to answer with errors that nobody may pass
 * on: requests wait for the next life. So servers lose the window before that, and
 * what touches it from now on gets SIGBUS or, in the kernel, -EFAULT.
 */
static int backend_reboot(struct notifier_block *reboot, unsigned long action, void *unused)
{
	struct backend *backend = container_of(reboot, struct backend, reboot);

	mutex_lock(&backend->events_lock);
	backend->is_ending = true;
	if (backend->mapping) {
		unmap_mapping_range(backend->mapping, 0, 0, 1);
	}
	mutex_unlock(&backend->events_lock);
	return NOTIFY_DONE;
}

static long set_config(const struct backend *backend, const void __user *user)
{
	struct paravent_backend_config config;

	if (copy_from_user(&config, user, sizeof(config))) {
		return -EFAULT;
	}
	return hypercall_virtio_config(backend->node.number, config.offset, config.value, config.flags);
}

static long acknowledge(const struct backend *backend, const u32 __user *user)
{
	u32 epoch;

	if (get_user(epoch, user)) {
		return -EFAULT;
	}
	return hypercall_virtio_acknowledge(backend->node.number, epoch);
}

static long backend_ioctl(struct file *filp, unsigned int command, unsigned long argument)
{
	struct backend *backend = backend_of(filp);
	void __user *user = (void __user *)argument;

	switch (command) {
	case PARAVENT_BACKEND:
		return copy_to_user(user, &backend->node.about, sizeof(backend->node.about)) ? -EFAULT : 0;
	case PARAVENT_BACKEND_CONFIG:
		return set_config(backend, user);
	case PARAVENT_BACKEND_ACKNOWLEDGE:
		return acknowledge(backend, user);
	case PARAVENT_BACKEND_EVENTS:
		return set_events(backend, user);
	default:
		return -ENOTTY;
	}
}

static int backend_open(struct inode *inode, struct file *filp)
{
	struct backend *backend = backend_of(filp);
	unsigned long flags;
	bool is_busy;

	spin_lock_irqsave(&backend->lock, flags);
	is_busy = backend->is_open;
	backend->is_open = true;
	spin_unlock_irqrestore(&backend->lock, flags);
	if (is_busy) {
		return -EBUSY;
	}
	mutex_lock(&backend->events_lock);
	backend->mapping = filp->f_mapping;
	mutex_unlock(&backend->events_lock);
	return nonseekable_open(inode, filp);
}

/* The last descriptor and the last mapping are gone. */
static int backend_release(struct inode *inode, struct file *filp)
{
	struct backend *backend = backend_of(filp);
	unsigned long flags;

	mutex_lock(&backend->events_lock);
	drop_call(backend);
	set_kick(backend, NULL);
	backend->mapping = NULL;
	mutex_unlock(&backend->events_lock);
	spin_lock_irqsave(&backend->lock, flags);
	backend->is_open = false;
	acknowledge_for_nobody(backend);
	spin_unlock_irqrestore(&backend->lock, flags);
	return 0;
}

static const struct file_operations backend_file_operations = {
	.owner = THIS_MODULE,
	.open = backend_open,
	.release = backend_release,
	.read = backend_read,
	.write = backend_write,
	.poll = backend_poll,
	.mmap = backend_mmap,
	.unlocked_ioctl = backend_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

/* ---- The device ------------------------------------------------------------------------- */

bool backend_is_node(const struct device_node *node)
{
	return of_device_is_compatible(node, "paravent,virtio-backend-1");
}

static int open_interrupt(struct backend *backend, struct device_node *node)
{
	int irq = of_irq_get(node, 0);

	if (irq <= 0) {
		return dev_err_probe(backend->parent, irq ? irq : -EINVAL, "%pOF: no interrupt\n",
				     node);
	}
	return devm_request_irq(backend->parent, irq, backend_interrupt, 0, backend->node.about.name,
				backend);
}

static void delete_backend(void *cookie)
{
	misc_deregister(&((struct backend *)cookie)->misc);
}

static int register_backend(struct backend *backend)
{
	struct device *parent = backend->parent;
	const char *name = devm_kasprintf(parent, GFP_KERNEL, PARAVENT_BACKEND_FOLDER "-%s",
					  backend->node.about.name);
	const char *path = devm_kasprintf(parent, GFP_KERNEL, PARAVENT_BACKEND_FOLDER "/%s",
					  backend->node.about.name);
	int status;

	if (!name || !path) {
		return -ENOMEM;
	}
	backend->misc = (struct miscdevice){
		.minor = MISC_DYNAMIC_MINOR,
		.name = name,
		.nodename = path,
		.fops = &backend_file_operations,
		.parent = parent,
		.mode = 0600,
	};
	status = misc_register(&backend->misc);
	return status ? status : devm_add_action_or_reset(parent, delete_backend, backend);
}

int backend_create(struct device *parent, struct device_node *node)
{
	struct backend *backend = devm_kzalloc(parent, sizeof(*backend), GFP_KERNEL);
	int status;

	if (!backend) {
		return -ENOMEM;
	}
	backend->parent = parent;
	mutex_init(&backend->events_lock);
	spin_lock_init(&backend->lock);
	init_waitqueue_head(&backend->wait);
	status = backend_node_read(parent, node, &backend->node);
	if (status) {
		return status;
	}
	backend->state = devm_ioremap(parent, backend->node.state_address, STATE_BYTES);
	if (!backend->state) {
		return -ENOMEM;
	}
	status = open_interrupt(backend, node);
	if (status) {
		return status;
	}
	/* Bells that rang while nobody was here are lost, and drivers may be waiting. */
	acknowledge_for_nobody(backend);
	backend->reboot.notifier_call = backend_reboot;
	backend->reboot.priority = INT_MAX; /* before those that stop what a disk is made of */
	status = devm_register_reboot_notifier(parent, &backend->reboot);
	return status ? status : register_backend(backend);
}
