# SPDX-License-Identifier: Apache-2.0
"""What docs/boards show of a start is what comes out, figures of the build apart."""

import os
import re

import pytest

from board import ROOT, build

PAGES = {"qemu-virt.md": "sdk", "raspberry-pi-4.md": "sdk-rpi4", "imx8m-plus-evk.md": "sdk-imx8mp",
         "no-output.md": "sdk"}
LAST = r"sdk: start 1, [^\r\n]*[\r\n]"


def masked(line):
    """Without what changes with the build: the input's hash, where the devicetree lies."""
    line = re.sub(r"configuration [0-9a-f]+", "configuration H", line.strip())
    line = re.sub(r"image at 0x[0-9a-f]+", "image at A", line).split(", moving to")[0]
    return re.sub(r"devicetree 0x[0-9a-f]+", "devicetree A", line)


def lines_of_page(page):
    with open(os.path.join(ROOT, "docs/boards", page), encoding="utf-8") as text:
        block = re.search(r"\n\n((?:    paravent\| [^\n]*\n)+)", text.read())[1]
    return [masked(line) for line in block.splitlines()]


@pytest.mark.parametrize("page", PAGES)
def test_first_lines(boot, page):
    board = boot(build(f"tests/qemu/systems/{PAGES[page]}.dts"))
    board.expect(LAST)
    with open(board.log_path, encoding="utf-8", errors="replace") as log:
        came = [masked(line) for line in log if line.startswith("paravent| ")]
    assert lines_of_page(page) == came[:len(lines_of_page(page))]
    assert re.search(LAST, lines_of_page(page)[-1] + "\n"), "the page stops too early"
