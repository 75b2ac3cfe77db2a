# SPDX-License-Identifier: Apache-2.0
"""The root file system of a Linux partition on a disk that is served late, its shell on a virtual console."""

import os
import struct
import subprocess

import pytest

from board import ROOT, make
from devices import succeed
from machines import Machine, build_linux, linux
from vrings import Qmp
from windows import block, command, console

MIB = 1 << 20
BASE = 0x5c000000  # of the first window
SECTOR = 512
WAITING = r"init: waiting for /dev/vda\d? to be there, with a size, 1\d s of 300"
SHELL_HERE = r'"exit" powers this partition off\.'


@pytest.fixture
def start(request, tmp_path):
    """start(devices, arguments, change): Linux; change: what to do to QEMU's command line."""
    machines = []

    def start(devices, arguments, change=lambda line: line):
        build_linux()
        line = change(command(str(tmp_path), devices, arguments=arguments))
        machines.append(Machine(line, f"{request.node.name}-{len(machines)}"))
        return machines[-1]

    yield start
    for machine in machines:
        machine.close()


def image():
    path = linux("", "rootfs.ext4")
    result = make(os.path.relpath(path, ROOT))
    assert result.returncode == 0, result.stdout
    with open(path, "rb") as file:
        return file.read()


def disk(folder, content=b""):
    path = os.path.join(folder, "disk")
    with open(path, "wb") as file:
        file.write(content)
    return block(0, path, (BASE, MIB), ",queue-size=32")


def with_table(content):
    """A disk with one partition, at 1 MiB."""
    entry = struct.pack("<B3sB3sII", 0, b"\0\0\0", 0x83, b"\0\0\0", MIB // SECTOR, len(content) // SECTOR)
    return (bytes(446) + entry + bytes(48) + b"\x55\xaa").ljust(MIB, b"\0") + content


def grow(folder, content):
    """The disk had no size: now it has this."""
    with open(os.path.join(folder, "disk"), "wb") as file:
        file.write(content)
    qmp = Qmp(os.path.join(folder, "qmp"))
    qmp.ask("block_resize", device="disk0", size=len(content))
    qmp.close()


def wait_root(machine, root, mode):
    """The shell of the disk's own init, which says where it is."""
    machine.expect(rf"Root file system on {root} \({mode},.*\)")
    machine.wait_shell()
    mounts = succeed(machine, "cat /proc/mounts")
    assert [line.split()[:3] for line in mounts if line.split()[1] == "/"][-1][::2] == [root, "ext4"]
    assert "none" not in succeed(machine, "tty")


def test_late_disk(start, tmp_path):
    """Linux waits and says so; then the root is there, and what is written to it lasts."""
    folder = str(tmp_path)
    machine = start([disk(folder)], "root=/dev/vda rw")
    machine.expect(WAITING)
    grow(folder, image())
    wait_root(machine, "/dev/vda", "rw")
    succeed(machine, "echo kept >/root/note")
    machine.send("reboot")
    wait_root(machine, "/dev/vda", "rw")
    assert succeed(machine, "cat /root/note") == ["kept"]
    machine.send("poweroff")
    assert machine.wait_end() == 0
    check = subprocess.run(["/sbin/e2fsck", "-f", "-n", os.path.join(folder, "disk")], check=False,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert check.returncode == 0, check.stdout


def test_late_partition(start, tmp_path):
    """A partition of a disk that got its size late is found, too; without "rw" nothing is written."""
    folder = str(tmp_path)
    machine = start([disk(folder)], "root=/dev/vda1")
    machine.expect(WAITING)
    content = with_table(image())
    grow(folder, content)
    wait_root(machine, "/dev/vda1", "ro")
    assert machine.run("echo x >/root/note")[0] != 0
    machine.send("poweroff")
    assert machine.wait_end() == 0
    with open(os.path.join(folder, "disk"), "rb") as file:
        assert file.read() == content


@pytest.mark.parametrize("root, content, reason", [
    ("/dev/vda rootdelay=3", b"", r"/dev/vda is not there after 3 s, or has no size; is it served\?"),
    ("/dev/vdb rootdelay=3", b"", r"/dev/vdb is not there after 3 s"),
    ("/dev/vda", bytes(MIB), r"/dev/vda cannot be mounted as ext4, see dmesg; rootfstype= names another"),
    ("LABEL=paravent", b"", r"root=LABEL=paravent: not known here; name a device"),
    ("/dev/vda", None, r"/dev/vda has no /sbin/init"),
], ids=["no size", "no device", "no file system", "no device name", "no init"])
def test_no_root(start, tmp_path, root, content, reason):
    """What is wrong is said, and the initramfs gives a shell. content: None for an empty file system."""
    folder = str(tmp_path)
    device = disk(folder, content or b"")
    if content is None:
        subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", os.path.join(folder, "disk"), "8M"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    machine = start([device], f"root={root}")
    machine.expect(f"init: error: .*{reason}")
    machine.expect(SHELL_HERE)
    machine.wait_shell()
    assert machine.run("grep /mnt /proc/mounts") == (1, [])


def test_virtual_console(start, tmp_path):
    """The one console is a virtual device's: the kernel has none when /init begins."""
    device = console(0, "", (BASE, 64 << 10))

    def change(line):
        text = "\n".join(line).replace("-serial\nmon:stdio\n", "").replace("console=ttyAMA0", "console=hvc0")
        return text.replace("socket,id=hvc,path=,server=on,wait=off", "stdio,id=hvc").split("\n")

    machine = start([device], "", change)
    machine.expect(SHELL_HERE)
    machine.wait_shell()
    assert succeed(machine, "tty") == ["/dev/hvc0"]
    assert succeed(machine, "cat /sys/class/tty/console/active") == ["hvc0"]
