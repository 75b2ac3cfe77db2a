/* SPDX-License-Identifier: Apache-2.0 */
#include "rtos-guests/apps/netdisk/echo.h"

#include "pv/console.h"

#include "lwip/tcp.h"

#include <stddef.h>

#define POLL_SECONDS   2u
#define POLL_HALVES    (POLL_SECONDS * 2u) /* tcp_poll() counts half seconds */
#define IDLE_POLLS_MAX (ECHO_IDLE_SECONDS / POLL_SECONDS)

struct connection {
	struct tcp_pcb *pcb;       /* NULL: free */
	struct pbuf    *pending;   /* received, not yet sent */
	uint64_t        n_bytes;   /* sent back */
	uint32_t        n_idle;    /* polls since something moved */
	bool            has_ended; /* the peer sends no more */
};

static struct connection connections[ECHO_CONNECTIONS];

static struct connection *find_free(void)
{
	for (uint32_t i = 0; i < ECHO_CONNECTIONS; i++) {
		if (connections[i].pcb == NULL) {
			return &connections[i];
		}
	}
	return NULL;
}

static void release(struct connection *connection, const char *how)
{
	pv_printf("echo: %llu bytes%s\n", (unsigned long long)connection->n_bytes, how);
	if (connection->pending != NULL) {
		(void)pbuf_free(connection->pending);
	}
	*connection = (struct connection){ .pcb = NULL };
}

static void end(struct connection *connection)
{
	struct tcp_pcb *pcb = connection->pcb;

	release(connection, "");
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	(void)tcp_close(pcb); /* what it has no memory for now, lwIP does later */
}

/* Send what there is room for. The peer's window opens again by as much. */
static void advance(struct connection *connection)
{
	struct tcp_pcb *pcb = connection->pcb;

	while (connection->pending != NULL) {
		struct pbuf *first = connection->pending;
		u16_t room = (u16_t)tcp_sndbuf(pcb);
		u16_t bytes = first->len < room ? first->len : room;

		if (bytes == 0 || tcp_write(pcb, first->payload, bytes, TCP_WRITE_FLAG_COPY) != ERR_OK) {
			break;
		}
		connection->pending = pbuf_free_header(first, bytes);
		connection->n_bytes += bytes;
		connection->n_idle = 0;
		tcp_recved(pcb, bytes);
	}
	if (connection->pending == NULL && connection->has_ended) {
		end(connection);
	}
}

static err_t on_received(void *context, struct tcp_pcb *pcb, struct pbuf *packet, err_t error)
{
	struct connection *connection = context;

	(void)pcb;
	(void)error;
	if (packet == NULL) {
		connection->has_ended = true;
	} else if (connection->pending == NULL) {
		connection->pending = packet;
	} else {
		pbuf_cat(connection->pending, packet);
	}
	advance(connection);
	return ERR_OK;
}

static err_t on_sent(void *context, struct tcp_pcb *pcb, u16_t bytes)
{
	(void)pcb;
	(void)bytes;
	advance(context);
	return ERR_OK;
}

static err_t on_poll(void *context, struct tcp_pcb *pcb)
{
	struct connection *connection = context;

	if (++connection->n_idle > IDLE_POLLS_MAX) {
		tcp_abort(pcb); /* calls on_error() */
		return ERR_ABRT;
	}
	advance(connection);
	return ERR_OK;
}

/* lwIP has freed the connection. */
static void on_error(void *context, err_t error)
{
	(void)error;
	release(context, ", the connection was lost");
}

static err_t on_accept(void *context, struct tcp_pcb *pcb, err_t error)
{
	struct connection *connection = find_free();

	(void)context;
	if (error != ERR_OK || pcb == NULL || connection == NULL) {
		return ERR_MEM; /* lwIP resets the connection */
	}
	connection->pcb = pcb;
	tcp_arg(pcb, connection);
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, POLL_HALVES);
	return ERR_OK;
}

bool echo_open(uint16_t port)
{
	struct tcp_pcb *pcb = tcp_new();

	if (pcb == NULL || tcp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK) {
		return false;
	}

	struct tcp_pcb *listener = tcp_listen(pcb);

	if (listener == NULL) {
		return false;
	}
	tcp_accept(listener, on_accept);
	return true;
}
