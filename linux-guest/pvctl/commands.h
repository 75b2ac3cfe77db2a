/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of pvctl. Each returns the exit code; a failure has been explained. */
#pragma once

#include "linux-guest/pvctl/device.h"
#include "linux-guest/pvctl/request.h"

enum exit_code list_ports(void);
enum exit_code show_port(const struct request *request);
enum exit_code send_messages(const struct request *request);
enum exit_code receive_messages(const struct request *request);
enum exit_code ring_doorbell(const struct request *request);
enum exit_code watch_port(const struct request *request);

enum exit_code list_partitions(void);
enum exit_code show_self(void);
enum exit_code control_partition(const struct request *request);
