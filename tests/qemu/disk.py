# SPDX-License-Identifier: Apache-2.0
"""Disk images with one FAT partition, made without root."""

import os
import struct
import subprocess

SECTOR = 512
FIRST_SECTOR = 2048
OFFSET = "@@1M"  # of the partition, as mtools wants it
FAT32_LBA = 0x0c
BOOTABLE = 0x80


def make_disk(path, mebibytes, files):
    """An image at `path` whose partition holds `files`: {name on the disk: path here}."""
    n_sectors = mebibytes * 2048
    entry = struct.pack("<B3sB3sII", BOOTABLE, b"\xfe\xff\xff", FAT32_LBA, b"\xfe\xff\xff",
                        FIRST_SECTOR, n_sectors)
    with open(path, "wb") as disk:
        disk.truncate((FIRST_SECTOR + n_sectors) * SECTOR)
        disk.seek(446)
        disk.write(entry)
        disk.seek(510)
        disk.write(b"\x55\xaa")
    environment = {**os.environ, "MTOOLS_SKIP_CHECK": "1"}
    subprocess.run(["mformat", "-i", path + OFFSET, "-F", "-H", str(FIRST_SECTOR),
                    "-T", str(n_sectors), "::"], check=True, env=environment)
    for name, source in files.items():
        subprocess.run(["mcopy", "-i", path + OFFSET, source, f"::{name}"],
                       check=True, env=environment)


def make_boot_script(path, commands):
    """A U-Boot script image from its text."""
    text = path + ".txt"
    with open(text, "w", encoding="utf-8") as file:
        file.write(commands)
    subprocess.run(["mkimage", "-A", "arm64", "-T", "script", "-C", "none", "-d", text, path],
                   check=True, stdout=subprocess.DEVNULL)
