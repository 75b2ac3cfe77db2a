# SPDX-License-Identifier: Apache-2.0
"""Instructions as QEMU executes them, in its own log: which core, which address.

With one instruction a translated block, `-d exec,nochain` has a line for each one in the given
ranges of addresses. It goes through a FIFO: it may be gigabytes. No plugin, no debugger; about
a million lines a second.
"""

import os
import subprocess
import tempfile
import threading

import measure

EL2_BYTES = 2 << 20  # the linker script's limit
SECONDS = 1200


def symbols_of(elf, kinds="tT"):
    """Addresses and names, by address; a name may be that of several static functions."""
    listing = subprocess.run(["aarch64-linux-gnu-nm", "-n", elf], check=True, stdout=subprocess.PIPE, text=True)
    symbols = [words for words in map(str.split, listing.stdout.splitlines()) if len(words) == 3]
    return [(int(address, 16), name) for address, kind, name in symbols if kind in kinds]


def el2_of(system):
    """The range of EL2's addresses: the image starts at its first function."""
    first = symbols_of(os.path.join(system.folder, "paravent.elf"))[0][0]
    return range(first, first + EL2_BYTES)


def executed(lines):
    """(core, address) of each instruction in QEMU's log.

    A core that is to stop, because its turn is over, does so at the start of an instruction that is in
    the log already, and is there once more when it goes on.
    """
    last = {}
    for line in lines:
        if not line.startswith(b"Trace "):
            continue
        core = int(line[6:line.index(b":")])
        at = line.index(b"/") + 1
        address = int(line[at:at + 16], 16)
        if last.get(core) != address:
            last[core] = address
            yield core, address


def run(system, ranges, last, follow, accelerator="tcg,thread=single", machine=None):
    """Boot the system until the console shows `last`; follow(lines of the log). The console's lines."""
    with tempfile.TemporaryDirectory() as folder:
        fifo = os.path.join(folder, "trace")
        os.mkfifo(fifo)

        def read():
            with open(fifo, "rb") as log:
                follow(log)

        reader = threading.Thread(target=read)
        reader.start()
        selected = ",".join(f"{r.start:#x}+{len(r):#x}" for r in ranges)
        command = system.command("-accel", f"{accelerator},one-insn-per-tb=on", "-d", "exec,nochain",
                                 "-dfilter", selected, "-D", fifo,
                                 machine=measure.COUNTED if machine is None else machine)
        try:
            return measure.run(command, last, SECONDS)
        finally:
            reader.join()
