# SPDX-License-Identifier: Apache-2.0
"""pvc seal and pvc verify: what is wrong is found, and said in a sentence; nothing crashes them."""

import random
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

import conftest
from linked import ROOT, STUB_LD, ElfFile, Linked, write_images

FLIPS = 25    # random bits in used and in unused entries of each table
DAMAGES = 60  # files


class Lab:
    """Two systems, and variants of the first that are tampered with before compiling."""

    def __init__(self, pvc, folder):
        self.pvc, self.folder, self.n = pvc, folder, 0
        write_images(folder / "images")
        self.demo = self.build("virt-demo", ROOT / "configs" / "virt-demo.dts")
        self.gicv2 = self.build("gicv2", ROOT / "configs" / "virt-demo-gicv2.dts")

    def build(self, name, dts):
        return Linked(self.pvc, dts, self.folder / name, self.folder / "images").make()

    def variant(self, of=None):
        """A copy of a built system, to be changed."""
        of = of or self.demo
        self.n += 1
        copy = object.__new__(Linked)
        copy.pvc, copy.dts = of.pvc, of.dts
        copy.out = self.folder / f"variant-{self.n}"
        shutil.copytree(of.out, copy.out)
        copy.elf = copy.out / "paravent.elf"
        return copy

    def changed(self, name, old, new, of=None, count=1):
        """A system with `old` replaced in config or mmu_tables, compiled, linked and sealed."""
        system = self.variant(of)
        text = system.text(f"{name}.c")
        assert text.count(old) >= 1, f"{old} is not in {name}.c"
        system.compile(name, text.replace(old, new, count))
        system.link()
        result = system.seal()
        assert result.status == 0, result.err
        return system


@pytest.fixture(scope="module")
def lab(pvc, tmp_path_factory):
    return Lab(pvc, tmp_path_factory.mktemp("verify"))


def refused(system, *sentences):
    result = system.verify()
    assert result.status == 1
    for sentence in sentences:
        assert re.search(sentence, result.err), f"no {sentence!r} in:\n{result.err}"
    for line in result.err.splitlines():
        assert line.startswith(f"{system.elf}: error: ") and line.endswith("[verify]")


# ---- Single bits --------------------------------------------------------------------------

@pytest.fixture(scope="module")
def flipper(pvc, tmp_path_factory):
    """flip_bits.c, linked with pvc as conftest.py built it."""
    program = tmp_path_factory.mktemp("flip") / "flip_bits"
    objects = [str(path) for path in conftest.BUILD.glob("*.o") if path.stem != "main"]
    subprocess.run(["gcc", *conftest.FLAGS, "tests/pvc/flip_bits.c", *objects, "-lfdt", "-o",
                    program], cwd=ROOT, check=True)
    return program


def table_words(elf):
    """File offsets of all descriptors the hardware can reach, table by table."""
    for name, (offset, size) in sorted(elf.symbols().items()):
        if re.fullmatch(r"table_\d+|el2_image_table", name):
            assert size == 4096
            yield list(range(offset, offset + size, 8))
        elif name in ("el2_root", "el2_load_root"):
            yield list(range(offset, offset + 32, 8))
        elif name in ("stage2_roots", "stage2_root_templates"):
            for root in range(offset, offset + size, 64):
                yield list(range(root, root + 32, 8))


def flips_of(elf):
    """In each table: every bit of one used and of one unused entry, and random bits of others."""
    choose = random.Random(1)
    for words in table_words(elf):
        used = [at for at in words if elf.word(at) != 0]
        unused = [at for at in words if elf.word(at) == 0]
        for entries in (used, unused):
            if entries:
                whole = choose.choice(entries)
                yield from ((whole, bit) for bit in range(64))
                yield from ((choose.choice(entries), choose.randrange(64)) for _ in range(FLIPS))


@pytest.mark.parametrize("name", ["demo", "gicv2"])
def test_every_flipped_bit_is_found(lab, flipper, name):
    system = lab.variant(getattr(lab, name))
    flips = list(flips_of(ElfFile(system.elf)))
    assert len(flips) > 2000
    done = subprocess.run([flipper, system.out / "system.pp.dts", system.elf], text=True,
                          input="".join(f"{offset} {bit}\n" for offset, bit in flips),
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(flips)} flips" in done.stdout
    assert system.elf.read_bytes() == getattr(lab, name).elf.read_bytes()


# ---- Tables that do more than the DTS says ------------------------------------------------

def test_memory_of_another(lab):
    """linux's last block leads into motion's memory."""
    table = lab.demo.text("mmu_tables.c")
    entry = re.search(r"\[383\] = UINT64_C\((0x\w+)\), /\* 0x06fe00000 rwx", table).group(0)
    system = lab.changed("mmu_tables", entry, "[383] = UINT64_C(0x700007fd), /*")
    refused(system,
            r"partitions linux and motion both reach physical 0x70000000\.\.0x701fffff "
            r"\(memory of motion\), which is no window",
            r"partition linux reaches 0x6fe00000\.\.0x6fffffff \(physical 0x70000000: memory of "
            r"motion\) instead of physical 0x6fe00000: memory of linux")


def test_memory_of_paravent(lab):
    table = lab.demo.text("mmu_tables.c")
    entry = re.search(r"\[384\] = UINT64_C\((0x\w+)\), /\* 0x070000000 rwx", table).group(0)
    system = lab.changed("mmu_tables", entry, "[384] = UINT64_C(0x402007fd), /*")
    refused(system, r"partition motion reaches physical 0x40200000\.\.0x403fffff, which is "
                    r"Paravent's own memory")


@pytest.mark.parametrize("address, device", [(0x8000000, "interrupt-controller@8000000"),
                                             (0x80b0000, "interrupt-controller@8000000"),
                                             (0x9030000, "gpio@9030000")])
def test_foreign_device(lab, address, device):
    """monitor gets a page more, behind its window."""
    old = "[  0] = UINT64_C(0x004000004800077f), /* 0x048000000 r-- window state */\n};"
    new = old.replace("\n};", f"\n[ 9] = UINT64_C({0x400000000004c7 | address:#x}),\n}};")
    system = lab.changed("mmu_tables", old, new)
    refused(system, rf"partition monitor reaches physical {address:#x}\.\.{address + 0xfff:#x}, "
                    rf"which is device /soc/{device}, not its own",
            rf"partition monitor reaches 0x48009000\.\.0x48009fff "
            rf"\(physical {address:#x}: {device}")


def test_write_to_a_read_only_window(lab):
    system = lab.changed("mmu_tables", "0x004000004800077f", "0x00400000480007ff", count=2)
    refused(system, r"partition \w+ reaches 0x48000000\.\.0x48000fff \(window state of motion\) "
                    r"as read-write memory; it must be read-only memory: window state",
            r"partitions \w+ and \w+ both reach physical 0x48000000")


def test_executable_window(lab):
    system = lab.changed("mmu_tables", "0x004000004800077f", "0x000000004800077f")
    refused(system, r"as read-only executable memory; it must be read-only memory")


def test_window_of_others(lab):
    """monitor reads the window between linux and motion."""
    old = "[  0] = UINT64_C(0x004000004800077f), /* 0x048000000 r-- window state */\n};"
    new = old.replace("\n};", "\n[ 1] = UINT64_C(0x004000004800177f),\n};")
    refused(lab.changed("mmu_tables", old, new),
            r"partitions linux and monitor both reach physical 0x48001000\.\.0x48001fff "
            r"\(window command.source of linux\), which is no window declared for both")


def test_missing_memory(lab):
    table = lab.demo.text("mmu_tables.c")
    entry = re.search(r"\t\[384\] = UINT64_C\(0x\w+\), /\* 0x070000000 rwx.*\n", table).group(0)
    refused(lab.changed("mmu_tables", entry, ""),
            r"partition motion does not reach 0x70000000\.\.0x701fffff \(memory of motion\), "
            r"which it must")


def test_gicc_dir_page(lab):
    """On GICv2 only the first page of GICC is for partitions."""
    old = re.search(r"\t\[ 16\] = UINT64_C\(0x00400000080104c7\).*\n",
                    lab.gicv2.text("mmu_tables.c")).group(0)
    system = lab.changed("mmu_tables", old, old + "[17] = UINT64_C(0x00400000080114c7),\n",
                         of=lab.gicv2)
    refused(system, r"partition linux reaches physical 0x8011000\.\.0x8011fff, which is device "
                    r"/soc/interrupt-controller@8000000")


def test_el2_reaches_a_partition_at_run_time(lab):
    text = lab.demo.text("mmu_tables.c")
    root, load_root = re.findall(r"el2_(?:load_)?root\[8\] ALIGNED.*?\[  1\] = (TABLE\(\w+\))",
                                 text, re.DOTALL)
    system = lab.changed("mmu_tables", f"[  1] = {root}", f"[  1] = {load_root}")
    refused(system, r"EL2 at run time reaches 0x50000000\.\.0x703fffff \(memory of linux and "
                    r"more\), which it is not given")


def test_el2_writes_and_executes(lab):
    system = lab.variant()
    elf = ElfFile(system.elf)
    offset = elf.symbols()["el2_image_table"][0]
    system.elf.write_bytes(elf.with_bit_flipped(offset, 7))  # .text is no longer read-only
    refused(system, r"EL2 at run time may both write and execute 0x40200000\.\.0x40200fff",
            r"EL2 while loading may both write and execute 0x40200000")


def test_table_in_writable_memory(lab):
    """A partition's second-level table that EL2 can write: right content, wrong place."""
    text = lab.demo.text("mmu_tables.c")
    name = re.search(r"/\* motion: level 2 .*\nstatic const uint64_t (table_\d+)", text).group(1)
    system = lab.changed("mmu_tables", f"static const uint64_t {name}[512] TABLE_PLACE",
                         f'static uint64_t {name}[512] ALIGNED(4096) SECTION(".mmu_roots")')
    refused(system, r"partition motion, table entry for 0x0: the next table, 0x\w+, is not "
                    r"in EL2's read-only memory")


# ---- The configuration ----------------------------------------------------------------------

@pytest.mark.parametrize("old, new, sentence", [
    (".vttbr = (uint64_t)(uintptr_t)stage2_roots[1] +",
     ".vttbr = (uint64_t)(uintptr_t)stage2_roots[0] +", "the root in VTTBR_EL2 is"),
    ("UINT64_C(0x2000000000000), /* VMID 2 */", "UINT64_C(0x1000000000000),",
     "partition motion: its VMID is 0x1 and must be 0x2"),
    (".vtcr = UINT64_C(0x80003560)", ".vtcr = UINT64_C(0x80003520)", "VTCR_EL2 without T0SZ is"),
    (".vtcr = UINT64_C(0x80003560)", ".vtcr = UINT64_C(0x80003561)", "asks for 31-bit addresses"),
    (".tcr = UINT64_C(0x80803520)", ".tcr = UINT64_C(0x80800020)", "TCR_EL2 without T0SZ is"),
    (".n_stage2_root = 4,", ".n_stage2_root = 3,", "the entries of its root is 0x3"),
    (".stage2_root_template = stage2_root_templates[2]",
     ".stage2_root_template = stage2_root_templates[1]", "entry 1 of its live root is"),
    (".el2_root = el2_root", ".el2_root = el2_load_root", "EL2 at run time reaches 0x50000000"),
    ("{ .pa = { UINT64_C(0x48000000) }, .bytes", "{ .pa = { UINT64_C(0x50000000) }, .bytes",
     "window state: its address is 0x50000000 and must be 0x48000000"),
    (".destination = { UINT64_C(0x70000000) }", ".destination = { UINT64_C(0x50000000) }",
     "partition motion: image 0 is copied to 0x50000000, 291 bytes, which is not all its own"),
    (".file_bytes = UINT64_C(0x123)", ".file_bytes = UINT64_C(0x12300000)", "is not in the file"),
    ("[ 7] = 0x00000059", "[ 7] = 0x0000005d",
     "linux has, without the DTS giving it, interrupt 226"),
    ("[ 0] = 0x48007fff", "[ 0] = 0x08007fff",
     "linux has not, though the DTS gives it, interrupt 30"),
    (".interrupt = 225, .partition_id = 1", ".interrupt = 225, .partition_id = 2",
     "doorbell 0 rings interrupt 225 of partition number 2; it must be 225 of motion"),
    (".pend_register = { UINT64_C(0x800021c) }", ".pend_register = { UINT64_C(0x800011c) }",
     "doorbell 0 stores 0x2 to 0x800011c, which is not GICD_ISPENDR of interrupt 225"),
    (".slots = message_slots_0", ".slots = (void *)(uintptr_t)memory_0",
     r"message channel alarm: its queue \(0x\w+\) is not in EL2's writable memory"),
    (".destination = 0,\n\t\t.interrupt = 228", ".destination = 1,\n\t\t.interrupt = 228",
     "message channel alarm: its destination is 0x1 and must be 0x0"),
    ('.hash = "', '.hash = "0', "was built from another input than"),
])
def test_changed_configuration(lab, old, new, sentence):
    refused(lab.changed("config", old, new), sentence)


def test_another_system(lab):
    result = lab.pvc("verify", str(lab.demo.elf), str(lab.gicv2.out / "system.pp.dts"))
    assert result.status == 1 and "was built from another input" in result.err


# ---- Seal ------------------------------------------------------------------------------------

def relinked(lab, old, new, options=()):
    system = lab.variant()
    text = STUB_LD.read_text()
    assert old in text
    script = system.out / "changed.ld"
    script.write_text(text.replace(old, new))
    system.link(script, options)
    return system


def test_unsealed(lab):
    system = lab.variant()
    system.link()
    refused(system, "is not sealed yet: run `pvc seal` on it first")


def test_seal_twice_is_seal_once(lab):
    system = lab.variant()
    before = system.elf.read_bytes()
    assert system.seal().status == 0
    assert system.elf.read_bytes() == before


def test_seal_follows_the_sections(lab):
    elf = ElfFile(lab.demo.elf)
    table = elf.symbols()["el2_image_table"][0]
    rights = {".text": 0x7c3, ".rodata": 0x400000000007c3, ".mmu_tables": 0x400000000007c3,
              ".mmu_roots": 0x40000000000743, ".images": 0x400000000007c3}
    expected = [0] * 512
    for name, (_, address, _, length, _) in elf.named.items():
        for page in range(address & ~0xfff, address + length, 0x1000) if name in rights else ():
            if page < 0x40400000:
                expected[(page - 0x40200000) >> 12] = page | rights[name]
    _, address, _, length, _ = elf.named[".stacks"]
    for page in range(address & ~0xfff, address + length, 0x1000):
        expected[(page - 0x40200000) >> 12] = page | rights[".mmu_roots"]
    assert [elf.word(table + 8 * i) for i in range(512)] == expected


@pytest.mark.parametrize("old, new, sentence", [
    ("\t. = ALIGN(4096);\n\t.rodata", "\t. = ALIGN(64);\n\t.rodata",
     r"sections .text \(executable\) and .rodata \(read-only\) share the page at 0x40200000"),
    (".mmu_tables (READONLY) : { *(.mmu_tables) } :rodata",
     ".mmu_tables : { *(.mmu_tables) *(.mmu_roots) } :rw",
     r"el2_image_table \(.*\) is in section .mmu_tables, which is not read-only"),
    ("\t.data :", "\t. = ALIGN(4096); .wild : { *(.wild) } :rw\n\t. = ALIGN(4096);\n\t.data :",
     "section .wild .* is both writable and executable"),
    (". = IMAGE_BASE;", ". = IMAGE_BASE + 0x1000;", "it must start at a multiple of 2 MiB"),
    (".stacks : {", ".stacks IMAGE_BASE + 0x1ff000 : {", "section .stacks .* reaches beyond the "
     "first 2 MiB"),
    (".mmu_tables (READONLY) :", ".mmu_tables (READONLY) : AT(0x50000000)",
     "section .mmu_tables .* is not loaded at its own address"),
])
def test_seal_refuses_bad_layouts(lab, old, new, sentence):
    system = relinked(lab, old, new, ["-Wa,--defsym,WILD=1"] if ".wild" in new else [])
    before = system.elf.read_bytes()
    result = system.seal()
    assert result.status == 1 and "[seal]" in result.err
    assert re.search(sentence, result.err), result.err
    assert system.elf.read_bytes() == before


def test_seal_needs_symbols(lab):
    system = lab.variant()
    subprocess.run(["aarch64-linux-gnu-strip", system.elf], check=True)
    result = system.seal()
    assert result.status == 1 and "has no symbol el2_image_table" in result.err
    refused(system, "has no symbol system_config")


@pytest.mark.parametrize("text, sentence", [
    (b"", "is no ELF file"),
    (b"\x7fELF" + bytes(20), "is no ELF file"),
    (b"\x7fELF\x01\x01" + bytes(100), "is no 64-bit little-endian ELF file"),
    (b"\x7fELF\x02\x01" + bytes(100), "for another architecture than AArch64"),
])
def test_no_elf(lab, tmp_path, text, sentence):
    path = tmp_path / "x.elf"
    path.write_bytes(text)
    for result in (lab.pvc("seal", str(path)), lab.demo.verify(path)):
        assert result.status == 1 and sentence in result.err


def test_no_file(lab, tmp_path):
    for result in (lab.pvc("seal", str(tmp_path / "none.elf")),
                   lab.demo.verify(tmp_path / "none.elf")):
        assert result.status == 1 and "cannot be read: No such file" in result.err


# ---- Damage -----------------------------------------------------------------------------------

def damaged(choose, elf):
    """Cut, or with wild values where they hurt most: headers, symbols, configuration, tables."""
    copy = bytearray(elf.bytes)
    if choose.randrange(4) == 0:
        return bytes(copy[:choose.randrange(len(copy))])
    headers, = int.from_bytes(copy[40:48], "little"),
    config, config_bytes = elf.symbols()["system_config"]
    _, _, symbols, symbols_bytes, _ = elf.named[".symtab"]
    _, _, tables, tables_bytes, _ = elf.named[".mmu_tables"]
    _, _, rodata, rodata_bytes, _ = elf.named[".rodata"]
    places = [(0, 64 + 4 * 56), (headers, len(copy) - headers), (symbols, symbols_bytes),
              (config, config_bytes), (tables, tables_bytes), (rodata, rodata_bytes)]
    start, length = choose.choice(places)
    for _ in range(choose.choice([1, 1, 2, 8])):
        at = start + choose.randrange(max(1, length - 8))
        value = choose.choice([0, 0xff, 0x7f, 0x80, 1, choose.randrange(256)])
        width = choose.choice([1, 2, 4, 8])
        copy[at:at + width] = bytes([value]) * width
    return bytes(copy)


def test_damaged_files_do_no_harm(lab):
    """Any answer is right but a crash: the sanitizers watch."""
    choose = random.Random(2)
    elf = ElfFile(lab.demo.elf)
    files = [damaged(choose, elf) for _ in range(DAMAGES)]

    def try_file(job):
        number, text = job
        path = lab.demo.out / f"damaged-{number}.elf"
        path.write_bytes(text)
        statuses = (lab.demo.verify(path).status, lab.pvc("seal", str(path)).status)
        path.unlink()
        return statuses

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(try_file, enumerate(files)))
    assert sum(verified == 1 for verified, _ in statuses) > DAMAGES // 2
