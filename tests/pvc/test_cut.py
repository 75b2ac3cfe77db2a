# SPDX-License-Identifier: Apache-2.0
"""A Linux partition's devices are cut out of the board's own devicetree: these, what they need, no more."""

import re
import subprocess
from pathlib import Path

import pytest

import images

BOARD = Path(__file__).parent / "systems" / "board-tree.dts"
SYSTEM = r"""
#include "qemu-virt-gicv3.dtsi"
/ {
	paravent-board {
		paravent,devicetree = "vendor/board.dtb";
	};
	soc {
		ccm: clock@9110000 { compatible = "test,ccm"; reg = <0x0 0x09110000 0x0 0x1000>; #clock-cells = <1>; };
		pins: pinctrl@9120000 { compatible = "test,pins"; reg = <0x0 0x09120000 0x0 0x1000>; };
		mmc: mmc@9130000 {
			compatible = "test,mmc";
			reg = <0x0 0x09130000 0x0 0x100>;
			interrupts = <GIC_SPI 20 4>;
		};
		serial: serial@9140000 {
			compatible = "arm,pl011";
			reg = <0x0 0x09140000 0x0 0x100>;
			interrupts = <GIC_SPI 21 4>;
		};
		pll: pll@9150000 { compatible = "test,pll"; reg = <0x0 0x09150000 0x0 0x100>; };
		mailbox: mailbox@9170000 { compatible = "test,mailbox"; reg = <0x0 0x09170000 0x0 0x100>; };
		usb: usb@9181000 { compatible = "test,usb"; reg = <0x0 0x09181000 0x0 0x100>; };
		timer0: timer@9500000 {
			compatible = "test,timer";
			reg = <0x0 0x09500000 0x0 0x1000>;
			interrupts = <GIC_SPI 9 4>;
		};
	};
	domains {
		#address-cells = <2>;
		#size-cells = <2>;
		hypervisor {
			compatible = "paravent,hypervisor-v1", "openamp,domain-v1";
			id = <0xffff>;
			cpus = <&cpus 0xf EL2_NS>;
			memory = <0x0 0x40000000 0x0 0x40000000>;
			paravent,image-memory = <0x0 0x40200000 0x0 0x01e00000>;
			#access-flags-cells = <1>;
			access = <&gic 0x0>, <&uart0 0x0>;
			paravent,console = <&uart0>;
			linux {
				compatible = "paravent,partition-v1", "openamp,domain-v1";
				id = <0>;
				os,type = "linux";
				cpus = <&cpus 0x3 EL1_NS>;
				memory = <0x0 0x50000000 0x0 0x10000000>;
				access = %(linux)s;
				%(more)s
				kernel { compatible = "multiboot,kernel", "multiboot,module"; paravent,file = "linux.image"; };
			};
			motion {
				compatible = "paravent,partition-v1", "openamp,domain-v1";
				id = <1>;
				cpus = <&cpus 0x4 EL1_NS>;
				memory = <0x0 0x70000000 0x0 0x00200000>;
				%(motion)s
				kernel { compatible = "multiboot,kernel", "multiboot,module"; paravent,file = "motion.bin"; };
			};
		};
	};
};
"""
ALL = "<&mmc 0>, <&ccm 0>, <&pins 0>, <&mailbox 0>, <&timer0 0>, <&usb 0>, <&pll 0>"


@pytest.fixture
def cut(pvc, tmp_path):
    """cut(access, more): pvc's result and the nodes of linux.dtb, {path: {property: value}}."""
    images.write_all(tmp_path)
    (tmp_path / "dtbs/vendor").mkdir(parents=True)

    def run(linux, more="", motion="", dtb=True, board=()):
        """board: pairs of text to be replaced in the board's own tree."""
        text = BOARD.read_text()
        for old, new in board:
            assert old in text
            text = text.replace(old, new)
        subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-o",
                        tmp_path / "dtbs/vendor/board.dtb", "-"], input=text, text=True, check=True)
        (tmp_path / "cut.dts").write_text(
            SYSTEM % {"linux": linux, "more": more,
                      "motion": f"access = {motion};" if motion else ""})
        if not dtb:
            (tmp_path / "dtbs/vendor/board.dtb").unlink()
        result = pvc("build", tmp_path / "cut.dts", "-I", "dts", "-i", tmp_path, "-o",
                     tmp_path / "out")
        return result, nodes(tmp_path / "out/linux.dtb") if result.status == 0 else {}

    return run


def nodes(dtb):
    source = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", dtb], capture_output=True,
                            text=True, check=True).stdout
    found, path = {}, []
    for line in source.splitlines():
        line = line.strip()
        if line.endswith("{"):
            path.append(line[:-2].rstrip("/"))
            found["/".join(path) or "/"] = {}
        elif line == "};":
            path.pop()
        elif path and line.endswith(";"):
            name, _, value = line[:-1].partition(" = ")
            found["/".join(path) or "/"][name] = value
    return found


def number(value):
    return [int(word, 16) for word in re.findall(r"0x[0-9a-f]+", value)]


def test_devices_with_all_they_need(cut):
    result, tree = cut(ALL)
    assert result.err == ""
    mmc = tree["/soc/mmc@30000"]
    phandle = {path: tree[path].get("phandle", "").strip("<>") for path in tree}
    assert number(mmc["reg"]) == [0x30000, 0x100]
    assert number(mmc["clocks"]) == [int(phandle["/soc/clock@10000"], 16), 1,
                                     int(phandle["/soc/pll@50000"], 16), 2,
                                     int(phandle["/clocks/osc"], 16)]
    # Behind registers of its own by way of nodes without: regulator, expander, firmware, mailbox.
    assert mmc["vmmc-supply"] == f"<{phandle['/regulator-vcc']}>"
    assert number(tree["/soc/firmware"]["mboxes"]) == [int(phandle["/soc/mailbox@70000"], 16)]
    assert "/soc/firmware/gpio" in tree and "/regulator-vin" in tree
    # Given, so in use; interrupts without the cell that names the board's cores.
    assert "status" not in mmc and number(mmc["interrupts"]) == [0, 20, 4]
    assert "paravent,dropped" not in mmc


def test_nothing_else(cut):
    _, tree = cut(ALL)
    for path in ("/soc/ethernet@60000", "/soc/serial@40000", "/clocks/unused",
                 "/soc/firmware/reset", "/soc/pinctrl@20000/uart-pins"):
        assert path not in tree, path
    assert "/soc/pinctrl@20000/mmc-pins" in tree and "/soc/pinctrl@20000/led-hog" in tree
    assert tree["/aliases"] == {"serial0": tree["/chosen"]["stdout-path"],
                                "mmc3": '"/soc/mmc@30000"'}


def test_addresses_mean_what_they_did(cut):
    _, tree = cut(ALL)
    assert number(tree["/soc"]["ranges"]) == [0, 0, 0x9100000, 0x100000]
    assert number(tree["/soc"]["dma-ranges"]) == [0xc0000000, 0, 0, 0x40000000]
    # The root has two size cells in every partition's tree; this board's has one.
    assert number(tree["/timer@9500000"]["reg"]) == [0, 0x9500000, 0, 0x1000]


def test_a_bridge_passes_addresses_and_no_more(cut):
    """A device below one that is not given: the driver of the latter must not find it."""
    _, tree = cut(ALL)
    assert tree["/soc/wrapper@80000"]["compatible"] == '"simple-bus"'
    assert set(tree["/soc/wrapper@80000"]) == {"compatible", "#address-cells", "#size-cells",
                                               "ranges"}
    assert tree["/soc/wrapper@80000/usb@81000"]["compatible"] == '"test,usb"'


def test_parents_of_a_clock_keep_their_names(cut):
    """The clock controller's driver wants all it could run from; what is not there stays off."""
    result, tree = cut(ALL)
    display = tree["/soc/display@90000"]
    assert result.err == "" and set(display) == {"phandle", "#clock-cells", "clock-output-names",
                                                 "status"}
    assert display["status"] == '"disabled"'
    assert number(tree["/soc/clock@10000"]["clocks"])[1:] == [*number(display["phandle"]), 1]


def test_what_is_missing_is_said_and_left_out(cut):
    result, tree = cut("<&mmc 0>")
    mmc = tree["/soc/mmc@30000"]
    for supplier in ("/soc/clock@10000 ('clocks'", "/soc/pll@50000 ('clocks'",
                     "/soc/mailbox@70000 for /regulator-vcc ('vmmc-supply'"):
        assert supplier in result.err
    assert result.err.count("[supplier-missing]") == 3
    # Only the oscillator is there; each clock keeps its place.
    assert number(mmc["clocks"])[:2] == [0, 0] and len(number(mmc["clocks"])) == 3
    assert mmc["clock-names"] == '"a", "b", "c"' or mmc["clock-names"] == r'"a\0b\0c"'
    assert not {"vmmc-supply", "reset-gpios", "pinctrl-0", "pinctrl-names"} & set(mmc)
    for gone in ("clocks", "vmmc-supply", "reset-gpios", "pinctrl-0"):
        assert gone in mmc["paravent,dropped"]
    assert not [path for path in tree if "firmware" in path or "regulator" in path]


def test_omitted(cut):
    result, tree = cut("<&mmc 0>, <&ccm 0>, <&pins 0>",
                       'paravent,devicetree-omit = "/soc/mailbox@70000", "/soc/pll@50000", '
                       '"/soc/mmc@30000/wifi@1", "/soc/mmc@30000:pinctrl-0";')
    assert result.err == ""
    assert "/soc/mmc@30000/wifi@1" not in tree
    assert "pinctrl-0" not in tree["/soc/mmc@30000"]


def test_own_uart_keeps_its_number(cut):
    _, tree = cut("<&serial 0>, <&pins 0>")
    assert tree["/aliases"]["serial7"] == '"/soc/serial@40000"'


def check_error(result, rule, words):
    assert result.status == 1 and f"[{rule}]" in result.err and words in result.err, result.err


def test_supplier_of_another(cut):
    result, _ = cut("<&mmc 0>, <&ccm 0>, <&pins 0>, <&mailbox 0>", motion="<&pll 0>")
    check_error(result, "supplier-foreign",
                "depends on /soc/pll@50000 ('clocks' in vendor/board.dtb), which belongs to "
                'partition "motion"')


def test_supplier_that_serves_others(cut):
    """The owner says so: no error, and the reference is left out at the other end."""
    result, tree = cut("<&ccm 0>, <&pins 0>",
                       'paravent,shared-suppliers = <&ccm>; '
                       'chosen { bootargs = "clk_ignore_unused"; };', motion="<&usb 0>")
    assert (result.status, result.err) == (0, "")
    result, _ = cut("<&ccm 0>, <&pins 0>", motion="<&usb 0>")
    check_error(result, "supplier-foreign", "/soc/clock@10000")


def test_rule_devicetree_missing(cut):
    result, _ = cut(ALL, dtb=False)
    check_error(result, "devicetree-missing", 'devicetree "vendor/board.dtb" not found')
    assert "dtbs/vendor/board.dtb" in result.err


def test_rule_devicetree_device(cut):
    result, _ = cut("<&rtc0 0>")
    check_error(result, "devicetree-device", "no device at 0x9010000")


def test_rule_devicetree_omit(cut):
    result, _ = cut(ALL, 'paravent,devicetree-omit = "/soc/mmc@30000:vmc-supply";')
    check_error(result, "devicetree-omit", '"/soc/mmc@30000:vmc-supply"')


MMC = "<&mmc 0>, <&ccm 0>, <&pins 0>, <&mailbox 0>, <&pll 0>"
WIFI = 'wifi@1 { reg = <1>; compatible = "test,wifi"; };'


def test_rule_devicetree_differs(cut):
    """What EL2 grants and what Linux is told must be the same."""
    result, _ = cut(MMC, board=[("interrupts = <0 20 4 0>", "interrupts = <0 99 4 0>")])
    check_error(result, "devicetree-differs", "/soc/mmc@9130000 has SPI 99 in vendor/board.dtb")
    result, _ = cut(MMC, board=[("reg = <0x30000 0x100>", "reg = <0x30000 0x8000>")])
    check_error(result, "devicetree-differs", "has registers at 0x9130000..0x9137fff")


def test_a_controller_takes_the_interrupts_below_it(cut):
    """Also when nothing says interrupt-parent: a PMIC's functions are written this way."""
    _, tree = cut(MMC, board=[(WIFI, """interrupt-controller; #interrupt-cells = <2>;
                               wifi { compatible = "test,wifi"; interrupts = <5 8>; };"""),
                              ('mmc@30000 {', 'mmc: mmc@30000 {')])
    assert number(tree["/soc/mmc@30000/wifi"]["interrupts"]) == [5, 8]


def test_counts_are_no_references(cut):
    """A number that happens to be the phandle of what the partition has not."""
    _, tree = cut(MMC, board=[
        (WIFI, "snps,nr-gpios = <0x77>;"),
        ("ethernet@60000 {", "ethernet@60000 { phandle = <0x77>; #gpio-cells = <0>;")])
    assert number(tree["/soc/mmc@30000"]["snps,nr-gpios"]) == [0x77]
    assert "paravent,dropped" not in tree["/soc/mmc@30000"]


def test_nodes_that_need_each_other(cut):
    """One of the two needs what nobody gave: neither comes, whichever was asked about first."""
    vin = "vin: regulator-vin { compatible = \"regulator-fixed\"; regulator-name = \"vin\"; "
    result, tree = cut("<&mmc 0>, <&ccm 0>, <&pins 0>, <&mailbox 0>", board=[
        (vin, vin + "own-supply = <&other>; clocks = <&pll 1>; "),
        ("\tsoc {", 'other: regulator-other { compatible = "regulator-fixed"; in-supply = <&vin>; };'
         "\tsoc {"),
        ("vmmc-supply = <&vcc>;", "vqmmc-supply = <&vin>; x-supply = <&other>;")])
    assert result.status == 0
    assert not [path for path in tree if "regulator" in path]
    assert not [name for name in tree["/soc/mmc@30000"] if name.endswith("-supply")]


def test_a_root_with_one_cell(cut):
    """The board's root counts addresses in one cell; every partition's in two."""
    _, tree = cut(ALL, board=[
        ("#address-cells = <2>;\n\t#size-cells = <1>;", "#address-cells = <1>;\n\t#size-cells = <1>;"),
        ("<0x0 0x08000000 0x10000>, <0x0 0x080a0000 0xf60000>",
         "<0x08000000 0x10000>, <0x080a0000 0xf60000>"),
        ("reg = <0x0 0x09500000 0x1000>", "reg = <0x09500000 0x1000>"),
        ("ranges = <0x0 0x0 0x09100000 0x100000>", "ranges = <0x0 0x09100000 0x100000>"),
        ("dma-ranges = <0xc0000000 0x0 0x0 0x40000000>", "dma-ranges = <0xc0000000 0x0 0x40000000>")])
    assert number(tree["/soc"]["ranges"]) == [0, 0, 0x9100000, 0x100000]
    assert number(tree["/soc"]["dma-ranges"]) == [0xc0000000, 0, 0, 0x40000000]
    assert number(tree["/timer@9500000"]["reg"]) == [0, 0x9500000, 0, 0x1000]


def test_long_chains_end(cut):
    """Nodes that need one another without end cost neither the stack nor the evening."""
    nodes = "".join(f'r{i}: r{i} {{ compatible = "x"; z-supply = <&r{i + 1}>; }};\n'
                    for i in range(5000)) + 'r5000: r5000 { compatible = "x"; };\n'
    result, _ = cut(MMC, board=[("\tsoc {", nodes + "\tsoc {"), (WIFI, "z-supply = <&r0>;")])
    check_error(result, "limit", "need one another in a chain")


def test_dma_reaches_in_pieces(cut):
    dma = '}; }; }; paravent-board { paravent,dma-masters = "test,mmc"; }; domains { hypervisor { linux {'
    result, _ = cut(MMC, "paravent,trusted-dma = <&mmc>; " + dma, board=[
        ("dma-ranges = <0xc0000000 0x0 0x0 0x40000000>;", "dma-ranges = <0xc0000000 0x0 0x0 "
         "0x50000000>, <0x10000000 0x0 0x50000000 0x20000000>;")])
    assert result.status == 0, result.err  # in two pieces, without a gap


def test_rule_dma_reach(cut):
    """The soc's dma-ranges end at 0x3fffffff, and the memory lies behind."""
    dma = '}; }; }; paravent-board { paravent,dma-masters = "test,mmc"; }; domains { hypervisor { linux {'
    result, _ = cut("<&mmc 0>, <&ccm 0>, <&pins 0>, <&mailbox 0>, <&pll 0>",
                    "paravent,trusted-dma = <&mmc>; " + dma)
    check_error(result, "dma-reach", "DMA of /soc/mmc@9130000 does not reach memory 0x50000000")
    assert "'dma-ranges' of /soc in vendor/board.dtb" in result.err


def test_a_damaged_tree(cut, tmp_path):
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor/board.dtb").write_bytes(b"\xd0\x0d\xfe\xed" + bytes(60))
    result, _ = cut(ALL)
    check_error(result, "fdt", "vendor/board.dtb")
