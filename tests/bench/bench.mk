# SPDX-License-Identifier: Apache-2.0
# The benchmark's guests, and the command that runs them and writes docs/performance.md.
app-bench := $(obj-sdk) $(addprefix tests/bench/,bench.o answer.o interrupt.o)
app-first := tests/bench/first.o

.PHONY: bench
bench: $(pvc)             ## instruction counts against bare metal: table, build/bench.json, docs/performance.md
	@tools/setup bench
	@tools/bench
