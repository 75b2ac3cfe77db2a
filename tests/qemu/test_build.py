# SPDX-License-Identifier: Apache-2.0
"""make builds systems from anywhere, and says what is wrong with a wrong one."""

import os
import subprocess

from board import ROOT, build, make

MEMORY = 0x50000000  # of the README's partition
HELLO = r"""
	.globl	_start
_start:	adr	x1, text		// PV_CONSOLE_WRITE
	movz	x0, #0xc600, lsl #16
	movk	x0, #5
	ldp	x2, x3, [x1]
	mov	x1, #16
	hvc	#0
	movz	w0, #0x8400, lsl #16	// PSCI SYSTEM_OFF
	movk	w0, #8
	hvc	#0
	.balign	8
text:	.ascii	"hello from here\n"
"""


def readme_example():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as text:
        return text.read().split("```dts\n")[1].split("```")[0]


def test_system_outside_the_tree(boot, tmp_path):
    """The README's system in some folder, with a program of its own beside it."""
    source = tmp_path / "hello.S"
    source.write_text(HELLO)
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static",
                    "-Wl,--build-id=none", "-Wl,-n",
                    f"-Wl,-Ttext={MEMORY:#x}", str(source), "-o", str(tmp_path / "hello.elf")],
                   check=True)
    (tmp_path / "outside.dts").write_text(readme_example())
    system = build(str(tmp_path / "outside.dts"))
    assert system.partitions == ["hello"]
    board = boot(system)
    board.expect(r"hello *\| hello from here")
    assert board.wait_end() == 0


def test_missing_system_is_named():
    result = make("SYSTEM=configs/nothing.dts")
    assert result.returncode != 0
    assert 'no file "configs/nothing.dts"' in result.stdout


def test_broken_system_stops_make(tmp_path):
    (tmp_path / "broken.dts").write_text(readme_example().replace("0x50000000", "0x40400000"))
    result = make(f"SYSTEM={tmp_path}/broken.dts")
    assert result.returncode != 0
    assert "broken.dts:" in result.stdout and "error:" in result.stdout
    assert not os.path.exists(os.path.join(ROOT, "build/broken/paravent.img"))


def test_second_make_does_nothing():
    build("tests/qemu/systems/sdk.dts")
    result = make("SYSTEM=tests/qemu/systems/sdk.dts")
    assert "Nothing to be done" in result.stdout, result.stdout
