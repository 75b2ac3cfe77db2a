# SPDX-License-Identifier: Apache-2.0
"""What pvc writes: tables that compile and link, devicetrees, headers, the report."""

import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from linked import FLAGS, ROOT, WARN, Linked, write_images

SYSTEMS = {
    "virt-demo": ROOT / "configs" / "virt-demo.dts",
    "virt-demo-gicv2": ROOT / "configs" / "virt-demo-gicv2.dts",
    "rich": ROOT / "tests" / "pvc" / "systems" / "rich.dts",
}


@pytest.fixture(scope="module")
def build(pvc, tmp_path_factory):
    """build("rich") -> Linked, made once."""
    folder = tmp_path_factory.mktemp("emit")
    write_images(folder / "images")
    made = {}

    def make(name):
        if name not in made:
            made[name] = Linked(pvc, SYSTEMS[name], folder / name, folder / "images").make()
        return made[name]

    return make


@pytest.fixture(params=SYSTEMS)
def system(request, build):
    return build(request.param)


def get(system, partition, node, name, kind="x"):
    """Value of a property in a partition's devicetree; None: it is not there."""
    done = subprocess.run(["fdtget", "-t", kind, system.out / f"{partition}.dtb", node, name],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def has_node(system, partition, node):
    return subprocess.run(["fdtget", "-p", system.out / f"{partition}.dtb", node],
                          capture_output=True, check=False).returncode == 0


def macros(system, partition):
    """Names and values of ports.h, as the assembler's preprocessor sees them."""
    header = system.out / "include" / partition / "ports.h"
    done = subprocess.run(["aarch64-linux-gnu-gcc", "-E", "-dM", "-D__ASSEMBLER__", "-x",
                           "assembler-with-cpp", header], capture_output=True, text=True,
                          check=True)
    return dict(re.findall(r"^#define (PV_\w+) (.*)$", done.stdout, re.MULTILINE))


# ---- All systems ------------------------------------------------------------------------

def test_isolation_is_proven(system):
    result = system.verify()
    assert result.status == 0, result.err
    assert "isolation of 3 partitions proven" in result.out


@pytest.mark.parametrize("compiler", [["aarch64-linux-gnu-gcc"],
                                      ["clang", "--target=aarch64-linux-gnu"]])
def test_tables_compile_without_warnings(system, compiler):
    for name in ("config.c", "mmu_tables.c"):
        subprocess.run([*compiler, *WARN, *FLAGS, "-c", name, "-o", "checked.o"], cwd=system.out,
                       check=True)


def test_first_line_is_the_hash(system):
    digest = re.search(r'\.hash = "([0-9a-f]{64})"', system.text("config.c")).group(1)
    for name in ("config.c", "mmu_tables.c", "images.inc"):
        assert system.text(name).splitlines()[0] == f"/* input {digest} */"
    assert system.text("system.mk").splitlines()[0] == f"# input {digest}"


def test_same_input_same_output(system, pvc, tmp_path):
    again = pvc("build", str(system.dts), "-o", str(tmp_path), "-I", "dts", "-i",
                str(system.out.parent / "images"))
    assert again.status == 0
    for path in sorted(tmp_path.rglob("*.*")):
        if path.is_file() and path.name != "images.inc":  # it names the folder
            assert path.read_bytes() == (system.out / path.relative_to(tmp_path)).read_bytes(), path


def test_entries_name_their_nodes(system):
    config = system.text("config.c")
    for partition in re.search(r"^partitions := (.*)$", system.text("system.mk"),
                               re.MULTILINE).group(1).split():
        assert f"/* /domains/hypervisor/{partition} */" in config


def test_tables_are_small(system):
    kib = float(re.search(r"translation tables ([\d.]+) KiB", system.text("report.txt")).group(1))
    assert kib < 84  # 4 KiB for each 2 MiB in which a partition has a device


def test_devicetrees_decompile(system):
    for dtb in system.out.glob("*.dtb"):
        done = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", "-o", "/dev/null", dtb],
                              capture_output=True, text=True, check=True)
        # Of the board's own nodes dtc has one complaint, which is not ours to mend.
        ours = [line for line in done.stderr.splitlines() if "gpio@9030000" not in line]
        assert ours == []


def test_ports_header_in_c(system):
    """The table macro fills an array of the documented layout, in one file with the ABI."""
    for header in sorted(system.out.glob("include/*/ports.h")):
        source = system.out / "use_ports.c"
        source.write_text(f"""
#include "{header}"
#include "abi/hypercall.h"
#include <stdint.h>
extern const struct row {{
	const char *name;
	enum pv_port_kind kind;
	enum pv_port_direction direction;
	uint32_t message_bytes, depth;
	uint64_t refresh_us;
	uint32_t interrupt, first_doorbell, n_doorbells;
	uint64_t source_window, destination_window;
}} rows[PV_N_PORTS];
const struct row rows[PV_N_PORTS] = {{ PV_PORT_TABLE }};
#define PV_DEVICE(name, compatible, base, bytes, ...) \\
	{{ name, compatible, base, bytes, (const uint32_t[]){{ __VA_ARGS__, 0 }} }},
extern const struct device {{
	const char *name, *compatible;
	uint64_t base, bytes;
	const uint32_t *interrupts;
}} devices[PV_N_DEVICES + 1];
const struct device devices[PV_N_DEVICES + 1] = {{ PV_DEVICES {{ "", "", 0, 0, 0 }} }};
_Static_assert(sizeof(PV_PARTITION_NAME) > 1, "a name");
_Static_assert(PV_MEMORY_BYTES >= 0x200000, "some memory");
""")
        subprocess.run(["aarch64-linux-gnu-gcc", *WARN, *FLAGS, "-c", source, "-o",
                        system.out / "use_ports.o"], check=True)


def test_device_rows(build):
    """Name, all compatibles, first reg as the CPU sees it, all INTIDs; whoever has none has no row."""
    def rows(partition):
        values = macros(build("rich"), partition)
        found = re.findall(r"PV_DEVICE\((.*?)\)", values["PV_DEVICES"])
        assert len(found) == int(values["PV_N_DEVICES"])
        return found

    assert rows("high") == [
        r'"serial@9040000", "arm,pl011\000arm,primecell\000", 0x9040000, 0x1000, 40',
        r'"rtc@9010000", "arm,pl031\000arm,primecell\000", 0x9010000, 0x1000, 34']
    assert rows("moved") == [
        r'"spi@1000", "test,spi\000", 0x9101000, 0x100, 52, 53',
        r'"gpio@9030000", "arm,pl061\000arm,primecell\000", 0x9030000, 0x1000, 39']
    assert rows("twin-b") == []


def test_device_without_interrupt(pvc, tmp_path):
    """Its row has 0 in the place of an INTID; a name that begins with a digit stays what it is."""
    dts = SYSTEMS["rich"].read_text()
    old = """			interrupts = <GIC_SPI 8 IRQ_TYPE_LEVEL_HIGH>;
"""
    assert dts.count(old) == 1
    dts = dts.replace(old, "").replace('"arm,pl011", "arm,primecell"', '"test,quiet", "74lvc1g"')
    (tmp_path / "quiet.dts").write_text(dts)
    result = pvc("headers", tmp_path / "quiet.dts", "-I", ROOT / "dts", "-o", tmp_path / "out")
    assert result.status == 0, result.err
    header = (tmp_path / "out/include/high/ports.h").read_text()
    assert (r'PV_DEVICE("serial@9040000", "test,quiet\00074lvc1g\000", 0x9040000, 0x1000, 0)'
            in header)


def test_report_fits_a_terminal(system, pvc):
    text = system.text("report.txt")
    assert max(map(len, text.splitlines())) <= 100
    shown = pvc("report", str(system.dts), "-I", "dts", "-i", str(system.out.parent / "images"))
    assert shown.status == 0
    # The size of the devicetrees is known only to a build.
    without_dtb = [line for line in text.splitlines() if ".dtb" not in line]
    assert [line for line in shown.out.splitlines() if line in without_dtb] == without_dtb


def test_picture_is_self_contained(system):
    text = system.text("report.svg")
    root = ElementTree.fromstring(text)
    width, height = int(root.get("width")), int(root.get("height"))
    space = "{http://www.w3.org/2000/svg}"
    texts = root.findall(f"{space}text")
    assert len(texts) > 30
    for element in texts:
        assert 0 < float(element.get("x")) < width and 0 < float(element.get("y")) < height
    for box in root.findall(f"{space}rect"):
        assert float(box.get("x", 0)) + float(box.get("width")) <= width
        assert float(box.get("y", 0)) + float(box.get("height")) <= height
    assert "href" not in text and "url(" not in text
    assert {element.text for element in texts} >= set(re.search(
        r"^partitions := (.*)$", system.text("system.mk"), re.MULTILINE).group(1).split())


def test_picture_has_no_texts_on_each_other(system):
    """Widths are estimated on the wide side; anchors other than the start are left out."""
    root = ElementTree.fromstring(system.text("report.svg"))
    places = []
    for element in root.findall("{http://www.w3.org/2000/svg}text"):
        kind = element.get("class")
        if kind in ("right", "center", "free") or not element.text:
            continue
        letter = {"title": 17, "heading": 10.5, "small": 6.6, "mono": 6.7, "dim": 7}.get(kind, 8)
        x, y = float(element.get("x")), float(element.get("y"))
        places.append((x, x + letter * len(element.text), y - 9, y + 2, element.text))
    for i, a in enumerate(places):
        for b in places[:i]:
            apart = a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2]
            assert apart, f"{a[4]!r} and {b[4]!r}"


# ---- The demo ---------------------------------------------------------------------------

def test_demo_system_mk(build):
    text = build("virt-demo").text("system.mk")
    assert "image_base := 0x40200000\n" in text
    assert "partitions := linux motion monitor\n" in text
    assert ("images := linux/Image linux/initramfs.cpio.gz motion/motion.elf "
            "monitor/monitor.elf\n") in text
    assert ("qemu_args := -M virt,virtualization=on,gic-version=3 -cpu cortex-a72 -smp 4 "
            "-m 1024\n") in text
    assert ("model := QEMU virt\nconsole := /soc/serial@9000000\ncpu_start := psci\nsdcard := u-boot\n"
            "load_address := 0x48000000\n") in text


def test_demo_devicetree(build):
    demo = build("virt-demo")
    assert get(demo, "linux", "/", "compatible", "s") == "paravent,guest linux,dummy-virt"
    assert get(demo, "linux", "/chosen", "bootargs", "s") == "console=ttyAMA0 loglevel=4"
    assert get(demo, "linux", "/chosen", "stdout-path", "s") == "/pl011@9000000"
    start = get(demo, "linux", "/chosen", "linux,initrd-start").split()
    end = get(demo, "linux", "/chosen", "linux,initrd-end").split()
    assert int(end[1], 16) - int(start[1], 16) == 5002
    assert get(demo, "linux", "/memory@50000000", "reg") == "0 50000000 0 20000000"
    assert get(demo, "linux", "/cpus/cpu@1", "reg") == "1"
    assert get(demo, "linux", "/cpus/cpu@1", "enable-method", "s") == "psci"
    assert not has_node(demo, "linux", "/cpus/cpu@2")
    assert get(demo, "monitor", "/cpus/cpu@0", "reg") == "0"  # core 3 of the board
    assert get(demo, "linux", "/psci", "method", "s") == "hvc"
    gic = "/interrupt-controller@8000000"
    assert get(demo, "linux", gic, "reg") == "0 8000000 0 10000 0 80a0000 0 40000"
    assert get(demo, "motion", gic, "reg") == "0 8000000 0 10000 0 80a0000 0 20000"
    assert get(demo, "linux", "/", "interrupt-parent") == get(demo, "linux", gic, "phandle")
    assert get(demo, "linux", "/pl011@9000000", "interrupts") == "0 1 4"
    assert get(demo, "linux", "/hypervisor", "compatible", "s") == "paravent,paravent-1"
    assert get(demo, "motion", "/hypervisor", "paravent,id") == "1"


def test_demo_gicv2_devicetree(build):
    demo = build("virt-demo-gicv2")
    gic = "/interrupt-controller@8000000"
    assert get(demo, "linux", gic, "compatible", "s") == "arm,gic-400"
    # GICC_DIR's page is not the partition's.
    assert get(demo, "linux", gic, "reg") == "0 8000000 0 1000 0 8010000 0 1000"
    # Timer PPIs carry the mask of the partition's cores.
    assert get(demo, "linux", "/timer", "interrupts").split()[2::3] == ["304"] * 4
    assert get(demo, "motion", "/timer", "interrupts").split()[2::3] == ["104"] * 4


def test_ports_agree_everywhere(build):
    """Devicetree, header and system table say the same of the demo's ports."""
    demo = build("virt-demo")
    config = demo.text("config.c")
    kinds = {"1": "sampling", "2": "queuing", "3": "message", "4": "window"}
    for index, partition in enumerate(("linux", "motion", "monitor")):
        values = macros(demo, partition)
        table = re.search(rf"port_config ports_{index}\[\] = {{(.*?)\n}};", config, re.S).group(1)
        entries = table.split("\n\t},")[:-1]
        assert len(entries) == int(values["PV_N_PORTS"])
        for number, entry in enumerate(entries):
            name = re.search(r'\.name = "(\w+)"', entry).group(1)
            field = dict(re.findall(r"\.(\w+) = (?:UINT64_C\()?(\w+)", entry))
            node, prefix = f"/hypervisor/port@{number}", f"PV_PORT_{name.upper()}"
            assert int(values[prefix]) == number
            assert get(demo, partition, node, "label", "s") == name
            assert get(demo, partition, node, "compatible", "s") == \
                f"paravent,{kinds[values[prefix + '_KIND']]}-port-1"
            assert int(values[prefix + "_MESSAGE_BYTES"]) == int(field["message_bytes"]) == \
                int(get(demo, partition, node, "paravent,message-size", "u"))
            assert values[prefix + "_INTERRUPT"] == field["interrupt"]
            interrupts = get(demo, partition, node, "interrupts", "u")
            if field["interrupt"] == "0":
                assert interrupts is None
            else:
                assert interrupts == f"0 {int(field['interrupt']) - 32} 1"
            doorbells = get(demo, partition, node, "paravent,doorbells", "u")
            if field["n_doorbells"] != "0":
                assert doorbells == f"{field['first_doorbell']} {field['n_doorbells']}"
                assert values[prefix + "_DOORBELL"] == field["first_doorbell"]
            else:
                assert doorbells is None


def test_windows_of_ports(build):
    """memory-region leads to the node whose address the header gives; rights as declared."""
    demo = build("virt-demo")
    tree = subprocess.run(["dtc", "-I", "dtb", "-O", "dts", demo.out / "linux.dtb"],
                          capture_output=True, text=True, check=True).stdout
    regions = dict((int(phandle, 16), int(address, 16)) for address, phandle in re.findall(
        r"window@([0-9a-f]+) {[^}]*phandle = <0x(\w+)>", tree))
    values = macros(demo, "linux")
    for number, names in {0: ["STATE_SOURCE"], 1: ["COMMAND_SOURCE", "COMMAND_DESTINATION"],
                          2: ["REPLY_SOURCE", "REPLY_DESTINATION"], 4: ["TRACE"]}.items():
        phandles = get(demo, "linux", f"/hypervisor/port@{number}", "memory-region").split()
        assert [regions[int(p, 16)] for p in phandles] == \
            [int(values[f"PV_PORT_{name}_WINDOW"], 16) for name in names]
    assert get(demo, "linux", "/hypervisor/port@0", "paravent,read-only") == ""
    assert get(demo, "linux", "/hypervisor/port@4", "paravent,read-only") == ""
    assert get(demo, "linux", "/hypervisor/port@1", "paravent,read-only") is None
    assert get(demo, "motion", "/hypervisor/port@4", "paravent,read-only") is None
    assert get(demo, "linux", "/hypervisor/port@3", "paravent,peers", "s") == "monitor motion"


def test_zero_filled_segment_is_one_load(build):
    config = build("virt-demo").text("config.c")
    load = re.search(r"loads_1\[\] = {(.*?)\n};", config, re.S).group(1)
    assert re.search(r"destination = { UINT64_C\(0x70010000\) },\s+"
                     r"\.file_bytes = UINT64_C\(0x10\),\s+"
                     r"\.memory_bytes = UINT64_C\(0x3000\)", load)
    assert ".entry = { UINT64_C(0x70000004) }" in config


# ---- The rich system --------------------------------------------------------------------

SPI = "/soc/bus@9100000/spi@1000"


def test_devices_are_copied(build):
    rich = build("rich")
    # At its place on its bus, which passes its addresses on as before.
    assert get(rich, "moved", SPI, "reg") == "1000 100 2000 1000"
    assert get(rich, "moved", "/soc/bus@9100000", "ranges") == "0 0 9100000 100000"
    assert get(rich, "moved", "/soc/bus@9100000", "dma-coherent") == ""
    assert get(rich, "moved", SPI, "interrupts") == "0 14 4 0 15 1"
    gpio = get(rich, "moved", "/soc/gpio@9030000", "phandle")
    assert get(rich, "moved", SPI, "cs-gpios") == f"{gpio} 2 0 0 {gpio} 3 1"
    # The flash's interrupt goes to the GPIO controller, which is the partition's as well.
    assert get(rich, "moved", f"{SPI}/flash@0", "interrupt-parent") == gpio
    assert get(rich, "moved", f"{SPI}/flash@0", "reg") == "0"


def test_fixed_suppliers_come_along(build):
    rich = build("rich")
    for name, user in (("regulator-3v3", "vcc-supply"), ("half-clk", "assigned-clocks")):
        assert get(rich, "moved", SPI, user) == get(rich, "moved", f"/{name}", "phandle")
    assert get(rich, "moved", "/half-clk", "clocks") == get(rich, "moved", "/apb-pclk", "phandle")
    assert not has_node(rich, "twin-b", "/half-clk")


def test_what_the_partition_has_not_is_left_out(build):
    rich = build("rich")
    # The second of two clocks is nobody's: its place stays, empty, so that the names still fit.
    half = get(rich, "moved", "/half-clk", "phandle")
    assert get(rich, "moved", SPI, "clocks") == f"{half} 0"
    assert get(rich, "moved", SPI, "clock-names", "s") == "bus core"
    assert get(rich, "moved", SPI, "paravent,dropped", "s") == "clocks"
    assert "supplier-missing" in rich.warnings
    for partition, foreign in (("moved", "/soc/rtc@9010000"), ("high", SPI), ("twin-b", "/soc"),
                               ("moved", "/soc/clock-controller@9050000")):
        assert not has_node(rich, partition, foreign)


def test_own_uart_is_the_console(build):
    rich = build("rich")
    assert get(rich, "high", "/chosen", "stdout-path", "s") == "/soc/serial@9040000"
    assert get(rich, "high", "/aliases", "serial0", "s") == "/soc/serial@9040000"
    assert not has_node(rich, "high", "/pl011@9000000")
    assert macros(rich, "high")["PV_UART"] == "0x9040000"
    assert macros(rich, "high")["PV_UART_INTERRUPT"] == "40"


def test_moved_addresses(build):
    rich = build("rich")
    values = macros(rich, "moved")
    assert values["PV_MEMORY_IPA"] == "0x40000000"
    assert (values["PV_GICD"], values["PV_GICR"]) == ("0x2f000000", "0x2f100000")
    assert values["PV_UART"] == "0x1c090000"
    assert values["PV_DEVICE_SPI"] == "0x9101000" and values["PV_DEVICE_SPI_INTERRUPT"] == "52"
    assert has_node(rich, "moved", "/pl011@1c090000")
    assert get(rich, "moved", "/interrupt-controller@2f000000", "reg").startswith("0 2f000000")
    config = rich.text("config.c")
    assert ("{ .pa = { UINT64_C(0x100000000) }, .ipa = { UINT64_C(0x40000000) }, "
            ".bytes = UINT64_C(0x400000) }") in config
    assert ".entry = { UINT64_C(0x40080000) }" in config
    assert ".destination = { UINT64_C(0x100080000) }" in config


def test_wide_addresses(build):
    """high sees RAM above 4 GiB: 36-bit addresses, roots of 64 entries, for all partitions."""
    rich = build("rich")
    assert "stage2_roots[3][64] ALIGNED(512)" in rich.text("mmu_tables.c")
    assert rich.text("config.c").count(".n_stage2_root = 64,") == 3
    assert get(rich, "high", "/memory@140000000", "reg") == "1 40000000 0 80000000"


def test_one_file_is_staged_once(build):
    inc = build("rich").text("images.inc")
    shared = re.findall(r"^IMAGE (image_\d+), .*moved\.bin", inc, re.MULTILINE)
    assert len(shared) == 1 and len(re.findall(r"^IMAGE ", inc, re.MULTILINE)) == 6
    assert build("rich").text("config.c").count(f".source = {shared[0]},") == 2


def test_cores_are_counted_from_zero(build):
    """high has cores 0 and 2 of the board."""
    config = build("rich").text("config.c")
    assert re.search(r"\.partition_id = 0, \.number = 1, \.cpu_id = 2 }", config)
    assert get(build("rich"), "high", "/cpus/cpu@1", "reg") == "1"


def test_header_names_must_not_clash(pvc, tmp_path):
    """A channel called "sampling" would hide an enumerator of the ABI."""
    text = (ROOT / "configs" / "virt-demo.dts").read_text() + """
/ { domains { hypervisor { channels { sampling {
	compatible = "paravent,sampling-channel-v1";
	paravent,message-size = <4>;
	paravent,source = <&linux>;
	paravent,destinations = <&motion>;
}; }; }; }; };
"""
    (tmp_path / "clash.dts").write_text(text)
    result = pvc("headers", str(tmp_path / "clash.dts"), "-o", str(tmp_path / "out"), "-I", "dts",
                 "-I", "configs")
    assert result.status == 1 and "PV_PORT_SAMPLING" in result.err
    assert "[header-name]" in result.err or "[bad-name]" in result.err
    assert not (tmp_path / "out").exists()
