# SPDX-License-Identifier: Apache-2.0
"""Whatever the input, pvc ends soon, with a result or with errors. (Result fails on any crash.)

Damage to compiled trees, in thousands: tests/unit/test_pvc_load.c. Here: text, through cpp and dtc,
files that never end, and image files.
"""

import os
import random
import subprocess
from pathlib import Path

import pytest

import images

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 40
BITE = ["<", ">", '"', "{", "}", ";", "&", "/", "0xffffffffffffffff", "\\x00", "\0", "\xff", "/*",
        "<0x0 0xffffffff 0xffffffff 0xffffffff>", "#line 1", "/delete-node/ ", "linux", "= \"\""]


@pytest.fixture(scope="session")
def good_text():
    cpp = ["cpp", "-nostdinc", "-undef", "-P", "-x", "assembler-with-cpp", "-I", "dts"]
    return subprocess.run([*cpp, "configs/virt-demo.dts"], cwd=ROOT, check=True,
                          capture_output=True, text=True).stdout


def check_text(pvc, path, text):
    path.write_text(text, encoding="latin-1")
    result = pvc("check", path)
    assert (result.status == 0) == ("error:" not in result.err)
    assert result.status in (0, 1)
    return result.status


def test_truncated_text(pvc, good_text, tmp_path):
    """Cut at any place but the end: an error."""
    for i in range(ROUNDS):
        cut = good_text[:len(good_text.rstrip()) * i // ROUNDS]
        assert check_text(pvc, tmp_path / "cut.pp.dts", cut) == 1


@pytest.mark.parametrize("seed", range(4))
def test_changed_text(pvc, good_text, tmp_path, seed):
    chance = random.Random(seed)
    taken = 0
    for _ in range(ROUNDS // 4):
        text = good_text
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice(BITE) + text[at + chance.randint(0, 12):]
        taken += check_text(pvc, tmp_path / "changed.pp.dts", text) == 0
    assert taken < ROUNDS // 4


def test_shuffled_numbers(pvc, good_text, tmp_path):
    """Well-formed text with wrong numbers reaches the checks, not only the parsers."""
    chance = random.Random(5)
    lines = good_text.splitlines()
    numbers = [i for i, line in enumerate(lines) if "= <0x" in line]
    for _ in range(ROUNDS // 2):
        changed = list(lines)
        a, b = chance.sample(numbers, 2)
        changed[a] = lines[a].split("=")[0] + "=" + lines[b].split("=", 1)[1]
        check_text(pvc, tmp_path / "numbers.pp.dts", "\n".join(changed))


@pytest.mark.parametrize("text", [
    "",
    "\n",
    "\0",
    "/dts-v1/;",
    "/dts-v1/;\n/ { };",
    "/dts-v1/;\n/ { domains { hypervisor { compatible = \"paravent,hypervisor-v1\"; }; }; };",
    "/dts-v1/;\n/ { a = /incbin/(\"/dev/zero\"); };",
    "/dts-v1/;\n/ { " + "a {" * 100000,
    "/dts-v1/;\n/ { a = <" + "1 " * 300000 + ">; };",
    "/dts-v1/;\n/ { " + "".join(f"n{i} {{ }};" for i in range(30000)) + "};",
    "# 1 \"" + "x" * 100000 + "\"\n/dts-v1/;\n/ { };",
], ids=["empty", "newline", "zero", "version", "nothing", "bare", "endless", "deep", "long", "wide",
        "name"])
def test_odd_text(pvc, tmp_path, text):
    assert check_text(pvc, tmp_path / "odd.pp.dts", text) == 1


def test_endless_includes(pvc, tmp_path):
    """A file that includes itself."""
    (tmp_path / "self.dts").write_text('#include "self.dts"\n')
    result = pvc("check", tmp_path / "self.dts")
    assert result.status == 1 and "nested" in result.err and "[cpp]" in result.err


def test_tool_without_end(pvc, tmp_path):
    """dtc waits for a FIFO: pvc ends it after 10 seconds and says so."""
    os.mkfifo(tmp_path / "fifo")
    system = tmp_path / "waits.dts"
    system.write_text(f'/dts-v1/;\n/ {{ a = /incbin/("{tmp_path}/fifo"); }};\n')
    result = pvc("check", system)
    assert result.status == 1 and "ended by signal 9" in result.err


def test_memreserve(pvc, good_text, tmp_path):
    """A /memreserve/ entry counts like a node of /reserved-memory."""
    system = tmp_path / "reserved.pp.dts"
    system.write_text(good_text.replace("/dts-v1/;", "/dts-v1/;\n/memreserve/ 0x70000000 0x1000;"))
    result = pvc("check", system)
    assert result.status == 1
    assert "memory of partition \"motion\" and /memreserve/ overlap" in result.err


def test_damaged_images(pvc, image_folder, tmp_path):
    """Image files cut and changed at random, as kernel and as ramdisk."""
    chance = random.Random(11)
    good = images.elf([(0x70000000, 0x70000000, 0x1000, 0x2000)], 0x70000000)
    header = images.linux_image(0x1000, 0x2000)
    system = tmp_path / "damaged.dts"
    system.write_text(f'#include "{ROOT}/tests/pvc/rules/base.dtsi"\n'
                      '&motion_kernel { paravent,file = "damaged.bin"; };\n')
    for i in range(ROUNDS):
        damaged = bytearray(header if i % 3 == 0 else good)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(200)] = chance.randrange(256)
        if i % 4 == 0:
            del damaged[chance.randrange(len(damaged)):]
        (tmp_path / "damaged.bin").write_bytes(bytes(damaged))
        result = pvc("check", system, "-I", "dts", "-i", image_folder)
        assert (result.status == 0) == ("error:" not in result.err)


def test_image_that_never_ends(pvc, tmp_path):
    system = tmp_path / "endless.dts"
    system.write_text(f'#include "{ROOT}/tests/pvc/rules/base.dtsi"\n'
                      '&linux_kernel { paravent,file = "/dev/zero"; };\n'
                      f'&motion_kernel {{ paravent,file = "{tmp_path}"; }};\n')
    result = pvc("check", system, "-I", "dts", "-i", ".")
    assert result.status == 1
    assert "not a plain file" in result.err and "image file" in result.err
