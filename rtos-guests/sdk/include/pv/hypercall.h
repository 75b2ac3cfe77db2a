/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paravent's hypercalls, one C function each. Numbers, results and states are
 * those of abi/hypercall.h; the text is docs/abi.md.
 */
#pragma once

#include "abi/hypercall.h"
#include "abi/status.h"
#include "pv/psci.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All registers of a call: x[0] is the function on entry, the status on return. */
struct pv_registers {
	uint64_t x[18];
};

/* Make the call exactly as the registers stand, and store all 18 of them back. */
void pv_call(enum pv_conduit conduit, struct pv_registers *registers);

/* Is this Paravent, by its call UID? Only ask where HVC is known to work. */
bool pv_is_paravent(void);
void pv_revision(uint32_t *major, uint32_t *minor);

enum pv_status pv_null(void);
enum pv_status pv_doorbell(uint64_t doorbell);
enum pv_status pv_features(uint64_t function);

struct pv_partition_info {
	uint32_t id;
	uint32_t n_vcpus;
	enum pv_partition_state state;
	uint32_t n_ports;
	uint32_t n_doorbells;
	uint32_t n_starts;
	uint32_t roles;
};

/* @partition  an id, or PV_SELF */
enum pv_status pv_partition_info(uint64_t partition, struct pv_partition_info *result);

struct pv_port_info {
	enum pv_port_kind       kind;
	enum pv_port_direction  direction;
	uint64_t                message_bytes;
	uint32_t                depth;
	uint32_t                interrupt;
	uint32_t                first_doorbell;
	uint32_t                n_doorbells;
	enum pv_partition_state peer_state;
	uint64_t                refresh_us;
};

enum pv_status pv_port_info(uint64_t port, struct pv_port_info *result);

/* Write 1..48 bytes; *taken says how many the console had room for. */
enum pv_status pv_console_write(const char *text, size_t bytes, size_t *taken);
/* Read at most 48 bytes; *taken is 0 when nothing was typed. */
enum pv_status pv_console_read(char *text, size_t bytes, size_t *taken);

enum pv_status pv_message_send(uint64_t port, const uint64_t message[PV_MESSAGE_WORDS]);
enum pv_status pv_message_receive(uint64_t port, uint32_t *sender,
				  uint64_t message[PV_MESSAGE_WORDS]);

enum pv_status pv_statistics(enum pv_statistic which, uint64_t vcpu, uint64_t *value);
enum pv_status pv_partition_control(uint64_t partition, enum pv_control control);

/*
 * Set 8 bytes of a virtual device's configuration.
 * @backend  pv_virtio_backend_config.number
 * @offset   a multiple of 8 below PV_VIRTIO_CONFIG_BYTES
 * @flags    PV_VIRTIO_CONFIG_*
 */
enum pv_status pv_virtio_config(uint64_t backend, uint64_t offset, uint64_t bytes, uint64_t flags);
/* Nothing of an earlier epoch is touched any more. PV_BUSY: there is a newer epoch than this. */
enum pv_status pv_virtio_acknowledge(uint64_t backend, uint32_t epoch);
