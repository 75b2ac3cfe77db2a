# SPDX-License-Identifier: Apache-2.0
"""tools/sdcard and tools/fit say what is wrong and what to do; disks grow with what is on them."""

import os
import subprocess

import pytest

import disk

SYSTEM_MK = {"image_base": "0x40200000", "partitions": "a", "model": "some board",
             "console": "/soc/serial@9000000", "cpu_start": "spin-table"}
U_BOOT = {"sdcard": "u-boot", "load_address": "0x48000000"}


@pytest.fixture
def call(tmp_path):
    """call(tool, {variable of system.mk: value}, files...): result; the image has 1000 bytes."""
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "paravent.img").write_bytes(bytes(range(250)) * 4)

    def run(tool, variables, *files):
        for name in files:
            (tmp_path / name).write_bytes(name.encode())
        (folder / "system.mk").write_text(
            "".join(f"{key} := {value}\n" for key, value in {**SYSTEM_MK, **variables}.items()))
        return subprocess.run([f"tools/{tool}", folder, *(tmp_path / name for name in files)],
                              capture_output=True, text=True, check=False)

    run.folder = folder
    return run


def refused(result, *words):
    """It failed, said all these words, and nothing but that."""
    assert result.returncode == 1 and result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr
    return True


def test_board_without_cards(call):
    assert refused(call("sdcard", {}), '"some board" has no form of SD card', "paravent,sdcard",
                   ".dtsi")


def test_raspberry_pi_without_firmware(call):
    files = ["start4.elf", "copyright", "bl31.bin", "uart0-console.dtbo", "board.dtb"]
    assert refused(call("sdcard", {"sdcard": "raspberrypi"}, *files), "needs fixup4.dat too")
    assert refused(call("sdcard", {"sdcard": "raspberrypi"}, *files[:-1], "fixup4.dat"),
                   "needs the board's .dtb too", "paravent,devicetree")
    assert call("sdcard", {"sdcard": "raspberrypi"}, *files, "fixup4.dat").returncode == 0


def test_image_not_built(call):
    os.remove(call.folder / "paravent.img")
    assert refused(call("sdcard", U_BOOT), "paravent.img", "make sdcard")
    assert refused(call("fit", U_BOOT), "paravent.img", "make fit")


@pytest.mark.parametrize("address,what", [
    ("0x480003e0", "paravent,load-address"),         # the image ends at 0x480003e8
    ("0x47fffff8", "paravent,load-address"),         # its name, in it, has 9 bytes
    ("0x40200000", "start of paravent,image-memory"),
])
def test_devicetree_on_the_image(call, address, what):
    result = call("sdcard", {**U_BOOT, "devicetree_address": address}, "board.dtb")
    assert refused(result, what, "overlap", "move one of them")


@pytest.mark.parametrize("address", ["0x480003e8", "0x47fffff7", "0x402003e8"])
def test_devicetree_beside_the_image(call, address):
    assert call("sdcard", {**U_BOOT, "devicetree_address": address}, "board.dtb").returncode == 0


def test_devicetree_without_address(call):
    assert refused(call("sdcard", U_BOOT, "board.dtb"), "paravent,devicetree-address")
    assert call("sdcard", U_BOOT).returncode == 0  # U-Boot's own


def test_names_stay_text_for_u_boot(call):
    """A board's model cannot add commands to the script."""
    call("sdcard", {**U_BOOT, "model": "a;b"})
    lines = (call.folder / "boot.cmd").read_text().splitlines()
    assert [line for line in lines if "a;b" in line] == [line for line in lines[:1]]
    assert lines[0].startswith("#")


def test_disk_grows_with_its_files(tmp_path):
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"x" * 1000)
    with open(large, "wb") as file:
        file.truncate(60 << 20)
    for path, size in ((small, 64 << 20), (large, 128 << 20)):
        image = str(tmp_path / "image")
        disk.make_disk(image, {"folder/file": str(path)})
        assert os.path.getsize(image) == size
        back = subprocess.run(["mtype", "-i", image + disk.OFFSET, "::folder/file"], check=True,
                              capture_output=True, env=disk.ENVIRONMENT).stdout
        assert back == path.read_bytes()
