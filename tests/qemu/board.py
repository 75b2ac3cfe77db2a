# SPDX-License-Identifier: Apache-2.0
"""Build a system, boot it in QEMU, talk to its console. What every test here is written with."""

import contextlib
import fcntl
import os
import re
import subprocess
import sys
import time

import pexpect

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../tools"))
from qemu import System, plain_terminal  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
LOGS = os.path.join(ROOT, "build/test-logs")
SECONDS = 100       # patience on an idle machine; a busy one gets more ...
LONGEST_LOAD = 3.0  # ... up to this factor, so that what hangs ends some day
BUILD_SECONDS = 900
SHELL_READY = r"[#$] (\x1b\[6n)?$"  # BusyBox asks where the cursor is
KERNEL_TROUBLE = r"Kernel panic|Unable to handle kernel|Call trace:|rcu: INFO|BUG:"


def load():
    """How many times longer than on an idle machine things may take."""
    return min(max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)), LONGEST_LOAD)


def environment():
    """Ours without what the make that runs these tests would tell a make of its own."""
    return {key: value for key, value in os.environ.items()
            if key not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def make(*arguments):
    """Run make in the project, one at a time for all tests, whatever process they run in."""
    os.makedirs(LOGS, exist_ok=True)
    with open(os.path.join(LOGS, "make.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run(["make", *arguments], cwd=ROOT, env=environment(), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=BUILD_SECONDS * load(),
                              check=False)


def build(dts, kernel="", goals=("all",)):
    """The built system. kernel: "" for Debian's, "rt" for its PREEMPT_RT one."""
    result = make(f"SYSTEM={dts}", f"KERNEL={kernel}", *goals)
    tail = "\n".join(result.stdout.splitlines()[-25:])
    assert result.returncode == 0, f"make SYSTEM={dts} KERNEL={kernel} failed:\n{tail}"
    name = os.path.splitext(os.path.basename(dts))[0]
    return System(os.path.join(ROOT, "build", name + ("-" + kernel if kernel else "")))


class Board:
    """A QEMU and its console. Ends only the process it started."""

    def __init__(self, command, name):
        os.makedirs(LOGS, exist_ok=True)
        self.log_path = os.path.join(LOGS, re.sub(r"[^\w.-]+", "_", name) + ".log")
        self._log = open(self.log_path, "w", encoding="utf-8")
        self._log.write(" ".join(command) + "\n")
        self._commands = 0
        self.console = pexpect.spawn(command[0], command[1:], cwd=ROOT, encoding="utf-8",
                                     codec_errors="replace", timeout=None,
                                     dimensions=(50, 400), preexec_fn=plain_terminal)
        self.console.logfile_read = self._log
        self.console.delaybeforesend = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.console.close(force=True)
        self._log.close()

    def expect(self, patterns, seconds=SECONDS, never=None):
        """Wait for a regular expression, or the first of several: its match.

        `never` is a pattern that means failure at once.
        """
        patterns = [patterns] if isinstance(patterns, str) else list(patterns)
        wanted = patterns + [pexpect.TIMEOUT, pexpect.EOF] + ([never] if never else [])
        deadline = time.monotonic() + seconds * load()
        found = self.console.expect(wanted, timeout=deadline - time.monotonic())
        if found >= len(patterns):
            what = ("nothing more for %d s" % (seconds * load()), "QEMU ended",
                    f"failure: {self.console.after}"
                    )[found - len(patterns)]
            self._listen_on()
            raise AssertionError(f"waiting for {' or '.join(patterns)}: {what}\n"
                                 f"console, from {self.log_path}:\n{self.tail()}")
        return self.console.match

    def _listen_on(self, seconds=2):
        """What follows a failure often explains it: take it to the log."""
        with contextlib.suppress(pexpect.TIMEOUT):
            self.console.expect(pexpect.EOF, timeout=seconds)

    def tail(self, lines=25):
        self._log.flush()
        with open(self.log_path, encoding="utf-8", errors="replace") as text:
            return "".join(text.readlines()[-lines:])

    def send(self, line):
        self.console.send(line + "\n")

    def type(self, keys):
        self.console.send(keys)

    def wait_end(self, seconds=SECONDS):
        """Wait until QEMU has ended by itself; its exit status."""
        try:
            self.console.expect(pexpect.EOF, timeout=seconds * load())
        except pexpect.TIMEOUT:
            raise AssertionError(f"QEMU did not end:\n{self.tail()}") from None
        self.console.wait()
        return self.console.exitstatus

    # ---- A Linux partition with the console's input ----------------------------------

    def wait_shell(self, partition="linux", seconds=2 * SECONDS):
        """Wait until a shell answers."""
        self.expect(SHELL_READY, seconds, never=KERNEL_TROUBLE)
        self.partition = partition
        status, _ = self.run("true")
        assert status == 0

    def run(self, command, seconds=SECONDS):
        """Exit status and output lines of a shell command."""
        self._commands += 1
        # The shell echoes what is typed: split so that only the answer matches below.
        number = self._commands
        self.send(f'echo "<<"{number}; {command}; echo "$?:"{number}">>"')
        match = self.expect(rf"<<{number}[\r\n]+(.*?)(\d+):{number}>>", seconds,
                            never=KERNEL_TROUBLE)
        self.expect(SHELL_READY, seconds)
        return int(match[2]), self.lines_of(match[1].rpartition("\n")[0])

    def lines_of(self, text):
        """What one partition wrote, without prefixes."""
        prefix = re.compile(rf"{self.partition} *\| ?(.*)")
        return [match[1].rstrip() for match in map(prefix.match, text.splitlines()) if match]
