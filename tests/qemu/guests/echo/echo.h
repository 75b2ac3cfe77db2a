/* SPDX-License-Identifier: Apache-2.0 */
/* What the guest "echo" understands: word 0 of a register message. */
#pragma once

#define ECHO_BACK    1 /* answers { ECHO_BACK, sender given by EL2, word 2, word 3 } */
#define ECHO_CONTROL 2 /* tries to stop partition <word 1>: answers { ECHO_CONTROL, status } */
#define ECHO_QUEUE   3 /* takes one from "command", puts it in "reply", rings if asked to: status */
