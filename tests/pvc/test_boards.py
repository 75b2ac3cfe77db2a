# SPDX-License-Identifier: Apache-2.0
"""dts/: every board compiles, at every size, and agrees with EL2."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INCLUDED = {"qemu-virt.dtsi", "imx8m-evk.dtsi"}  # by boards, not by systems
BOARDS = sorted(path.name for path in (ROOT / "dts").glob("*.dtsi") if path.name not in INCLUDED)
CONSOLES = {"qemu-virt-gicv2.dtsi": "uart0", "qemu-virt-gicv3.dtsi": "uart0",
            "raspberrypi-4.dtsi": "uart0", "imx8mp-evk.dtsi": "uart2", "imx8mm-evk.dtsi": "uart2",
            "imx8mq-evk.dtsi": "uart1", "xlnx-zcu102.dtsi": "uart0"}
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
