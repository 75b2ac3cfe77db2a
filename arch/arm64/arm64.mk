# SPDX-License-Identifier: Apache-2.0
obj-arm64 := $(addprefix arch/arm64/,boards.o boot.o cpu.o early.o fast.o fdt_root.o frame.o gic.o gicv2.o gicv3.o \
	mmu.o string.o uart.o uart_bcm_mini.o uart_cadence.o uart_imx.o uart_pl011.o vectors.o)

# What runs once, or seldom: compiled for size. The rest prints the lines of a start, or answers guests.
small-sources := $(addprefix arch/arm64/,cpu.c early.c fdt_root.c gic.c gicv2.c gicv3.c) core/init.c core/panic.c \
	$(addprefix partitions/,console.c partition.c psci.c report.c vgic.c virtio.c vuart.c)
