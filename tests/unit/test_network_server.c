/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/net/network.c rtos-guests/net/server.c rtos-guests/net/port.c
   rtos-guests/virtio/ring.c rtos-guests/virtio/virtqueue_driver.c
   rtos-guests/virtio/virtqueue_device.c rtos-guests/virtio/frontend.c rtos-guests/virtio/backend.c
   rtos-guests/virtio/net.c rtos-guests/virtio/net_server.c rtos-guests/virtio/slots.c
   tests/fake/virtio_device.c build/lwip/src/core/def.c
   build/lwip/src/core/inet_chksum.c build/lwip/src/core/init.c build/lwip/src/core/ip.c
   build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/netif.c
   build/lwip/src/core/pbuf.c build/lwip/src/core/tcp.c build/lwip/src/core/tcp_in.c
   build/lwip/src/core/tcp_out.c build/lwip/src/core/timeouts.c build/lwip/src/core/udp.c
   build/lwip/src/core/ipv4/etharp.c build/lwip/src/core/ipv4/icmp.c build/lwip/src/core/ipv4/ip4.c
   build/lwip/src/core/ipv4/ip4_addr.c build/lwip/src/core/ipv4/ip4_frag.c
   build/lwip/src/netif/ethernet.c */
/* flags: -Itests/fake/sdk -Irtos-guests/net/include -Irtos-guests/virtio/include
   -Irtos-guests/sdk/include -isystem build/lwip/src/include */
/* lwIP at the backend's end of a network device, at whose other end is our driver. */
#include "pv/network.h"

#include "pv/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/fake/virtio_device.h"

#define FEATURES (PV_VIRTIO_FEATURES | PV_NET_F_MAC | PV_NET_F_MRG_RXBUF | PV_NET_F_STATUS)
#define MAC      "\x02\x70\x76\x00\x07\x01"
#define OWN_MAC  "\x06\x70\x76\x00\x07\x01"
#define IP       "\x0a\x00\x03\x02" /* 10.0.3.2 */
#define OWN_IP   "\x0a\x00\x03\x01"

static struct pv_network network;
static struct pv_net net;

uint64_t pv_timer_now(void)
{
	return 0;
}

uint64_t pv_ns_from_ticks(uint64_t ticks)
{
	return ticks;
}

_Noreturn void pv_panic(const char *format, ...)
{
	fail_msg("%s", format);
	abort();
}

static void run(void)
{
	pv_network_run(&network);
}

static bool is_up(void)
{
	return netif_is_link_up(&network.netif);
}

/* lwIP can be started once only: all tests share it, one behind the other. */
static int begin(void **state)
{
	struct pv_network_address address;

	(void)state;
	fake_virtio_begin(PV_VIRTIO_NET, FEATURES, PV_NET_N_QUEUES, 8);
	memcpy(&fake_virtio.backend.configuration, MAC, 6);
	fake_virtio_configure(0, fake_virtio.backend.configuration);
	assert_true(pv_network_parse("10.0.3.1/24", "", &address));
	pv_network_serve(&network, &fake_virtio.backend, &address);
	return 0;
}

static int end(void **state)
{
	(void)state;
	fake_virtio_end();
	return 0;
}

static void open_driver(void)
{
	fake_virtio.on_reset = run;
	assert_int_equal(pv_net_open(&net, &fake_virtio.frontend), PV_OK);
	run();
}

static void test_open(void **state)
{
	(void)state;
	assert_true(network.is_open);
	assert_memory_equal(network.netif.hwaddr, OWN_MAC, 6);
	run();
	assert_false(is_up());
	assert_true(pv_network_wait_begin(&network));
	pv_network_wait_end(&network);
	open_driver();
	assert_true(is_up());
	assert_memory_equal(net.mac, MAC, 6);
	assert_true(pv_net_is_link_up(&net));
}

/* Take what lwIP announces by itself. Returns how many frames that were. */
static unsigned drain(void)
{
	unsigned char frame[PV_NET_FRAME_MAX];
	size_t bytes;
	unsigned n = 0;

	while (pv_net_receive(&net, frame, sizeof(frame), &bytes) == PV_OK) {
		n++;
	}
	return n;
}

static void ask_for_address(void)
{
	static const unsigned char request[] = "\xff\xff\xff\xff\xff\xff" MAC "\x08\x06"
		"\x00\x01\x08\x00\x06\x04\x00\x01" MAC IP "\x00\x00\x00\x00\x00\x00" OWN_IP;

	assert_int_equal(pv_net_send(&net, request, sizeof(request) - 1), PV_OK);
}

static void assert_answer(void)
{
	unsigned char frame[PV_NET_FRAME_MAX];
	size_t bytes;

	assert_int_equal(pv_net_receive(&net, frame, sizeof(frame), &bytes), PV_OK);
	assert_true(bytes >= 42);
	assert_memory_equal(frame, MAC OWN_MAC "\x08\x06", 14);
	assert_memory_equal(frame + 20, "\x00\x02" OWN_MAC OWN_IP MAC IP, 22);
}

static void test_frames(void **state)
{
	uint32_t rings = fake_virtio.n_frontend_rings;

	(void)state;
	(void)drain();
	for (uint32_t i = 0; i < 50; i++) {
		ask_for_address();
		assert_false(pv_network_wait_begin(&network)); /* a frame is there */
		pv_network_wait_end(&network);
		assert_true(pv_net_wait_begin(&net));
		run();
		assert_true(fake_virtio.n_frontend_rings > rings);
		rings = fake_virtio.n_frontend_rings;
		assert_answer();
		assert_true(pv_network_wait_begin(&network));
		pv_network_wait_end(&network);
	}
}

static err_t send_frame(void)
{
	struct pbuf *packet = pbuf_alloc(PBUF_RAW, 60, PBUF_RAM);
	err_t error;

	memset(packet->payload, 0, 60);
	error = network.netif.linkoutput(&network.netif, packet);
	(void)pbuf_free(packet);
	return error;
}

/* A driver that takes nothing. It is waited for once, and does not keep us awake. */
static void test_no_room(void **state)
{
	err_t error = ERR_OK;

	(void)state;
	(void)drain();
	for (uint32_t i = 0; i < 100 && error == ERR_OK; i++) {
		error = send_frame();
	}
	assert_int_equal(error, ERR_MEM);
	assert_true(network.is_open);
	assert_true(pv_network_wait_begin(&network));
	assert_int_not_equal(drain(), 0);
	assert_false(pv_network_wait_begin(&network)); /* there is room again */
	pv_network_wait_end(&network);
	assert_true(pv_network_wait_begin(&network));
	pv_network_wait_end(&network);
	assert_int_equal(send_frame(), ERR_OK);
	assert_int_equal(drain(), 1);
}

/* The link is the driver's life. */
static void test_driver_restarts(void **state)
{
	uint32_t before = fake_virtio.n_acknowledged;

	(void)state;
	pv_virtio_frontend_stop(&net.frontend);
	assert_false(is_up());
	assert_int_equal(fake_virtio.n_acknowledged, before + 1);
	assert_int_equal(send_frame(), ERR_MEM);
	assert_true(pv_network_wait_begin(&network));
	pv_network_wait_end(&network);
	open_driver();
	assert_true(is_up());
	(void)drain();
	ask_for_address();
	run();
	assert_answer();
}

/* Nothing more of this driver, but its reset is answered at once. */
static void test_driver_breaks(void **state)
{
	(void)state;
	for (uint32_t id = 0; id < PV_NET_N_QUEUES; id++) {
		unsigned char *available =
			(unsigned char *)(uintptr_t)fake_virtio.state.queues[id].available;

		available[2] ^= 0x80;
		assert_int_equal(send_frame(), id == 0 ? ERR_IF : ERR_OK);
		run();
		if (!pv_network_wait_begin(&network)) { /* it has just found out */
			pv_network_wait_end(&network);
			run();
		}
		assert_false(is_up());
		assert_true(network.is_open);
		assert_int_equal(network.n_opened, 1);
		assert_true(pv_network_wait_begin(&network));
		pv_network_wait_end(&network);
		open_driver();
		assert_true(is_up());
		(void)drain();
		ask_for_address();
		run();
		assert_answer();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_driver_restarts),
		cmocka_unit_test(test_driver_breaks),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
