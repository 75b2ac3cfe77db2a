/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR Apache-2.0 */
/*
 * What programs see of the paravent driver.
 *
 *	/dev/paravent/NAME    one per port of this partition
 *	/dev/paravent-control this partition, the others, EL2's statistics
 *	/sys/class/paravent/NAME/
 *
 * read(), write(), poll() and mmap() of a port: docs/linux.md. The numbers of
 * kinds, directions and states are those of include/abi/hypercall.h.
 */
#ifndef PARAVENT_UAPI_H
#define PARAVENT_UAPI_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PARAVENT_NAME_BYTES 64 /* with the NUL; longer names are cut */
#define PARAVENT_NOBODY 0xffffffffu

/* ---- A port -------------------------------------------------------------- */

struct paravent_port {
	char  name[PARAVENT_NAME_BYTES];
	char  peers[PARAVENT_NAME_BYTES]; /* names, separated by commas */
	__u32 kind;                       /* enum pv_port_kind */
	__u32 direction;                  /* enum pv_port_direction */
	__u32 message_bytes;              /* most bytes of one message; windows: 0 */
	__u32 depth;                      /* queuing and message ports */
	__u64 refresh_us;                 /* sampling: older values are invalid; 0: never */
	__u64 window_bytes;               /* window ports: what mmap() gives */
	__u32 read_only;                  /* window ports: no writable mapping */
	__u32 n_doorbells;                /* what PARAVENT_RING takes: 0..n-1 */
	__u32 has_interrupt;              /* peers can wake this end */
	__u32 peer_state;                 /* enum pv_partition_state, of the first peer */
	__u64 sent;
	__u64 received;
	__u64 dropped;                    /* received and thrown away: they made no sense */
	__u64 refused;                    /* writes refused because the queue was full */
	__u64 doorbells;                  /* rung by this end */
	__u64 interrupts;                 /* doorbells heard by this end */
};

/* One message and all that is known about it; read() gives the text alone. */
struct paravent_message {
	__u64 text;      /* in: address of a buffer */
	__u32 size;      /* in: of the buffer, at least the port's message_bytes */
	__u32 flags;     /* in: PARAVENT_DONTWAIT or 0 */
	__u32 bytes;     /* length of the message */
	__u32 sender;    /* partition id on message ports, else PARAVENT_NOBODY */
	__u64 number;    /* counts the port's messages from 1; 0 on message ports */
	__u64 timestamp; /* CNTVCT of the send, one time base for all partitions; 0: none */
	__u64 age_ns;    /* at the read; 0 without a timestamp */
	__u32 valid;     /* sampling: not older than refresh_us. Else 1 */
	__u32 reserved;
};

#define PARAVENT_DONTWAIT 1u

#define PARAVENT_PORT    _IOR('P', 0, struct paravent_port)
#define PARAVENT_RECEIVE _IOWR('P', 1, struct paravent_message)
#define PARAVENT_RING    _IO('P', 2) /* argument: which of the port's doorbells */

/* ---- /dev/paravent-control -------------------------------------------------- */

struct paravent_partition {
	__u32 id;       /* in: an id or PARAVENT_NOBODY for this partition; out: the id */
	__u32 n_vcpus;
	__u32 state;    /* enum pv_partition_state */
	__u32 n_starts; /* since power-on */
	__u32 n_ports;  /* this and the next two: only of this partition itself, else 0 */
	__u32 n_doorbells;
	__u32 roles;    /* PV_ROLE_* */
	__u32 reserved;
	char  name[PARAVENT_NAME_BYTES]; /* "partition-ID" if the device tree has none */
};

struct paravent_control {
	__u32 id;
	__u32 control; /* enum pv_control; managers only */
};

/* EL2 exits of one of this partition's vCPUs. */
struct paravent_statistic {
	__u32 which; /* enum pv_statistic */
	__u32 vcpu;
	__u64 value;
};

#define PARAVENT_REVISION  _IOR('P', 16, __u32) /* ABI: major << 16 | minor */
#define PARAVENT_PARTITION _IOWR('P', 17, struct paravent_partition)
#define PARAVENT_CONTROL   _IOW('P', 18, struct paravent_control)
#define PARAVENT_STATISTIC _IOWR('P', 19, struct paravent_statistic)
/* In: 0, 1, 2...; out: the id of a partition, in the order of the device tree. ENXIO: no more. */
#define PARAVENT_ID        _IOWR('P', 20, __u32)

#endif
