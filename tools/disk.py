# SPDX-License-Identifier: Apache-2.0
"""Disk images with one FAT partition, U-Boot scripts and FITs: without root, the same each time."""

import os
import struct
import subprocess
import sys

SECTOR = 512
MEBIBYTE = 1 << 20
FIRST_SECTOR = 16384  # of the partition: the boot loader of an i.MX lies before it
OFFSET = "@@8M"       # the same, as mtools wants it
FAT32_LBA = 0x0c
BOOTABLE = 0x80
SMALLEST_MIB = 64     # FAT32 needs 65525 clusters
ROOM_MIB = 16         # beside the files
SERIAL = "50565254"
# The same files make the same image: mtools and mkimage take their time from here. FAT starts in 1980.
ENVIRONMENT = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "SOURCE_DATE_EPOCH": "315532800", "TZ": "UTC"}


def run(*command):
    """A tool that is silent when it succeeds; its own words when not."""
    done = subprocess.run(command, env=ENVIRONMENT, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}:\n{done.stdout}")


def size_for(paths):
    """MiB of a disk for these files. SD cards in QEMU have a power of two."""
    needed = sum(os.path.getsize(path) for path in paths) // MEBIBYTE + ROOM_MIB
    return max(SMALLEST_MIB, 1 << (needed - 1).bit_length())


def write_partition_table(path, sizes):
    """A new image at `path`; sizes: [(type, sectors)] of its partitions. The first sector of each."""
    first, firsts = FIRST_SECTOR, []
    with open(path, "wb") as disk:
        for number, (kind, n_sectors) in enumerate(sizes):
            disk.seek(446 + 16 * number)
            disk.write(struct.pack("<B3sB3sII", 0 if number else BOOTABLE, b"\xfe\xff\xff", kind,
                                   b"\xfe\xff\xff", first, n_sectors))
            firsts.append(first)
            first += n_sectors
        disk.seek(510)
        disk.write(b"\x55\xaa")
        disk.truncate(first * SECTOR)
    return firsts


def format_fat(path, n_sectors, files):
    """The first partition of `path`, with `files`: {name on the disk: path here}."""
    run("mformat", "-i", path + OFFSET, "-F", "-N", SERIAL, "-v", "PARAVENT", "-h", "64", "-s", "32",
        "-H", str(FIRST_SECTOR), "-T", str(n_sectors), "::")
    for folder in sorted({os.path.dirname(name) for name in files} - {""}):
        run("mmd", "-i", path + OFFSET, f"::{folder}")
    for name, source in files.items():
        run("mcopy", "-i", path + OFFSET, source, f"::{name}")


def make_disk(path, files):
    """An image at `path` whose only partition holds `files`."""
    n_sectors = size_for(files.values()) * MEBIBYTE // SECTOR - FIRST_SECTOR
    write_partition_table(path, [(FAT32_LBA, n_sectors)])
    format_fat(path, n_sectors, files)


def make_boot_script(path, text_path):
    """A U-Boot script image from its text."""
    run("mkimage", "-A", "arm64", "-T", "script", "-C", "none", "-n", "Paravent", "-d", text_path,
        path)
