# SPDX-License-Identifier: Apache-2.0
# Paravent's build: one file, no recursion. "make help" lists the targets.
#   SYSTEM=path/x.dts  the system to build, anywhere on the machine  -> build/x/paravent.img
#   BOARD=virt GIC=2   which demo system, if SYSTEM is not given (virt, rpi4, imx8mp); V=1 shows commands
#   KERNEL=rt          Debian's PREEMPT_RT kernel for Linux          -> build/x-rt/paravent.img
# Every file is named, by its path from here, in the *.mk of its folder:
#   obj-arm64, obj-core, obj-partitions  the hypervisor
#   pvc-obj, pvc-back-obj                the configuration compiler
#   obj-sdk, obj-rtos                    what guest applications are made of
#   app-NAME                             all of the guest NAME.elf (NAME.bin: flat)
#   linux-files                          what linux.mk builds in $(linux-build)/
BOARD  ?= virt
SYSTEM ?= configs/$(BOARD)-$(if $(filter demo-devices,$(MAKECMDGOALS)),devices,demo)$(if $(filter 2,$(GIC)),-gicv2).dts
CROSS  ?= aarch64-linux-gnu-
HOSTCC ?= gcc
variant     := $(if $(KERNEL),-$(KERNEL))
linux-build := build/linux$(variant)
B           := build/$(basename $(notdir $(SYSTEM)))$(variant)
pvc         := build/host/pvc
setup       := build/.setup
Q           := $(if $(V),,@)
say          = @mkdir -p $(@D); printf '  %-8s%s\n' $(1) $(2)
MAKEFLAGS   += -j$(shell nproc) --no-builtin-rules
.DELETE_ON_ERROR:
.SECONDARY:
all:

-include arch/arm64/arm64.mk core/core.mk partitions/partitions.mk
-include tools/pvc/pvc.mk tools/pvc/pvc-back.mk $(foreach d,sdk rtos drivers virtio net,rtos-guests/$d/$d.mk)
-include $(sort $(wildcard rtos-guests/apps/*/app.mk)) tests/qemu/guests/guests.mk
-include linux-guest/linux.mk tests/bench/bench.mk

WARN  := -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wvla -Wundef -Wswitch-enum \
         -Wstrict-prototypes -Wmissing-prototypes
ARM64 := $(WARN) -I. -Iinclude -O2 -g -MMD -MP -ffreestanding -fno-common -fno-pic \
         -march=armv8-a -mstrict-align -mno-outline-atomics -mfix-cortex-a53-835769 \
         -mfix-cortex-a53-843419 -fno-stack-protector -fno-asynchronous-unwind-tables
HYP   := $(ARM64) -mgeneral-regs-only -fstack-usage
LINK  := -nostdlib -static -no-pie -Wl,--fix-cortex-a53-843419 -Wl,--build-id=none \
         -Wl,-z,max-page-size=4096 -Wl,--no-warn-rwx-segments
# The dialect guards the floor: no inline assembly above arch/.
build/hyp/arch/%.o:       private FLAGS := $(HYP) -std=gnu11
build/hyp/core/%.o:       private FLAGS := $(HYP) -std=c11 -pedantic-errors
build/hyp/partitions/%.o: private FLAGS := $(HYP) -std=c11 -pedantic-errors

# ---- The compiler of systems, on the host ---------------------------------------------
host-obj := $(addprefix build/host/,$(pvc-obj) $(pvc-back-obj))
$(pvc): $(host-obj)
	$(call say,HOSTLD,$@)
	$(Q)$(HOSTCC) $^ -lfdt -o $@
build/host/%.o: %.c | $(setup)
	$(call say,HOSTCC,$<)
	$(Q)$(HOSTCC) $(WARN) -std=gnu11 -O2 -g -I. -Iinclude -MMD -MP -c $< -o $@

# ---- The hypervisor: the same objects for every system --------------------------------
hyp-names := $(filter-out arch/arm64/images.o,$(obj-arm64) $(obj-core) $(obj-partitions))
hyp-obj   := $(addprefix build/hyp/,$(hyp-names))
define compile
	$(call say,CC,$<)
	$(Q)$(CROSS)gcc $(FLAGS) $(if $(filter $<,$(small-sources)),-Os) -c $< -o $@
endef
build/hyp/%.o: %.c | $(setup) ; $(compile)
build/hyp/%.o: %.S | $(setup) ; $(compile)

# ---- One system: ports, guests, tables, image -----------------------------------------
# These goals do not look at SYSTEM; all others need the fragment pvc writes for it.
ifneq ($(filter-out setup check test bench bench-linux lint clean help hypervisor $(pvc),$(or $(MAKECMDGOALS),all)),)
$(if $(wildcard $(SYSTEM)),,$(error no file "$(SYSTEM)"; here are $(wildcard configs/*.dts)))
# Systems of one name in two folders share $(B): it remembers whose it is.
$(shell mkdir -p $(B); echo '$(abspath $(SYSTEM))' | cmp -s - $(B)/origin || \
	{ echo '$(abspath $(SYSTEM))' > $(B)/origin; rm -f $(B)/*.d; })
include $(B)/system.mk tools/boards.mk
endif
$(B)/system.mk: $(SYSTEM) $(pvc) $(B)/origin
	$(call say,PVC,"$(SYSTEM): ports")
	$(Q)$(pvc) headers $(SYSTEM) -o $(B) -I dts
	$(Q)$(CROSS)cpp -x assembler-with-cpp -nostdinc -I dts -M -MP -MT $@ -MF $@.d $(SYSTEM)

part-of    = $(firstword $(subst /, ,$(1)))
file-of    = $(patsubst $(call part-of,$(1))/%,%,$(1))
is-guest   = $(app-$(basename $(call file-of,$(1))))
is-linux   = $(filter $(linux-files),$(call file-of,$(1)))
# Where an image of the system comes from; what nobody here builds lies beside the DTS.
image-path = $(if $(is-guest),$(B)/guests/$(1),$(if $(is-linux),$(linux-build)/$(is-linux),\
             $(wildcard $(dir $(SYSTEM))$(call file-of,$(1)))))
image-files := $(sort $(foreach i,$(images),$(call image-path,$(i))))
guests := $(sort $(basename $(patsubst $(B)/guests/%,%,$(filter $(B)/guests/%,$(image-files)))))

# $(1) partition, $(2) application: compiled for the partition's ports, linked at its memory.
define guest-rules
$(1)-$(2) := $(addprefix $(B)/guests/$(1)/,$(addsuffix .o,$(basename $(app-$(2)))))
guest-obj += $$($(1)-$(2))
$(B)/guests/$(1)/$(2).elf: $(B)/guests/$(1)/guest.ld $$($(1)-$(2))
	$$(call say,GUEST,$$@)
	$$(Q)$(CROSS)gcc $(LINK) -T $$^ -o $$@
endef
define partition-rules
$(B)/guests/$(1)/%.o: private FLAGS := $(ARM64) -std=gnu11 -I$(B)/include/$(1) $(guest-flags)
$(B)/guests/$(1)/%.o: %.c $(B)/system.mk ; $$(compile)
$(B)/guests/$(1)/%.o: %.S $(B)/system.mk ; $$(compile)
$(B)/guests/$(1)/guest.ld: rtos-guests/sdk/guest.ld $(B)/system.mk
	@mkdir -p $$(@D)
	$$(Q)$(CROSS)cpp -P -x assembler-with-cpp -Iinclude -I$(B)/include/$(1) $$< -o $$@
endef
$(foreach p,$(partitions),$(eval $(call partition-rules,$(p))))
$(foreach g,$(guests),$(eval $(call guest-rules,$(call part-of,$(g)),$(call file-of,$(g)))))
$(B)/guests/%.bin: $(B)/guests/%.elf
	$(Q)$(CROSS)objcopy -O binary $< $@

$(B)/config.c $(B)/mmu_tables.c $(B)/images.inc &: $(B)/system.mk $(image-files) $(if $(cuts_devicetree),$(board-dtb))
	$(call say,PVC,"$(SYSTEM): tables")
	$(Q)$(pvc) build $(SYSTEM) -o $(B) -I dts -i $(B)/guests -i $(linux-build)
$(B)/%.o: private FLAGS := $(HYP) -std=gnu11 -I$(B)
$(B)/config.o $(B)/mmu_tables.o: $(B)/%.o: $(B)/%.c ; $(compile)
$(B)/images.o: arch/arm64/images.S $(B)/images.inc $(image-files) ; $(compile)
system-obj := $(addprefix $(B)/,config.o mmu_tables.o images.o)
$(B)/paravent.elf: arch/arm64/paravent.ld $(hyp-obj) $(system-obj)
	$(call say,LD,$@)
	$(Q)$(CROSS)gcc $(LINK) -T $^ -Wl,--defsym=IMAGE_BASE=$(image_base) -o $@
	$(Q)$(pvc) seal $@
$(B)/paravent.img: $(B)/paravent.elf
	$(call say,VERIFY,$<)
	$(Q)$(pvc) verify $<
	$(Q)$(CROSS)objcopy -O binary $< $@

# ---- Targets --------------------------------------------------------------------------
all: $(B)/paravent.img    ## the system's image, build/<system>/paravent.img (default)
hypervisor: $(hyp-obj)    ## only the hypervisor's objects
setup $(setup): tools/setup ## install the Debian packages that are missing
	$(Q)tools/setup && mkdir -p build && touch $(setup)
demo: $(B)/paravent.img   ## boot Linux and two RTOS partitions and let them talk to each other
	@tools/demo $(B)
run: $(B)/paravent.img    ## boot SYSTEM in QEMU; ctrl-a x leaves
	@tools/run $(B)
sdcard: $(B)/sdcard.img   ## an SD card for the board: build/<system>/sdcard.img
fit: $(B)/paravent.itb    ## the image as a U-Boot FIT: build/<system>/paravent.itb
report: $(B)/config.c     ## who owns what: build/<system>/report.txt and report.svg
	@cat $(B)/report.txt
check: $(pvc)             ## tests that need no QEMU, in seconds
	@tools/test host
test: $(pvc)              ## all tests, host and QEMU
	@tools/test all
lint: $(hyp-obj)          ## layers, licences, format, locks, headers, sizes
	@tools/lint
clean:                    ## remove what was built; downloads stay
	@rm -rf $(filter-out build/deb,$(wildcard build/*))
help:                     ## this list
	@sed -n 's/^\([a-z-]*\)[ :].*## /  make \1	/p' Makefile */*.mk */*/*.mk | expand -t 27
.PHONY: all hypervisor setup demo run sdcard fit report check test lint clean help
-include $(wildcard $(patsubst %.o,%.d,$(hyp-obj) $(host-obj) $(guest-obj)) $(B)/*.d)
