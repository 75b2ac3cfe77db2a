# SPDX-License-Identifier: Apache-2.0
"""What "make sdcard" and "make fit" put together is what the board needs, whole and up to date."""

import hashlib
import os
import re
import shutil
import struct
import subprocess

import pytest

from board import ROOT, build, environment, make
from disk import ENVIRONMENT, FAT32_LBA, FIRST_SECTOR, OFFSET, SECTOR

SYSTEMS = {name: f"tests/qemu/systems/{name}.dts"
           for name in ("sdk", "sdk-rpi4", "sdk-rpi4-psci", "sdk-imx8mp")}
RASPI = "build/firmware/raspi"
DTBS = "build/linux/dtbs"
# On the card -> where it comes from; {} is the system's folder.
FILES = {
    "sdk": {"paravent.img": "{}/paravent.img", "boot.cmd": "{}/boot.cmd", "boot.scr": "{}/boot.scr"},
    "sdk-imx8mp": {"paravent.img": "{}/paravent.img", "boot.cmd": "{}/boot.cmd",
                   "boot.scr": "{}/boot.scr",
                   "imx8mp-evk.dtb": f"{DTBS}/freescale/imx8mp-evk.dtb"},
    "sdk-rpi4": {"kernel8.img": "{}/paravent.img", "config.txt": "{}/config.txt",
                 "start4.elf": f"{RASPI}/start4.elf", "fixup4.dat": f"{RASPI}/fixup4.dat",
                 "firmware-copyright.txt": f"{RASPI}/copyright",
                 "bcm2711-rpi-4-b.dtb": f"{DTBS}/broadcom/bcm2711-rpi-4-b.dtb",
                 "overlays/uart0-console.dtbo": "build/firmware/uart0-console.dtbo"},
}
FILES["sdk-rpi4-psci"] = {**FILES["sdk-rpi4"], "bl31.bin": "build/firmware/tf-a/rpi4/bl31.bin"}
SCRIPT_HEADER = 64 + 8  # U-Boot's image header, then the script's length and an empty one


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, env=ENVIRONMENT).stdout


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def content_of(path):
    with open(os.path.join(ROOT, path), "rb") as file:
        return file.read()


@pytest.fixture(params=SYSTEMS)
def card(request):
    """A system with its card, built."""
    return build(SYSTEMS[request.param], goals=["sdcard"])


def image_of(system):
    return os.path.join(system.folder, "sdcard.img")


def test_card_holds_all_files(card):
    """Read back file by file, and nothing else is there."""
    for name, source in FILES[card.name].items():
        found = run("mtype", "-i", image_of(card) + OFFSET, f"::{name}")
        assert sha256(found) == sha256(content_of(source.format(card.folder))), name
    listed = run("mdir", "-/", "-b", "-i", image_of(card) + OFFSET, "::").decode().split()
    names = {name.removeprefix("::/") for name in listed if not name.endswith("/")}
    assert names == set(FILES[card.name])


def test_card_has_a_bootable_fat32(card):
    with open(image_of(card), "rb") as file:
        record = file.read(SECTOR)
        file.seek(FIRST_SECTOR * SECTOR)
        boot_sector = file.read(SECTOR)
    status, kind, first, count = struct.unpack_from("<B3xB3xII", record, 446)
    assert record[510:] == b"\x55\xaa"
    assert (status, kind, first) == (0x80, FAT32_LBA, FIRST_SECTOR)
    size = os.path.getsize(image_of(card))
    assert (first + count) * SECTOR == size
    assert size & (size - 1) == 0, "QEMU takes SD cards of a power of two only"
    per_cluster = boot_sector[13]
    assert count // per_cluster > 65525 + 1024, "too few clusters for FAT32"
    assert boot_sector[82:90] == b"FAT32   "


def inputs_of(system):
    sources = [source.format(system.folder) for source in FILES[system.name].values()]
    written = ("boot.cmd", "boot.scr", "config.txt")
    return [os.path.relpath(path, ROOT) if os.path.isabs(path) else path
            for path in sources if os.path.basename(path) not in written]


def test_card_is_remade_when_an_input_changes(card):
    dts = f"SYSTEM={SYSTEMS[card.name]}"
    goal = os.path.relpath(image_of(card), ROOT)
    assert make("-q", dts, goal).returncode == 0
    for path in [*inputs_of(card), "tools/sdcard", "tools/disk.py"]:
        assert make("-q", "-W", path, dts, goal).returncode == 1, f"{path} changed, the card did not"


def test_same_files_make_the_same_card(card, tmp_path):
    """In a folder of its own: other tests boot from the first."""
    again = tmp_path / card.name
    again.mkdir()
    for name in ("system.mk", "paravent.img"):
        shutil.copy(f"{card.folder}/{name}", again)
    made_of = subprocess.run(["make", "-s", "--no-print-directory", f"SYSTEM={SYSTEMS[card.name]}",
                              "--eval=print-card: ; @echo $(board-dtb) $($(sdcard))", "print-card"],
                             cwd=ROOT, env=environment(), text=True, stdout=subprocess.PIPE,
                             check=True).stdout.split()
    subprocess.run(["tools/sdcard", str(again), *made_of], cwd=ROOT, check=True)
    assert sha256(content_of(f"{again}/sdcard.img")) == sha256(content_of(image_of(card)))


# ---- Raspberry Pi ------------------------------------------------------------------------

def settings_of(name):
    system = build(SYSTEMS[name], goals=["sdcard"])
    lines = content_of(f"{system.folder}/config.txt").decode().splitlines()
    return {line for line in lines if not line.startswith("#")}


def test_config_txt():
    """Every line stands in the board's page, and the other way round."""
    own_stub, tf_a = settings_of("sdk-rpi4"), settings_of("sdk-rpi4-psci")
    page = content_of("docs/boards/raspberry-pi-4.md").decode()
    explained = re.findall(r"^\| `([a-z0-9_]+=[^`]+)` \|", page, re.MULTILINE)
    assert sorted(own_stub | tf_a) == sorted(explained)
    assert own_stub >= {"arm_64bit=1", "enable_gic=1", "enable_uart=1", "kernel=kernel8.img"}
    assert tf_a - own_stub == {"armstub=bl31.bin"} and own_stub <= tf_a


def test_overlay_fits_the_devicetree(tmp_path):
    """The firmware merges it as fdtoverlay does; it makes UART0 the serial port of the header."""
    build(SYSTEMS["sdk-rpi4"], goals=["sdcard"])
    merged = str(tmp_path / "merged.dtb")
    run("fdtoverlay", "-i", os.path.join(ROOT, DTBS, "broadcom/bcm2711-rpi-4-b.dtb"), "-o", merged,
        os.path.join(ROOT, "build/firmware/uart0-console.dtbo"))
    uart0 = run("fdtget", merged, "/aliases", "serial0").decode().strip()
    assert uart0 == "/soc/serial@7e201000"
    assert run("fdtget", merged, f"{uart0}/bluetooth", "status") == b"disabled\n"
    assert run("fdtget", merged, "/soc/serial@7e215040", "status") == b"disabled\n"


def test_no_overlay_for_the_mini_uart(tmp_path):
    """That one is on the header already."""
    text = content_of(SYSTEMS["sdk-rpi4"]).decode()
    path = tmp_path / "mini.dts"
    path.write_text("#define CONSOLE uart1\n" + text.replace(
        '"sdk.dtsi"', f'"{ROOT}/tests/qemu/systems/sdk.dtsi"'))
    system = build(str(path), goals=["sdcard"])
    assert "dtoverlay" not in content_of(f"{system.folder}/config.txt").decode()
    listed = run("mdir", "-/", "-b", "-i", image_of(system) + OFFSET, "::").decode()
    assert "kernel8.img" in listed and "overlays" not in listed


# ---- U-Boot ------------------------------------------------------------------------------

def script_of(system):
    """The commands that boot.scr on the card holds."""
    return run("mtype", "-i", image_of(system) + OFFSET, "::boot.scr")[SCRIPT_HEADER:].decode()


def ram_of(system, tmp_path):
    """The RAM of a system's board, as ranges."""
    dtb = str(tmp_path / "board.dtb")
    run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", dtb,
        os.path.join(system.folder, "system.pp.dts"))
    cells = [int(cell, 16) for cell in
             run("fdtget", "-t", "x", dtb, "/memory@40000000", "reg").decode().split()]
    return [(cells[i] << 32 | cells[i + 1], cells[i + 2] << 32 | cells[i + 3])
            for i in range(0, len(cells), 4)]


@pytest.mark.parametrize("name", ["sdk", "sdk-imx8mp"])
def test_boot_script(name, tmp_path):
    """What it loads lies in RAM, and nothing on anything else, before and after the image moves."""
    system = build(SYSTEMS[name], goals=["sdcard"])
    script = script_of(system)
    assert script == content_of(f"{system.folder}/boot.cmd").decode()
    loads = {file: int(address, 16) for address, file in
             re.findall(r"load \S+ \S+ (0x[0-9a-f]+) (\S+)", script)}
    booti = re.search(r"booti (\S+) - (\S+)\n", script)
    assert int(booti[1], 16) == loads.pop("paravent.img")
    assert loads == ({} if name == "sdk" else {"imx8mp-evk.dtb": int(booti[2], 16)})
    if name == "sdk":
        assert booti[2] == "${fdtcontroladdr}"
    header = content_of(system.image)[:64]
    bytes_needed = struct.unpack_from("<Q", header, 16)[0]
    places = [(int(booti[1], 16), bytes_needed), (int(system.variables["image_base"], 16), bytes_needed)]
    places += [(address, os.path.getsize(f"{ROOT}/{DTBS}/freescale/{file}"))
               for file, address in loads.items()]
    for base, size in places:
        assert any(ram <= base and base + size <= ram + ram_size
                   for ram, ram_size in ram_of(system, tmp_path)), hex(base)
    for i, (base, size) in enumerate(places):
        for other, other_size in places[:i]:
            assert base + size <= other or other + other_size <= base, (hex(base), hex(other))


# ---- FIT ---------------------------------------------------------------------------------

@pytest.mark.parametrize("name,dtb", [
    ("sdk", None),
    ("sdk-rpi4", f"{DTBS}/broadcom/bcm2711-rpi-4-b.dtb"),
    ("sdk-imx8mp", f"{DTBS}/freescale/imx8mp-evk.dtb"),
])
def test_fit(name, dtb, tmp_path):
    system = build(SYSTEMS[name], goals=["fit"])
    fit = os.path.join(system.folder, "paravent.itb")
    parts = {"kernel": os.path.relpath(system.image, ROOT), **({"fdt": dtb} if dtb else {})}
    assert run("fdtget", "-l", fit, "/images").decode().split() == list(parts)
    for number, (part, source) in enumerate(parts.items()):
        out = str(tmp_path / part)
        run("dumpimage", "-T", "flat_dt", "-p", str(number), "-o", out, fit)
        digest = sha256(content_of(source))
        assert sha256(content_of(out)) == digest
        assert run("fdtget", fit, f"/images/{part}/hash-1", "algo") == b"sha256\n"
        stored = run("fdtget", "-t", "bx", fit, f"/images/{part}/hash-1", "value").decode().split()
        assert "".join(byte.zfill(2) for byte in stored) == digest
        assert run("fdtget", fit, "/configurations/paravent", part).decode().strip() == part
    for name_of, wanted in (("type", "kernel"), ("arch", "arm64"), ("os", "linux"),
                            ("compression", "none")):
        assert run("fdtget", fit, "/images/kernel", name_of).decode().strip() == wanted
    for name_of in ("load", "entry"):
        high, low = run("fdtget", "-t", "x", fit, "/images/kernel", name_of).decode().split()
        assert int(high, 16) << 32 | int(low, 16) == int(system.variables["image_base"], 16)


def test_fit_is_remade_when_an_input_changes():
    system = build(SYSTEMS["sdk-imx8mp"], goals=["fit"])
    arguments = (f"SYSTEM={SYSTEMS['sdk-imx8mp']}", "build/sdk-imx8mp/paravent.itb")
    assert make("-q", *arguments).returncode == 0
    for path in (os.path.relpath(system.image, ROOT), f"{DTBS}/freescale/imx8mp-evk.dtb", "tools/fit"):
        assert make("-q", "-W", path, *arguments).returncode == 1, path
