# SPDX-License-Identifier: Apache-2.0
# deviceserver: serves what its partition has to another, by virtual devices.
app-deviceserver := $(obj-sdk) $(obj-drivers) $(obj-virtio-server) $(obj-virtio-gpio-server) \
	$(addprefix rtos-guests/apps/devices/,main.o disk.o pins.o text.o random.o bus.o)
