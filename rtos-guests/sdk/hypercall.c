/* SPDX-License-Identifier: Apache-2.0 */
/* Hypercalls, by HVC or SMC. Register by register: docs/abi.md. */
#include "pv/hypercall.h"

#include "pv/platform.h"
#include "pv/string.h"

static enum pv_status status_of(const struct pv_registers *registers)
{
	return (enum pv_status)(int64_t)registers->x[0];
}

static enum pv_status call(struct pv_registers *registers, uint64_t function, uint64_t x1,
			   uint64_t x2)
{
	registers->x[0] = function;
	registers->x[1] = x1;
	registers->x[2] = x2;
	pv_call(pv_platform()->conduit, registers);
	return status_of(registers);
}

bool pv_is_paravent(void)
{
	struct pv_registers registers = { 0 };

	call(&registers, PV_CALL_UID, 0, 0);
	return (uint32_t)registers.x[0] == PV_UID_0 && (uint32_t)registers.x[1] == PV_UID_1 &&
	       (uint32_t)registers.x[2] == PV_UID_2 && (uint32_t)registers.x[3] == PV_UID_3;
}

void pv_revision(uint32_t *major, uint32_t *minor)
{
	struct pv_registers registers = { 0 };

	call(&registers, PV_CALL_REVISION, 0, 0);
	*major = (uint32_t)registers.x[0];
	*minor = (uint32_t)registers.x[1];
}

enum pv_status pv_null(void)
{
	struct pv_registers registers = { 0 };

	return call(&registers, PV_NULL, 0, 0);
}

enum pv_status pv_doorbell(uint64_t doorbell)
{
	struct pv_registers registers = { 0 };

	return call(&registers, PV_DOORBELL, doorbell, 0);
}

enum pv_status pv_features(uint64_t function)
{
	struct pv_registers registers = { 0 };

	return call(&registers, PV_FEATURES, function, 0);
}

enum pv_status pv_partition_info(uint64_t partition, struct pv_partition_info *result)
{
	struct pv_registers registers = { 0 };
	enum pv_status status = call(&registers, PV_PARTITION_INFO, partition, 0);

	if (status == PV_OK) {
		*result = (struct pv_partition_info){
			.id = (uint32_t)registers.x[1],
			.n_vcpus = (uint32_t)registers.x[2],
			.state = (enum pv_partition_state)registers.x[3],
			.n_ports = (uint32_t)registers.x[4],
			.n_doorbells = (uint32_t)registers.x[5],
			.n_starts = (uint32_t)registers.x[6],
			.roles = (uint32_t)registers.x[7],
		};
	}
	return status;
}

enum pv_status pv_port_info(uint64_t port, struct pv_port_info *result)
{
	struct pv_registers registers = { 0 };
	enum pv_status status = call(&registers, PV_PORT_INFO, port, 0);

	if (status == PV_OK) {
		*result = (struct pv_port_info){
			.kind = (enum pv_port_kind)(registers.x[1] & 0xff),
			.direction = (enum pv_port_direction)(registers.x[1] >> 8 & 0xff),
			.message_bytes = registers.x[2],
			.depth = (uint32_t)registers.x[3],
			.interrupt = (uint32_t)registers.x[4],
			.first_doorbell = (uint32_t)registers.x[5],
			.n_doorbells = (uint32_t)(registers.x[5] >> 32),
			.peer_state = (enum pv_partition_state)registers.x[6],
			.refresh_us = registers.x[7],
		};
	}
	return status;
}

enum pv_status pv_console_write(const char *text, size_t bytes, size_t *taken)
{
	struct pv_registers registers = { 0 };
	enum pv_status status;

	*taken = 0;
	if (bytes == 0 || bytes > PV_CONSOLE_BYTES) {
		return PV_BAD_ARGUMENT;
	}
	registers.x[0] = PV_CONSOLE_WRITE;
	registers.x[1] = bytes;
	memcpy(&registers.x[2], text, bytes);
	pv_call(pv_platform()->conduit, &registers);
	status = status_of(&registers);
	if (status == PV_OK) {
		*taken = registers.x[1] <= bytes ? (size_t)registers.x[1] : bytes;
	}
	return status;
}

enum pv_status pv_console_read(char *text, size_t bytes, size_t *taken)
{
	struct pv_registers registers = { 0 };
	size_t wanted = bytes < PV_CONSOLE_BYTES ? bytes : PV_CONSOLE_BYTES;
	enum pv_status status = call(&registers, PV_CONSOLE_READ, wanted, 0);

	*taken = 0;
	if (status == PV_OK) {
		*taken = registers.x[1] <= wanted ? (size_t)registers.x[1] : wanted;
		memcpy(text, &registers.x[2], *taken);
	}
	return status;
}

enum pv_status pv_message_send(uint64_t port, const uint64_t message[PV_MESSAGE_WORDS])
{
	struct pv_registers registers = { 0 };

	memcpy(&registers.x[2], message, PV_MESSAGE_WORDS * sizeof(message[0]));
	registers.x[0] = PV_MESSAGE_SEND;
	registers.x[1] = port;
	pv_call(pv_platform()->conduit, &registers);
	return status_of(&registers);
}

enum pv_status pv_message_receive(uint64_t port, uint32_t *sender,
				  uint64_t message[PV_MESSAGE_WORDS])
{
	struct pv_registers registers = { 0 };
	enum pv_status status = call(&registers, PV_MESSAGE_RECEIVE, port, 0);

	if (status == PV_OK) {
		*sender = (uint32_t)registers.x[1];
		memcpy(message, &registers.x[2], PV_MESSAGE_WORDS * sizeof(message[0]));
	}
	return status;
}

enum pv_status pv_statistics(enum pv_statistic which, uint64_t vcpu, uint64_t *value)
{
	struct pv_registers registers = { 0 };
	enum pv_status status = call(&registers, PV_STATISTICS, which, vcpu);

	if (status == PV_OK) {
		*value = registers.x[1];
	}
	return status;
}

enum pv_status pv_partition_control(uint64_t partition, enum pv_control control)
{
	struct pv_registers registers = { 0 };

	return call(&registers, PV_PARTITION_CONTROL, partition, control);
}

enum pv_status pv_virtio_config(uint64_t backend, uint64_t offset, uint64_t bytes, uint64_t flags)
{
	struct pv_registers registers = { 0 };

	registers.x[3] = bytes;
	registers.x[4] = flags;
	return call(&registers, PV_VIRTIO_CONFIG, backend, offset);
}

enum pv_status pv_virtio_acknowledge(uint64_t backend, uint32_t epoch)
{
	struct pv_registers registers = { 0 };

	return call(&registers, PV_VIRTIO_ACKNOWLEDGE, backend, epoch);
}
