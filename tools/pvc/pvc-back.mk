# SPDX-License-Identifier: Apache-2.0
# The back half of pvc: emitters, report, seal and verify.
pvc-back-obj := $(addprefix tools/pvc/, \
	mmu.o regions.o emit_c.o emit_config.o emit_partition.o emit_mmu.o emit_images.o \
	emit_dtb.o dtb_devices.o dtb_virtual.o dtb_writer.o emit_header.o emit_mk.o \
	report_words.o report_text.o report_svg.o svg.o \
	elf.o seal.o walk.o grants.o verify.o verify_config.o verify_virtual.o \
	)
