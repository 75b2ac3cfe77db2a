# SPDX-License-Identifier: Apache-2.0
"""Linux partitions with real devices, cut out of the board's own devicetree, beside RTOS partitions."""

import pytest

from board import build
from devices import Card, try_disk, try_net
from machines import Machine
from test_linux import boot_linux, output

RPI4_UART = "tests/qemu/systems/linux-uart-rpi4.dts"
# With as few words of the kernel about its devices as the machine alone gets.
TROUBLE = "dmesg | grep -E 'WARNING[:]|BUG[:]|[u]nhandled|[s]ynchronous external|deferred probe pend'"


@pytest.fixture
def card(tmp_path):
    return Card(tmp_path / "card")


def try_devices(board, card, has_network):
    """All of the partition's devices, and its ports while they work."""
    try_disk(board)
    if has_network:
        try_net(board)
    output(board, "demo -k -n 500")
    assert board.run(TROUBLE) == (1, [])
    output(board, "sync")
    board.close()
    card.check()


@pytest.mark.parametrize("dts,kernel,has_network", [
    ("configs/virt-demo.dts", "", True),
    ("configs/virt-demo-gicv2.dts", "rt", True),
    ("configs/imx8mp-demo.dts", "", True),
    ("configs/rpi4-demo.dts", "", False),  # QEMU's model has no GENET
], ids=["virt", "virt-gicv2-rt", "imx8mp", "rpi4"])
def test_demo_systems(boot, card, dts, kernel, has_network):
    system = build(dts, kernel)
    board = boot(system, *system.devices(card.path))
    board.wait_shell()
    try_devices(board, card, has_network)


def test_own_uart(card, tmp_path):
    """Linux talks through the PL011, EL2 and the other partition through the mini UART."""
    system = build(RPI4_UART)
    log = tmp_path / "console.log"
    command = system.command(*system.devices(card.path),
                             serials=["mon:stdio", f"file:{log}"])
    with Machine(command, "own-uart-rpi4") as board:
        board.wait_shell()
        assert output(board, "readlink -f /sys/class/tty/ttyAMA0/device")[0].endswith(
            "/fe201000.serial")
        try_disk(board)
        assert board.run(TROUBLE) == (1, [])
        output(board, "sync")
    card.check()
    text = log.read_text(errors="replace")
    assert "paravent| " in text and "devices | done: " in text and ", 0 failed" in text
    assert "linux   |" not in text
