# SPDX-License-Identifier: Apache-2.0
"""Measure: boot the benchmark under Paravent and on the bare machine, and read its rows.

With -icount shift=0 and a counter of 1 GHz, QEMU's counter advances by one an instruction,
so what the guest prints as nanoseconds are instructions, the same in every run.
"""

import os
import re
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
from qemu import System  # noqa: E402

COUNTED = {"-cpu": "cortex-a53,cntfrq=1000000000", "-icount": "shift=0,sleep=off"}
ROW = re.compile(r"row ([a-z0-9-]+) n (\d+) min (\d+) average (\d+\.\d+) max (\d+)")
FIRST = re.compile(r"first ([0-9a-f]{16})")
SECONDS = 400
SUFFIX = {3: "", 2: "-gicv2"}


def build(name, kernel=""):
    """A system of tests/bench, with KERNEL=kernel."""
    # Without what the make that runs us would tell a make of its own.
    environment = {key: value for key, value in os.environ.items()
                   if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    subprocess.run(["make", "-s", f"SYSTEM=tests/bench/{name}.dts", f"KERNEL={kernel}"], check=True,
                   env=environment, stdout=subprocess.DEVNULL)
    return System(f"build/{name}" + (f"-{kernel}" if kernel else ""))


def run(command, last, seconds=SECONDS):
    """What QEMU prints, up to a line that matches `last`."""
    lines = []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          errors="replace") as qemu:
        limit = threading.Timer(seconds, qemu.kill)
        limit.start()
        for line in qemu.stdout:
            lines.append(line.rstrip())
            if re.search(last, line):
                break
        else:
            raise RuntimeError(f"QEMU ended before the benchmark did, within {seconds} s:\n"
                               + "\n".join(lines[-20:]))
        limit.cancel()
        qemu.kill()
    return lines


def rows_of(lines):
    """{row: [min, average, max]}"""
    matches = filter(None, map(ROW.search, lines))
    return {match[1]: [int(match[3]), float(match[4]), int(match[5])] for match in matches}


def measure_paravent(gic):
    rows = rows_of(run(build("bench" + SUFFIX[gic]).command(machine=COUNTED), r"\| done"))
    first = run(build("first" + SUFFIX[gic]).command(machine=COUNTED), FIRST)
    count = int(FIRST.search(first[-1])[1], 16)
    rows["reset"] = [count, float(count), count]
    return rows


def measure_bare(gic):
    """The same binary at EL1 of the same machine without EL2."""
    system = build("bench" + SUFFIX[gic])
    image = os.path.join(system.folder, "bench.bin")
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary",
                    os.path.join(system.folder, "guests/bench/bench.elf"), image], check=True)
    command = system.command(machine=COUNTED, kernel=image)
    at = command.index("-M") + 1
    command[at] = command[at].replace("virtualization=on", "virtualization=off")
    return rows_of(run(command, "^done"))


def measure_sizes():
    """Bytes of the hypervisor for two cores and two partitions, and its code lines.

    Resident are whole pages; the image is code, constants and data, without the tables pvc built.
    """
    elf = os.path.join(build("sizes").folder, "paravent.elf")
    listing = subprocess.run(["aarch64-linux-gnu-size", "-A", elf], check=True, stdout=subprocess.PIPE,
                             text=True).stdout
    sections = {words[0]: int(words[1]) for words in map(str.split, listing.splitlines())
                if len(words) == 3 and words[0].startswith(".")}
    page = 4096
    sizes = {"image-bytes": sections[".text"] + sections[".rodata"] + sections[".mmu_roots"] + sections[".data"],
             "table-bytes": sections[".mmu_tables"],
             "resident-bytes": sum(-(-sections[name] // page) * page for name in (".text", ".rodata", ".mmu_tables"))
             + -(-sum(sections[name] for name in (".mmu_roots", ".data", ".bss", ".stacks")) // page) * page}
    try:
        cloc = subprocess.run(["cloc", "--quiet", "--csv", "--include-lang=C,C/C++ Header,Assembly", "arch/arm64",
                               "core", "partitions", "include"], check=True, stdout=subprocess.PIPE, text=True)
        sizes["code-lines"] = int(re.search(r",SUM,.*,(\d+)$", cloc.stdout, re.MULTILINE)[1])
    except FileNotFoundError:
        pass
    return {key: [value, float(value), value] for key, value in sizes.items()}


def measure(say=lambda text: None):
    """{"gicv3": {"bare": rows, "paravent": rows}, "gicv2": ...}; sizes are in both."""
    sizes = measure_sizes()
    result = {}
    for gic in (3, 2):
        say(f"QEMU virt with GICv{gic}: bare, then Paravent")
        result[f"gicv{gic}"] = {"bare": measure_bare(gic), "paravent": {**measure_paravent(gic), **sizes}}
    return result


def find_worse(measured, expected, tolerance=0.02):
    """A line for each row whose average or maximum is more than `tolerance` above what is stored."""
    worse = []
    for gic, rows in expected.items():
        for key, wanted in rows.items():
            found = measured[gic]["paravent"].get(key)
            if found is None:
                worse.append(f"{gic} {key}: not measured, {wanted[1]:g} is stored")
            elif any(found[i] > wanted[i] * (1 + tolerance) for i in (1, 2)):
                worse.append(f"{gic} {key}: {found[1]:g} on average, {found[2]} at most; "
                             f"stored are {wanted[1]:g} and {wanted[2]}")
    return worse


def rewrite(page, name, text):
    """Replace what stands between the page's two comments of that name."""
    with open(page, encoding="utf-8") as file:
        before = file.read()
    pattern = rf"(<!-- make bench: {name} -->\n).*?(<!-- end -->)"
    after = re.sub(pattern, lambda match: match[1] + text + "\n" + match[2], before, flags=re.DOTALL)
    if after != before:
        with open(page, "w", encoding="utf-8") as file:
            file.write(after)
