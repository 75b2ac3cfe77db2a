# SPDX-License-Identifier: Apache-2.0
"""The one image boots from wherever a loader puts it, and through U-Boot."""

import os
import struct

import pytest

from board import ROOT, build
from disk import make_boot_script, make_disk

U_BOOT = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
SYSTEM = "tests/qemu/systems/sdk.dts"
STARTED = r"\| done: [1-9]\d* passed, 0 failed"
NOT_OK = r"\| not ok [^\r\n]*"
TEXT_OFFSET = 8  # of this field in the arm64 Image header


def moved_image(system, folder, text_offset):
    """A copy that asks to be loaded elsewhere: at the start of RAM + text_offset."""
    path = os.path.join(str(folder), "moved.img")
    with open(system.image, "rb") as source:
        content = bytearray(source.read())
    content[TEXT_OFFSET:TEXT_OFFSET + 8] = struct.pack("<Q", text_offset)
    with open(path, "wb") as target:
        target.write(content)
    return path


def test_image_header():
    with open(build(SYSTEM).image, "rb") as image:
        header = image.read(64)
    _, _, text_offset, size, flags = struct.unpack_from("<IIQQQ", header)
    assert header[56:60] == b"ARM\x64"
    assert text_offset == 0x200000
    assert size >= os.path.getsize(os.path.join(ROOT, "build/sdk/paravent.img"))
    assert flags == 0xa


@pytest.mark.parametrize("address", [
    0x40080000,  # below its link address, overlapping it
    0x40400000,  # above, overlapping
    0x40201000,  # one page above
    0x48000000,  # elsewhere
], ids=hex)
def test_load_address(boot, tmp_path, address):
    system = build(SYSTEM)
    image = moved_image(system, tmp_path, address - 0x40000000)
    boot(system, kernel=image).expect(STARTED, never=NOT_OK)


def test_bare_loader(boot):
    """No boot protocol at all: the image in memory, a core at its first byte, x0 = 0."""
    system = build(SYSTEM)
    at = "0x48000000"
    board = boot(system, "-device", f"loader,file={system.image},addr={at},force-raw=on",
                 "-device", f"loader,addr={at},cpu-num=0", kernel=False)
    board.expect(STARTED, never=NOT_OK)


@pytest.mark.parametrize("dts,started", [
    (SYSTEM, STARTED),
    ("configs/virt-demo.dts", None),
], ids=["small", "demo"])
def test_u_boot(boot, tmp_path, dts, started):
    """Debian's U-Boot finds boot.scr on a disk and starts the image with booti."""
    system = build(dts)
    script = str(tmp_path / "boot.scr")
    make_boot_script(script, "fatload virtio 0:1 ${kernel_addr_r} paravent.img\n"
                             "booti ${kernel_addr_r} - ${fdtcontroladdr}\n")
    disk = str(tmp_path / "disk.img")
    make_disk(disk, 64 + os.path.getsize(system.image) // (1 << 20),
              {"paravent.img": system.image, "boot.scr": script})
    board = boot(system, "-bios", U_BOOT, "-drive", f"if=none,file={disk},format=raw,id=disk",
                 "-device", "virtio-blk-device,drive=disk", kernel=False)
    board.expect("Found U-Boot script /boot.scr")
    board.expect("Starting kernel")
    if started:
        board.expect(started, never=NOT_OK)
    else:
        board.wait_shell()


def test_wrong_level_is_refused(boot):
    """Started at EL1 by mistake, it says so instead of hanging in silence."""
    system = build(SYSTEM)
    machine = system.command()[2].replace("virtualization=on", "virtualization=off")
    boot(system, machine={"-M": machine}).expect(r"EL2")
