# SPDX-License-Identifier: Apache-2.0
"""Stock Linux with its disk in another partition, an RTOS that restarts four times under load.

tools/vrings.py looks on from outside all the time: no descriptor may lie outside the window.
"""

import contextlib
import os
import re
import subprocess

import pytest

from board import build, load
from devices import devtest, succeed
from test_linux_window import watching
from vrings import StateRings, Watch

MIB = 1 << 20
RAM_MIB = 512
DISK_MIB = 29
DESCRIPTORS = 20_000
WATCH_SECONDS = 240
SYSTEMS = "tests/qemu/systems/linux-frontend"
GIC = {"v3": "", "v2": "-gicv2"}
DEVICE = "/sys/bus/virtio/devices/virtio0"
DRIVER = "/sys/bus/virtio/drivers/virtio_blk"
SERVED = "ramdisk: start 5 of 5"
TROUBLE = r"ramdisk *\| (not ok|panic)"
NEXT_PARTITION = "\x1d"  # control-]
READ_ALL = "while :; do dd if=/dev/vda of=/dev/null bs=256k iflag=direct; done >/dev/null 2>&1 & true"


@pytest.fixture
def start(boot, tmp_path):
    """start(gic, kernel): the system with Linux at its shell; `ram` is QEMU's memory."""
    def run(gic, kernel):
        system = build(f"{SYSTEMS}{GIC[gic]}.dts", kernel)
        ram = str(tmp_path / "ram")
        machine = system.command()[system.command().index("-M") + 1]
        board = boot(system, "-object",
                     f"memory-backend-file,id=ram,size={RAM_MIB}M,share=on,mem-path={ram}",
                     machine={"-M": f"{machine},memory-backend=ram"})
        board.system, board.ram = system, ram
        board.wait_shell()
        return board

    return run


def property_of(system, partition, node, name):
    """A property of 64-bit numbers in a partition's devicetree."""
    text = subprocess.run(["fdtget", "-t", "x", os.path.join(system.folder, f"{partition}.dtb"), node, name],
                          check=True, text=True, stdout=subprocess.PIPE).stdout
    cells = [int(cell, 16) for cell in text.split()]
    return [high << 32 | low for high, low in zip(cells[::2], cells[1::2])]


def watch(board):
    [state] = property_of(board.system, "ramdisk", "/hypervisor/virtio-backend@0", "paravent,state")
    nodes = subprocess.run(["fdtget", "-l", os.path.join(board.system.folder, "linux.dtb"), "/reserved-memory"],
                           check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    window = property_of(board.system, "linux", f"/reserved-memory/{nodes[0]}", "reg")
    return contextlib.closing(Watch(StateRings({"disk": state}), board.ram, {"disk": window}))


def write_pattern(board):
    """Fill the end of the disk, behind what devtest uses; returns its sum."""
    succeed(board, f"dd if=/dev/urandom of=/dev/vda bs=1M seek={DISK_MIB - 4} count=4 oflag=direct 2>/dev/null")
    return pattern(board)


def pattern(board):
    return succeed(board, f"dd if=/dev/vda bs=1M skip={DISK_MIB - 4} iflag=direct 2>/dev/null | sha256sum")[-1]


@pytest.mark.parametrize("gic, kernel", [("v3", ""), ("v2", "backports-rt")])  # the others pass as well
def test_disk(start, gic, kernel):
    board = start(gic, kernel)
    assert succeed(board, "blockdev --getsize64 /dev/vda") == [str(DISK_MIB * MIB)]
    assert succeed(board, "dmesg | grep -c ': confined to'") == ["1"]
    with watch(board) as watcher:
        with watching(watcher):
            # Some 1,300 requests write 16 MiB: the server restarts in the middle of them, again and again.
            lines = devtest(board, "disk -f ext2 -m 16 /dev/vda")
            assert any("sha256" in line for line in lines), lines
            rebind_under_load(board)
            reboot_under_load(board)
        succeed(board, READ_ALL)
        assert watcher.until(DESCRIPTORS, WATCH_SECONDS * load()), str(watcher)
        print(watcher)
        assert watcher.outside == 0, watcher.findings
    log = board.tail(lines=10_000)
    assert SERVED in log and not re.search(TROUBLE, log), log


def rebind_under_load(board):
    """Off and on five times, with reads in flight; what is on the disk stays."""
    before = write_pattern(board)
    for _ in range(5):
        succeed(board, READ_ALL)
        succeed(board, f"echo virtio0 >{DRIVER}/unbind; kill %1; wait; [ ! -e {DEVICE}/driver ]")
        succeed(board, f"echo virtio0 >{DRIVER}/bind; [ -b /dev/vda ]")
        assert pattern(board) == before


def reboot_under_load(board):
    """Linux restarts with requests in flight: the next one has the disk again."""
    before = write_pattern(board)
    for _ in range(2):
        succeed(board, READ_ALL)
        board.send("reboot -f")
        # Who leaves loses the console's input.
        board.expect(r"linux: start \d, 2 vCPUs")
        board.type(NEXT_PARTITION)
        board.expect("input goes to linux")
        board.wait_shell()
        assert pattern(board) == before
