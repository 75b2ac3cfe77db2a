# SPDX-License-Identifier: Apache-2.0
# Guests that test the hypervisor: app-NAME lists the objects of NAME.elf.
sdk-test := $(obj-sdk) tests/qemu/guests/report.o

app-sdk     := $(sdk-test) tests/qemu/guests/sdk/sdk.o
app-abi     := $(sdk-test) $(addprefix tests/qemu/guests/abi/,abi.o psci.o calls.o entry.o)
app-echo    := $(sdk-test) tests/qemu/guests/echo/echo.o
app-load    := $(sdk-test) tests/qemu/guests/load/load.o
app-timer   := $(sdk-test) tests/qemu/guests/timer/timer.o
app-smc     := $(sdk-test) tests/qemu/guests/smc/smc.o
app-vgic    := $(sdk-test) $(addprefix tests/qemu/guests/vgic/,vgic.o registers.o each.o)
app-hostile := $(sdk-test) $(addprefix tests/qemu/guests/hostile/,hostile.o memory.o time.o \
	harmless.o)
app-devices := $(sdk-test) $(obj-drivers) tests/qemu/guests/devices/devices.o
app-ramdisk := $(sdk-test) $(obj-virtio-server) tests/qemu/guests/ramdisk/ramdisk.o
app-blkclient := $(sdk-test) $(obj-virtio-client) tests/qemu/guests/blkclient/blkclient.o
app-net     := $(obj-sdk) $(obj-virtio-net) $(obj-net) $(call lwip-users,tests/qemu/guests/net/net.o \
	rtos-guests/apps/netdisk/echo.o)
app-bridge  := $(obj-sdk) $(obj-virtio-net-server) tests/qemu/guests/netpair/bridge.o
app-caller  := $(sdk-test) $(obj-virtio-net) $(obj-net) $(call lwip-users,tests/qemu/guests/netpair/caller.o)
app-borrower := $(sdk-test) $(obj-virtio-client) tests/qemu/guests/borrower/borrower.o
app-counter := $(obj-sdk) $(virtio-backend) tests/qemu/guests/counter/counter.o
app-asker   := $(sdk-test) $(obj-virtio-client) tests/qemu/guests/counter/asker.o
app-vdriver := $(sdk-test) $(addprefix tests/qemu/guests/virtio/,driver.o el0.o)
app-vserver := $(sdk-test) tests/qemu/guests/virtio/server.o
app-victim  := $(sdk-test) tests/qemu/guests/victim/victim.o

# These bring their own start-up.
app-raw     := $(addprefix tests/qemu/guests/raw/,start.o raw.o)
app-fixed   := $(addprefix tests/qemu/guests/fixed/,start.o fixed.o)
