/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lwIP at the driver's end of a network that another partition serves: what is sent to
 * the echo port of a peer comes back. That partition is restarted amid a connection;
 * then this one restarts itself amid another, and goes on.
 *
 * Boot arguments
 *	ip=10.0.3.2/24 peer=10.0.3.1
 *	net=NAME	the device
 *	server=ID	who serves, and is the peer
 *	bridge=ID	or: who serves, and passes on what the peer is sent
 */
#include "pv/console.h"
#include "pv/cpu.h"
#include "pv/exception.h"
#include "pv/hypercall.h"
#include "pv/irq.h"
#include "pv/network.h"
#include "pv/platform.h"
#include "pv/psci.h"
#include "pv/start.h"
#include "pv/string.h"
#include "pv/timer.h"
#include "tests/qemu/guests/report.h"

#include "lwip/tcp.h"

#define US_PER_MS  UINT64_C(1000)
#define ECHO_PORT  7u
#define ALL_BYTES  200003u
#define HALF_BYTES 100000u
#define CHUNK      1024u

static struct pv_network network;
static ip4_addr_t peer;

/* One connection: a pattern out, and what came back of it. */
static struct {
	struct tcp_pcb *pcb;
	uint32_t n_sent, n_back;
	bool is_wrong, is_over, is_lost;
} call;

static void on_interrupt(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
}

static void on_timer(uint32_t intid, void *context)
{
	(void)intid;
	(void)context;
	pv_timer_stop(PV_TIMER_VIRTUAL);
}

static void turn(void)
{
	pv_network_run(&network);
	pv_timer_set(PV_TIMER_VIRTUAL,
		     pv_timer_now() + pv_ticks_from_us(pv_network_sleep_ms() * US_PER_MS));
	if (pv_network_wait_begin(&network)) {
		pv_wfi(); /* masked: an interrupt since the last look ends it */
	}
	pv_network_wait_end(&network);
	pv_irq_take_pending();
}

/* ---- A call ------------------------------------------------------------------------ */

static uint8_t pattern(uint32_t i)
{
	return (uint8_t)(i * 13 + i / 251);
}

static void send_more(void)
{
	uint8_t chunk[CHUNK];

	while (call.n_sent < ALL_BYTES) {
		uint32_t n = ALL_BYTES - call.n_sent < CHUNK ? ALL_BYTES - call.n_sent : CHUNK;

		for (uint32_t i = 0; i < n; i++) {
			chunk[i] = pattern(call.n_sent + i);
		}
		if (tcp_sndbuf(call.pcb) < n ||
		    tcp_write(call.pcb, chunk, (u16_t)n, TCP_WRITE_FLAG_COPY) != ERR_OK) {
			return;
		}
		call.n_sent += n;
		if (call.n_sent == ALL_BYTES) {
			(void)tcp_shutdown(call.pcb, 0, 1);
		}
	}
}

static err_t on_connected(void *context, struct tcp_pcb *pcb, err_t error)
{
	(void)context;
	(void)pcb;
	(void)error;
	send_more();
	return ERR_OK;
}

static err_t on_sent(void *context, struct tcp_pcb *pcb, u16_t bytes)
{
	(void)context;
	(void)pcb;
	(void)bytes;
	send_more();
	return ERR_OK;
}

static err_t on_received(void *context, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
	(void)context;
	(void)error;
	if (packet == NULL) {
		call.is_over = true;
		return ERR_OK;
	}
	for (const struct pbuf *piece = packet; piece != NULL; piece = piece->next) {
		const uint8_t *bytes = piece->payload;

		for (u16_t i = 0; i < piece->len; i++) {
			call.is_wrong = bytes[i] != pattern(call.n_back++) || call.is_wrong;
		}
	}
	tcp_recved(pcb, packet->tot_len);
	(void)pbuf_free(packet);
	return ERR_OK;
}

/* lwIP has freed it. */
static void on_error(void *context, err_t error)
{
	(void)context;
	(void)error;
	call.is_lost = true;
}

/* lwIP knows no way to the peer while the link is down. */
static void begin_call(void)
{
	struct tcp_pcb *pcb = tcp_new();

	while (!netif_is_link_up(&network.netif)) {
		turn();
	}
	memset(&call, 0, sizeof(call));
	call.pcb = pcb;
	if (pcb == NULL) {
		pv_panic("lwIP has no memory");
	}
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	if (tcp_connect(pcb, &peer, ECHO_PORT, on_connected) != ERR_OK) {
		pv_panic("lwIP does not connect");
	}
}

static void end_call(void)
{
	if (!call.is_lost) {
		tcp_recv(call.pcb, NULL);
		tcp_sent(call.pcb, NULL);
		tcp_err(call.pcb, NULL);
		(void)tcp_close(call.pcb);
	}
}

/* Until so much is back, or it has ended. */
static void listen(uint32_t n_back)
{
	while (!call.is_lost && !call.is_over && call.n_back < n_back) {
		turn();
	}
}

/* Somebody may not be there yet: try until it is. */
static void test_call(const char *when)
{
	do {
		begin_call();
		listen(UINT32_MAX);
		end_call();
	} while (call.is_lost && call.n_back == 0);
	report(call.is_over && call.n_back == ALL_BYTES && !call.is_wrong, "%u bytes come back %s", call.n_back,
	       when);
}

/* ---- All ------------------------------------------------------------------------------ */

/* False: there is no such argument. */
static bool read_id(const char *name, uint64_t *to)
{
	char argument[8] = "";
	uint64_t id = 0;

	if (!pv_platform_argument(name, argument, sizeof(argument))) {
		return false;
	}
	for (const char *c = argument; *c >= '0' && *c <= '9'; c++) {
		id = id * 10 + (uint64_t)(*c - '0');
	}
	*to = id;
	return true;
}

static void open_network(void)
{
	const struct pv_virtio_frontend_config *config;
	struct pv_network_address address;
	char ip[24] = "", other[16] = "", name[16] = "";

	(void)pv_platform_argument("net", name, sizeof(name));
	config = pv_virtio_frontend_find(name, PV_VIRTIO_NET);
	(void)pv_platform_argument("ip", ip, sizeof(ip));
	(void)pv_platform_argument("peer", other, sizeof(other));
	if (config == NULL || !pv_network_parse(ip, "", &address) || ip4addr_aton(other, &peer) == 0 ||
	    !pv_irq_attach_edge(config->interrupt, on_interrupt, NULL) ||
	    !pv_irq_attach(PV_TIMER_VIRTUAL_INTID, on_timer, NULL)) {
		pv_panic("no device, no address or no interrupt");
	}
	pv_network_open(&network, config, &address);
}

static void test_restart_of_server(void)
{
	uint64_t id = 0;
	bool is_peer = read_id("server", &id);

	begin_call();
	listen(HALF_BYTES);
	report(call.n_back >= HALF_BYTES && !call.is_wrong, "half of it is back");
	report((is_peer || read_id("bridge", &id)) &&
		       pv_partition_control(id, PV_CONTROL_RESTART) == PV_OK,
	       "partition %u restarts", (unsigned)id);
	listen(UINT32_MAX);
	report(call.is_lost == is_peer && (call.n_back == ALL_BYTES) != is_peer && !call.is_wrong,
	       is_peer ? "the connection is lost" : "the rest comes, too");
	end_call();
	test_call("after that");
}

void guest_main(void)
{
	struct pv_partition_info own;

	open_network();
	if (pv_partition_info(PV_SELF, &own) == PV_OK && own.n_starts > 1) {
		test_call("after a restart");
		report(network.n_opened == 1 && network.client.net.n_dropped == 0, "no frame was dropped");
		report_done();
	}
	test_call("at first");
	test_restart_of_server();
	report(network.n_opened == 1 && network.client.net.n_dropped == 0, "no frame was dropped");
	begin_call();
	listen(HALF_BYTES);
	report_counts("reset");
	pv_system_reset();
}
