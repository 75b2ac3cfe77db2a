# SPDX-License-Identifier: Apache-2.0
"""dts/: every board compiles, at every size, and agrees with EL2 and with the vendors' devicetrees."""

import re
import struct
from glob import glob
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INCLUDED = {"qemu-virt.dtsi", "imx8m-evk.dtsi"}  # by boards, not by systems
BOARDS = sorted(path.name for path in (ROOT / "dts").glob("*.dtsi") if path.name not in INCLUDED)
CONSOLES = {"qemu-virt-gicv2.dtsi": "uart0", "qemu-virt-gicv3.dtsi": "uart0",
            "raspberrypi-4.dtsi": "uart0", "imx8mp-evk.dtsi": "uart2", "imx8mm-evk.dtsi": "uart2",
            "imx8mq-evk.dtsi": "uart1", "xlnx-zcu102.dtsi": "uart0"}
DEBIAN = {"raspberrypi-4.dtsi": "broadcom/bcm2711-rpi-4-b.dtb",
          "imx8mp-evk.dtsi": "freescale/imx8mp-evk.dtb",
          "imx8mm-evk.dtsi": "freescale/imx8mm-evk.dtb",
          "imx8mq-evk.dtsi": "freescale/imx8mq-evk.dtb"}
MIB = 1 << 20

SYSTEM = """
#include "{board}"
/ {{ domains {{
	#address-cells = <2>;
	#size-cells = <2>;
	hypervisor {{
		compatible = "paravent,hypervisor-v1", "openamp,hypervisor-v1", "openamp,domain-v1";
		cpus = <&cpus 0x3 EL2_NS>;
		memory = <0x0 {base:#x} 0x0 0x08000000>, <{more}>;
		paravent,image-memory = <0x0 {base:#x} 0x0 0x01e00000>;
		#access-flags-cells = <1>;
		access = <&gic 0x0>, <&{console} 0x0>;
		paravent,console = <&{console}>;
		one {{
			compatible = "paravent,partition-v1", "openamp,domain-v1";
			id = <0>;
			cpus = <&cpus 0x1 EL1_NS>;
			memory = <{more}>;
			kernel {{ compatible = "multiboot,kernel", "multiboot,module"; paravent,file = "one.bin"; }};
		}};
		two {{
			compatible = "paravent,partition-v1", "openamp,domain-v1";
			id = <1>;
			cpus = <&cpus 0x2 EL1_NS>;
			memory = <0x0 {middle:#x} 0x0 0x00400000>;
			kernel {{ compatible = "multiboot,kernel", "multiboot,module"; paravent,file = "one.bin"; }};
		}};
		channels {{
			a {{ compatible = "paravent,queuing-channel-v1"; paravent,message-size = <32>;
			    paravent,depth = <4>; paravent,source = <&{{/domains/hypervisor/one}}>;
			    paravent,destinations = <&{{/domains/hypervisor/two}}>; }};
		}};
	}};
}}; }};
"""


def cells(address):
    return f"{address >> 32:#x} {address & 0xffffffff:#x}"


def check(pvc, folder, board, where=0x48000000, head="", command="check", base=0x40000000):
    """pvc over a system at `base` with two partitions; the first has 4 MiB at `where`."""
    (folder / "one.bin").write_bytes(bytes(64))
    text = SYSTEM.format(board=board, console=CONSOLES[board],
                         base=base, middle=base + 64 * MIB, more=f"{cells(where)} 0x0 0x00400000")
    (folder / "system.dts").write_text(head + text)
    out = ("-o", "out") if command == "build" else ()
    return pvc(command, "system.dts", "-I", ROOT / "dts", *out, cwd=folder)


def table_of_el2():
    """The entries of arch/arm64/boards.c: {compatible: (kind, base)}."""
    text = (ROOT / "arch/arm64/boards.c").read_text()
    entries = re.findall(r'\{ "([^"]+)", (UART_\w+), \{ (0x[0-9a-f]+) \} \}', text)
    assert len(entries) == text.count('{ "')
    return {name: (kind, int(base, 16)) for name, kind, base in entries}


@pytest.mark.parametrize("board", BOARDS)
def test_board_builds_and_el2_knows_its_console(pvc, tmp_path, board):
    """What pvc makes of the board stands in EL2's own list, which the wrong board's message needs."""
    result = check(pvc, tmp_path, board, command="build")
    assert (result.status, result.err) == (0, "")
    config = (tmp_path / "out/config.c").read_text()
    kind, base = re.search(r"\.kind = (UART_\w+),\s+\.base = \{ UINT64_C\((0x[0-9a-f]+)\)",
                           config).groups()
    name = re.search(r'\.compatible = "([^"]+)"', config)[1]
    assert table_of_el2().get(name) == (kind, int(base, 16))
    assert len(name) < 32


def test_el2_knows_no_board_that_is_not_there(pvc, tmp_path):
    names = set()
    for board in BOARDS:
        assert check(pvc, tmp_path, board, command="build").status == 0
        names.add(re.search(r'\.compatible = "([^"]+)"', (tmp_path / "out/config.c").read_text())[1])
    assert set(table_of_el2()) == names


# ---- Raspberry Pi 4: sizes --------------------------------------------------------

# Last 4 MiB that a board of this size has, and the first that it has not.
SIZES = {1024: (0x3b000000, 0x40000000), 2048: (0x7fc00000, 0x80000000),
         4096: (0xfbc00000, 0xfc000000), 8192: (0x1ffc00000, 0x200000000)}


@pytest.mark.parametrize("mebibytes", SIZES)
def test_raspberry_pi_sizes(pvc, tmp_path, mebibytes):
    last, beyond = SIZES[mebibytes]
    head = f"#define BOARD_RAM_MIB {mebibytes}\n"

    def place(where):
        return check(pvc, tmp_path, "raspberrypi-4.dtsi", where, head, base=0x10000000)

    result = place(last)
    assert (result.status, result.err) == (0, "")
    for where, rule in ((beyond, "memory-outside-ram"),
                        (0x3b400000, "memory-outside-ram"),  # the VideoCore's
                        (0, "memory-overlap")):              # the EL3 stub's
        result = place(where)
        assert result.status == 1 and f"[{rule}]" in result.err


# ---- Against the devicetrees of Debian's kernel package ---------------------------------


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
    trees = glob(str(ROOT / "build/linux*/dtbs" / DEBIAN[board]))
    if not trees:
        pytest.skip("no devicetrees of the kernel package in build/linux*/dtbs yet")
    text = (ROOT / "dts" / board).read_text()
    first, count = map(int, re.search(r"paravent,spare-spis = <(\d+) (\d+)>", text).groups())
    for tree in trees:
        used = spis_of(Path(tree).read_bytes())
        assert len(used) > 30, "the devicetree was not understood"
        assert sorted(used & set(range(first, first + count))) == []
