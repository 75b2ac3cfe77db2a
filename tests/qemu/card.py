# SPDX-License-Identifier: Apache-2.0
"""An SD card with two file systems, made and read back without root."""

import os
import subprocess

from disk import FAT32_LBA, FIRST_SECTOR, MEBIBYTE, OFFSET, SECTOR, format_fat, run
from disk import write_partition_table

LINUX = 0x83
CARD_SECTORS = 128 * MEBIBYTE // SECTOR  # a power of two, as QEMU wants it of SD cards
FAT_SECTORS = 64 * MEBIBYTE // SECTOR
EXT4_SECTORS = CARD_SECTORS - FIRST_SECTOR - FAT_SECTORS


class SdCard:
    """An SD card's image: a FAT and an ext4 partition, the same files on both."""

    def __init__(self, path, folder):
        """folder: of the files; holds nothing but files."""
        self.path = path
        _, self.ext4 = write_partition_table(path, [(FAT32_LBA, FAT_SECTORS), (LINUX, EXT4_SECTORS)])
        format_fat(path, FAT_SECTORS,
                   {name: os.path.join(folder, name) for name in os.listdir(folder)})
        self._e2fsprogs("mke2fs", "-q", "-t", "ext4", "-E", f"offset={self.ext4 * SECTOR}",
                        "-d", folder, path, f"{EXT4_SECTORS // 2}K")

    @staticmethod
    def _e2fsprogs(command, *arguments):
        subprocess.run([command, *arguments], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL,
                       env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"})

    def read_fat(self, name, to):
        run("mcopy", "-i", self.path + OFFSET, f"::{name}", to)

    def read_ext4(self, name, to):
        """Also checks that the file system is clean."""
        disk = f"{self.path}?offset={self.ext4 * SECTOR}"
        self._e2fsprogs("e2fsck", "-n", "-f", disk)
        self._e2fsprogs("debugfs", "-R", f"dump /{name} {to}", disk)
