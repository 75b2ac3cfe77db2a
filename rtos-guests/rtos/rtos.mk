# SPDX-License-Identifier: Apache-2.0
# The RTOS: what an application that uses it is linked with, besides the SDK.
obj-rtos := $(addprefix rtos-guests/rtos/,port_aarch64.o switch_aarch64.o) \
	$(addprefix rtos-guests/rtos/core/,kernel.o wait.o deadline.o task.o mutex.o semaphore.o \
	queue.o notify.o timer.o)

guest-flags += -Irtos-guests/rtos/include

# Its test on the target.
app-rtos := $(obj-sdk) $(obj-rtos) tests/qemu/guests/report.o \
	$(addprefix tests/qemu/guests/rtos/,rtos.o costs.o registers.o)
