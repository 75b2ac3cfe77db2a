# SPDX-License-Identifier: Apache-2.0
"""Where pvc puts what the DTS leaves open, seen through what it writes."""

import re
from pathlib import Path

import pytest

import images

ROOT = Path(__file__).resolve().parents[2]
BASE = f'#include "{ROOT}/tests/pvc/rules/base.dtsi"\n'


@pytest.fixture
def header(pvc, tmp_path):
    """Macros of a partition's ports.h, for the base system with some more text."""
    def build(text, partition):
        (tmp_path / "system.dts").write_text(BASE + text)
        result = pvc("headers", "system.dts", "-I", ROOT / "dts", "-o", "out", cwd=tmp_path)
        assert (result.status, result.err) == (0, "")
        macros = (tmp_path / "out/include" / partition / "ports.h").read_text()
        return {name: int(value, 0) for name, value in
                re.findall(r"^#define (\w+) +(0x[0-9a-f]+|\d+)$", macros, re.MULTILINE)}

    return build


def test_window_above_the_image(header):
    assert header("", "linux")["PV_PORT_SPEED_SOURCE_WINDOW"] == 0x42000000


def test_window_clear_of_a_moved_memory(header):
    """Linux sees its memory where the window would go: the window goes above Linux's real memory."""
    text = "&linux { paravent,guest-base = <0x0 0x42000000>; };\n"
    assert header(text, "linux")["PV_PORT_SPEED_SOURCE_WINDOW"] == 0x60000000
    assert header(text, "motion")["PV_PORT_SPEED_SOURCE_WINDOW"] == 0x60000000
    assert header(text, "linux")["PV_MEMORY_IPA"] == 0x42000000


def test_window_clear_of_reservations(header):
    text = """/ { reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
        secure@42000000 { reg = <0x0 0x42000000 0x0 0x1001>; no-map; }; }; };"""
    assert header(text, "linux")["PV_PORT_SPEED_SOURCE_WINDOW"] == 0x42002000


def test_window_in_a_region(header):
    text = """/ { reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
        shm: shm@61000000 { reg = <0x0 0x61000000 0x0 0x1000>; no-map; }; }; };
        &speed { memory-region = <&shm>; };"""
    assert header(text, "motion")["PV_PORT_SPEED_SOURCE_WINDOW"] == 0x61000000


def test_window_in_a_lower_gap(header):
    """Nothing is left above the image: the gap below it is taken."""
    text = """&hypervisor { memory = <0x0 0x40000000 0x0 0x02000000>,
        <0x0 0x50000000 0x0 0x10000000>, <0x0 0x70000000 0x0 0x00200000>; };"""
    assert header(text, "linux")["PV_PORT_SPEED_SOURCE_WINDOW"] == 0x40000000


def test_claimed_spare_spis_are_left_out(header):
    """A node claims the first spare SPI, 192: the doorbell takes the next."""
    doorbell = "&speed { paravent,doorbell; };\n"
    claim = """/ { soc { strange@a000000 { reg = <0x0 0x0a000000 0x0 0x1000>;
        interrupts = <GIC_SPI 192 IRQ_TYPE_LEVEL_HIGH>; }; }; };"""
    assert header(doorbell, "linux")["PV_PORT_SPEED_INTERRUPT"] == 32 + 192
    assert header(doorbell + claim, "linux")["PV_PORT_SPEED_INTERRUPT"] == 32 + 193


def test_two_ports_from_three_partitions(header):
    """Doorbells count through a partition's ports, one per destination."""
    text = """&hypervisor { comms: comms {
            compatible = "paravent,partition-v1", "openamp,domain-v1"; id = <7>;
            cpus = <&cpus 0x8 EL1_NS>; memory = <0x0 0x71000000 0x0 0x00200000>;
            kernel { compatible = "multiboot,kernel", "multiboot,module";
                     paravent,file = "motion.bin"; }; }; };
        &speed { paravent,destinations = <&linux &comms>; paravent,doorbell; };
        &channels { blob { compatible = "paravent,shared-memory-v1";
            paravent,size-bytes = <100>; #access-flags-cells = <1>;
            paravent,peers = <&motion 0>, <&linux 0x10>, <&comms 0>; }; };"""
    motion = header(text, "motion")
    assert (motion["PV_PORT_SPEED_DOORBELL"], motion["PV_PORT_SPEED_N_DOORBELLS"]) == (0, 2)
    assert (motion["PV_PORT_BLOB_DOORBELL"], motion["PV_PORT_BLOB_N_DOORBELLS"]) == (2, 2)
    assert motion["PV_PORT_BLOB_WINDOW_BYTES"] == 4096
    linux = header(text, "linux")
    assert (linux["PV_PORT_BLOB_DOORBELL"], linux["PV_PORT_BLOB_N_DOORBELLS"]) == (0, 2)
    spis = [header(text, name)[f"PV_PORT_{port}_INTERRUPT"] for port, name in
            [("SPEED", "linux"), ("SPEED", "comms"), ("BLOB", "motion"), ("BLOB", "linux"),
             ("BLOB", "comms")]]
    assert spis == [224, 225, 226, 227, 228]


def test_guest_addresses(header):
    macros = header("&motion { paravent,gic-base = <0x0 0x2f000000 0x0 0x2f100000>;"
                    " paravent,uart-base = <0x0 0x1c090000>; };\n", "motion")
    assert (macros["PV_GICD"], macros["PV_GICR"]) == (0x2f000000, 0x2f100000)
    assert macros["PV_UART"] == 0x1c090000


def test_image_lookup_order(pvc, tmp_path):
    """Beside the DTS, then DIR/<partition>/<file>, then DIR/<file>, for each -i in turn."""
    places = ["one/linux/linux.image", "one/linux.image", "two/linux/linux.image",
              "two/linux.image"]
    (tmp_path / "system.dts").write_text(BASE)
    for place in places:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(images.linux_image(0x1000, 0x1000))
    (tmp_path / "one" / "motion.bin").write_bytes(b"raw")

    def used():
        result = pvc("build", "system.dts", "-I", ROOT / "dts", "-o", "out", "-i", "one",
                     "-i", "two", cwd=tmp_path)
        assert (result.status, result.err) == (0, "")
        return re.findall(r'"([^"]*linux\.image)"', (tmp_path / "out/images.inc").read_text())[0]

    for place in places:
        assert used().endswith(place)
        (tmp_path / place).unlink()
        if place == places[0]:
            (tmp_path / "linux.image").write_bytes(images.linux_image(0x1000, 0x1000))
            assert used().endswith("/linux.image") and "one" not in used()
            (tmp_path / "linux.image").unlink()


def test_ramdisk_and_dtb_at_the_top(pvc, tmp_path, image_folder):
    """64 KiB for the DTB at the top of memory[0], the ramdisk's pages directly below."""
    (tmp_path / "ramdisk").write_bytes(bytes(5000))
    (tmp_path / "system.dts").write_text(BASE + """&linux { ramdisk {
        compatible = "multiboot,ramdisk", "multiboot,module"; paravent,file = "ramdisk"; }; };""")
    result = pvc("report", "system.dts", "-I", ROOT / "dts", "-i", image_folder, cwd=tmp_path)
    assert (result.status, result.err) == (0, "")
    assert re.search(r"kernel +0x0*50000000 ", result.out)
    assert re.search(r"ramdisk +0x0*5ffee000 ", result.out)
    assert re.search(r"dtb +0x0*5fff0000 ", result.out)
