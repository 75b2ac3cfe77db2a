# SPDX-License-Identifier: Apache-2.0
"""The ways into a Raspberry Pi 4, on QEMU's raspi4b: U-Boot, TF-A, the firmware's own EL3 stub.

No FIT here: Debian's U-Boot for the board is built without.
"""

import os
import struct
import subprocess

import pytest

from board import ROOT, build, make

SYSTEM = "tests/qemu/systems/sdk-rpi4.dts"
SYSTEM_PSCI = "tests/qemu/systems/sdk-rpi4-psci.dts"
FIRMWARE = os.path.join(ROOT, "build/firmware")
U_BOOT = os.path.join(FIRMWARE, "u-boot-rpi/u-boot.bin")
BL31 = os.path.join(FIRMWARE, "tf-a/rpi4/bl31.bin")
DTB = os.path.join(ROOT, "build/linux/dtbs/broadcom/bcm2711-rpi-4-b.dtb")
STARTED = r"\| done: [1-9]\d* passed, 0 failed"
NOT_OK = r"\| not ok [^\r\n]*"
PROMPT = "U-Boot> $"
KERNEL_ADDRESS = 0x200000    # where the board's firmware puts a 64-bit kernel
DTB_ADDRESS = 0x08000000
HANDOVER = 0xf0              # what the firmware tells the program at EL3: see armstub.S
HANDOVER_MAGIC = 0x5afe570b


@pytest.fixture(scope="module", autouse=True)
def downloads():
    result = make("build/firmware/fetched", "build/linux/fetched")
    assert result.returncode == 0, result.stdout


def u_boot(boot, system, card):
    """Debian's U-Boot in the place of the kernel. Its console is serial 1: both share ours."""
    board = boot(system, "-serial", "chardev:serial0", "-dtb", DTB,
                 "-drive", f"if=sd,file={card},format=raw,snapshot=on", kernel=U_BOOT)
    board.expect("Hit any key to stop autoboot")
    board.type(" ")
    board.expect(PROMPT)
    return board


def test_u_boot(boot):
    """The card of "make sdcard" holds what booti starts."""
    system = build(SYSTEM, goals=["sdcard"])
    board = u_boot(boot, system, os.path.join(system.folder, "sdcard.img"))
    board.send("fatload mmc 0:1 ${kernel_addr_r} kernel8.img; "
               "booti ${kernel_addr_r} - ${fdtcontroladdr}")
    board.expect("Starting kernel")
    board.expect(STARTED, never=NOT_OK)


def firmware(boot, system, el3):
    """As the board's firmware leaves memory: `el3` at 0, where all cores start, kernel, devicetree."""
    return boot(system, "-device", f"loader,file={el3},addr=0,force-raw=on",
                "-device", f"loader,file={system.image},addr={KERNEL_ADDRESS:#x},force-raw=on",
                "-device", f"loader,file={DTB},addr={DTB_ADDRESS:#x},force-raw=on",
                "-no-reboot", kernel=False)


def handed_over(source, target):
    """A copy of what runs at EL3 with the words the firmware writes into it."""
    with open(source, "rb") as file:
        content = bytearray(file.read())
    assert struct.unpack_from("<I", content, HANDOVER)[0] == HANDOVER_MAGIC
    struct.pack_into("<IIII", content, HANDOVER, 0, 0, DTB_ADDRESS, KERNEL_ADDRESS)
    target.write_bytes(content)
    return target


def test_tf_a(boot, tmp_path):
    """TF-A's BL31 at EL3: cores by PSCI, and power off reaches it."""
    system = build(SYSTEM_PSCI)
    board = firmware(boot, system, handed_over(BL31, tmp_path / "bl31.bin"))
    board.expect("Preparing for EL3 exit to normal world")
    board.expect(r"\b4 CPUs in EL2")
    board.expect(STARTED, never=NOT_OK)
    board.expect("PSCI_SYSTEM_OFF")


def test_armstub(boot, tmp_path):
    """A stub like the firmware's own: SMC undefined, all interrupts in group 1, a spin table."""
    elf, binary = tmp_path / "armstub.elf", tmp_path / "armstub.bin"
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,-Ttext=0",
                    "-Wl,--build-id=none", os.path.join(ROOT, "tests/qemu/armstub.S"), "-o", elf],
                   check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", elf, binary],
                   check=True)
    system = build(SYSTEM)
    board = firmware(boot, system, handed_over(binary, tmp_path / "handed-over.bin"))
    board.expect(r"\b4 CPUs in EL2")
    board.expect(STARTED, never=NOT_OK)
    board.expect("all partitions have stopped", never=NOT_OK)
