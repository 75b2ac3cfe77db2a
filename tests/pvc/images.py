# SPDX-License-Identifier: Apache-2.0
"""Image files as pvc sees them: arm64 Image, ELF, raw, and what is mistaken for one."""

import struct

AARCH64 = 183
X86_64 = 62


def linux_image(n_bytes, used_bytes, text_offset=0, flags=0xa):
    """An arm64 Image of n_bytes whose kernel uses used_bytes. booting.rst, "Call the kernel image"."""
    image = bytearray(n_bytes)
    struct.pack_into("<QQQ", image, 8, text_offset, used_bytes, flags)
    image[56:60] = b"ARM\x64"
    return bytes(image)


def elf(segments, entry, machine=AARCH64):
    """An ELF64 program. segments: (virtual address, physical address, bytes in file, in memory)."""
    offset = 0x1000
    headers = texts = b""
    for virtual, physical, file_bytes, memory_bytes in segments:
        headers += struct.pack("<IIQQQQQQ", 1, 5, offset + len(texts), virtual, physical,
                               file_bytes, memory_bytes, 0x1000)
        texts += b"\x5a" * file_bytes
    start = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", 2, machine, 1, entry, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    return (start + headers).ljust(offset, b"\0") + texts


def write_all(folder):
    good = elf([(0x70000000, 0x70000000, 0x1000, 0x2000)], 0x70000000)
    for name, text in {
        "linux.image": linux_image(0x100000, 0x280000),
        "motion.bin": bytes(range(256)) * 16,
        "motion.elf": good,
        "cut.elf": good[:-1],
        "x86.elf": elf([(0x70000000, 0x70000000, 16, 16)], 0x70000000, X86_64),
        "elsewhere.elf": elf([(0x40000000, 0x40000000, 16, 16)], 0x40000000),
        "top.elf": elf([(0x701ff000, 0x701ff000, 16, 16)], 0x701ff000),
        "gzip.image": b"\x1f\x8b\x08" + bytes(61),
        "empty": b"",
        "large.cpio": bytes(0x200000),
    }.items():
        (folder / name).write_bytes(text)
