# SPDX-License-Identifier: Apache-2.0
# netdisk: a disk and a network that another partition serves, or a network that it serves.
app-netdisk := $(obj-sdk) $(obj-virtio-client) $(obj-virtio-net) $(obj-virtio-net-server) \
	$(obj-net) $(obj-net-server) rtos-guests/apps/netdisk/records.o \
	$(call lwip-users,$(addprefix rtos-guests/apps/netdisk/,main.o echo.o))
