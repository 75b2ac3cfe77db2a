# SPDX-License-Identifier: Apache-2.0
"""A partition's timer interrupt is as late as on the bare machine: not one instruction more.

With -icount shift=0 and a counter of 1 GHz, CNTVCT counts instructions. The same
binary runs under Paravent and bare, at EL1 on the same machine without EL2.
"""

import os

import pytest

from board import build

COUNTED = {"-cpu": "cortex-a53,cntfrq=1000000000", "-icount": "shift=0,sleep=off"}
RESULT = r"tick: 1000 ticks late by (\d+) at best, (\d+) in all, (\d+) at worst"


def result_of(board):
    match = board.expect(RESULT)
    return [int(number) for number in match.groups()]


@pytest.mark.parametrize("system", ["tick", "tick-gicv2"])
def test_timer_latency_is_that_of_the_bare_machine(boot, system):
    built = build(f"tests/qemu/systems/{system}.dts")
    under_paravent = result_of(boot(built, machine=COUNTED))

    bare_machine = built.command()[2].replace("virtualization=on", "virtualization=off")
    bare = result_of(boot(built, kernel=os.path.join(built.folder, "guests/tick/tick.bin"),
                          machine={**COUNTED, "-M": bare_machine}))
    assert under_paravent == bare
    best, _, worst = bare
    assert 0 < best <= worst < 1000
