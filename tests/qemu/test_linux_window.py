# SPDX-License-Identifier: Apache-2.0
"""Debian's own kernel with virtio devices confined to a window each, by paravent-window.ko.

On a bare machine: QEMU's devices are the other side, and tools/vrings.py reads from QEMU's memory
what the drivers give them.
"""

import contextlib
import gzip
import hashlib
import os
import re
import socket
import subprocess
import threading
import time

import pytest

from board import load
from devices import Card, succeed, try_disk, try_net
from machines import Machine, build_linux, linux
from server import serve
from vhost_i2c import Bus
from vrings import QemuRings, Watch
from windows import RAM_BASE, block, command, console, entropy, i2c, network

KIB, MIB = 1 << 10, 1 << 20
BASE = 0x5c000000  # of the first window
DESCRIPTORS = 100_000
WATCH_SECONDS = 240
CONSOLE_BYTES = 100_000
HANG_SECONDS = 120
LOAD = "while :; do dd if=/dev/vda of=/dev/null bs=1M iflag=direct; done >/dev/null 2>&1 & true"
DRIVERS = {"virtio-blk": "virtio_blk", "virtio-net": "virtio_net",
           "virtio-serial": "virtio_console", "virtio-rng": "virtio_rng"}


@pytest.fixture
def start(request, tmp_path):
    """start(devices): Linux at its shell. init: what to do to the text of /init before."""
    machines = []

    def start(devices, kernel="", init=None, arguments=""):
        build_linux(kernel)
        line = command(str(tmp_path), devices, kernel, arguments)
        if init:
            line[line.index("-initrd") + 1] = other_init(str(tmp_path), kernel, init)
        machine = Machine(line, request.node.name)
        machines.append(machine)
        machine.folder = str(tmp_path)
        machine.wait_shell()
        return machine

    yield start
    for machine in machines:
        machine.close()


def other_init(folder, kernel, change):
    """The initramfs with another /init: a second archive behind the first takes its place."""
    with open(linux(kernel, "initramfs/init"), encoding="utf-8") as file:
        text = file.read()
    os.makedirs(os.path.join(folder, "root"))
    path = os.path.join(folder, "root", "init")
    with open(path, "w", encoding="utf-8") as file:
        file.write(change(text))
    assert change(text) != text
    os.chmod(path, 0o755)
    archive = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=os.path.dirname(path),
                             input=b"init\n", stdout=subprocess.PIPE, check=True).stdout
    with open(linux(kernel, "initramfs.cpio.gz"), "rb") as file:
        content = file.read() + gzip.compress(archive)
    path = os.path.join(folder, "initramfs.cpio.gz")
    with open(path, "wb") as file:
        file.write(content)
    return path


def without_module(init):
    return init.replace("|| insmod /lib/paravent-window.ko\n", "\n")


def four_devices(folder, disk):
    return {"virtio-blk": block(0, disk, (BASE, MIB), ",queue-size=128"),
            "virtio-net": network(1, (BASE + MIB, MIB)),
            "virtio-serial": console(2, os.path.join(folder, "hvc"), (BASE + 2 * MIB, 64 * KIB)),
            "virtio-rng": entropy(3, (BASE + 3 * MIB, 64 * KIB))}


def watch(machine, devices):
    windows = {name: device.reg for name, device in devices.items()}
    return contextlib.closing(Watch(QemuRings(os.path.join(machine.folder, "qmp")),
                                    os.path.join(machine.folder, "ram"), windows))


@contextlib.contextmanager
def watching(watcher):
    """Look on all the time in a thread; what goes wrong there is raised at the end."""
    end, trouble = threading.Event(), []

    def look():
        try:
            while not end.is_set():
                watcher.look()
                time.sleep(0.01)
        except BaseException as error:  # pylint: disable=broad-except
            trouble.append(error)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
    if trouble:
        raise trouble[0]


def statistic(machine, device, name):
    return int(succeed(machine, f"cat {device.sysfs}/window/{name}")[-1], 0)


def log(machine):
    return "\n".join(succeed(machine, "dmesg"))


def virtio_driver(machine, device):
    """Which driver the virtio device on a transport has; "": none. The transport has its own."""
    lines = succeed(machine, f"for i in {device.sysfs}/virtio*/driver; do readlink $i; done; true")
    return os.path.basename(lines[-1]) if lines else ""


def try_console(machine, path):
    """Random bytes through hvc0 both ways, against the sums of both ends."""
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        line.settimeout(HANG_SECONDS * load())
        # Kept open: the last one who closes it makes it a terminal again.
        succeed(machine, "exec 5<>/dev/hvc0; stty raw -echo <&5")
        succeed(machine, f"head -c {CONSOLE_BYTES} /dev/urandom >/tmp/hvc")
        succeed(machine, "cat /tmp/hvc >&5 & true")
        got = b""
        while len(got) < CONSOLE_BYTES:
            got += line.recv(CONSOLE_BYTES)
        assert hashlib.sha256(got).hexdigest() in succeed(machine, "sha256sum </tmp/hvc")[-1]
        content = os.urandom(CONSOLE_BYTES)
        succeed(machine, f"head -c {CONSOLE_BYTES} <&5 >/tmp/hvc.got & true")
        line.sendall(content)
        assert hashlib.sha256(content).hexdigest() in succeed(
            machine, "wait; sha256sum </tmp/hvc.got")[-1]
        succeed(machine, "exec 5>&-")


def try_entropy(machine):
    succeed(machine, "until grep -q virtio /sys/class/misc/hw_random/rng_current; do usleep 100000; done")
    sums = {succeed(machine, "head -c 4096 /dev/hwrng | sha256sum")[-1] for _ in range(2)}
    assert len(sums) == 2


def rebind(machine, device, driver):
    """Driver off and on, first the virtio driver, then the transport under it. What each ends with."""
    n_used = []
    for bus, name, transport in (("virtio", f"$(basename {device.sysfs}/virtio*)", driver),
                                 ("platform", device.platform_name, "virtio-mmio")):
        folder = f"/sys/bus/{bus}/drivers/{transport}"
        succeed(machine, f"n={name}; echo $n >{folder}/unbind && [ ! -e {folder}/$n ]")
        n_used.append(statistic(machine, device, "used"))
        succeed(machine, f"echo $n >{folder}/bind && [ -e {folder}/$n ]")
        assert virtio_driver(machine, device) == driver
    return n_used


@pytest.mark.parametrize("kernel", [""])  # "rt", "backports", "backports-rt" pass as well
def test_devices(start, tmp_path, kernel):
    """Every device works, through unbind and bind, and nothing it is given lies outside."""
    card = Card(tmp_path / "card")
    devices = four_devices(str(tmp_path), card.path)
    machine = start(list(devices.values()), kernel)
    with watch(machine, devices) as watcher:
        with watching(watcher):
            for _ in range(2):
                try_entropy(machine)
                try_console(machine, os.path.join(machine.folder, "hvc"))
                try_net(machine)
                try_disk(machine)
                for name, device in devices.items():
                    n_used = rebind(machine, device, DRIVERS[name])
                    # virtio_rng leaves its last buffer mapped; the next driver finds it free.
                    assert max(n_used) <= (512 if name == "virtio-rng" else 0), (name, n_used)
        succeed(machine, LOAD)
        assert watcher.until(DESCRIPTORS, WATCH_SECONDS * load()), str(watcher)
        print(watcher)
        assert watcher.outside == 0, watcher.findings
        for name in DRIVERS:
            for queue in range(1 if name in ("virtio-blk", "virtio-rng") else 2):
                assert watcher.by_ring[f"{name} queue {queue}"] > 0, str(watcher)
    for name, device in devices.items():
        assert statistic(machine, device, "failures") == 0, name
        assert statistic(machine, device, "base") == device.reg[0]
        assert 0 < statistic(machine, device, "peak") <= device.reg[1]
    succeed(machine, "kill %1; wait")
    succeed(machine, "sync")
    machine.close()
    card.check()


def test_i2c(start, tmp_path):
    """The driver that Debian leaves out, and the window: what is written to an EEPROM is there.

    The bus looks itself at what it is given: QEMU 10 does not survive questions about this device.
    """
    window, socket_path = (BASE, 64 * KIB), str(tmp_path / "i2c")
    with contextlib.closing(Bus(socket_path, window)) as bus:
        device = i2c(0, socket_path, window)
        machine = start([device])
        succeed(machine, f"modprobe i2c-dev; n=$(echo {device.sysfs}/virtio*/i2c-*); n=${{n##*-}}")
        succeed(machine, "for i in $(seq 32); do i2cset -y $n 0x50 $i $((255 - i)) || break; done; [ $i = 32 ]")
        assert succeed(machine, "for i in $(seq 32); do i2cget -y $n 0x50 $i; done") == [
            f"{255 - i:#04x}" for i in range(1, 33)]
        assert machine.run("i2cget -y $n 0x51 0")[0] != 0
        assert statistic(machine, device, "failures") == 0
        machine.close()
        assert bus.n_requests >= 32 + 2 * 32 and not bus.outside, (bus.n_requests, bus.outside)


def test_without_module(start, tmp_path):
    """The watch does see what lies outside; and a module that comes late takes the devices back."""
    card = Card(tmp_path / "card")
    devices = four_devices(str(tmp_path), card.path)
    machine = start(list(devices.values()), init=without_module)
    with watch(machine, devices) as watcher, watching(watcher):
        try_disk(machine)
    print(watcher)
    assert watcher.outside > 100 and watcher.outside >= watcher.descriptors, str(watcher)
    assert "virtio-blk queue 0, descriptor table" in " ".join(watcher.findings), watcher.findings

    succeed(machine, "insmod /lib/paravent-window.ko")
    assert log(machine).count("load this module before virtio_mmio") == len(devices)
    for name, device in devices.items():
        assert virtio_driver(machine, device) == DRIVERS[name]
    with watch(machine, devices) as watcher, watching(watcher):
        try_disk(machine)
    assert watcher.outside == 0 and watcher.descriptors > 100, (str(watcher), watcher.findings)


def test_old_memory(start, tmp_path):
    """A buffer to be filled holds neither what the kernel's memory held before nor what the window did."""
    device = network(0, (BASE, MIB))
    # Debian's default hides the fault that this is about: it clears what it hands out.
    machine = start([device], arguments="init_on_alloc=0")
    # Packets leave this in memory that becomes receive buffers again.
    with serve(1) as server:
        server.content = b"paravent-old-memory " * 400_000
        succeed(machine, f"udhcpc -q -i eth0 && wget -q -O /dev/null {server.url}")
    succeed(machine, f"n=$(basename {device.sysfs}/virtio*); cd /sys/bus/virtio/drivers/virtio_net; "
                     "echo $n >unbind")
    with open(os.path.join(machine.folder, "ram"), "r+b") as ram:
        ram.seek(BASE - RAM_BASE)
        assert b"old-memory" in ram.read(MIB)
        ram.seek(BASE - RAM_BASE)
        ram.write(b"\xaa" * MIB)
    succeed(machine, "echo $n >bind && ip link set eth0 up")
    n_used = statistic(machine, device, "used")
    assert n_used > 128 * KIB
    with open(os.path.join(machine.folder, "ram"), "rb") as ram:
        ram.seek(BASE - RAM_BASE)
        content = ram.read(MIB)
    assert b"old-memory" not in content
    assert content.count(b"\xaa") <= MIB - n_used


def blank(folder, name):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.truncate(64 * MIB)
    return path


def test_full_window(start, tmp_path):
    """Requests larger than a window, and more of them than it holds, end well."""
    # Segments of 8 KiB: two requests of 14 of them fill a window.
    device = block(0, blank(str(tmp_path), "disk"), (BASE, 256 * KIB), ",queue-size=16")
    machine = start([device])
    assert statistic(machine, device, "largest_mapping") == 8 * KIB
    succeed(machine, "head -c 8388608 /dev/urandom >/tmp/sent; sha256sum </tmp/sent >/tmp/sum")
    for i in range(8):
        succeed(machine, f"dd if=/tmp/sent of=/dev/vda bs=4M seek={2 * i} oflag=direct 2>/dev/null & true")
    assert machine.run("wait", HANG_SECONDS)[0] == 0
    for i in range(8):
        succeed(machine, f"(dd if=/dev/vda bs=4M skip={2 * i} count=2 iflag=direct 2>/dev/null | "
                         f"sha256sum >/tmp/sum.{i}) & true")
    assert machine.run("wait", HANG_SECONDS)[0] == 0
    for i in range(8):
        succeed(machine, f"cmp /tmp/sum /tmp/sum.{i}")
    assert statistic(machine, device, "failures") > 0
    assert statistic(machine, device, "used") < 32 * KIB


def test_refused(start, tmp_path):
    """What cannot be confined gets no driver, and a reason that says what to do."""
    disk = [blank(str(tmp_path), f"disk{i}") for i in range(3)]
    free = [BASE + i * 4 * MIB for i in range(16)]

    def no_access_platform(device):
        device.options = [o.replace("iommu_platform=on", "iommu_platform=off") for o in device.options]
        return device

    def changed(device, **fields):
        for name, value in fields.items():
            setattr(device, name, value)
        return device

    cases = [
        (entropy(0, (free[0] + 0x200, 64 * KIB)), r'window .*: .* is not whole pages: align "reg"'),
        (entropy(1, (free[1], 60 * KIB)), r'is no size for a window: "reg" needs 64 KiB to 16 MiB'),
        (entropy(2, (free[2], 17 * MIB)), r'is no size for a window'),
        (changed(entropy(7, (free[8], 64 * KIB)), has_no_map=False),
         r'is in the kernel\'s own memory: it lacks "no-map"'),
        (changed(entropy(8, (free[9], 64 * KIB)), reg_cells=2), r'no address: give it "reg"'),
        (block(9, disk[0], (free[10], 256 * KIB), ",queue-size=64"),
         r"a window of 256 KiB holds 30 segments, not 62: offer a smaller seg_max"),
        (network(10, (free[11], 128 * KIB)), r"holds no packet of 19 pieces: it needs 256 KiB"),
        (no_access_platform(block(11, disk[1], (free[12], 256 * KIB))),
         r"device must provide VIRTIO_F_ACCESS_PLATFORM"),
    ]
    good = block(20, disk[2], (free[14], 256 * KIB))
    thief = entropy(21, (free[14] + 128 * KIB, 256 * KIB))
    machine = start([device for device, _ in cases] + [good, thief])
    text = log(machine)
    wrong = []
    for device, reason in cases:
        of_device = "\n".join(re.findall(rf".*{device.platform_name}: .*", text))
        is_of_window = "VIRTIO_F" not in reason and "holds" not in reason
        if not re.search(reason, of_device if is_of_window else text):
            wrong.append(f"{device.platform_name} is not told: {reason}")
        if virtio_driver(machine, device):
            wrong.append(f"{device.platform_name} has a driver in spite of: {reason}")
    assert not wrong, "\n".join([*wrong, text])
    # One window for two: who comes first has it.
    pair = [virtio_driver(machine, good), virtio_driver(machine, thief)]
    assert sorted(pair) in (["", "virtio_blk"], ["", "virtio_rng"]), pair
    assert re.search(r"is somebody else's, see /proc/iomem", text), text
