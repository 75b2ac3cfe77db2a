# SPDX-License-Identifier: Apache-2.0
"""tools/vrings.py: what it says of virtqueues in a file, found by state pages as EL2 keeps them."""

import struct
import subprocess

import pytest

BASE = 0x40000000
STATE, WINDOW, WINDOW_BYTES = BASE + 0x1000, BASE + 0x10000, 0x10000
TABLE, AVAILABLE, USED = WINDOW, WINDOW + 0x1000, WINDOW + 0x2000
BUFFER = WINDOW + 0x3000
END = WINDOW + WINDOW_BYTES
SIZE = 8
NEXT, WRITE, INDIRECT = 1, 2, 4


class Ram(bytearray):
    """A device with one queue of two requests that are available: 0 and 1 in a chain, 4 alone."""

    def __init__(self, table=TABLE, available=AVAILABLE, used=USED, sequence=2):
        super().__init__(0x30000)
        self.table = table
        self.put(STATE, "<IIIIQQ", sequence, 1, 0xf, 0, 0, 0)
        self.put(STATE + 32, "<IIQQQ", SIZE, 0, table, available, used)
        self.put(available, "<HHHH", 0, 2, 0, 4)
        self.describe(0, BUFFER, 16, NEXT, 1)
        self.describe(1, BUFFER + 0x1000, 0x1000, WRITE)
        self.describe(4, BUFFER + 0x4000, 512)

    def put(self, address, layout, *values):
        struct.pack_into(layout, self, address - BASE, *values)

    def describe(self, number, address, size, flags=0, following=0):
        self.put(self.table + 16 * number, "<QIHH", address, size, flags, following)


@pytest.fixture
def watch(tmp_path):
    """watch(ram): exit status and what it says."""
    def run(ram, *arguments, windows=(f"disk={WINDOW:#x},{WINDOW_BYTES:#x}",), descriptors=3):
        (tmp_path / "ram").write_bytes(ram)
        result = subprocess.run(
            ["tools/vrings.py", "--state", f"disk={STATE:#x}", "--ram", tmp_path / "ram", "--descriptors",
             str(descriptors), "--seconds", "1", *arguments, *windows],
            check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return result.returncode, result.stdout
    return run


def test_inside(watch):
    assert watch(Ram()) == (0, "1 rings, 3 descriptors checked, 0 outside (disk queue 0 3)\n")


def test_too_few(watch):
    assert watch(Ram(), descriptors=4)[0] == 3


@pytest.mark.parametrize("address, size", [(BASE, 1), (WINDOW - 1, 2), (END - 15, 16), (END, 1),
                                           (1 << 60, 4)])
def test_outside(watch, address, size):
    ram = Ram()
    ram.describe(1, address, size, WRITE)
    status, text = watch(ram)
    assert status == 1
    assert f"descriptor 1: {address:#x}, {size} bytes, is outside the window {WINDOW:#x}, 65536" in text


@pytest.mark.parametrize("part, place", [
    ("table", WINDOW - 16), ("table", END - 16 * SIZE + 16), ("available", END - 4 - 2 * SIZE),
    ("used", END - 4 - 8 * SIZE), ("used", WINDOW - 4)])
def test_ring_outside(watch, part, place):
    status, text = watch(Ram(**{part: place}))
    assert status == 1
    names = {"table": "descriptor table", "available": "available ring", "used": "used ring"}
    assert f"disk queue 0, {names[part]}: {place:#x}, " in text


@pytest.mark.parametrize("part, place", [
    ("table", END - 16 * SIZE), ("available", END - 6 - 2 * SIZE), ("used", END - 6 - 8 * SIZE)])
def test_ring_at_the_end(watch, part, place):
    assert watch(Ram(**{part: place}))[0] == 0


def test_indirect(watch):
    ram = Ram()
    ram.describe(4, BUFFER, 64, INDIRECT)
    status, text = watch(ram)
    assert status == 1 and "descriptor 4: is an indirect one" in text


def test_not_available(watch):
    """What the driver has written counts, even if it has not made it available."""
    ram = Ram()
    ram.describe(6, BASE, 512)
    status, text = watch(ram, descriptors=4)
    assert status == 1 and f"descriptor 6: {BASE:#x}" in text


@pytest.mark.parametrize("sequence, windows, words", [
    (3, ("disk=1,2",), f"the state page of disk, {STATE:#x}, is never at rest"),
    (2, ("net=1,2",), "no window named for disk queue 0; give NAME=ADDRESS,SIZE"),
    (2, ("disk=1",), '"disk=1" is not NAME=ADDRESS,SIZE'),
    (2, ("disk=1,2,3",), '"disk=1,2,3" is not NAME=ADDRESS,SIZE'),
    (2, ("disk=1,x",), '"disk=1,x" is not NAME=ADDRESS,SIZE')])
def test_wrong_usage(watch, sequence, windows, words):
    status, text = watch(Ram(sequence=sequence), windows=windows)
    assert status != 0 and words in text
