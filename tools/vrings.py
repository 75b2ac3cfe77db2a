#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Watches the virtqueues of a running QEMU: does every address in them lie in the device's window?

    tools/vrings.py (--qmp SOCKET | --state NAME=ADDRESS...) --ram FILE [--base ADDRESS]
                    --descriptors COUNT [--seconds S] NAME=ADDRESS,SIZE...

QEMU is to run with its RAM in FILE (-object memory-backend-file,share=on). Where the queues lie
comes either from QEMU itself, run with -qmp unix:SOCKET,server=on,wait=off, for devices of its own;
NAME is what QEMU calls them: virtio-blk, virtio-net, virtio-serial, virtio-rng. Or from the state
pages of Paravent's virtual devices, at ADDRESS. NAME=ADDRESS,SIZE is a device's window; a device
without one is an error.

Looks again and again at the three parts of each split virtqueue, at the descriptors of what was
made available since the last look, and at all others that have changed. Each of these counts once
a look. Indirect descriptors count as outside: the device must not offer them (QEMU:
indirect_desc=off). Exit status: 0 COUNT descriptors were checked and none was outside, 1 some were,
2 wrong usage, 3 fewer came in time. Virtual I/O Device (VIRTIO) Version 1.2, "Split Virtqueues".
"""

import argparse
import json
import mmap
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
    """One virtqueue where it lies now. `path`: what its source knows the device by."""

    def __init__(self, device, path, queue, size, parts):
        self.device, self.path, self.queue, self.size = device, path, queue, size
        self.name = f"{device} queue {queue}"
        self.descriptors, self.available, self.used = parts

    @property
    def place(self):
        return self.path, self.queue, self.size, self.descriptors, self.available, self.used

    def __eq__(self, other):
        return self.place == other.place

    def parts(self):
        return (("descriptor table", self.descriptors, 16 * self.size),
                ("available ring", self.available, 6 + 2 * self.size),
                ("used ring", self.used, 6 + 8 * self.size))


class QemuRings:
    """The virtqueues of QEMU's own devices."""

    def __init__(self, socket_path):
        self._qmp = Qmp(socket_path)

    def close(self):
        self._qmp.close()

    def find(self, _):
        for device in self._qmp.ask("x-query-virtio"):
            status = self._qmp.ask("x-query-virtio-status", path=device["path"])
            for queue in range(status["num-vqs"]):
                yield self._ring(device["name"], device["path"], queue)

    def again(self, ring, _):
        return self._ring(ring.device, ring.path, ring.queue)

    def _ring(self, name, path, queue):
        status = self._qmp.ask("x-query-virtio-queue-status", path=path, queue=queue)
        return Ring(name, path, queue, status["vring-num"],
                    [status[f"vring-{part}"] for part in ("desc", "avail", "used")])


class StateRings:
    """The virtqueues of Paravent's virtual devices, as their state pages show them."""

    QUEUES, OFFSET = 4, 32  # struct pv_virtio_state, include/abi/virtio.h
    QUEUE = struct.Struct("<IIQQQ")
    TRIES = 100_000

    def __init__(self, pages):
        """pages: {name of a device: address of its state page}."""
        self._pages = pages

    def close(self):
        pass

    def find(self, read):
        for name, page in self._pages.items():
            for queue in range(self.QUEUES):
                yield self._ring(name, page, queue, read)

    def again(self, ring, read):
        return self._ring(ring.device, ring.path, ring.queue, read)

    def _ring(self, name, page, queue, read):
        for _ in range(self.TRIES):
            before = read(page, 4)
            size, _, *parts = self.QUEUE.unpack(
                read(page + self.OFFSET + queue * self.QUEUE.size, self.QUEUE.size))
            if read(page, 4) == before and not before[0] & 1:
                return Ring(name, page, queue, size, parts)
        raise SystemExit(f"vrings: the state page of {name}, {page:#x}, is never at rest; is it one?")


class Watch:
    """Counts of what was seen: `rings`, `descriptors`, of these `outside`; `findings` in words."""

    def __init__(self, source, ram_path, windows, ram_base=0x40000000):
        """source: QemuRings or StateRings. windows: {name of a virtio device: (address, size)}."""
        self.rings = self.descriptors = self.outside = 0
        self.findings = []
        self.by_ring = {}
        self._source = source
        self._windows = windows
        self._base = ram_base
        self._rings = []
        self._find_again = 0
        self._seen = {}  # by place of the ring: its descriptor table, and index, at the last look
        with open(ram_path, "rb") as file:
            self._ram = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)

    def close(self):
        self._source.close()
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
        for ring in self._source.find(self._read):
            if ring.size and ring.descriptors:
                if ring.device not in self._windows:
                    raise SystemExit(f"vrings: no window named for {ring.name}; "
                                     "give NAME=ADDRESS,SIZE")
                yield ring

    def _is_there(self, ring):
        now = self._source.again(ring, self._read)
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
        entries = [(f"{ring.name}, descriptor {i}", *entry_of(table, i)[:3],
                    ring.descriptors + 16 * i) for i in sorted(numbers) if entry_of(table, i)[1]]
        if not self._is_there(ring):
            return
        self._seen[ring.place] = table, index
        if is_new:
            self.rings += 1
            for what, address, size in ring.parts():
                self._check(f"{ring.name}, {what}", address, size, window)
        self.descriptors += len(entries)
        self.by_ring[ring.name] = self.by_ring.get(ring.name, 0) + len(entries)
        for what, address, size, flags, where in entries:
            if flags & INDIRECT:
                self._find(f"{what}: is an indirect one")
                continue
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
        self._find(f"{what}: {address:#x}, {size} bytes, is outside the window "
                   f"{window[0]:#x}, {window[1]} bytes")

    def _find(self, finding):
        self.outside += 1
        if len(self.findings) < SHOWN:
            self.findings.append(finding)

    def __str__(self):
        queues = ", ".join(f"{name} {count}" for name, count in sorted(self.by_ring.items()))
        return (f"{self.rings} rings, {self.descriptors} descriptors checked, "
                f"{self.outside} outside ({queues})")


def entry_of(table, number):
    """Address, length, flags, next."""
    return DESCRIPTOR.unpack_from(table, 16 * number)


def is_inside(address, size, window):
    return window[0] <= address and address + size <= window[0] + window[1]


def numbers_of(n_numbers):
    """The type of an argument NAME=NUMBER,... with so many numbers: (NAME, the numbers)."""
    def parse(text):
        name, _, rest = text.partition("=")
        try:
            numbers = [int(word, 0) for word in rest.split(",")]
        except ValueError:
            numbers = []
        if not name or len(numbers) != n_numbers:
            raise argparse.ArgumentTypeError(f'"{text}" is not NAME=ADDRESS{",SIZE" * (n_numbers - 1)}')
        return name, numbers
    return parse


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--qmp")
    source.add_argument("--state", action="append", type=numbers_of(1))
    parser.add_argument("--ram", required=True)
    parser.add_argument("--base", type=lambda text: int(text, 0), default=0x40000000)
    parser.add_argument("--descriptors", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("windows", nargs="+", type=numbers_of(2))
    options = parser.parse_args()
    rings = (QemuRings(options.qmp) if options.qmp else
             StateRings({name: numbers[0] for name, numbers in options.state}))
    watch = Watch(rings, options.ram, dict(options.windows), options.base)
    is_enough = watch.until(options.descriptors, options.seconds)
    print(watch)
    for finding in watch.findings:
        print(finding)
    return 1 if watch.outside else 0 if is_enough else 3


if __name__ == "__main__":
    sys.exit(main())
