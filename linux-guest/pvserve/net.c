/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet: a tap interface of this Linux, served by the kernel's vhost-net. Frames
 * do not pass through this program; it follows the driver's life.
 * VIRTIO 1.2 "Network Device".
 */
#include "linux-guest/pvserve/kinds.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/vhost.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_QUEUES     2u /* receive, transmit */
#define HEADER_BYTES ((int)sizeof(struct virtio_net_hdr_mrg_rxbuf)) /* with VERSION_1 always */
#define FRAMES_MAX   1024 /* more than a tap keeps */
#define FEATURES     (UINT64_C(1) << VIRTIO_NET_F_MRG_RXBUF | PV_VIRTIO_F_EVENT_IDX | \
		      PV_VIRTIO_F_VERSION_1)

static struct {
	int tap, vhost, kick, call;
	uint64_t features; /* of the kernel's */
	const struct device *device; /* whose link is up */
} net;

/* ---- Once --------------------------------------------------------------------------------- */

/* To a socket or a device, with an error that says to which. */
static bool control(struct service *service, int fd, unsigned long request, void *argument,
		    const char *what)
{
	return ioctl(fd, request, argument) >= 0 ||
	       device_say(&service->device, "%s: %s", what, strerror(errno));
}

static bool open_or_say(struct service *service, int *fd, const char *path, const char *module)
{
	*fd = open(path, O_RDWR | O_CLOEXEC);
	return *fd >= 0 || device_say(&service->device, "%s: %s; is the module %s loaded?", path,
				      strerror(errno), module);
}

/* Made if it is not there. */
static bool open_tap(struct service *service, const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int header_bytes = HEADER_BYTES;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	return open_or_say(service, &net.tap, "/dev/net/tun", "tun") &&
	       control(service, net.tap, TUNSETIFF, &request, name) &&
	       control(service, net.tap, TUNSETVNETHDRSZ, &header_bytes, name) &&
	       control(service, net.tap, TUNSETOFFLOAD, NULL, name);
}

static bool switch_on(struct service *service, int socket, const char *name)
{
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (!control(service, socket, SIOCGIFFLAGS, &request, name)) {
		return false;
	}
	request.ifr_flags |= IFF_UP;
	return control(service, socket, SIOCSIFFLAGS, &request, name);
}

/* That it belongs to the bridge already is fine. */
static bool add_to_bridge(struct service *service, int socket, const char *name, const char *bridge)
{
	struct ifreq request = { .ifr_ifindex = (int)if_nametoindex(name) };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", bridge);
	return ioctl(socket, SIOCBRADDIF, &request) == 0 || errno == EBUSY ||
	       device_say(&service->device, "%s cannot join the bridge %s: %s", name, bridge, strerror(errno));
}

static bool connect_tap(struct service *service, const char *name, const char *bridge)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_done = fd >= 0 && (bridge == NULL || add_to_bridge(service, fd, name, bridge)) &&
		       switch_on(service, fd, name);

	close(fd);
	return is_done;
}

/* What the driver's memory is to the kernel: the window, mapped here. */
static bool open_vhost(struct service *service)
{
	const struct pv_virtio_window *window = &service->device.window;
	union {
		struct vhost_memory table;
		char bytes[sizeof(struct vhost_memory) + sizeof(struct vhost_memory_region)];
	} memory = { .table = { .nregions = 1 } };

	memory.table.regions[0] = (struct vhost_memory_region){
		.guest_phys_addr = window->address,
		.memory_size = window->bytes,
		.userspace_addr = (uintptr_t)window->memory,
	};
	return open_or_say(service, &net.vhost, "/dev/vhost-net", "vhost_net") &&
	       control(service, net.vhost, VHOST_SET_OWNER, NULL, "vhost-net") &&
	       control(service, net.vhost, VHOST_GET_FEATURES, &net.features, "vhost-net") &&
	       control(service, net.vhost, VHOST_SET_MEM_TABLE, &memory, "vhost-net");
}

/* The first eight bytes of the configuration space: the address that it has already, and the link. */
static bool set_link(const struct device *device, bool is_up)
{
	const struct virtio_net_config config = { .status = is_up ? VIRTIO_NET_S_LINK_UP : 0 };
	uint64_t word;

	memcpy(&word, &config, sizeof(word));
	memcpy(&word, device->about.mac, PARAVENT_MAC_BYTES);
	return device_configure(device, 0, word);
}

static void take_link_down(void)
{
	(void)set_link(net.device, false);
}

/* By a signal: nothing here holds a lock when it comes, but for a line that is being printed. */
static _Noreturn void end(int number)
{
	take_link_down();
	_exit(128 + number);
}

/* Unless whoever started us wants it ignored. */
static void end_by(int number)
{
	const struct sigaction action = { .sa_handler = end };
	struct sigaction old;

	if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
		(void)sigaction(number, &action, NULL);
	}
}

/* However we end, but by SIGKILL, the frontend sees the cable unplugged. */
static bool set_link_up(struct service *service)
{
	net.device = &service->device;
	(void)atexit(take_link_down);
	end_by(SIGTERM);
	end_by(SIGINT);
	end_by(SIGHUP);
	return set_link(net.device, true);
}

static bool open_net(struct service *service, char *const *arguments)
{
	const char *tap = arguments[0], *bridge = arguments[1];

	if (strlen(tap) >= IFNAMSIZ || (bridge != NULL && strlen(bridge) >= IFNAMSIZ)) {
		return device_say(&service->device, "the name of an interface has %d characters at most",
				  IFNAMSIZ - 1);
	}
	net.kick = eventfd(0, EFD_CLOEXEC);
	net.call = eventfd(0, EFD_CLOEXEC);
	if (net.kick < 0 || net.call < 0) {
		return device_say(&service->device, "no eventfd: %s", strerror(errno));
	}
	if (!open_tap(service, tap) || !connect_tap(service, tap, bridge) || !open_vhost(service) ||
	    !device_set_events(&service->device, net.kick, net.call) || !set_link_up(service)) {
		return false;
	}
	device_say(&service->device, "serving %s to %s", tap, service->device.about.frontend);
	return true;
}

/* ---- The driver's life --------------------------------------------------------------------- */

static void *at(const struct service *service, uint64_t address, uint64_t bytes)
{
	return pv_virtio_window_at(&service->device.window, address, bytes);
}

/* Where an earlier life left off: the kernel answers in the order of requests. */
static uint16_t read_used_index(const void *used)
{
	return __atomic_load_n((const uint16_t *)used + 1, __ATOMIC_ACQUIRE);
}

static bool start_queue(struct service *service, uint32_t i)
{
	const struct pv_virtqueue_config config = device_queue(&service->device, i);
	void *descriptors = at(service, config.descriptors, PV_VIRTQUEUE_DESCRIPTORS_BYTES(config.size));
	void *available = at(service, config.available, PV_VIRTQUEUE_AVAILABLE_BYTES(config.size));
	void *used = at(service, config.used, PV_VIRTQUEUE_USED_BYTES(config.size));
	struct vhost_vring_state size = { .index = i, .num = config.size };
	struct vhost_vring_addr addresses = {
		.index = i,
		.desc_user_addr = (uintptr_t)descriptors,
		.avail_user_addr = (uintptr_t)available,
		.used_user_addr = (uintptr_t)used,
	};
	struct vhost_vring_file kick = { .index = i, .fd = net.kick };
	struct vhost_vring_file call = { .index = i, .fd = net.call };
	struct vhost_vring_file tap = { .index = i, .fd = net.tap };
	struct vhost_vring_state base = { .index = i };

	if (config.size == 0) {
		return true; /* the driver does not use it */
	}
	if (descriptors == NULL || available == NULL || used == NULL) {
		return device_say(&service->device, "queue %u lies outside of the window", i);
	}
	base.num = read_used_index(used);
	return control(service, net.vhost, VHOST_SET_VRING_NUM, &size, "vhost-net") &&
	       control(service, net.vhost, VHOST_SET_VRING_BASE, &base, "vhost-net") &&
	       control(service, net.vhost, VHOST_SET_VRING_ADDR, &addresses, "vhost-net") &&
	       control(service, net.vhost, VHOST_SET_VRING_KICK, &kick, "vhost-net") &&
	       control(service, net.vhost, VHOST_SET_VRING_CALL, &call, "vhost-net") &&
	       control(service, net.vhost, VHOST_NET_SET_BACKEND, &tap, "vhost-net");
}

/* What frames to the driver may be, by what it accepted. What it sends says of itself what it is. */
static bool set_offloads(struct service *service)
{
	static const struct {
		unsigned feature;
		unsigned long offload;
	} pairs[] = {
		{ VIRTIO_NET_F_GUEST_CSUM, TUN_F_CSUM },
		{ VIRTIO_NET_F_GUEST_TSO4, TUN_F_TSO4 },
		{ VIRTIO_NET_F_GUEST_TSO6, TUN_F_TSO6 },
	};
	unsigned long offloads = 0;

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if ((service->device.state.features & UINT64_C(1) << pairs[i].feature) != 0) {
			offloads |= pairs[i].offload;
		}
	}
	/* The kernel takes no other without this one; drivers should not ask for it. */
	return control(service, net.tap, TUNSETOFFLOAD,
		       (void *)((offloads & TUN_F_CSUM) != 0 ? offloads : 0), "offloads");
}

/* What came while nobody drove the device may be too large for who does now. */
static void drop_frames(void)
{
	struct pollfd fd = { .fd = net.tap, .events = POLLIN };
	char header[HEADER_BYTES]; /* the rest of a frame is dropped when this much is read */

	for (int i = 0; i < FRAMES_MAX && poll(&fd, 1, 0) > 0; i++) {
		(void)!read(net.tap, header, sizeof(header));
	}
}

/* The earlier life may have owed an interrupt, and may not have seen a kick. */
static bool start_net(struct service *service)
{
	uint64_t features = service->device.state.features & net.features & FEATURES;
	uint64_t one = 1;

	if (!set_offloads(service) || !control(service, net.vhost, VHOST_SET_FEATURES, &features, "vhost-net")) {
		return false;
	}
	if (!service->is_resumed) {
		drop_frames();
	}
	for (uint32_t i = 0; i < N_QUEUES; i++) {
		if (!start_queue(service, i)) {
			return false;
		}
	}
	return device_ring(&service->device) && write(net.kick, &one, sizeof(one)) == sizeof(one);
}

/* When a backend is taken away, the kernel has finished with the queue and its buffers. */
static bool stop_net(struct service *service)
{
	for (uint32_t i = 0; i < N_QUEUES; i++) {
		struct vhost_vring_file none = { .index = i, .fd = -1 };

		if (!control(service, net.vhost, VHOST_NET_SET_BACKEND, &none, "vhost-net")) {
			return false;
		}
	}
	return control(service, net.tap, TUNSETOFFLOAD, NULL, "offloads");
}

const struct service_kind net_kind = {
	.name = "net",
	.arguments = "TAP [BRIDGE]",
	.n_arguments_min = 1,
	.n_arguments_max = 2,
	.device = PV_VIRTIO_NET,
	.open = open_net,
	.start = start_net,
	.stop = stop_net,
};
