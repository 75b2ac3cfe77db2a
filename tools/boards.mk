# SPDX-License-Identifier: Apache-2.0
# What boards boot from, of the system in $(B): sdcard.img, paravent.itb; and more that can be shown of
# it. Read behind system.mk, which names the form of the board's cards (a variable here: its firmware)
# and its devicetree.
board-dtb   := $(if $(devicetree),$(or $(filter /%,$(devicetree)),$(wildcard $(dir $(SYSTEM))$(devicetree)),\
               $(linux-build)/dtbs/$(devicetree)))
raspberrypi := $(filter %/start4.elf %/fixup4.dat %/raspi/copyright %/bl31.bin,$(firmware)) \
               build/firmware/uart0-console.dtbo

build/firmware/uart0-console.dtbo: dts/raspberrypi-4-uart0.dtso | $(setup) build/firmware/fetched
	$(call say,DTC,$@)
	$(Q)dtc -q -I dts -O dtb $< -o $@
$(B)/sdcard.img: $(B)/paravent.img $(board-dtb) $($(sdcard)) tools/sdcard tools/disk.py
	$(call say,SDCARD,$@)
	$(Q)tools/sdcard $(B) $(board-dtb) $($(sdcard))
$(B)/paravent.itb: $(B)/paravent.img $(board-dtb) tools/fit tools/disk.py
	$(call say,FIT,$@)
	$(Q)tools/fit $(B) $(board-dtb)

demo-devices: $(B)/paravent.img $(linux-build)/rootfs.ext4 ## boot Linux and two partitions that it serves
	@tools/demo-devices $(B) $(linux-build)/rootfs.ext4
.PHONY: demo-devices
