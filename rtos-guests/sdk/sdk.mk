# SPDX-License-Identifier: Apache-2.0
# The guest SDK: what every application for a partition is compiled and linked with.
obj-sdk := $(addprefix rtos-guests/sdk/,start.o vectors.o call.o boot.o exception.o gic.o timer.o \
	psci.o hypercall.o port.o port_access.o console.o format.o string.o mmu.o fdt.o platform.o device.o \
	virtual_device.o)

# Loops of string.c must not become calls of themselves.
guest-flags := -mgeneral-regs-only -fno-tree-loop-distribute-patterns -Irtos-guests/sdk/include
