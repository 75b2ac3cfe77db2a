# SPDX-License-Identifier: Apache-2.0
"""What EL2 executes for the operations of one core, whatever other cores do meanwhile.

The guest's operations lie between labels (tests/bench/operations.S), and QEMU's log says which core
executes what: so these counts, unlike the guest's clock, have no other core's instructions in them.
"""

import os
import re
from collections import Counter, defaultdict

import measure
import tracing

VECTOR = re.compile(r"bench_irq_v\d")
LABEL = re.compile(r"operation_(\w+?)(_v\d)?")
END = "_end"
NEXT_CASE = "loaded"
NOT_COUNTED = ("pause", "finish", NEXT_CASE)
DONE = r"\| done"
GUEST, EL2, LOCK = range(3)
WAITING = ("spinlock_take", "cpu_relax")
WAITS = "message-send"
AT_ONCE = 8  # N_AT_ONCE of tests/bench/disk.c and frames.c
VIRTIO_MEMORY = range(0x44000000, 0x44800000)  # of both partitions of their systems


class Labels:
    """Where the operations of a guest begin and end, by address."""

    def __init__(self, symbols):
        labels = {name: address for address, name in symbols if name.startswith("operation_")}
        self.begins, self.ends = {}, {}
        vectors = [address for address, name in symbols if VECTOR.fullmatch(name)]
        for name, address in labels.items():
            if name.endswith(END):
                continue
            key = LABEL.fullmatch(name)[1].replace("_", "-")
            self.begins[address] = key
            self.ends[key] = {labels[name + END]} if name + END in labels else set(vectors)
        # What QEMU is to log of the guest.
        self.ranges = [range(min(labels.values()), max(labels.values()) + 4),
                       *(range(address, address + 4) for address in vectors)]


def ranges_of(symbols, names):
    """Where these functions lie, each up to the one behind it."""
    return [range(address, min(other for other, _ in symbols if other > address))
            for address, name in symbols if name in names]


class Operations:
    """Counts instructions by operation of core 0.

    cases    one dict for each: {operation: [Counter of (core, GUEST, EL2 or LOCK), ...]}
    unasked  for each case, EL2's instructions on core 0 that are none of its operations'
    """

    def __init__(self, labels, el2, locks=()):
        self.labels, self.el2, self.locks = labels, el2, locks
        self.cases, self.unasked = [defaultdict(list)], [0]

    def place(self, address):
        if address not in self.el2:
            return GUEST
        return LOCK if any(address in lock for lock in self.locks) else EL2

    def follow(self, lines):
        current, counter, has_begun = None, Counter(), False
        begins, ends = self.labels.begins, self.labels.ends
        for core, address in tracing.executed(lines):
            if current and core == 0 and address in ends[current]:
                self.cases[-1][current].append(counter)
                if current == NEXT_CASE:
                    self.cases.append(defaultdict(list))
                    self.unasked.append(0)
                current = None
                continue
            if current:
                counter[core, self.place(address)] += 1
            elif core == 0 and address in self.el2:
                self.unasked[-1] += has_begun
            if core == 0 and address in begins:
                current, counter, has_begun = begins[address], Counter(), True

    def row(self, operation, *places, core=None, case=0, parts=1):
        """[least, average, most] instructions of one of an operation's `parts`, on one core or on all."""
        counts = [sum(n for (where, place), n in counter.items() if place in places and core in (None, where))
                  for counter in self.cases[case][operation]]
        return [min(counts) // parts, round(sum(counts) / len(counts) / parts, 2), -(-max(counts) // parts)]

    def rows(self, case=0):
        """{operation: [least, average, most]} of EL2's on core 0; waiting for a lock is a row of its own."""
        found = {name: self.row(name, EL2, core=0, case=case)
                 for name in self.cases[case] if name not in NOT_COUNTED}
        if WAITS in found:
            found[f"{WAITS}-waiting"] = self.row(WAITS, LOCK, core=0, case=case)
        total = self.unasked[case]
        return {**found, "unasked": [total, float(total), total]}


def count(name, gic, partition, whole=(), **options):
    """Boot a system of tests/bench whose partition has operations; whole: log also all of these addresses."""
    system = measure.build(name + measure.SUFFIX[gic])
    labels = Labels(tracing.symbols_of(os.path.join(system.folder, "guests", partition)))
    el2 = tracing.el2_of(system)
    locks = ranges_of(tracing.symbols_of(os.path.join(system.folder, "paravent.elf")), WAITING)
    operations = Operations(labels, el2, locks)
    tracing.run(system, [el2, *labels.ranges, *whole], DONE, operations.follow, **options)
    return operations


def measure_parallel(gic):
    """The storm with a thread of the host for each core, and the host's time: no run is like another."""
    return count("interference-storm", gic, "beside/beside.elf", accelerator="tcg,thread=multi", machine={}).rows()


def measure_beside(gic):
    """{case: rows}; takes minutes."""
    linux = count("interference-linux", gic, "beside/beside.elf")
    return {"alone": count("interference", gic, "beside/beside.elf").rows(),
            "storm": count("interference-storm", gic, "beside/beside.elf").rows(),
            "parallel": measure_parallel(gic), "boot": linux.rows(0), "busy": linux.rows(1)}


def sides_of(operations, operation, parts=1):
    """Rows of one operation, by who executes what: EL2, core 0's partition, core 1's."""
    return {f"{operation}-el2": operations.row(operation, EL2, LOCK, parts=parts),
            f"{operation}-frontend": operations.row(operation, GUEST, core=0, parts=parts),
            f"{operation}-backend": operations.row(operation, GUEST, core=1, parts=parts)}


def measure_virtio(gic):
    """Reads of 4 KiB from a disk of another partition; frames to another partition and back."""
    disk = count("disk", gic, "reader/reader.elf", whole=[VIRTIO_MEMORY])
    frames = count("frames", gic, "driver/frames.elf", whole=[VIRTIO_MEMORY])
    return {"notify": disk.row("notify", EL2, LOCK, core=0),
            **sides_of(disk, "disk-read"), **sides_of(disk, "disk-reads", AT_ONCE),
            **sides_of(frames, "frame"), **sides_of(frames, "frames", AT_ONCE)}


def measure_all(gic, say):
    """Rows of virtio, and {case/operation: counts}."""
    say(f"QEMU virt with GICv{gic}: virtio, one core beside others")
    return {**measure_virtio(gic), **{f"{case}/{key}": counts for case, rows in measure_beside(gic).items()
                                    for key, counts in rows.items()}}
