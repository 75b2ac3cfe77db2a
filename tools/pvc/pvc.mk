# SPDX-License-Identifier: Apache-2.0
# The configuration compiler, a host program: needs libfdt. Its back half:
# pvc-back.mk. What the parts are: model.h.
pvc-obj := \
	tools/pvc/main.o \
	tools/pvc/load.o \
	tools/pvc/diag.o \
	tools/pvc/rules.o \
	tools/pvc/explain.o \
	tools/pvc/words.o \
	tools/pvc/util.o \
	tools/pvc/output.o \
	tools/pvc/command.o \
	tools/pvc/sha256.o \
	tools/pvc/source.o \
	tools/pvc/annotate.o \
	tools/pvc/blob.o \
	tools/pvc/tree.o \
	tools/pvc/range.o \
	tools/pvc/parse_value.o \
	tools/pvc/parse_board.o \
	tools/pvc/parse_devices.o \
	tools/pvc/parse_domains.o \
	tools/pvc/parse_cores.o \
	tools/pvc/parse_channels.o \
	tools/pvc/parse_virtual.o \
	tools/pvc/virtual_kinds.o \
	tools/pvc/windows.o \
	tools/pvc/guest_map.o \
	tools/pvc/board_tree.o \
	tools/pvc/needs.o \
	tools/pvc/references.o \
	tools/pvc/check_schema.o \
	tools/pvc/check_partitions.o \
	tools/pvc/check_memory.o \
	tools/pvc/check_devices.o \
	tools/pvc/check_suppliers.o \
	tools/pvc/check_channels.o \
	tools/pvc/check_virtual.o \
	tools/pvc/place.o \
	tools/pvc/place_images.o \
	tools/pvc/input.o \
	tools/pvc/image.o
