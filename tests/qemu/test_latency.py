# SPDX-License-Identifier: Apache-2.0
"""A partition's timer interrupt is as late as on the bare machine: not one instruction more.

With -icount shift=0 and a counter of 1 GHz, CNTVCT counts instructions. The same
binary runs under Paravent and bare, at EL1 on the same machine without EL2.
"""

import os
import subprocess

import pytest

from board import ROOT, build

COUNTED = {"-cpu": "cortex-a53,cntfrq=1000000000", "-icount": "shift=0,sleep=off"}
# Of the ticks that meet a spinning CPU: how late the handler's first instruction is.
RESULT = (r"timer: spinning, 1000 ticks of 1000 us: exits 0, "
          r"late by (\d+) ns on average, (\d+) ns at worst, (\d+) ns in all")


def result_of(board):
    match = board.expect(RESULT, never=r"not ok [^\r\n]*")
    return [int(number) for number in match.groups()]


@pytest.mark.parametrize("system", ["tick", "tick-gicv2"])
def test_timer_latency_is_that_of_the_bare_machine(boot, system):
    built = build(f"tests/qemu/systems/{system}.dts")
    under_paravent = result_of(boot(built, machine=COUNTED))

    elf = os.path.join(built.folder, "guests/tick/timer.elf")
    image = os.path.join(built.folder, "timer.bin")
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", elf, image], check=True)
    bare_machine = built.command()[2].replace("virtualization=on", "virtualization=off")
    bare = result_of(boot(built, kernel=image, machine={
        **COUNTED, "-M": bare_machine, "-append": "timer=virtual"}))
    assert under_paravent == bare
    assert 0 < bare[0] <= bare[1] < 1000


# Its first instruction reads the counter; then 16 hexadecimal digits, a newline, and off.
FIRST = r"""
	.globl	_start
_start:	mrs	x9, cntvct_el0
	adr	x10, text
	mov	x11, #16
1:	ror	x9, x9, #60
	and	x12, x9, #15
	add	x12, x12, #'0'
	cmp	x12, #'9'
	b.ls	2f
	add	x12, x12, #('a' - '9' - 1)
2:	strb	w12, [x10], #1
	subs	x11, x11, #1
	b.ne	1b
	adr	x10, text		// PV_CONSOLE_WRITE
	movz	x0, #0xc600, lsl #16
	movk	x0, #5
	mov	x1, #17
	ldp	x2, x3, [x10]
	ldr	x4, [x10, #16]
	hvc	#0
	movz	w0, #0x8400, lsl #16	// PSCI SYSTEM_OFF
	movk	w0, #8
	hvc	#0
	.balign	8
text:	.ascii	"0123456789abcdef\n"
	.balign	8
"""
BOOT_INSTRUCTIONS_MOST = 20000


def test_instructions_to_the_first_of_a_partition(boot, tmp_path):
    """One CPU, one small partition, all lines of a start: from reset to the partition's code."""
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as text:
        source = text.read().split("```dts\n")[1].split("```")[0]
    source = "#define BOARD_CPUS 1\n" + source.replace("&cpus 0xf", "&cpus 0x1")
    (tmp_path / "first.dts").write_text(source.replace("hello", "first"))
    (tmp_path / "first.S").write_text(FIRST)
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,--build-id=none",
                    "-Wl,-N,--no-warn-rwx-segments", "-Wl,-Ttext=0x50000000", str(tmp_path / "first.S"),
                    "-o", str(tmp_path / "first.elf")], check=True)
    board = boot(build(str(tmp_path / "first.dts")), machine=COUNTED)
    count = int(board.expect(r"first *\| ([0-9a-f]{16})")[1], 16)
    assert 5000 < count <= BOOT_INSTRUCTIONS_MOST
