# SPDX-License-Identifier: Apache-2.0
"""Stock Linux whose devices are three RTOS partitions'; the one with the disk restarts four times under load.

tools/vrings.py looks on from outside all the time: no descriptor may lie outside its window.
"""

import contextlib
import os
import re
import subprocess

import pytest

from board import build, load
from devices import devtest, succeed
from test_linux_window import try_entropy, watching
from vrings import Qmp, StateRings, Watch

MIB = 1 << 20
RAM_MIB = 512
DISK_MIB = 29
N_DEVICES = 7
DESCRIPTORS = 100_000
WATCH_SECONDS = 240
SYSTEMS = "tests/qemu/systems/linux-frontend"
GIC = {"v3": "", "v2": "-gicv2"}
DRIVER = "/sys/bus/virtio/drivers/virtio_blk"
ADDRESS, PEER = "10.0.3.2", "10.0.3.1"
ECHO_BYTES = 1_000_003
PATIENCE = 30  # seconds for an answer
PINS = "xp /1wx 0x9030180"  # GPIODATA of the PL061, masked for pins 5 and 6
NEXT_PARTITION = "\x1d"  # control-]
TROUBLE = r"(ramdisk|owner|peer) *\| (not ok|panic|.*breaks the protocol)"
READ_ALL = "while :; do dd if=/dev/vda of=/dev/null bs=256k iflag=direct; done >/dev/null 2>&1 & true"


@pytest.fixture
def start(boot, tmp_path):
    """start(gic, kernel, variant): the system with Linux at its shell; `ram` is QEMU's memory."""
    def run(gic, kernel, variant=""):
        system = build(f"{SYSTEMS}{variant}{GIC[gic]}.dts", kernel)
        ram, qmp = str(tmp_path / "ram"), str(tmp_path / "qmp")
        machine = system.command()[system.command().index("-M") + 1]
        board = boot(system, "-qmp", f"unix:{qmp},server=on,wait=off", "-object",
                     f"memory-backend-file,id=ram,size={RAM_MIB}M,share=on,mem-path={ram}",
                     machine={"-M": f"{machine},memory-backend=ram"})
        board.system, board.ram, board.qmp = system, ram, qmp
        board.wait_shell()
        return board

    return run


def of_tree(system, partition, *arguments):
    """What fdtget says of a partition's devicetree."""
    tree = os.path.join(system.folder, f"{partition}.dtb")
    options = [word for word in arguments if word.startswith("-")]
    return subprocess.run(["fdtget", *options, tree, *arguments[len(options):]], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()


def numbers_of(system, partition, node, name):
    """A property of 64-bit numbers."""
    cells = [int(cell) for cell in of_tree(system, partition, node, name)]
    return [high << 32 | low for high, low in zip(cells[::2], cells[1::2])]


def watch(board):
    """A watch on all virtual devices, by their names."""
    states = {}
    for partition in ("ramdisk", "owner", "peer"):
        for name in of_tree(board.system, partition, "-l", "/hypervisor"):
            if name.startswith("virtio-backend@"):
                node = f"/hypervisor/{name}"
                [label] = of_tree(board.system, partition, node, "label")
                [states[label]] = numbers_of(board.system, partition, node, "paravent,state")
    windows = {}
    for name in of_tree(board.system, "linux", "-l", "/reserved-memory"):
        node = f"/reserved-memory/{name}"
        [label] = of_tree(board.system, "linux", node, "label")
        windows[label] = numbers_of(board.system, "linux", node, "reg")
    assert len(states) == len(windows) == N_DEVICES
    return contextlib.closing(Watch(StateRings(states), board.ram, windows))


@pytest.mark.parametrize("gic, kernel", [("v3", ""), ("v2", "backports-rt")])  # tests/kernel has the others
def test_devices(start, gic, kernel):
    board = start(gic, kernel)
    assert succeed(board, "dmesg | grep -c ': confined to'") == [str(N_DEVICES)]
    try_devices(board)


def try_devices(board):
    assert succeed(board, "blockdev --getsize64 /dev/vda") == [str(DISK_MIB * MIB)]
    with watch(board) as watcher:
        with watching(watcher):
            try_entropy(board)
            try_pins(board)
            try_consoles(board)
            try_bus(board, range(1, 33))
            try_network(board)
            restart_peer(board)
            rebind_network(board)
            # Some 1,300 requests write 16 MiB: the server restarts in the middle of them, again and again.
            lines = devtest(board, "disk -f ext2 -m 16 /dev/vda")
            assert any("sha256" in line for line in lines), lines
            rebind_under_load(board)
            reboot_under_load(board)
            try_bus(board, range(65, 73))
            try_network(board)
        succeed(board, READ_ALL)
        assert watcher.until(DESCRIPTORS, WATCH_SECONDS * load()), str(watcher)
        print(watcher)
        assert watcher.outside == 0, watcher.findings
        for name in ("disk", "pins", "log", "clock", "random", "bus", "net"):
            assert any(ring.startswith(f"{name} ") for ring in watcher.by_ring), str(watcher)
    log = board.tail(lines=10_000)
    assert "ramdisk: start 5 of 5" in log and "peer: start 2, 1 vCPU" in log and "log: to whom it may concern" in log
    assert not re.search(TROUBLE, log), log


def try_pins(board):
    """What Linux does with its two lines is seen at the block's pins."""
    [chip] = succeed(board, "for i in /sys/bus/virtio/devices/*/gpio/gpiochip*; do "
                            "echo $(cat $i/base) $(cat $i/ngpio); done")
    base, n_lines = map(int, chip.split())
    assert n_lines == 2
    for line in (base, base + 1):
        succeed(board, f"cd /sys/class/gpio; echo {line} >export; echo low >gpio{line}/direction")
    with contextlib.closing(Qmp(board.qmp)) as qmp:
        for levels in (0, 1, 2, 3, 1):
            for line in (0, 1):
                succeed(board, f"echo {levels >> line & 1} >gpio{base + line}/value")
            pins = qmp.ask("human-monitor-command", **{"command-line": PINS})
            assert int(pins.split()[-1], 16) == levels << 5
    assert succeed(board, f"cat gpio{base}/value gpio{base + 1}/value gpio{base}/direction") == ["1", "0", "out"]
    succeed(board, f"echo in >gpio{base}/direction; cat gpio{base}/value")
    assert succeed(board, f"cat gpio{base}/direction gpio{base + 1}/direction") == ["in", "out"]
    succeed(board, f"for i in {base} {base + 1}; do echo $i >unexport; done; cd")


def try_consoles(board):
    """Of two consoles, one after the other, one writes what it is told to a log, the other tells the time."""
    # Kept open: the last one who closes it makes it a terminal again, which sends back what it hears.
    succeed(board, "exec 5<>/dev/hvc0 6<>/dev/hvc1; stty raw -echo <&5; stty raw -echo <&6")
    succeed(board, "for i in 5 6; do (head -n 1 <&$i >/tmp/hvc.$i & echo to whom it may concern >&$i); done")
    [date] = succeed(board, "until grep -h : /tmp/hvc.*; do usleep 100000; done")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", date), date
    succeed(board, "killall head; exec 5>&- 6>&-")


def try_bus(board, places):
    """A memory on an I2C bus, byte by byte and in one piece; who is not there does not answer."""
    # A number without 0x is one of base 16 or 10, as the program likes.
    numbers = " ".join(f"{place:#04x}" for place in places)
    expected = [f"{255 - place:#04x}" for place in places]
    succeed(board, "modprobe i2c-dev; bus=$(ls -d /sys/bus/virtio/drivers/i2c_virtio/virtio*/i2c-*); bus=${bus##*-}")
    succeed(board, f"for i in {numbers}; do i2cset -y $bus 0x50 $i $((255 - i)) || break; done; "
                   f"[ $i = {places[-1]:#04x} ]")
    assert succeed(board, f"for i in {numbers}; do i2cget -y $bus 0x50 $i; done") == expected
    assert succeed(board, f"i2ctransfer -y $bus w1@0x50 {places[0]:#04x} r{len(places)}") == [" ".join(expected)]
    assert board.run("i2cget -y $bus 0x51 0")[0] != 0
    # Three messages are more than this queue has room for: none is made, which i2ctransfer does not
    # mind, nobody waits for ever, and the next transfer is as before.
    assert "0xff" not in succeed(board, "i2ctransfer -y $bus w1@0x50 0 r1 r1")
    assert succeed(board, f"i2cget -y $bus 0x50 {places[-1]:#04x}") == expected[-1:]


def try_network(board):
    """lwIP at the other end answers pings, and echoes what it gets."""
    succeed(board, f"ip addr add {ADDRESS}/24 dev eth0; ip link set eth0 up; ping -c 3 -W {PATIENCE} -s 1400 {PEER}")
    succeed(board, f"dd if=/dev/urandom of=/tmp/sent bs={ECHO_BYTES} count=1 2>/dev/null")
    succeed(board, f"nc {PEER} 7 </tmp/sent >/tmp/back")
    sums = succeed(board, "sha256sum </tmp/sent; sha256sum </tmp/back; rm /tmp/sent /tmp/back")
    assert sums[0] == sums[1]


def echo_for_ever(board):
    """Leave an echo under way, of which something has come back."""
    succeed(board, "back=/sys/class/net/eth0/statistics/rx_bytes; start=$(cat $back)")
    succeed(board, f"nc {PEER} 7 </dev/zero >/dev/null 2>&1 & true")
    succeed(board, f"until [ $(($(cat $back) - start)) -gt {ECHO_BYTES // 10} ]; do usleep 10000; done")


def restart_peer(board):
    """The network's server restarts amid an echo: that is lost, the link and the queues are not."""
    echo_for_ever(board)
    succeed(board, "pvctl restart peer")
    try_network(board)


def rebind_network(board):
    """Off and on, amid an echo."""
    succeed(board, "driver=/sys/bus/virtio/drivers/virtio_net; device=$(basename $driver/virtio*)")
    for _ in range(2):
        echo_for_ever(board)
        succeed(board, "echo $device >$driver/unbind; killall nc; [ ! -e /sys/class/net/eth0 ]")
        succeed(board, "echo $device >$driver/bind; [ -e /sys/class/net/eth0 ]")
        try_network(board)


def pattern(board):
    """The sum of the end of the disk, behind what devtest uses."""
    return succeed(board, f"dd if=/dev/vda bs=1M skip={DISK_MIB - 4} iflag=direct 2>/dev/null | sha256sum")[-1]


def write_pattern(board):
    succeed(board, f"dd if=/dev/urandom of=/dev/vda bs=1M seek={DISK_MIB - 4} count=4 oflag=direct 2>/dev/null")
    return pattern(board)


def rebind_under_load(board):
    """Off and on five times, with reads in flight; what is on the disk stays."""
    before = write_pattern(board)
    succeed(board, f"disk=$(basename {DRIVER}/virtio*)")
    for _ in range(5):
        succeed(board, READ_ALL)
        succeed(board, f"echo $disk >{DRIVER}/unbind; kill %1; wait; [ ! -e /dev/vda ]")
        succeed(board, f"echo $disk >{DRIVER}/bind; [ -b /dev/vda ]")
        assert pattern(board) == before


def reboot_under_load(board):
    """Linux restarts with requests in flight: the next one has the disk again."""
    before = write_pattern(board)
    for _ in range(2):
        succeed(board, READ_ALL)
        board.send("reboot -f")
        board.expect(r"linux: start \d, 2 vCPUs")
        # Who leaves loses the console's input.
        focus = ""
        while focus != "linux":
            board.type(NEXT_PARTITION)
            focus = board.expect(r"input goes to (\w+)")[1]
        board.wait_shell()
        assert pattern(board) == before
