/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split virtqueues in a window that both ends map: the driver's side and the
 * device's side.
 *
 * All that a peer may be told to read or write lies in the window. A queue is
 * opened with addresses, size and window; who agreed on them is not asked here.
 * Nothing blocks, allocates or makes a hypercall: where a bell is due, the
 * function says so and the caller rings it. One object has one user at a time.
 *
 * Neither end trusts the other. What the peer can write is read once, checked,
 * and used from private memory. A peer that breaks the protocol breaks the
 * queue: from then on every call returns PV_CORRUPT until it is opened again.
 *
 * Offered are VIRTIO_F_VERSION_1, VIRTIO_F_ACCESS_PLATFORM and
 * VIRTIO_F_EVENT_IDX; not packed queues, indirect descriptors or in-order use.
 *
 * Spec  VIRTIO 1.2 "Split Virtqueues"
 */
#pragma once

#include "abi/status.h"
#include "abi/virtio.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PV_VIRTQUEUE_SIZE_MAX  256u /* descriptors; what these objects have room for */
#define PV_VIRTQUEUE_CHAIN_MAX 128u /* descriptors of one chain */
#define PV_VIRTIO_WINDOW_MAX   (UINT64_C(3) << 23) /* bytes: lengths of chains fit 32 bits */

/* What the queues can do; a device adds the bits of its kind. */
#define PV_VIRTIO_FEATURES (PV_VIRTIO_FEATURES_REQUIRED | PV_VIRTIO_F_EVENT_IDX)

/* The memory of one device. Both `memory` and `address` are multiples of 16. */
struct pv_virtio_window {
	unsigned char *memory;  /* where this end sees it */
	uint64_t       address; /* the same place in descriptors and queue addresses */
	uint64_t       bytes;
};

/* [address, address + bytes) as this end sees it; NULL: not all of it is in the window. */
unsigned char *pv_virtio_window_at(const struct pv_virtio_window *window, uint64_t address,
				   uint64_t bytes);

struct pv_virtqueue_config {
	uint32_t size;        /* descriptors, a power of two */
	uint64_t descriptors; /* Descriptor Area, a multiple of 16 */
	uint64_t available;   /* Driver Area, a multiple of 2 */
	uint64_t used;        /* Device Area, a multiple of 4 */
	uint64_t features;    /* as negotiated */
};

#define PV_VIRTQUEUE_DESCRIPTORS_BYTES(size) (16u * (size))
#define PV_VIRTQUEUE_AVAILABLE_BYTES(size)   (6u + 2u * (size))
#define PV_VIRTQUEUE_USED_BYTES(size)        (6u + 8u * (size))

/*
 * A queue of `size` at an address, a multiple of 16, its three areas one behind
 * the other. Returns the bytes of all three.
 */
uint64_t pv_virtqueue_place(uint64_t address, uint32_t size, uint64_t features,
			    struct pv_virtqueue_config *config);

/* What both ends keep of a queue. */
struct virtqueue {
	struct pv_virtio_window window;
	uint16_t       size; /* 0: not open */
	bool           has_event_idx;
	bool           is_broken;
	uint64_t       features; /* as negotiated */
	unsigned char *descriptors;
	unsigned char *available;
	unsigned char *used;
};

/* ---- Driver ----------------------------------------------------------------- */

struct pv_virtqueue_driver {
	struct virtqueue queue;
	uint16_t next_available; /* chains added, modulo 2^16 */
	uint16_t next_used;      /* chains collected */
	uint16_t last_kick;      /* next_available at the last pv_virtqueue_kick() */
	uint16_t n_free, first_free;
	struct {
		uint16_t next;           /* of the chain, or of the free list */
		uint16_t n;              /* descriptors of the chain that begins here; 0: none does */
		uint32_t writable_bytes; /* of that chain */
	} descriptors[PV_VIRTQUEUE_SIZE_MAX];
};

struct pv_virtqueue_piece {
	uint64_t address; /* in the window, as the descriptor will say it */
	uint32_t bytes;
	bool     is_writable; /* the device writes it */
};

/*
 * Start with an empty queue; the device must not use it yet.
 * PV_OK, PV_BAD_ARGUMENT (size, alignment, outside the window, areas overlap,
 * required features missing)
 */
enum pv_status pv_virtqueue_driver_open(struct pv_virtqueue_driver *driver,
					const struct pv_virtio_window *window,
					const struct pv_virtqueue_config *config);

/*
 * Make a chain available. Writable pieces stand last.
 * @head  names the chain until it is collected
 * PV_OK, PV_FULL, PV_BAD_ARGUMENT (no piece, too many, empty, outside the
 * window, read-only after writable), PV_CORRUPT (broken before)
 */
enum pv_status pv_virtqueue_add(struct pv_virtqueue_driver *driver,
				const struct pv_virtqueue_piece *pieces, uint32_t n_pieces,
				uint16_t *head);

/* After one or several adds: true when the device must be rung. */
bool pv_virtqueue_kick(struct pv_virtqueue_driver *driver);

/*
 * The next chain that the device has used, in its order.
 * @bytes  that it claims to have written, at most what the chain offered
 * PV_OK, PV_EMPTY, PV_CORRUPT (counts, id or length make no sense)
 */
enum pv_status pv_virtqueue_collect(struct pv_virtqueue_driver *driver, uint16_t *head,
				    uint32_t *bytes);

/*
 * About to sleep: ask for an interrupt. True when it is right to sleep, false
 * when something was used already. Call with the interrupt masked or latched.
 */
bool pv_virtqueue_driver_wait_begin(struct pv_virtqueue_driver *driver);
/* Awake: no interrupts, please. */
void pv_virtqueue_driver_wait_end(struct pv_virtqueue_driver *driver);

/* ---- Device ----------------------------------------------------------------- */

struct pv_virtqueue_device {
	struct virtqueue queue;
	uint16_t next_available; /* chains popped */
	uint16_t next_used;      /* chains given back */
	uint16_t last_signal;    /* next_used at the last pv_virtqueue_must_interrupt() */
	bool     is_resumed;     /* an earlier life may have owed an interrupt */
	bool     mark;           /* for the server's use; closing the queue clears it */
	uint16_t heads[PV_VIRTQUEUE_SIZE_MAX]; /* [n % size]: head of popped chain n */
};

struct pv_virtqueue_segment {
	unsigned char *memory;
	uint32_t       bytes;
};

/* A popped chain, checked: 2 KiB. The bytes behind it are still the driver's to change at any time. */
struct pv_virtqueue_chain {
	uint16_t head;
	uint32_t n_readable; /* segments; those the device may write follow them */
	uint32_t n_writable;
	uint32_t readable_bytes, writable_bytes;
	struct pv_virtqueue_segment segments[PV_VIRTQUEUE_CHAIN_MAX];
};

/*
 * Go on where the used ring stands: on a fresh queue at 0, after this end's
 * restart at the first chain that was not given back. Chains that an earlier
 * life had popped and not given back are popped again.
 * PV_OK, PV_BAD_ARGUMENT (as for the driver), PV_CORRUPT (more in flight than
 * the queue holds)
 */
enum pv_status pv_virtqueue_device_open(struct pv_virtqueue_device *device,
					const struct pv_virtio_window *window,
					const struct pv_virtqueue_config *config);

/*
 * The device is reset: touch the queue no more. Until it is opened again nothing
 * is in it, and nothing calls for an interrupt. A queue in zeroed memory is closed.
 */
void pv_virtqueue_device_close(struct pv_virtqueue_device *device);

/* Opened since it was closed, be it in vain. */
bool pv_virtqueue_device_is_open(const struct pv_virtqueue_device *device);

/*
 * The oldest chain that was not popped. Every descriptor is checked: within the
 * table, the window and PV_VIRTQUEUE_CHAIN_MAX, not empty, no loop, no flags but
 * NEXT and WRITE, none to read behind one to write.
 * PV_OK, PV_EMPTY, PV_CORRUPT
 */
enum pv_status pv_virtqueue_pop(struct pv_virtqueue_device *device,
				struct pv_virtqueue_chain *chain);

/*
 * Give a chain back. In the order of popping: resuming after a restart rests on it.
 * @bytes  written, counted from the first writable one
 * PV_OK, PV_BAD_ARGUMENT (not the oldest, or longer than the chain, or closed), PV_CORRUPT
 */
enum pv_status pv_virtqueue_push(struct pv_virtqueue_device *device,
				 const struct pv_virtqueue_chain *chain, uint32_t bytes);

/*
 * Give several chains back, so that the driver sees all of them or none.
 * @bytes  of each
 * As pv_virtqueue_push(); nothing is given back unless all can be
 */
enum pv_status pv_virtqueue_push_several(struct pv_virtqueue_device *device,
					 const struct pv_virtqueue_chain *chains,
					 const uint32_t *bytes, uint32_t n);

/* Chains were popped that are not given back. After a reset: none. */
bool pv_virtqueue_device_has_popped(const struct pv_virtqueue_device *device);

/* The caller has found what makes no sense above the queue: break it. */
void pv_virtqueue_device_break(struct pv_virtqueue_device *device);

/* After one or several pushes, and once after opening: true when the driver must be interrupted. */
bool pv_virtqueue_must_interrupt(struct pv_virtqueue_device *device);

/* As the driver's: true when it is right to sleep until the driver rings. */
bool pv_virtqueue_device_wait_begin(struct pv_virtqueue_device *device);
void pv_virtqueue_device_wait_end(struct pv_virtqueue_device *device);

/*
 * Copy from the readable part of a chain, or to the writable one, wherever
 * segments begin. Returns the bytes copied: less where the part ends.
 */
uint32_t pv_virtqueue_chain_read(const struct pv_virtqueue_chain *chain, uint32_t offset, void *to,
				 uint32_t bytes);
uint32_t pv_virtqueue_chain_write(const struct pv_virtqueue_chain *chain, uint32_t offset,
				  const void *from, uint32_t bytes);

/*
 * The longest piece at an offset of the readable or the writable part that lies
 * in one segment, at most `bytes`; NULL: the part ends there.
 */
unsigned char *pv_virtqueue_chain_at(const struct pv_virtqueue_chain *chain, bool is_writable,
				     uint32_t offset, uint32_t *bytes);
