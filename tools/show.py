# SPDX-License-Identifier: Apache-2.0
"""A system shown to a user, or run unattended: what tools/demo and tools/demo-devices share."""

import os
import sys

from qemu import Console

SHELL_READY = rb"[#$] (\033|$)"
STEP_DONE = rb"step ended with (\d+)"
BOOT_SECONDS = 200
STEP_SECONDS = 200
POWER_OFF_SECONDS = 60
LONGEST_LOAD = 3.0


def patience(seconds):
    """More on a busy machine, up to a limit."""
    return seconds * min(max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), LONGEST_LOAD)


def say(text):
    print(f"\n==> {text}", flush=True)


def wait(console, what, pattern, seconds=STEP_SECONDS):
    try:
        match = console.relay(until=pattern, seconds=patience(seconds))
    except TimeoutError:
        raise RuntimeError(f"{what}: not within {patience(seconds):.0f} s") from None
    if match is None:
        raise RuntimeError(f"{what}: QEMU ended")
    return match


def wait_shell(console):
    wait(console, "waiting for the Linux shell", SHELL_READY, BOOT_SECONDS)


def run_step(console, command):
    """A command in Linux's shell, which must succeed."""
    # The shell echoes what is typed: quoted so that only the answer matches.
    console.send(command.encode() + b'; echo "step ended with "$?\n')
    verdict = wait(console, f"waiting for {command}", STEP_DONE)
    wait_shell(console)
    if verdict[1] != b"0":
        raise RuntimeError(f"{command} gave up in Linux with exit status {int(verdict[1])}")


def leave(console, hint, off):
    """To the user if there is one, else off."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        say(f"The Linux shell is yours: try {hint}; ctrl-a x ends QEMU")
        console.send(b"\n")
        console.interact()
    else:
        console.send(off.encode() + b"\n")
        wait(console, "waiting for Linux to power off", rb"paravent *\| linux has ",
             POWER_OFF_SECONDS)


def show(system, command, steps, hint, off="poweroff -f"):
    """Boot, call steps(console), leave. The last line without a terminal is the verdict.

    hint: what the user may try at Linux's shell. off: what switches Linux off.
    """
    say(f"Booting {system.name} ({', '.join(system.partitions)}) in QEMU")
    print(" ".join(command), flush=True)
    log_path = os.path.join(system.folder, "demo.log")
    with open(log_path, "wb") as log:
        console = Console(command, system.partitions, log)
        try:
            wait_shell(console)
            steps(console)
            leave(console, hint, off)
        except RuntimeError as error:
            console.close()
            print(f"\nconsole log: {log_path}\ndemo: FAILED: {error}", flush=True)
            sys.exit(1)
        console.close()
    print("\ndemo: OK", flush=True)
