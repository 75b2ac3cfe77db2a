# SPDX-License-Identifier: Apache-2.0
"""Tries Linux's devices from its shell with `devtest`: on machines alone and in partitions."""

import base64
import filecmp
import os
import re

from card import SdCard
from server import serve

OK = "devtest: OK"
PARTS = {"vfat": "1", "ext4": "2"}
COMMAND_SECONDS = 300  # the slowest model moves 1 MiB a second
FILE_BYTES = 3_000_000  # no multiple of anything


class Card:
    """An SD card with a file of this machine's; the guest copies it, this machine compares."""

    def __init__(self, folder):
        os.makedirs(os.path.join(folder, "files"))
        self.folder = str(folder)
        self.path = os.path.join(self.folder, "card.img")
        self.file = os.path.join(self.folder, "files", "host.bin")
        with open(self.file, "wb") as file:
            file.write(os.urandom(FILE_BYTES))
        self.image = SdCard(self.path, os.path.dirname(self.file))

    def check(self):
        """Call it when QEMU has ended: the guest's copies are the file, on both file systems."""
        for read, name in ((self.image.read_fat, "fat"), (self.image.read_ext4, "ext4")):
            copy = os.path.join(self.folder, f"{name}.bin")
            read("guest.bin", copy)
            assert filecmp.cmp(self.file, copy, shallow=False), f"{copy} differs from {self.file}"


def succeed(board, command):
    status, lines = board.run(command, COMMAND_SECONDS)
    assert status == 0, f"{command}: status {status}: {lines}"
    return lines


def devtest(board, arguments):
    """Its lines, without what the kernel wrote between them."""
    lines = [line for line in succeed(board, "devtest " + arguments) if line.startswith("devtest: ")]
    assert lines[-1] == OK, lines
    return lines


def try_disk(board):
    """`devtest disk` on both partitions of a Card, then a copy of its file for Card.check()."""
    lines = devtest(board, "disk")
    disk = re.match(r"devtest: (/dev/\w+?)p?1, vfat: 4 MiB written in", lines[0])
    assert disk, lines
    for kind, number in PARTS.items():
        same = (rf"devtest: {disk[1]}p?{number}, {kind}: read back in .*, "
                "sha256 [0-9a-f]{64} is the same")
        assert any(re.fullmatch(same, line) for line in lines), (same, lines)
    separator = "p" if disk[1][-1].isdigit() else ""
    for kind, number in PARTS.items():
        succeed(board, f"mkdir -p /tmp/card; mount -t {kind} {disk[1]}{separator}{number} /tmp/card")
        succeed(board, "cp /tmp/card/host.bin /tmp/card/guest.bin")
        succeed(board, "umount /tmp/card")


def try_net(board, n_bytes=FILE_BYTES):
    """DHCP, a ping, a file from this machine and back to it, byte for byte."""
    with serve(n_bytes) as server:
        lines = devtest(board, f"net -u {server.url}")
        assert any(re.match(r"devtest: \w+: address 10\.0\.2\.15/24, gateway 10\.0\.2\.2", line)
                   for line in lines), lines
        assert server.fetched == 1
        assert [base64.b64decode(upload) for upload in server.uploads] == [server.content]
