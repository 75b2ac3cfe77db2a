/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/net/network.c rtos-guests/net/client.c rtos-guests/net/port.c build/lwip/src/core/def.c
   build/lwip/src/core/inet_chksum.c build/lwip/src/core/init.c build/lwip/src/core/ip.c
   build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/netif.c
   build/lwip/src/core/pbuf.c build/lwip/src/core/tcp.c build/lwip/src/core/tcp_in.c
   build/lwip/src/core/tcp_out.c build/lwip/src/core/timeouts.c build/lwip/src/core/udp.c
   build/lwip/src/core/ipv4/etharp.c build/lwip/src/core/ipv4/icmp.c build/lwip/src/core/ipv4/ip4.c
   build/lwip/src/core/ipv4/ip4_addr.c build/lwip/src/core/ipv4/ip4_frag.c
   build/lwip/src/netif/ethernet.c */
/* flags: -Irtos-guests/net/include -Irtos-guests/virtio/include -Irtos-guests/sdk/include
   -isystem build/lwip/src/include */
/*
 * lwIP's interface on a virtual network device: lwIP is the real one, the device
 * a list of frames each way.
 */
#include "pv/network.h"

#include "pv/lwip_hooks.h"
#include "pv/timer.h"

#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAC      "\x02\x70\x76\x00\x00\x01"
#define PEER_MAC "\x02\x70\x76\x00\x00\x02"
#define IP       "\x0a\x00\x02\x32" /* 10.0.2.50 */
#define PEER_IP  "\x0a\x00\x02\x02"
#define FRAMES   128
#define MS       UINT64_C(1000000)
#define N(array) (sizeof(array) / sizeof((array)[0]))

struct frame {
	size_t bytes;
	unsigned char memory[PV_NET_FRAME_MAX];
};

/* The device. */
static struct {
	enum pv_status open, send, receive; /* what they return next */
	bool is_link_up, is_config_new, may_sleep;
	unsigned n_opens, n_kicks, n_waits;
	struct frame in[FRAMES], out[FRAMES];
	unsigned n_in, n_taken, n_out;
} device;

static const struct pv_virtio_frontend_config config = { .name = "net" };
static struct pv_network network;
static uint64_t now_ns;

uint64_t pv_timer_now(void)
{
	return now_ns;
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

enum pv_status pv_net_open(struct pv_net *net, const struct pv_virtio_frontend_config *given)
{
	assert_ptr_equal(given, &config);
	device.n_opens++;
	memcpy(net->mac, MAC, PV_NET_MAC_BYTES);
	return device.open;
}

bool pv_virtio_frontend_is_config_new(const struct pv_virtio_frontend *frontend)
{
	bool is_new = device.is_config_new;

	assert_ptr_equal(frontend, &network.client.net.frontend);
	device.is_config_new = false;
	return is_new;
}

bool pv_net_is_link_up(const struct pv_net *net)
{
	(void)net;
	return device.is_link_up;
}

enum pv_status pv_net_send(struct pv_net *net, const void *frame, size_t bytes)
{
	(void)net;
	assert_in_range(bytes, 1, PV_NET_FRAME_MAX);
	if (device.send == PV_OK) {
		assert_true(device.n_out < FRAMES);
		device.out[device.n_out].bytes = bytes;
		memcpy(device.out[device.n_out++].memory, frame, bytes);
	}
	return device.send;
}

enum pv_status pv_net_receive(struct pv_net *net, void *frame, size_t size, size_t *bytes)
{
	(void)net;
	if (device.receive != PV_OK) {
		return device.receive;
	}
	if (device.n_taken == device.n_in) {
		return PV_EMPTY;
	}
	*bytes = device.in[device.n_taken].bytes;
	assert_true(*bytes <= size);
	memcpy(frame, device.in[device.n_taken++].memory, *bytes);
	return PV_OK;
}

void pv_net_kick(struct pv_net *net)
{
	(void)net;
	device.n_kicks++;
}

bool pv_net_wait_begin(struct pv_net *net)
{
	(void)net;
	device.n_waits++;
	return device.may_sleep;
}

void pv_net_wait_end(struct pv_net *net)
{
	(void)net;
	device.n_waits--;
}

/* ---- Frames ----------------------------------------------------------------------- */

static unsigned char *put(unsigned char *at, const void *from, size_t bytes)
{
	memcpy(at, from, bytes);
	return at + bytes;
}

static struct frame *next_in(void)
{
	assert_true(device.n_in < FRAMES);
	return &device.in[device.n_in++];
}

static void ask_for_address(void)
{
	struct frame *frame = next_in();
	unsigned char *at = frame->memory;

	at = put(at, "\xff\xff\xff\xff\xff\xff" PEER_MAC "\x08\x06", 14);
	at = put(at, "\x00\x01\x08\x00\x06\x04\x00\x01" PEER_MAC PEER_IP, 18);
	at = put(at, "\x00\x00\x00\x00\x00\x00" IP, 10);
	frame->bytes = (size_t)(at - frame->memory);
}

static uint16_t sum_of(const unsigned char *from, size_t bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes; i++) {
		sum += i % 2 == 0 ? (uint32_t)from[i] << 8 : from[i];
	}
	while (sum >> 16 != 0) {
		sum = (sum & 0xffff) + (sum >> 16);
	}
	return (uint16_t)~sum;
}

static void put_sum(unsigned char *at, const unsigned char *from, size_t bytes)
{
	uint16_t sum = sum_of(from, bytes);

	at[0] = (unsigned char)(sum >> 8);
	at[1] = (unsigned char)sum;
}

/* An ICMP echo request with that much text. */
static void ping(size_t text_bytes)
{
	struct frame *frame = next_in();
	unsigned char *ip = frame->memory + 14, *icmp = ip + 20;
	size_t bytes = 20 + 8 + text_bytes;

	memcpy(frame->memory, MAC PEER_MAC "\x08\x00", 14);
	memcpy(ip, "\x45\x00\x00\x00\x00\x01\x00\x00\x40\x01\x00\x00" PEER_IP IP, 20);
	ip[2] = (unsigned char)(bytes >> 8);
	ip[3] = (unsigned char)bytes;
	put_sum(ip + 10, ip, 20);
	memcpy(icmp, "\x08\x00\x00\x00\x12\x34\x00\x01", 8);
	for (size_t i = 0; i < text_bytes; i++) {
		icmp[8 + i] = (unsigned char)(i * 7);
	}
	put_sum(icmp + 2, icmp, 8 + text_bytes);
	frame->bytes = 14 + bytes;
}

static bool is_arp_to_peer(const struct frame *frame)
{
	return frame->bytes >= 42 && memcmp(frame->memory, PEER_MAC MAC "\x08\x06", 14) == 0 &&
	       memcmp(frame->memory + 20, "\x00\x02" MAC IP PEER_MAC PEER_IP, 22) == 0;
}

static void assert_pong(const struct frame *pong, const struct frame *request)
{
	assert_int_equal(pong->bytes, request->bytes);
	assert_memory_equal(pong->memory, PEER_MAC MAC "\x08\x00", 14);
	assert_memory_equal(pong->memory + 26, IP PEER_IP, 8);
	assert_int_equal(pong->memory[34], 0); /* echo reply */
	assert_memory_equal(pong->memory + 38, request->memory + 38, request->bytes - 38);
	assert_int_equal(sum_of(pong->memory + 14, 20), 0);
	assert_int_equal(sum_of(pong->memory + 34, pong->bytes - 34), 0);
}

static void run_ms(uint64_t ms)
{
	now_ns += ms * MS;
	pv_network_run(&network);
}

static void set_link(bool is_up)
{
	device.is_link_up = is_up;
	device.is_config_new = true;
	run_ms(0);
}

/* lwIP can be started once only: all tests share it. */
static int start_over(void **state)
{
	(void)state;
	memset(&device, 0, sizeof(device));
	if (!network.is_open) {
		run_ms(PV_NETWORK_REOPEN_MS);
	}
	set_link(true);
	ask_for_address(); /* lwIP knows the peer, then */
	run_ms(0);
	memset(&device, 0, sizeof(device));
	device.is_link_up = true;
	return 0;
}

static int begin(void **state)
{
	struct pv_network_address address;

	(void)state;
	assert_true(pv_network_parse("10.0.2.50/24", "10.0.2.2", &address));
	device.open = PV_BUSY;
	pv_network_open(&network, &config, &address);
	assert_false(network.is_open);
	return 0;
}

/* ---- Tests ------------------------------------------------------------------------ */

/* The first: the device is not there yet. */
static void test_device_comes_later(void **state)
{
	(void)state;
	assert_int_equal(device.n_opens, 1);
	assert_true(pv_network_wait_begin(&network));
	pv_network_wait_end(&network);
	run_ms(PV_NETWORK_REOPEN_MS - 1);
	assert_int_equal(device.n_opens, 1);
	assert_true(pv_network_sleep_ms() <= 1);
	run_ms(1);
	assert_int_equal(device.n_opens, 2);
	assert_false(network.is_open);
	device.open = PV_OK;
	run_ms(PV_NETWORK_REOPEN_MS);
	assert_int_equal(device.n_opens, 3);
	assert_true(network.is_open);
	assert_int_equal(device.n_waits, 0);
	assert_memory_equal(network.netif.hwaddr, MAC, PV_NET_MAC_BYTES);
	assert_false(netif_is_link_up(&network.netif));
}

static void test_arp_and_ping(void **state)
{
	static const size_t sizes[] = { 0, 1, 56, 1472 };

	(void)state;
	ask_for_address();
	run_ms(1);
	assert_int_equal(device.n_out, 1);
	assert_true(is_arp_to_peer(&device.out[0]));
	for (size_t i = 0; i < N(sizes); i++) {
		ping(sizes[i]);
		run_ms(1);
		assert_int_equal(device.n_out, 2 + i);
		assert_pong(&device.out[1 + i], &device.in[device.n_in - 1]);
	}
	assert_int_equal(device.n_kicks, 1 + N(sizes));
}

/* What a frame lacks is not taken from the one that lay in the same memory before. */
static void test_cut_frame(void **state)
{
	(void)state;
	ping(56);
	run_ms(1);
	assert_int_equal(device.n_out, 1);
	ping(56);
	device.in[1].bytes -= 4;
	run_ms(1);
	assert_int_equal(device.n_taken, 2);
	assert_int_equal(device.n_out, 1);
}

static void test_link(void **state)
{
	(void)state;
	assert_true(netif_is_link_up(&network.netif));
	set_link(false);
	assert_false(netif_is_link_up(&network.netif));
	set_link(true);
	assert_true(netif_is_link_up(&network.netif));
	assert_int_equal(device.n_out, 1); /* lwIP announces its address */
	assert_memory_equal(device.out[0].memory, "\xff\xff\xff\xff\xff\xff" MAC "\x08\x06", 14);
}

static void test_a_batch_at_a_time(void **state)
{
	(void)state;
	for (unsigned i = 0; i < PV_NETWORK_BATCH + 3; i++) {
		ping(8);
	}
	run_ms(0);
	assert_int_equal(device.n_taken, PV_NETWORK_BATCH);
	assert_int_equal(device.n_kicks, 1);
	assert_false(pv_network_wait_begin(&network)); /* the device knows that more is there */
	pv_network_wait_end(&network);
	run_ms(0);
	assert_int_equal(device.n_out, PV_NETWORK_BATCH + 3);
	device.may_sleep = true;
	assert_true(pv_network_wait_begin(&network));
	pv_network_wait_end(&network);
	assert_int_equal(device.n_waits, 0);
}

static err_t send_datagram(const void *text, u16_t bytes, u16_t first_bytes)
{
	struct udp_pcb *pcb = udp_new();
	struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, first_bytes, PBUF_RAM);
	struct pbuf *rest = pbuf_alloc(PBUF_RAW, (u16_t)(bytes - first_bytes), PBUF_RAM);
	ip_addr_t peer;

	assert_true(ipaddr_aton("10.0.2.2", &peer));
	pbuf_cat(packet, rest);
	assert_int_equal(pbuf_take(packet, text, bytes), ERR_OK);

	err_t error = udp_sendto(pcb, packet, &peer, 9);

	(void)pbuf_free(packet);
	udp_remove(pcb);
	return error;
}

/* What lies in several buffers goes out as one frame. */
static void test_gathered_frame(void **state)
{
	char text[1000];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = (char)(i * 3);
	}
	assert_int_equal(send_datagram(text, sizeof(text), 300), ERR_OK);
	assert_int_equal(device.n_out, 1);
	assert_int_equal(device.out[0].bytes, 14 + 20 + 8 + sizeof(text));
	assert_memory_equal(device.out[0].memory + 42, text, sizeof(text));
}

static void test_no_room_to_send(void **state)
{
	(void)state;
	device.send = PV_FULL;
	assert_int_equal(send_datagram("text", 4, 2), ERR_MEM);
	assert_true(network.is_open);
	device.send = PV_OK;
	assert_int_equal(send_datagram("text", 4, 2), ERR_OK);
	assert_int_equal(device.n_out, 1);
}

static void test_frame_too_long(void **state)
{
	static const char text[1600];

	(void)state;
	network.netif.mtu = 1700;
	assert_int_equal(send_datagram(text, sizeof(text), 800), ERR_BUF);
	network.netif.mtu = 1500;
	assert_int_equal(device.n_out, 0);
}

/* Without memory for them frames are taken and dropped, so that newer ones come through. */
static void test_no_memory_to_receive(void **state)
{
	struct pbuf *all[PBUF_POOL_SIZE];
	uint64_t n_before = network.n_dropped;

	(void)state;
	for (size_t i = 0; i < N(all); i++) {
		all[i] = pbuf_alloc(PBUF_RAW, PV_NET_FRAME_MAX, PBUF_POOL);
		assert_non_null(all[i]);
	}
	ping(8);
	ping(8);
	run_ms(0);
	assert_int_equal(device.n_taken, 2);
	assert_int_equal(device.n_out, 0);
	assert_int_equal(network.n_dropped - n_before, 2);
	for (size_t i = 0; i < N(all); i++) {
		(void)pbuf_free(all[i]);
	}
	ping(8);
	run_ms(0);
	assert_int_equal(device.n_out, 1);
	assert_int_equal(network.n_dropped - n_before, 2);
}

static void assert_lost_and_found(void)
{
	uint64_t n_before = network.n_opened;

	assert_false(network.is_open);
	device.send = PV_OK;
	device.receive = PV_OK;
	assert_int_equal(send_datagram("text", 4, 2), ERR_RTE);

	struct pbuf *packet = pbuf_alloc(PBUF_RAW, 60, PBUF_RAM);
	unsigned n_out = device.n_out, n_kicks = device.n_kicks;

	assert_int_equal(network.netif.linkoutput(&network.netif, packet), ERR_IF);
	(void)pbuf_free(packet);

	ping(8);
	device.is_config_new = true;
	run_ms(PV_NETWORK_REOPEN_MS / 2);
	assert_true(device.is_config_new); /* nobody touches it */
	assert_false(netif_is_link_up(&network.netif));
	assert_int_equal(device.n_taken, device.n_in - 1);
	assert_int_equal(device.n_out, n_out);
	assert_int_equal(device.n_kicks, n_kicks);
	run_ms(PV_NETWORK_REOPEN_MS / 2);
	assert_true(network.is_open);
	assert_true(netif_is_link_up(&network.netif));
	run_ms(0);
	assert_int_equal(network.n_opened, n_before + 1);
	assert_int_equal(device.n_taken, device.n_in);
	run_ms(3 * PV_NETWORK_REOPEN_MS); /* and there is one timer, not two */
	assert_int_equal(network.n_opened, n_before + 1);
}

static void test_broken_when_received(void **state)
{
	(void)state;
	device.receive = PV_CORRUPT;
	run_ms(0);
	assert_lost_and_found();
}

static void test_broken_when_sent(void **state)
{
	(void)state;
	device.send = PV_CORRUPT;
	assert_int_equal(send_datagram("text", 4, 2), ERR_IF);
	assert_lost_and_found();
}

/* Both in one run: the answer finds the device broken, and so would the next look. */
static void test_broken_while_received(void **state)
{
	(void)state;
	ping(8);
	device.send = PV_CORRUPT;
	run_ms(0);
	assert_int_equal(device.n_taken, 1);
	assert_lost_and_found();
}

/* lwIP has timers of its own then, in all the places that it calculates for itself. */
static void test_broken_beside_tcp(void **state)
{
	struct tcp_pcb *pcb = tcp_new();
	ip_addr_t peer = IPADDR4_INIT_BYTES(10, 0, 0, 9);

	(void)state;
	assert_non_null(pcb);
	assert_int_equal(tcp_connect(pcb, &peer, 7, NULL), ERR_OK);
	run_ms(0);
	device.receive = PV_CORRUPT;
	run_ms(0);
	assert_false(network.is_open);
	device.receive = PV_OK;
	run_ms(PV_NETWORK_REOPEN_MS);
	assert_true(network.is_open);
	tcp_abort(pcb);
}

static void test_clocks(void **state)
{
	uint32_t first = pv_lwip_isn();

	(void)state;
	now_ns += 40000;
	assert_int_equal(pv_lwip_isn() - first, 10);
	assert_int_equal(sys_now(), now_ns / MS);
}

static void test_parse(void **state)
{
	static const struct {
		const char *address, *gateway;
		bool is_right;
		const char *text;
	} cases[] = {
		{ "10.0.2.50/24", "10.0.2.2", true, "10.0.2.50 255.255.255.0 10.0.2.2" },
		{ "192.168.100.200/32", "", true, "192.168.100.200 255.255.255.255 0.0.0.0" },
		{ "10.0.2.50", "", true, "10.0.2.50 255.255.255.255 0.0.0.0" },
		{ "10.0.2.50/1", "", true, "10.0.2.50 128.0.0.0 0.0.0.0" },
		{ "10.0.2.50/0", "", false, "" },
		{ "10.0.2.50/33", "", false, "" },
		{ "10.0.2.50/4294967320", "", false, "" },
		{ "10.0.2.50/", "", false, "" },
		{ "10.0.2.50/2x", "", false, "" },
		{ "10.0.2.256/24", "", false, "" },
		{ "0.0.0.0/24", "", false, "" },
		{ "/24", "", false, "" },
		{ "", "", false, "" },
		{ "1111111111111111/24", "", false, "" },
		{ "10.0.2.50/24", "gateway", false, "" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct pv_network_address got;
		char text[64];

		if (pv_network_parse(cases[i].address, cases[i].gateway, &got) != cases[i].is_right) {
			fail_msg("%s, %s", cases[i].address, cases[i].gateway);
		}
		if (!cases[i].is_right) {
			continue;
		}

		const unsigned char *a = (const void *)&got.address.addr;
		const unsigned char *m = (const void *)&got.mask.addr;
		const unsigned char *g = (const void *)&got.gateway.addr;

		(void)snprintf(text, sizeof(text), "%u.%u.%u.%u %u.%u.%u.%u %u.%u.%u.%u", a[0], a[1],
			       a[2], a[3], m[0], m[1], m[2], m[3], g[0], g[1], g[2], g[3]);
		assert_string_equal(text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device_comes_later),
		cmocka_unit_test_setup(test_arp_and_ping, start_over),
		cmocka_unit_test_setup(test_cut_frame, start_over),
		cmocka_unit_test_setup(test_link, start_over),
		cmocka_unit_test_setup(test_a_batch_at_a_time, start_over),
		cmocka_unit_test_setup(test_gathered_frame, start_over),
		cmocka_unit_test_setup(test_no_room_to_send, start_over),
		cmocka_unit_test_setup(test_frame_too_long, start_over),
		cmocka_unit_test_setup(test_no_memory_to_receive, start_over),
		cmocka_unit_test_setup(test_broken_when_received, start_over),
		cmocka_unit_test_setup(test_broken_when_sent, start_over),
		cmocka_unit_test_setup(test_broken_while_received, start_over),
		cmocka_unit_test_setup(test_broken_beside_tcp, start_over),
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
