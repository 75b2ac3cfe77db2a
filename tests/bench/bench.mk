# SPDX-License-Identifier: Apache-2.0
# The benchmark's guests, and the command that runs them and writes docs/performance.md.
app-bench := $(obj-sdk) $(addprefix tests/bench/,bench.o messages.o answer.o storm.o interrupt.o)
app-first := tests/bench/first.o
app-beside := $(obj-sdk) $(addprefix tests/bench/,beside.o operations.o answer.o storm.o interrupt.o)
app-reader := $(obj-sdk) $(obj-virtio-client) $(addprefix tests/bench/,disk.o operations.o)
app-frames := $(obj-sdk) $(obj-virtio-net) $(obj-virtio-net-server) $(addprefix tests/bench/,frames.o operations.o)

.PHONY: bench
bench: $(pvc)             ## instruction counts, alone and beside busy cores: table, build/bench.json, docs; minutes
	@tools/setup bench
	@tools/bench

linux-files += cyclictest.cpio.gz load.cpio.gz
$(linux-build)/cyclictest.cpio.gz: tests/bench/pack-cyclictest $(linux-build)/busybox
	$(call say,CPIO,$@)
	$(Q)tests/bench/pack-cyclictest build $(@D)
$(linux-build)/load.cpio.gz: $(addprefix tests/bench/,pack-load linux-load) $(linux-build)/initramfs.cpio.gz
	$(call say,CPIO,$@)
	$(Q)tests/bench/pack-load $(@D)

.PHONY: bench-linux
bench-linux: $(pvc)       ## Linux's start, and cyclictest, in a partition against the bare machine: minutes
	@tools/bench-linux
