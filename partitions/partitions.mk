# SPDX-License-Identifier: Apache-2.0
obj-partitions := $(addprefix partitions/,console.o information.o message.o partition.o psci.o \
	report.o tables.o vgic.o vgic_filter.o virtio.o vuart.o)
