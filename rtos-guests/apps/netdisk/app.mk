# SPDX-License-Identifier: Apache-2.0
# netdisk: a disk and a network that another partition serves.
app-netdisk := $(obj-sdk) $(obj-virtio-client) $(filter-out $(obj-virtio-client),$(obj-virtio-net)) \
	$(obj-net) rtos-guests/apps/netdisk/records.o \
	$(call lwip-users,$(addprefix rtos-guests/apps/netdisk/,main.o echo.o))
