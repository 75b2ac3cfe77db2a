/* SPDX-License-Identifier: Apache-2.0 */
/* links: rtos-guests/apps/netdisk/echo.c rtos-guests/net/port.c build/lwip/src/core/def.c
   build/lwip/src/core/inet_chksum.c build/lwip/src/core/init.c build/lwip/src/core/ip.c
   build/lwip/src/core/mem.c build/lwip/src/core/memp.c build/lwip/src/core/netif.c
   build/lwip/src/core/pbuf.c build/lwip/src/core/tcp.c build/lwip/src/core/tcp_in.c
   build/lwip/src/core/tcp_out.c build/lwip/src/core/timeouts.c build/lwip/src/core/udp.c
   build/lwip/src/core/ipv4/etharp.c build/lwip/src/core/ipv4/icmp.c build/lwip/src/core/ipv4/ip4.c
   build/lwip/src/core/ipv4/ip4_addr.c build/lwip/src/core/ipv4/ip4_frag.c
   build/lwip/src/netif/ethernet.c */
/* flags: -Irtos-guests/net/include -Irtos-guests/sdk/include -isystem build/lwip/src/include */
/*
 * netdisk's echo: lwIP is the real one, peers are made of single segments, time is
 * simulated. What needs a real peer is in tests/qemu/test_network.py.
 */
#include "rtos-guests/apps/netdisk/echo.h"

#include "pv/console.h"
#include "pv/timer.h"

#include "lwip/init.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/prot/tcp.h"
#include "lwip/timeouts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS          UINT64_C(1000000)
#define STEP_MS     250u
#define PEER_WINDOW 1000u

static struct netif netif;
static ip4_addr_t own, peer_address;
static uint64_t now_ns;
static char console[1024];

/* A peer: a port, what it will send next, what it has got. */
struct peer {
	uint16_t port, window;
	uint32_t next, expected;
	uint32_t n_bytes; /* that came back */
	bool     is_reset, has_ended;
	uint16_t their_window;
};
static struct peer *peer;

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

int pv_printf(const char *format, ...)
{
	size_t length = strlen(console);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(console + length, sizeof(console) - length, format, arguments);
	va_end(arguments);
	return 0;
}

static void send(uint8_t flags, uint32_t n_bytes)
{
	uint16_t bytes = (uint16_t)(20 + n_bytes);
	struct pbuf *packet = pbuf_alloc(PBUF_IP, bytes, PBUF_RAM);
	struct tcp_hdr *tcp = packet->payload;
	struct ip_hdr *ip;

	memset(tcp, 0, bytes);
	tcp->src = lwip_htons(peer->port);
	tcp->dest = lwip_htons(ECHO_PORT);
	tcp->seqno = lwip_htonl(peer->next);
	tcp->ackno = lwip_htonl(peer->expected);
	tcp->wnd = lwip_htons(peer->window);
	TCPH_HDRLEN_FLAGS_SET(tcp, 5, flags);
	tcp->chksum = inet_chksum_pseudo(packet, IP_PROTO_TCP, bytes, &peer_address, &own);
	peer->next += n_bytes + ((flags & (TCP_SYN | TCP_FIN)) != 0);

	assert_int_equal(pbuf_add_header(packet, IP_HLEN), 0);
	ip = packet->payload;
	memset(ip, 0, IP_HLEN);
	IPH_VHL_SET(ip, 4, IP_HLEN / 4);
	IPH_LEN_SET(ip, lwip_htons(packet->tot_len));
	IPH_TTL_SET(ip, 64);
	IPH_PROTO_SET(ip, IP_PROTO_TCP);
	ip4_addr_copy(ip->src, peer_address);
	ip4_addr_copy(ip->dest, own);
	IPH_CHKSUM_SET(ip, inet_chksum(ip, IP_HLEN));
	assert_int_equal(netif.input(packet, &netif), ERR_OK);
}

/* netif->output: a segment for the peer, which lies in one buffer or several. */
static err_t take(struct netif *interface, struct pbuf *packet, const ip4_addr_t *to)
{
	unsigned char header[IP_HLEN + TCP_HLEN];
	const struct tcp_hdr *tcp = (const void *)(header + IP_HLEN);
	uint32_t n_bytes;

	(void)interface;
	(void)to;
	(void)pbuf_copy_partial(packet, header, sizeof(header), 0);
	if (lwip_ntohs(tcp->dest) != peer->port) {
		return ERR_OK;
	}
	n_bytes = packet->tot_len - IP_HLEN - TCPH_HDRLEN_BYTES(tcp);
	peer->is_reset = peer->is_reset || (TCPH_FLAGS(tcp) & TCP_RST) != 0;
	peer->has_ended = peer->has_ended || (TCPH_FLAGS(tcp) & TCP_FIN) != 0;
	peer->their_window = lwip_ntohs(tcp->wnd);
	if ((TCPH_FLAGS(tcp) & TCP_SYN) != 0) {
		peer->expected = lwip_ntohl(tcp->seqno) + 1;
	} else if (lwip_ntohl(tcp->seqno) == peer->expected && n_bytes <= peer->window) {
		peer->expected += n_bytes + ((TCPH_FLAGS(tcp) & TCP_FIN) != 0);
		peer->n_bytes += n_bytes;
	}
	return ERR_OK;
}

static err_t init_interface(struct netif *interface)
{
	interface->mtu = 1500;
	interface->output = take;
	interface->flags = NETIF_FLAG_LINK_UP;
	return ERR_OK;
}

/* The peer acknowledges what has come all the time, until the connection has ended. */
static void run_seconds(uint32_t seconds)
{
	bool has_ended = false;

	for (uint32_t i = 0; i < seconds * 1000 / STEP_MS; i++) {
		now_ns += STEP_MS * MS;
		sys_check_timeouts();
		if (!peer->is_reset && !has_ended) {
			has_ended = peer->has_ended;
			send(TCP_ACK, 0);
		}
	}
}

static void open_peer(struct peer *opened, uint16_t port)
{
	*opened = (struct peer){ .port = port, .window = PEER_WINDOW, .next = 1000u * port };
	peer = opened;
	send(TCP_SYN, 0);
	assert_int_not_equal(peer->expected, 0);
	send(TCP_ACK, 0);
}

static int begin_all(void **state)
{
	ip4_addr_t mask, none;

	(void)state;
	lwip_init();
	assert_true(ip4addr_aton("10.0.2.50", &own) && ip4addr_aton("10.0.2.2", &peer_address) &&
		    ip4addr_aton("255.255.255.0", &mask) && ip4addr_aton("0.0.0.0", &none));
	assert_non_null(netif_add(&netif, &own, &mask, &none, NULL, init_interface, ip_input));
	netif_set_default(&netif);
	netif_set_up(&netif);
	assert_true(echo_open(ECHO_PORT));
	return 0;
}

static int begin(void **state)
{
	(void)state;
	console[0] = '\0';
	return 0;
}

/* ---- Tests ------------------------------------------------------------------------ */

static void test_exchange(void **state)
{
	struct peer one;

	(void)state;
	open_peer(&one, 2000);
	send(TCP_ACK | TCP_PSH, 100);
	run_seconds(1);
	assert_int_equal(one.n_bytes, 100);
	send(TCP_ACK | TCP_FIN, 0);
	run_seconds(1);
	assert_true(one.has_ended);
	assert_false(one.is_reset);
	assert_string_equal(console, "echo: 100 bytes\n");
}

/* Its last bytes and its end come before there was room to send them back. */
static void test_end_waits_for_the_rest(void **state)
{
	struct peer one;

	(void)state;
	open_peer(&one, 2001);
	one.window = 0;
	send(TCP_ACK, 0);
	for (uint32_t n = 0; n < TCP_SND_BUF + 2000; n += 1000) {
		send(TCP_ACK | TCP_PSH, 1000);
	}
	assert_int_equal(one.n_bytes, 0);
	send(TCP_ACK | TCP_FIN, 0);
	run_seconds(1);
	assert_false(one.has_ended);
	assert_string_equal(console, "");
	one.window = PEER_WINDOW;
	run_seconds(20);
	assert_int_equal(one.n_bytes, (TCP_SND_BUF + 2000 + 999) / 1000 * 1000);
	assert_true(one.has_ended);
	assert_non_null(strstr(console, " bytes\n"));
}

/* What a peer does not take back closes the window to it; in the end it is dropped with all of it. */
static void try_deaf_peer(uint16_t port)
{
	struct peer one;
	uint32_t n_sent = 0;

	open_peer(&one, port);
	one.window = 0;
	send(TCP_ACK, 0);
	while (one.their_window >= 1000 && n_sent < 10 * TCP_WND) {
		send(TCP_ACK | TCP_PSH, 1000);
		n_sent += 1000;
	}
	assert_in_range(n_sent, TCP_WND, TCP_WND + TCP_SND_BUF);
	run_seconds(ECHO_IDLE_SECONDS - 5);
	assert_false(one.is_reset);
	run_seconds(15);
	assert_true(one.is_reset);
	assert_non_null(strstr(console, " bytes, the connection was lost\n"));
}

static void test_deaf_peers(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 10; i++) {
		console[0] = '\0';
		try_deaf_peer((uint16_t)(2100 + i));
	}
}

/* Silent ones give way to others in the end; who talks now and then stays. */
static void test_silent_peers(void **state)
{
	struct peer peers[ECHO_CONNECTIONS], extra;

	(void)state;
	for (uint16_t i = 0; i < ECHO_CONNECTIONS; i++) {
		open_peer(&peers[i], (uint16_t)(3000 + i));
	}
	open_peer(&extra, 4000);
	assert_true(extra.is_reset);
	assert_string_equal(console, "");
	for (uint32_t n = 0; n < 4; n++) {
		peer = &peers[0];
		send(TCP_ACK | TCP_PSH, 10);
		run_seconds(ECHO_IDLE_SECONDS / 3);
	}
	assert_false(peers[0].is_reset);
	assert_int_equal(peers[0].n_bytes, 40);
	assert_string_equal(console, "echo: 0 bytes, the connection was lost\n"
				     "echo: 0 bytes, the connection was lost\n"
				     "echo: 0 bytes, the connection was lost\n");
	open_peer(&extra, 4001);
	assert_false(extra.is_reset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_exchange, begin),
		cmocka_unit_test_setup(test_end_waits_for_the_rest, begin),
		cmocka_unit_test_setup(test_deaf_peers, begin),
		cmocka_unit_test_setup(test_silent_peers, begin),
	};

	return cmocka_run_group_tests(tests, begin_all, NULL);
}
