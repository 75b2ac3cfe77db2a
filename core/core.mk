# SPDX-License-Identifier: Apache-2.0
obj-core := $(addprefix core/,format.o init.o log.o mmio.o panic.o region.o spinlock.o terminal.o trap.o)
