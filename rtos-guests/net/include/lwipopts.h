/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP as it is built for partitions: one interface, IPv4, ICMP, UDP and TCP by
 * callbacks from one main loop; no threads, no sockets, all memory static.
 * What is not named here is lwIP's default: lwip/opt.h.
 */
#pragma once

#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0 /* called from one place, never from interrupts */
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_RAW             0
#define LWIP_STATS           0
#define LWIP_SINGLE_NETIF    1

#define LWIP_NETIF_LINK_CALLBACK 1

#define MEM_ALIGNMENT 8
#define MEM_SIZE      65536 /* what is sent, until it is acknowledged */

/* A received frame is one buffer. */
#define PBUF_POOL_SIZE    64
#define PBUF_POOL_BUFSIZE 1536

#define TCP_MSS           1460
#define TCP_WND           (12 * TCP_MSS)
#define TCP_SND_BUF       (12 * TCP_MSS)
#define MEMP_NUM_TCP_PCB  16
#define MEMP_NUM_TCP_SEG  128

/* One for the device that is to be opened again, the rest for applications. */
#define MEMP_NUM_SYS_TIMEOUT (LWIP_NUM_SYS_TIMEOUT_INTERNAL + 1 + 4)

/*
 * lwIP's own begins at the same number each time: a partition that starts again
 * would use the numbers that its peers remember.
 */
#define LWIP_HOOK_TCP_ISN(local, local_port, remote, remote_port) pv_lwip_isn()
#define LWIP_HOOK_FILENAME "pv/lwip_hooks.h"
