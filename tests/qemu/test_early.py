# SPDX-License-Identifier: Apache-2.0
"""A boot that fails says why, whatever was wrong; a boot that works says where it is."""

import os
import re
import struct
import subprocess

import pytest

from board import ROOT, build

SYSTEM = "tests/qemu/systems/sdk.dts"
RPI4 = "tests/qemu/systems/sdk-rpi4.dts"
IMX8MP = "tests/qemu/systems/sdk-imx8mp.dts"
ZCU102 = "tests/qemu/systems/sdk-zcu102.dts"
STARTED = r"\| done: [1-9]\d* passed, 0 failed"
RUNS = r"\| Paravent: |\| done: "  # what a refused image must never get to
REFUSED = r"paravent *\| cannot start: "

# A loader of our own: x0 as the test wants it, EL2, MMU off, and into the image.
LOADER = """
	.globl	_start
_start:	mrs	x1, CurrentEL
	cmp	x1, #(3 << 2)
	b.ne	1f
	mov	x1, #0x531		// SCR_EL3: RW, HCE, RES1, NS
	msr	scr_el3, x1
	adr	x1, 1f
	msr	elr_el3, x1
	mov	x1, #0x3c9		// EL2h, DAIF masked
	msr	spsr_el3, x1
	eret
1:	ldr	x0, =DEVICETREE
	ldr	x1, =IMAGE
	br	x1
"""


def compile_flat(folder, name, source, **symbols):
    """Assembler source, linked nowhere in particular, as a flat file."""
    source_path, elf, flat = (str(folder / (name + end)) for end in (".S", ".elf", ".bin"))
    with open(source_path, "w", encoding="utf-8") as text:
        text.write(source)
    defines = [f"-D{key}={value:#x}" for key, value in symbols.items()]
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,--build-id=none",
                    *defines, source_path, "-o", elf], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", elf, flat], check=True)
    return flat


def compile_tree(folder, name, compatible):
    """A devicetree of nothing but a board's name."""
    path = folder / (name + ".dtb")
    text = f'/dts-v1/; / {{ model = "m"; compatible = {compatible}; #address-cells = <1>; #size-cells = <1>; }};'
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", str(path)], input=text, text=True, check=True)
    return str(path)


def loaded(boot, tmp_path, system, image=None, tree=None, at=0x48000000, tree_at=0x4a000000,
           x0=None, machine=None):
    """Without QEMU's own boot protocol: image, devicetree and x0 where the test puts them."""
    loader = compile_flat(tmp_path, "loader", LOADER, IMAGE=at, DEVICETREE=tree_at if x0 is None else x0)
    options = ["-device", f"loader,file={image or system.image},addr={at:#x},force-raw=on",
               "-device", f"loader,file={loader},addr=0x4f000000,force-raw=on",
               "-device", "loader,addr=0x4f000000,cpu-num=0"]
    if tree:
        options += ["-device", f"loader,file={tree},addr={tree_at:#x},force-raw=on"]
    return boot(system, *options, kernel=False, machine=machine)


# ---- What is said ---------------------------------------------------------------------


def test_first_line(boot):
    board = boot(build(SYSTEM))
    board.expect(r"paravent\| image at 0x40200000, EL2, devicetree 0x4\w+[\r\n]")
    for line in (r"Paravent: sdk on QEMU virt", r"CPU 0 in EL2, GICv3", r"CPU 1 in EL2",
                 r"\d CPUs in EL2, 1 partition to start", r"sdk: start 1"):
        board.expect(line, never=REFUSED)


def test_first_line_comes_before_the_move(boot, tmp_path):
    board = loaded(boot, tmp_path, build(SYSTEM), x0=0)
    board.expect(r"paravent\| image at 0x48000000, EL2, devicetree 0x0, moving to 0x40200000[\r\n]")
    board.expect(STARTED, never=REFUSED)


def test_an_odd_place(boot, tmp_path):
    """Not at a page: it moves first, and says the rest then."""
    board = loaded(boot, tmp_path, build(SYSTEM), at=0x48000100, x0=0)
    board.expect(r"paravent\| image at 0x40200000, EL2, devicetree 0x0[\r\n]")
    board.expect(STARTED, never=REFUSED)


@pytest.mark.parametrize("x0", [0x1001, 0x7ffffff8, 0xdead_0000_0000_0000, 0x4f000000],
                         ids=["odd", "no-memory", "no-address", "no-tree"])
def test_any_x0(boot, tmp_path, x0):
    """What is no devicetree, or nothing at all, is no reason not to boot."""
    board = loaded(boot, tmp_path, build(SYSTEM), x0=x0)
    board.expect(rf"image at 0x48000000, EL2, devicetree {x0:#x}, moving")
    board.expect(STARTED, never=REFUSED)


# ---- Wrong exception level -------------------------------------------------------------


@pytest.mark.parametrize("machine", ["virt,gic-version=3", "virt,gic-version=2"])
def test_el1(boot, machine):
    board = boot(build(SYSTEM), machine={"-M": machine})
    board.expect(r"paravent\| image at 0x40200000, not EL2, devicetree")
    board.expect(REFUSED + r"entered at EL1, Paravent needs EL2", never=RUNS)


@pytest.mark.parametrize("dts", [IMX8MP, RPI4], ids=["imx8mp", "rpi4"])
def test_el3(boot, dts):
    """The ELF file by -kernel is no Linux kernel to QEMU: it starts at EL3."""
    system = build(dts)
    board = boot(system, kernel=os.path.join(system.folder, "paravent.elf"))
    board.expect(REFUSED + r"entered at EL3, Paravent needs EL2", never=RUNS)


# ---- Wrong board ------------------------------------------------------------------------

TREES = {"virt": '"linux,dummy-virt"', "rpi4": '"raspberrypi,4-model-b", "brcm,bcm2711"',
         "imx8mp": '"fsl,imx8mp-evk", "fsl,imx8mp"', "unknown": '"acme,anvil"'}


@pytest.mark.parametrize("dts,model", [(RPI4, r"Raspberry Pi 4 Model B \(raspberrypi,4-model-b\)"),
                                       (IMX8MP, r"NXP i.MX8MPlus EVK board \(fsl,imx8mp-evk\)"),
                                       (ZCU102, r"ZynqMP ZCU102 \(xlnx,zynqmp-zcu102\)")],
                         ids=["rpi4", "imx8mp", "zcu102"])
def test_wrong_board_on_virt(boot, dts, model):
    """The image's own UART is not there: the message comes out on virt's."""
    board = boot(build(SYSTEM), kernel=build(dts).image)
    board.expect(REFUSED + r"this image was built for " + model +
                 r", this board is linux,dummy-virt\. Build", never=RUNS)


@pytest.mark.parametrize("where,dts,name", [
    ("rpi4", RPI4, "raspberrypi,4-model-b"), ("imx8mp", IMX8MP, "fsl,imx8mp-evk")])
def test_virt_image_on_a_board(boot, tmp_path, where, dts, name):
    tree = compile_tree(tmp_path, where, TREES[where])
    board = boot(build(dts), "-dtb", tree, kernel=build(SYSTEM).image)
    board.expect(REFUSED + r"this image was built for QEMU virt \(linux,dummy-virt\), "
                 f"this board is {name}", never=RUNS)


def test_unknown_board_is_told_on_the_systems_own_uart(boot, tmp_path):
    tree = compile_tree(tmp_path, "unknown", TREES["unknown"])
    board = loaded(boot, tmp_path, build(SYSTEM), tree=tree)
    board.expect(REFUSED + r"this image was built for QEMU virt \(linux,dummy-virt\), "
                 r"this board is acme,anvil", never=RUNS)


def test_any_compatible_of_the_board_will_do(boot, tmp_path):
    tree = compile_tree(tmp_path, "two", '"acme,virt-with-wheels", "linux,dummy-virt"')
    board = loaded(boot, tmp_path, build(SYSTEM), tree=tree)
    board.expect(STARTED, never=REFUSED)


# ---- The image as the loader left it ------------------------------------------------------


def test_image_cut_short(boot, tmp_path):
    system = build(SYSTEM)
    cut = tmp_path / "cut.img"
    with open(system.image, "rb") as whole:
        content = whole.read()
    cut.write_bytes(content[:-8])
    loaded(boot, tmp_path, system, image=cut, x0=0).expect(
        REFUSED + r"this image is incomplete: its last bytes", never=RUNS)


def test_devicetree_inside_the_image(boot, tmp_path):
    """The loader put its devicetree over the end of the image, where the staged files are."""
    system = build(SYSTEM)
    tree = compile_tree(tmp_path, "good", TREES["virt"])
    with open(system.image, "rb") as whole, open(tree, "rb") as part:
        content, blob = bytearray(whole.read()), part.read()
    offset = len(content) // 8 * 8 - 4096
    content[offset:offset + len(blob)] = blob
    damaged = tmp_path / "damaged.img"
    damaged.write_bytes(content)
    loaded(boot, tmp_path, system, image=damaged, x0=0x48000000 + offset).expect(
        REFUSED + r"the loader's devicetree lies inside this image, which ends at 0x48\w+\.", never=RUNS)


# ---- Memory --------------------------------------------------------------------------------


def small_system(tmp_path, name, base):
    """The sdk guest at another place, of a board that claims 1 GiB."""
    with open(os.path.join(ROOT, "tests/qemu/systems/sdk.dtsi"), encoding="utf-8") as text:
        content = text.read().replace("0x44000000", f"{base:#x}").replace(
            '"guests.dtsi"', f'"{ROOT}/tests/qemu/systems/guests.dtsi"')
    dts = tmp_path / f"{name}.dts"
    dts.write_text('#include "qemu-virt-gicv3.dtsi"\n' + content)
    return build(str(dts))


def test_partition_memory_missing(boot, tmp_path):
    system = small_system(tmp_path, "far-memory", 0x4f000000)
    board = boot(system, machine={"-m": "224"})
    board.expect(REFUSED + r"RAM missing: memory of sdk at 0x4f3ffff8 does not answer", never=r"\| done: ")
    board.expect(r"this image was built for QEMU virt \(far-memory\)")
    # The same system with the memory it asks for.
    boot(system).expect(STARTED, never=REFUSED)


def test_image_memory_missing(boot, tmp_path):
    """Nothing is where the image belongs: said before it moves there."""
    system = build("tests/qemu/systems/sdk-high.dts")
    board = loaded(boot, tmp_path, system, x0=0, machine={"-m": "256"})
    board.expect(REFUSED + r"RAM missing: paravent,image-memory does not answer at 0x60\w+\.",
                 never=RUNS)


# ---- Other cores -----------------------------------------------------------------------------


def test_core_that_is_not_there(boot):
    board = boot(build(SYSTEM), machine={"-smp": "1"})
    board.expect(REFUSED + r"the firmware refuses to start CPU 1, MPIDR 0x1 "
                 r"\(PSCI error -2, INVALID_PARAMETERS")


def test_core_that_does_not_poll(boot, tmp_path):
    """raspi4b without QEMU's own stub: nobody looks at the spin table."""
    system = build(RPI4)
    board = loaded(boot, tmp_path, system, x0=0)
    board.expect(REFUSED + r"CPU 1, MPIDR 0x1, does not come up within 2000 ms: "
                 r"it does not poll its cpu-release-addr")


# ---- Exceptions ---------------------------------------------------------------------------


def patched(tmp_path, system, symbol, offset, words):
    """The image with instructions of ours at a symbol of the ELF file."""
    names = subprocess.run(["aarch64-linux-gnu-nm", os.path.join(system.folder, "paravent.elf")],
                           check=True, stdout=subprocess.PIPE, text=True).stdout
    address = {line.split()[2]: int(line.split()[0], 16) for line in names.splitlines()}
    with open(system.image, "rb") as whole:
        content = bytearray(whole.read())
    at = address[symbol] - address["_start"] + offset
    content[at:at + 4 * len(words)] = struct.pack(f"<{len(words)}I", *words)
    path = tmp_path / "patched.img"
    path.write_bytes(content)
    return str(path)


UDF = 0


@pytest.mark.parametrize("symbol,who", [
    ("early_check", "starting"),    # the image not yet at its place, no stack of a CPU
    ("find_cpu", "starting"),       # behind the move, the MMU off
    ("init_boot_cpu", "CPU 0"),     # MMU on, per-CPU data known, no panic stack yet
    ("irqchip_init", "CPU 0"),
    ("secondary_start", None),
])
def test_undefined_instruction(boot, tmp_path, symbol, who):
    system = build(SYSTEM)
    offset = 16 if symbol == "secondary_start" else 0  # behind its vectors_on
    image = patched(tmp_path, system, symbol, offset, [UDF])
    board = loaded(boot, tmp_path, system, image=image, x0=0)
    board.expect(rf"paravent\| PANIC: {who or 'starting'}: exception in EL2: unknown instruction; "
                 r"vector 4, ESR 0x2000000, ELR 0x4\w+")


def test_data_abort_is_named(boot, tmp_path):
    """A wild pointer of EL2: what it hit has a name."""
    system = build(SYSTEM)
    image = patched(tmp_path, system, "irqchip_init", 0, [
        0xd2a88000,   # movz x0, #0x4400, lsl #16: memory of the partition, not mapped in EL2
        0xf9400000])  # ldr x0, [x0]
    board = boot(system, kernel=image)
    match = board.expect(r"PANIC: CPU 0: exception in EL2: data abort, translation, "
                         r"at 0x44000000 \(([^)]*)\); vector 4")
    assert "memory" in match[1]


def test_external_abort_before_the_move(boot, tmp_path):
    system = build(SYSTEM)
    image = patched(tmp_path, system, "early_check", 0, [
        0xd2afe000,   # movz x0, #0x7f00, lsl #16: nothing is there
        0xf9400000])  # ldr x0, [x0]
    board = loaded(boot, tmp_path, system, image=image, x0=0)
    board.expect(r"PANIC: starting: exception in EL2: data abort, external abort, at 0x7f000000; ")
    assert not re.search(RUNS, board.tail())
