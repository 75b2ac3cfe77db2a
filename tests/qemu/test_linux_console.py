# SPDX-License-Identifier: Apache-2.0
"""console=hvc0: the partition's console by hypercalls, 48 characters each, not one trap a character."""

import re

import pytest

from board import build

CHARACTERS = 20000
LINES = CHARACTERS // 50


def exits(board):
    """EL2's counts of this partition, by name, all vCPUs together."""
    status, lines = board.run("pvctl info")
    assert status == 0, lines
    counts = {}
    for line in lines:
        match = re.match(r"\s*(\w[\w ]*?)((?:\s+\d+)+)\s*$", line)
        if match:
            counts[match[1]] = sum(int(number) for number in match[2].split())
    return counts


def cost(board, terminal):
    """Exits while CHARACTERS go to a terminal: (hypercalls, accesses to the emulated PL011)."""
    before = exits(board)
    line = "0123456789" * 4 + "0123456"  # 47, and what a terminal makes of a line's end: 49
    status, _ = board.run(f"yes {line} | head -n {LINES} > /dev/{terminal}; usleep 500000")
    assert status == 0
    after = exits(board)
    return (after["hypercalls"] - before["hypercalls"], after["vuart"] - before["vuart"])


@pytest.fixture
def system(tmp_path, request):
    """The demo, Linux talking through hvc0."""
    base = request.config.rootpath / "configs" / f"virt-demo{request.param}.dts"
    path = tmp_path / f"hvc{request.param}.dts"
    path.write_text(f'#define DEMO_BOOTARGS "console=hvc0 loglevel=4"\n'
                    f'#include "{base}"\n')
    return build(str(path))


@pytest.mark.parametrize("system", ["", "-gicv2"], indirect=True)
def test_shell_on_hvc0(boot, system):
    board = boot(system)
    board.wait_shell()
    assert board.run("tty") == (0, ["/dev/hvc0"])
    assert board.run("grep -c '^hvc0 .*EC' /proc/consoles") == (0, ["1"])
    # Input as fast as a test types, longer than a call takes.
    text = "abcdefghij" * 20
    assert board.run(f"test {text} = $(yes abcdefghij | head -n 20 | tr -d '\\n')") == (0, [])
    by_calls, by_traps = cost(board, "hvc0")
    assert by_traps == 0
    assert CHARACTERS / 48 <= by_calls <= CHARACTERS / 8, by_calls
    calls, traps = cost(board, "ttyAMA0")
    assert traps >= 2 * CHARACTERS
    print(f"{CHARACTERS} characters: {by_calls} exits by hvc0, {calls + traps} by ttyAMA0")
