# SPDX-License-Identifier: Apache-2.0
"""A partition that attacks: EL2 stops it with a report, its neighbour does not notice.

What the numbers mean stands in tests/qemu/guests/hostile/hostile.c.
"""

import os

import pytest

from board import ROOT, build

SYSTEMS = os.path.join(ROOT, "tests/qemu/systems")
NOT_OK = r"\| not ok [^\r\n]*|paravent *\| [^\r\n]*(panic|ASSERT)[^\r\n]*"
HARMLESS = [0]
FORBIDDEN_ACCESS = range(1, 26)
STUCK_CPU = range(30, 39)


def attack_system(tmp_path, gic, attack):
    """A system whose name, and so its build folder, tells GIC and attack."""
    dts = tmp_path / f"hostile-{attack}-gic{gic}.dts"
    dts.write_text("/* SPDX-License-Identifier: Apache-2.0 */\n"
                   "#define BOARD_RAM_MIB 256\n"
                   f"#define ATTACK {attack}\n"
                   f'#include "qemu-virt-gic{gic}.dtsi"\n'
                   f'#include "{SYSTEMS}/hostile.dtsi"\n')
    return build(str(dts))


@pytest.mark.parametrize("attack", [*HARMLESS, *FORBIDDEN_ACCESS, *STUCK_CPU])
@pytest.mark.parametrize("gic", ["v3", "v2"])
def test_attack(boot, tmp_path, gic, attack):
    board = boot(attack_system(tmp_path, gic, attack))
    awaited = [r"victim *\| done: [1-9]\d* passed, 0 failed"]
    if attack in HARMLESS:
        awaited.insert(0, r"hostile *\| done: [1-9]\d* passed, 0 failed")
    elif attack in FORBIDDEN_ACCESS:
        awaited.insert(0, r"paravent *\| hostile: (data|instruction) abort")
        awaited.insert(1, r"victim *\| victim: the neighbour is crashed")
    else:
        awaited.insert(0, r"victim *\| victim: the neighbour is stopped")
    for line in awaited:
        board.expect(line, never=NOT_OK)
