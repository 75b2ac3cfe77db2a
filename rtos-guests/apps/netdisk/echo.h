/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP's echo service, RFC 862: what a peer sends it gets back, in order. A peer
 * that does not take its own back is not read from; one that is silent for
 * ECHO_IDLE_SECONDS is dropped.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ECHO_PORT         7u
#define ECHO_CONNECTIONS  4u
#define ECHO_IDLE_SECONDS 60u

/* False: lwIP has no memory for it. */
bool echo_open(uint16_t port);
