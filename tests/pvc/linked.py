# SPDX-License-Identifier: Apache-2.0
"""A system built by pvc and linked with nothing but a stub in the hypervisor's place."""

import struct
import subprocess
from pathlib import Path

import images

ROOT = Path(__file__).resolve().parents[2]
STUB_LD = ROOT / "tests" / "pvc" / "stub.ld"
GCC = "aarch64-linux-gnu-gcc"
WARN = ["-std=c11", "-pedantic-errors", "-Wall", "-Wextra", "-Werror", "-Wundef", "-Wconversion",
        "-Wsign-conversion", "-Wmissing-prototypes"]
FLAGS = ["-O2", "-ffreestanding", "-fno-pic", "-I", str(ROOT / "include")]
STUB = """
	.section .text, "ax"
	.globl _start
_start:	b _start
	.macro IMAGE name:req, file:req, offset:req, bytes:req
	.balign 4096
	.globl \\name
\\name:	.incbin "\\file", \\offset, \\bytes
	.endm
	.section .images, "a"
	.include "images.inc"
	.ifdef WILD
	.section .wild, "awx"
	.word 0
	.endif
"""


def write_images(folder):
    """An image for every partition of the systems here, found by their names."""
    (folder / "motion").mkdir(parents=True)
    (folder / "monitor").mkdir()
    for name, text in {
        "Image": images.linux_image(0x90000, 0x120000),
        "initramfs.cpio.gz": b"\x1f\x8b" + bytes(5000),
        "moved.bin": bytes(range(256)) * 12,
        # text, and data with zeroes behind it
        "motion/motion.elf": images.elf([(0x70000000, 0x70000000, 0x123, 0x123),
                                         (0x70010000, 0x70010000, 0x10, 0x3000)], 0x70000004),
        "monitor/monitor.elf": images.elf([(0x70200000, 0x70200000, 0x123, 0x123)], 0x70200000),
    }.items():
        (folder / name).write_bytes(text)


class Linked:
    """pvc build, then: compile, link, seal. `out` holds all files."""

    def __init__(self, pvc, dts, out, image_folder):
        self.pvc, self.dts, self.out = pvc, dts, out
        self.elf = out / "paravent.elf"
        result = pvc("build", str(dts), "-o", str(out), "-I", "dts", "-i", str(image_folder))
        assert result.status == 0, result.err
        self.warnings = result.err

    def text(self, name):
        return (self.out / name).read_text()

    def image_base(self):
        for line in self.text("system.mk").splitlines():
            if line.startswith("image_base := "):
                return line.split()[2]
        raise AssertionError("no image_base in system.mk")

    def compile(self, name, source=None):
        """name.c (or other text in its place) -> name.o"""
        if source is not None:
            (self.out / f"{name}.c").write_text(source)
        subprocess.run([GCC, *WARN, "-Wno-unused", *FLAGS, "-c", f"{name}.c", "-o",
                        f"{name}.o"], cwd=self.out, check=True)

    def link(self, script=STUB_LD, options=()):
        (self.out / "stub.S").write_text(STUB)
        subprocess.run([GCC, "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none",
                        "-Wl,-z,max-page-size=4096", "-Wl,--no-warn-rwx-segments",
                        f"-Wl,--defsym=IMAGE_BASE={self.image_base()}", "-I", ".", *options,
                        "-T", str(script), "stub.S", "config.o", "mmu_tables.o",
                        "-o", "paravent.elf"], cwd=self.out, check=True)

    def make(self):
        for name in ("config", "mmu_tables"):
            self.compile(name)
        self.link()
        result = self.seal()
        assert result.status == 0, result.err
        return self

    def seal(self):
        return self.pvc("seal", str(self.elf))

    def verify(self, elf=None):
        return self.pvc("verify", str(elf or self.elf), str(self.out / "system.pp.dts"))


class ElfFile:
    """Just enough of ELF to find what to tamper with."""

    def __init__(self, path):
        self.bytes = bytearray(Path(path).read_bytes())
        at, = struct.unpack_from("<Q", self.bytes, 40)
        size, n, names = struct.unpack_from("<HHH", self.bytes, 58)
        self.sections = []
        for i in range(n):
            name, _, _, address, offset, length, link = struct.unpack_from(
                "<IIQQQQI", self.bytes, at + i * size)
            self.sections.append((name, address, offset, length, link))
        strings = self.sections[names][2]
        self.named = {self.string(strings + s[0]): s for s in self.sections}

    def string(self, at):
        return self.bytes[at:self.bytes.index(0, at)].decode()

    def symbols(self):
        """name -> (file offset, bytes), of symbols in sections that are in the file"""
        _, _, offset, length, link = self.named[".symtab"]
        strings = self.sections[link][2]
        found = {}
        for at in range(offset, offset + length, 24):
            name, _, _, section, value, size = struct.unpack_from("<IBBHQQ", self.bytes, at)
            if 0 < section < len(self.sections) and size > 0:
                _, address, start, _, _ = self.sections[section]
                found[self.string(strings + name)] = (start + value - address, size)
        return found

    def word(self, offset):
        return struct.unpack_from("<Q", self.bytes, offset)[0]

    def with_bit_flipped(self, offset, bit):
        copy = bytearray(self.bytes)
        copy[offset + bit // 8] ^= 1 << bit % 8
        return bytes(copy)
