# SPDX-License-Identifier: Apache-2.0
# The Linux partition, in $(linux-build) = build/linux, with KERNEL=rt build/linux-rt, and so on;
# KERNEL=minimal is a kernel of our own (kernel/), whose drivers are built in but for two:
#   Image              Debian's kernel, unmodified (tools/fetch)
#   paravent.ko        the driver, built against that kernel's headers
#   paravent-window.ko keeps virtio devices inside a window, built likewise
#   module-virtio/     the virtio drivers that Debian leaves out, from the kernel's own source
#   pvctl, demo        static arm64 programs
#   modules/           the modules of that kernel which devices of boards need
#   initramfs.cpio.gz  busybox and all of the above but the kernel
#   rootfs.ext4        the same as a disk for a partition with root=/dev/vda
#   dtbs/              device trees of boards, from the kernel's package
# and for a partition that serves devices to others:
#   pvserve            static arm64 program
#   initramfs-backend.cpio.gz  the above with pvserve and qemu-storage-daemon
linux-files := Image initramfs.cpio.gz initramfs-backend.cpio.gz

linux-module := Kbuild access.h attributes.c backend.c backend.h backend_node.c backend_node.h \
                console.c console.h control.c control.h file.c file.h hypercall.c hypercall.h \
                layout.c layout.h main.c paravent.h port.c port.h transfer.c transfer.h \
                virtio_backend.h include/stdint.h
linux-module := $(addprefix linux-guest/module/,$(linux-module))
window-module := $(addprefix linux-guest/module-window/,Kbuild main.c ops.c ops.h pool.c pool.h)
pvctl-src    := $(addprefix linux-guest/pvctl/,device.c main.c partitions.c ports.c request.c \
                text.c watch.c)
linux-demo-src := $(addprefix linux-guest/demo/,demo.c exchange.c table.c) \
                $(addprefix linux-guest/pvctl/,device.c text.c)
linux-drivers := $(addprefix source/,gpio-virtio.c i2c-virtio.c)
linux-source  := $(linux-drivers) source/hvc_console.h
pvserve-src  := $(addprefix linux-guest/pvserve/,block.c block_daemon.c block_direct.c console.c daemon.c \
                device.c gpio.c i2c.c main.c net.c queue.c rng.c service.c vhost_user.c) \
                $(addprefix rtos-guests/virtio/,block_order.c ring.c virtqueue_device.c virtqueue_driver.c)
linux-abi    := $(addprefix include/abi/,hypercall.h port.h status.h virtio.h)

linux-program = $(CROSS)gcc $(WARN) -std=gnu11 -O2 -static -s -I. -Iinclude

# A stamp older than the script may stand for less than it fetches today: it looks.
minimal := build/linux-minimal
$(filter-out $(minimal)/fetched,$(sort $(linux-build)/fetched build/linux-backports/fetched)): \
		tools/fetch tools/apt.sh | $(setup)
	$(Q)KERNEL=$(patsubst -%,%,$(patsubst build/linux%,%,$(@D))) tools/fetch build && touch $@
$(minimal)/fetched: $(addprefix linux-guest/kernel/,build fragment) build/linux-backports/fetched
	$(call say,KERNEL,"$(@D): takes minutes")
	$(Q)tools/setup kernel
	$(Q)+CROSS=$(CROSS) linux-guest/kernel/build build/linux-backports $(@D) && touch $@
linux-guest-kernel: $(minimal)/fetched ## a small kernel for partitions, for KERNEL=minimal: minutes
test-kernel: linux-guest-kernel ## boot it, and kernels that "make test" leaves out, with virtual devices: 15 minutes
	@tools/test kernel
.PHONY: linux-guest-kernel test-kernel
# Left by the same download; newer than what was made of the one before.
$(addprefix $(linux-build)/,Image busybox kernel-release linux-image.deb $(linux-source)): | $(linux-build)/fetched ;
$(linux-build)/dtbs/%.dtb: | $(linux-build)/fetched
	@test -s $@ || { echo '$@: no such device tree in the kernel package; see $(@D)'; exit 1; }

# What images for Raspberry Pi are made of besides.
firmware := $(addprefix build/firmware/,raspi/start4.elf raspi/fixup4.dat raspi/copyright \
            u-boot-rpi/u-boot.bin tf-a/rpi4/bl31.bin)
build/firmware/fetched: tools/fetch-firmware tools/apt.sh | $(setup)
	$(Q)tools/fetch-firmware build && touch $@
$(firmware): | build/firmware/fetched ;

# Kbuild writes beside the sources, so it gets a copy of them: $(1), of linux-guest/$(1) and of $(2).
# Without BTF, which nothing here reads and which takes a vmlinux that Debian's headers do not have.
define kbuild
	$(call say,KBUILD,$@)
	$(Q)rm -rf $(linux-build)/$(1) && cp -r linux-guest/$(1) $(linux-build)/$(1)
	$(if $(2),$(Q)cp $(2) $(linux-build)/$(1))
	$(Q)+$(MAKE) -s --no-print-directory -C $(linux-build)/headers/build M=$(abspath $(linux-build)/$(1)) \
		PARAVENT=$(CURDIR) ARCH=arm64 CROSS_COMPILE=$(CROSS) CONFIG_DEBUG_INFO_BTF_MODULES= modules
	$(Q)$(CROSS)strip --strip-debug $(linux-build)/$(1)/*.ko
endef
$(linux-build)/paravent.ko: $(linux-module) $(linux-abi) \
		$(addprefix $(linux-build)/,source/hvc_console.h kernel-release)
	$(call kbuild,module,$(linux-build)/source/hvc_console.h)
	$(Q)cp $(@D)/module/$(@F) $@
$(linux-build)/paravent-window.ko: $(window-module) $(linux-build)/kernel-release
	$(call kbuild,module-window)
	$(Q)cp $(@D)/module-window/$(@F) $@
virtio-modules := $(addprefix $(linux-build)/module-virtio/,gpio-virtio.ko i2c-virtio.ko)
$(virtio-modules) &: linux-guest/module-virtio/Kbuild $(addprefix $(linux-build)/,$(linux-drivers) kernel-release)
	$(call kbuild,module-virtio,$(addprefix $(linux-build)/,$(linux-drivers)))

linux-headers := $(addprefix linux-guest/pvctl/,commands.h device.h request.h text.h) \
                $(addprefix linux-guest/demo/,exchange.h table.h) \
                linux-guest/module/paravent.h rtos-guests/apps/demo_protocol.h $(linux-abi)
$(linux-build)/pvctl: $(pvctl-src) $(linux-headers) | $(setup)
	$(call say,CC,$@)
	$(Q)$(linux-program) $(pvctl-src) -o $@
$(linux-build)/demo: $(linux-demo-src) $(linux-headers) | $(setup)
	$(call say,CC,$@)
	$(Q)$(linux-program) $(linux-demo-src) -o $@
$(linux-build)/pvserve: $(pvserve-src) $(linux-abi) linux-guest/module/virtio_backend.h \
		$(addprefix linux-guest/pvserve/,block.h daemon.h device.h kinds.h service.h vhost_user.h) \
		$(addprefix rtos-guests/virtio/,block_order.h include/pv/seldom.h include/pv/virtio_block.h \
		include/pv/virtqueue.h) | $(setup)
	$(call say,CC,$@)
	$(Q)$(linux-program) -Irtos-guests/virtio/include -Irtos-guests/sdk/include $(pvserve-src) -o $@

$(linux-build)/modules/modules.dep: linux-guest/initramfs/modules linux-guest/initramfs/modules.list \
		$(addprefix $(linux-build)/,linux-image.deb kernel-release) $(virtio-modules)
	$(call say,MODULES,$(@D))
	$(Q)linux-guest/initramfs/modules $(linux-build)
$(linux-build)/initramfs.cpio.gz: \
		$(addprefix linux-guest/initramfs/,pack archive.sh init devtest mdev.conf \
		udhcpc.script) \
		$(addprefix $(linux-build)/,busybox paravent.ko pvctl demo \
		$(if $(filter minimal,$(KERNEL)),,paravent-window.ko modules/modules.dep))
	$(call say,CPIO,$@)
	$(Q)linux-guest/initramfs/pack $(@D)
$(linux-build)/rootfs.ext4: $(addprefix linux-guest/rootfs/,pack inittab profile rcS) $(linux-build)/initramfs.cpio.gz
	$(call say,EXT4,$@)
	$(Q)linux-guest/rootfs/pack $(@D)

build/storage-daemon/fetched: tools/fetch-storage-daemon tools/apt.sh | $(setup)
	$(Q)tools/fetch-storage-daemon build && touch $@
$(linux-build)/initramfs-backend.cpio.gz: build/storage-daemon/fetched \
		$(addprefix linux-guest/initramfs/,pack-backend archive.sh) \
		$(addprefix $(linux-build)/,initramfs.cpio.gz pvserve)
	$(call say,CPIO,$@)
	$(Q)linux-guest/initramfs/pack-backend $(@D) build/storage-daemon
