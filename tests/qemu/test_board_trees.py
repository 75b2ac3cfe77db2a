# SPDX-License-Identifier: Apache-2.0
"""dts/ against the devicetrees of Debian's kernel package: spare SPIs are really nobody's."""

import re
import struct
from pathlib import Path

import pytest

from board import ROOT, make

DEBIAN = {"raspberrypi-4.dtsi": "broadcom/bcm2711-rpi-4-b.dtb",
          "imx8mp-evk.dtsi": "freescale/imx8mp-evk.dtb",
          "imx8mm-evk.dtsi": "freescale/imx8mm-evk.dtb",
          "imx8mq-evk.dtsi": "freescale/imx8mq-evk.dtb"}


class Node:
    def __init__(self, parent):
        self.parent, self.properties = parent, {}

    def cells(self, name):
        value = self.properties.get(name, b"")
        return list(struct.unpack(f">{len(value) // 4}I", value[:len(value) // 4 * 4]))


def nodes_of(blob):
    """All nodes of a flattened devicetree."""
    at, strings = struct.unpack(">II", blob[8:16])
    found, current = [], None
    while True:
        token = struct.unpack(">I", blob[at:at + 4])[0]
        at += 4
        if token == 1:  # FDT_BEGIN_NODE
            current = Node(current)
            found.append(current)
            at = blob.index(0, at) // 4 * 4 + 4
        elif token == 2:
            current = current.parent
        elif token == 3:
            length, name = struct.unpack(">II", blob[at:at + 8])
            name = blob[strings + name:blob.index(0, strings + name)].decode()
            current.properties[name] = blob[at + 8:at + 8 + length]
            at = (at + 8 + length + 3) // 4 * 4
        elif token == 9:
            return found


def spis_of(blob):
    """SPI numbers that any node uses: through the GIC, or i.MX's GPC, which counts alike."""
    nodes = nodes_of(blob)
    handles = {node.cells("phandle")[0]: node for node in nodes if "phandle" in node.properties}

    def parent_of(node):
        while node is not None:
            if "interrupt-parent" in node.properties:
                return handles.get(node.cells("interrupt-parent")[0])
            node = node.parent
        return None

    def counts(controller):
        names = controller.properties.get("compatible", b"") if controller else b""
        return b"arm,gic" in names or b"-gpc\0" in names

    used = set()
    for node in nodes:
        parent = parent_of(node)
        if counts(parent):
            words = node.cells("interrupts")
            used |= {words[i + 1] for i in range(0, len(words) - 2, 3) if words[i] == 0}
        words = node.cells("interrupts-extended")
        while words:
            controller = handles[words[0]]
            n = controller.cells("#interrupt-cells")[0]
            if counts(controller) and words[1] == 0:
                used.add(words[2])
            words = words[1 + n:]
        words = node.cells("interrupt-map")  # of PCIe: 3 + 1 cells, the controller, 3 cells
        used |= {words[i + 6] for i in range(0, len(words) - 7, 8) if words[i + 5] == 0}
    return used


@pytest.mark.parametrize("board", DEBIAN)
def test_spare_spis_are_nobodys(board):
    tree = f"build/linux/dtbs/{DEBIAN[board]}"
    made = make(tree)
    assert made.returncode == 0, made.stdout
    text = (Path(ROOT) / "dts" / board).read_text()
    first, count = map(int, re.search(r"paravent,spare-spis = <(\d+) (\d+)>", text).groups())
    used = spis_of((Path(ROOT) / tree).read_bytes())
    assert len(used) > 30, "the devicetree was not understood"
    assert sorted(used & set(range(first, first + count))) == []
