# SPDX-License-Identifier: Apache-2.0
"""On virt the one image boots from wherever a loader puts it, and through U-Boot."""

import os
import struct

import pytest

from board import ROOT, build
from disk import make_boot_script, make_disk

U_BOOT = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
SYSTEM = "tests/qemu/systems/sdk.dts"
STARTED = r"\| done: [1-9]\d* passed, 0 failed"
NOT_OK = r"\| not ok [^\r\n]*"
PROMPT = "=> $"
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


def u_boot(boot, system, disk, **machine):
    """Debian's U-Boot for this machine, with a disk."""
    return boot(system, "-bios", U_BOOT, "-drive",
                f"if=none,file={disk},format=raw,id=disk,snapshot=on",
                "-device", "virtio-blk-device,drive=disk", kernel=False, **machine)


@pytest.mark.parametrize("dts,started", [
    (SYSTEM, STARTED),
    ("configs/virt-demo.dts", None),
], ids=["small", "demo"])
def test_u_boot(boot, dts, started):
    """U-Boot finds boot.scr on the card of "make sdcard" and starts the image with booti."""
    system = build(dts, goals=["sdcard"])
    board = u_boot(boot, system, os.path.join(system.folder, "sdcard.img"))
    board.expect("Found U-Boot script /boot.scr")
    board.expect(f"Paravent: loading {system.name} from virtio 0:1")
    board.expect("Starting kernel")
    if started:
        board.expect(started, never=NOT_OK)
    else:
        board.wait_shell()


def test_u_boot_without_distro_boot(boot):
    """Where only NXP's variables say what the card is, boot.scr goes by them, and says what failed."""
    system = build(SYSTEM, goals=["sdcard"])
    board = u_boot(boot, system, os.path.join(system.folder, "sdcard.img"))
    board.expect("Hit any key to stop autoboot")
    board.type(" ")
    board.expect(PROMPT)
    board.send("setenv devtype; setenv devnum; setenv distro_bootpart; setenv mmcdev 7")
    board.expect(PROMPT)
    board.send("load virtio 0:1 ${scriptaddr} boot.scr; source ${scriptaddr}")
    board.expect("Paravent: loading sdk from mmc 7:1")
    board.expect("Paravent: not started")


def test_board_script_in_u_boot(boot):
    """The i.MX card's boot.scr, run by a U-Boot: it loads both files and comes as far as booti.

    The image is for another board: what it does then is not looked at.
    """
    card = os.path.join(build("tests/qemu/systems/sdk-imx8mp.dts", goals=["sdcard"]).folder,
                        "sdcard.img")
    board = u_boot(boot, build(SYSTEM), card, machine={"-m": "1024"})
    board.expect("Paravent: loading sdk-imx8mp from virtio 0:1")
    board.expect(r"Booting using the fdt blob at 0x4fe00000", never="Failed to load|not started")
    board.expect("Starting kernel", never="not started")


@pytest.mark.parametrize("is_damaged", [False, True], ids=["intact", "damaged"])
def test_fit(boot, tmp_path, is_damaged):
    """U-Boot's bootm checks the FIT of "make fit" and starts it, or not if a byte is wrong."""
    system = build(SYSTEM, goals=["fit"])
    with open(os.path.join(system.folder, "paravent.itb"), "rb") as file:
        content = bytearray(file.read())
    if is_damaged:
        content[len(content) // 2] ^= 1
    (tmp_path / "paravent.itb").write_bytes(content)
    address = system.variables["load_address"]
    (tmp_path / "boot.cmd").write_text(f"load virtio 0:1 {address} paravent.itb\n"
                                       f"bootm {address}#paravent - ${{fdtcontroladdr}}\n")
    make_boot_script(str(tmp_path / "boot.scr"), str(tmp_path / "boot.cmd"))
    disk = str(tmp_path / "disk.img")
    make_disk(disk, {name: str(tmp_path / name) for name in ("paravent.itb", "boot.scr")})
    board = u_boot(boot, system, disk)
    if is_damaged:
        board.expect("sha256.* error", never="Starting kernel")
    else:
        board.expect(r"sha256\+ OK")
        board.expect("Starting kernel")
        board.expect(STARTED, never=NOT_OK)


def test_wrong_level_is_refused(boot):
    """Started at EL1 by mistake, it says so instead of hanging in silence."""
    system = build(SYSTEM)
    machine = system.command()[2].replace("virtualization=on", "virtualization=off")
    boot(system, machine={"-M": machine}).expect("cannot start: entered at EL1", never=STARTED)
