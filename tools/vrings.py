#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Watches the virtqueues of a running QEMU: does every address in them lie in the device's window?

    tools/vrings.py --qmp SOCKET --ram FILE [--base ADDRESS] --descriptors COUNT [--seconds S]
                    NAME=ADDRESS,SIZE...

QEMU is to run with -qmp unix:SOCKET,server=on,wait=off and with its RAM in FILE (-object
memory-backend-file,share=on). NAME=ADDRESS,SIZE is the window of the devices whose name QEMU gives
as NAME: virtio-blk, virtio-net, virtio-serial, virtio-rng; a device without one is an error.

Looks again and again at the three parts of each split virtqueue, at the descriptors of what was
made available since the last look, at all others that have changed, and at indirect tables of
requests that are pending. Each of these counts once a look. Exit status: 0 COUNT
descriptors were checked and none was outside, 1 some were, 2 wrong usage, 3 fewer came in time.
Virtual I/O Device (VIRTIO) Version 1.2, "Split Virtqueues".
"""

import argparse
import json
import mmap
import re
import socket
import struct
import sys
import time

DESCRIPTOR = struct.Struct("<QIHH")  # address, length, flags, next
NEXT, INDIRECT = 1, 4
READ_AGAIN_S = 0.2
PAUSE_S = 0.0005
FIND_S = 0.3  # between two looks at where the rings are
SHOWN = 8  # findings that are kept in words


class Qmp:
    """QEMU's machine protocol, as far as needed."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(path)
        self._lines = self._socket.makefile("r", encoding="utf-8")
        self._lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        request = json.dumps({"execute": command, "arguments": arguments})
        self._socket.sendall(request.encode())
        for line in self._lines:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise RuntimeError(f"QEMU: {command}: {answer['error']['desc']}")
        raise RuntimeError("QEMU has ended")

    def close(self):
        self._lines.close()
        self._socket.close()


class Ring:
    """One virtqueue where it lies now."""

    def __init__(self, device, path, queue, status):
        self.device, self.path, self.queue = device, path, queue
        self.name = f"{device} queue {queue}"
        self.size = status["vring-num"]
        self.descriptors = status["vring-desc"]
        self.available = status["vring-avail"]
        self.used = status["vring-used"]

    @property
    def place(self):
        return self.path, self.queue, self.size, self.descriptors, self.available, self.used

    def __eq__(self, other):
        return self.place == other.place

    def parts(self):
        return (("descriptor table", self.descriptors, 16 * self.size),
                ("available ring", self.available, 6 + 2 * self.size),
                ("used ring", self.used, 6 + 8 * self.size))


class Watch:
    """Counts of what was seen: `rings`, `descriptors`, of these `outside`; `findings` in words."""

    def __init__(self, qmp_path, ram_path, windows, ram_base=0x40000000):
        """windows: {name of a virtio device in QEMU: (address, size)}."""
        self.rings = self.descriptors = self.outside = 0
        self.findings = []
        self.by_ring = {}
        self._windows = windows
        self._base = ram_base
        self._rings = []
        self._find_again = 0
        self._seen = {}  # by place of the ring: its descriptor table, and index, at the last look
        self._qmp = Qmp(qmp_path)
        with open(ram_path, "rb") as file:
            self._ram = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def close(self):
        self._qmp.close()
        self._ram.close()

    def until(self, descriptors, seconds):
        """Look until so many descriptors have been seen. False: they were not, in that time."""
        deadline = time.monotonic() + seconds
        while self.descriptors < descriptors:
            if time.monotonic() > deadline:
                return False
            self.look()
            time.sleep(PAUSE_S)
        return True

    def look(self):
        if time.monotonic() >= self._find_again:
            self._rings = list(self._find_rings())
            self._find_again = time.monotonic() + FIND_S
        for ring in self._rings:
            self._check_ring(ring)

    def _find_rings(self):
        for device in self._qmp.ask("x-query-virtio"):
            status = self._qmp.ask("x-query-virtio-status", path=device["path"])
            for queue in range(status["num-vqs"]):
                ring = Ring(device["name"], device["path"], queue, self._status(device["path"], queue))
                if ring.descriptors:
                    if ring.device not in self._windows:
                        raise SystemExit(f"vrings: no window named for {ring.name}; "
                                         "give NAME=ADDRESS,SIZE")
                    yield ring

    def _status(self, path, queue):
        return self._qmp.ask("x-query-virtio-queue-status", path=path, queue=queue)

    def _is_there(self, ring):
        now = Ring(ring.device, ring.path, ring.queue, self._status(ring.path, ring.queue))
        if now != ring:
            self._find_again = 0
        return now == ring

    def _check_ring(self, ring):
        window = self._windows[ring.device]
        is_new = ring.place not in self._seen
        table_before, index_before = self._seen.get(ring.place, (bytes(16 * ring.size), 0))
        if self._index(ring.available) == index_before and not is_new:
            return
        # The driver may be gone, or go while we look: then what is read may be anything.
        if not self._is_there(ring):
            return
        # In this order: what is available by `index` is in the table.
        index = self._index(ring.available)
        table = self._read(ring.descriptors, 16 * ring.size)
        numbers = self._published(ring, table, index_before, index)
        numbers |= self._changed(ring, table, table_before)
        entries = [(f"{ring.name}, descriptor {i}", *entry_of(table, i)[:2],
                    ring.descriptors + 16 * i) for i in sorted(numbers) if entry_of(table, i)[1]]
        entries += self._indirect(ring, table, window)
        if not self._is_there(ring):
            return
        self._seen[ring.place] = table, index
        if is_new:
            self.rings += 1
            for what, address, size in ring.parts():
                self._check(f"{ring.name}, {what}", address, size, window)
        self.descriptors += len(entries)
        self.by_ring[ring.name] = self.by_ring.get(ring.name, 0) + len(entries)
        for what, address, size, where in entries:
            if is_inside(address, 1, window) and not is_inside(address, size, window):
                # The driver may be between its stores of address and length: look again.
                time.sleep(READ_AGAIN_S)
                if DESCRIPTOR.unpack(self._read(where, 16))[:2] != (address, size):
                    continue
            self._check(what, address, size, window)

    def _published(self, ring, table, before, index):
        """The numbers of the descriptors of all requests between two indices of the available ring."""
        numbers = set()
        n_new = (index - before) & 0xffff
        if n_new > ring.size:  # the ring went round, or began anew with 0
            n_new = min(index, ring.size)
        for n in range(n_new):
            slot = ring.available + 4 + 2 * ((index - 1 - n) % ring.size)
            number = struct.unpack("<H", self._read(slot, 2))[0] % ring.size
            while number not in numbers:
                numbers.add(number)
                _, _, flags, following = entry_of(table, number)
                if flags & NEXT:
                    number = following % ring.size
        return numbers

    def _changed(self, ring, table, before):
        """Linux chains free entries through `next` alone: that makes no new descriptor."""
        if table == before:
            return set()
        return {i for i in range(ring.size)
                if table[16 * i:16 * i + 14] != before[16 * i:16 * i + 14]}

    def _indirect(self, ring, table, window):
        """Entries of the indirect tables of pending requests, which stay until they are used."""
        used = self._index(ring.used)
        pending = (self._index(ring.available) - used) & 0xffff
        found = []
        for n in range(pending if pending <= ring.size else 0):
            slot = ring.available + 4 + 2 * ((used + n) % ring.size)
            head = struct.unpack("<H", self._read(slot, 2))[0] % ring.size
            address, size, flags, _ = entry_of(table, head)
            if flags & INDIRECT and is_inside(address, size, window):
                entries = self._read(address, size // 16 * 16)
                found += [(f"{ring.name}, indirect descriptor of {head}", *entry[:2], address + 16 * i)
                          for i, entry in enumerate(DESCRIPTOR.iter_unpack(entries))]
        return found if self._index(ring.used) == used else []

    def _index(self, ring):
        return struct.unpack("<H", self._read(ring + 2, 2))[0]

    def _read(self, address, size):
        offset = address - self._base
        if not 0 <= offset <= len(self._ram) - size:
            return bytes(size)  # said to be outside by its place; nothing to follow
        return self._ram[offset:offset + size]

    def _check(self, what, address, size, window):
        if is_inside(address, size, window):
            return
        self.outside += 1
        if len(self.findings) < SHOWN:
            self.findings.append(f"{what}: {address:#x}, {size} bytes, is outside the window "
                                 f"{window[0]:#x}, {window[1]} bytes")

    def __str__(self):
        queues = ", ".join(f"{name} {count}" for name, count in sorted(self.by_ring.items()))
        return (f"{self.rings} rings, {self.descriptors} descriptors checked, "
                f"{self.outside} outside ({queues})")


def entry_of(table, number):
    """Address, length, flags, next."""
    return DESCRIPTOR.unpack_from(table, 16 * number)


def is_inside(address, size, window):
    return window[0] <= address and address + size <= window[0] + window[1]


def window_argument(text):
    match = re.fullmatch(r"([a-z-]+)=(0x[0-9a-fA-F]+|\d+),(0x[0-9a-fA-F]+|\d+)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"\"{text}\" is not NAME=ADDRESS,SIZE")
    return match[1], (int(match[2], 0), int(match[3], 0))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qmp", required=True)
    parser.add_argument("--ram", required=True)
    parser.add_argument("--base", type=lambda text: int(text, 0), default=0x40000000)
    parser.add_argument("--descriptors", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("windows", nargs="+", type=window_argument)
    options = parser.parse_args()
    watch = Watch(options.qmp, options.ram, dict(options.windows), options.base)
    is_enough = watch.until(options.descriptors, options.seconds)
    print(watch)
    for finding in watch.findings:
        print(finding)
    return 1 if watch.outside else 0 if is_enough else 3


if __name__ == "__main__":
    sys.exit(main())
