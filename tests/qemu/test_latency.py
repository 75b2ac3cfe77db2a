# SPDX-License-Identifier: Apache-2.0
"""A partition's timer interrupt is as late as on the bare machine: not one instruction more.

With -icount shift=0 and a counter of 1 GHz, CNTVCT counts instructions. The same
binary runs under Paravent and bare, at EL1 on the same machine without EL2.
"""

import os
import subprocess

import pytest

from board import build
from measure import COUNTED

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


BOOT_INSTRUCTIONS_MOST = 20000


@pytest.mark.parametrize("system", ["first", "first-gicv2"])
def test_instructions_to_the_first_of_a_partition(boot, system):
    """One CPU, one small partition, all lines of a start: from reset to the partition's code."""
    board = boot(build(f"tests/bench/{system}.dts"), machine=COUNTED)
    count = int(board.expect(r"first *\| first ([0-9a-f]{16})")[1], 16)
    assert 5000 < count <= BOOT_INSTRUCTIONS_MOST
