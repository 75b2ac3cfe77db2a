# SPDX-License-Identifier: Apache-2.0
"""A built system, the QEMU that runs it, its console. Used by tools/run, tools/demo, tests/qemu."""

import contextlib
import fcntl
import os
import pty
import re
import select
import shlex
import signal
import sys
import termios
import time
import tty

# A line of the shared console: the partition's name, padded, a bar, the text.
PREFIX = re.compile(rb"([a-z][a-z0-9_-]*) *\| ")
LONGEST_PREFIX = 40
COLOURS = (b"\033[36m", b"\033[32m", b"\033[33m", b"\033[35m", b"\033[34m", b"\033[31m")
GREY, PLAIN = b"\033[90m", b"\033[0m"
HOLD_S = 0.05       # how long the start of a line waits for the rest of its prefix
ASK_CURSOR = b"\033[6n"  # BusyBox's shell asks for the cursor; the answer would be typed text
LOOK_BACK = 4096    # bytes of output in which relay() looks for a pattern
# By QEMU machine: a file as its disk or SD card; a network, where the model has one.
DISKS = {
    "virt": ["-global", "virtio-mmio.force-legacy=false",
             "-drive", "if=none,id=disk,format=raw,file={disk}",
             "-device", "virtio-blk-device,drive=disk"],
    "imx8mp-evk": ["-drive", "if=sd,bus=2,format=raw,file={disk}"],
    "raspi4b": ["-drive", "if=sd,format=raw,file={disk}"],
}
NETWORKS = {
    "virt": ["-netdev", "user,id=net", "-device", "virtio-net-device,netdev=net"],
    "imx8mp-evk": ["-nic", "user"],
}


def disk_options(machine, disk):
    """QEMU's options for a raw image as the disk or SD card of a machine."""
    return [option.format(disk=disk) for option in DISKS[machine]]


class System:
    """What make left in build/<system>/."""

    def __init__(self, folder):
        self.folder = os.path.normpath(folder)
        self.name = os.path.basename(self.folder)
        self.image = os.path.join(self.folder, "paravent.img")
        fragment = os.path.join(self.folder, "system.mk")
        if not os.path.exists(fragment):
            sys.exit(f"{fragment}: not there; build the system first: make SYSTEM=path/name.dts")
        with open(fragment, encoding="utf-8") as text:
            pairs = (line.split(":=", 1) for line in text if ":=" in line)
            self.variables = {key.strip(): value.strip() for key, value in pairs}

    @property
    def partitions(self):
        return self.variables.get("partitions", "").split()

    @property
    def machine(self):
        """QEMU's name of the board."""
        options = shlex.split(self.variables.get("qemu_args", ""))
        return options[options.index("-M") + 1].split(",")[0] if "-M" in options else ""

    def devices(self, disk):
        """QEMU's options for a disk or SD card, and a network where the machine has one."""
        return [*disk_options(self.machine, disk), *NETWORKS.get(self.machine, [])]

    def command(self, *more, kernel=None, machine=None, serials=None):
        """QEMU's command line.

        machine: options instead of the board's, {"-cpu": "cortex-a53"}. serials: what QEMU's
        serial lines go to, in their order; by default, the one that is the console goes here.
        """
        options = shlex.split(self.variables.get("qemu_args", ""))
        if not options:
            sys.exit(f"{self.name}: QEMU has no such board (no paravent,qemu in its DTS)")
        for option, value in (machine or {}).items():
            if option in options:
                options[options.index(option) + 1] = value
            else:
                options += [option, value]
        boot = [] if kernel is False else ["-kernel", kernel or self.image]
        lines = serials or ["null"] * int(self.variables.get("qemu_serial", "0")) + ["mon:stdio"]
        serial_options = [word for line in lines for word in ("-serial", line)]
        return ["qemu-system-aarch64", *options, "-nodefaults", "-nographic", *serial_options,
                *boot, *more]


class Colours:
    """Colours the prefixes of console lines in a stream of bytes that comes in pieces."""

    def __init__(self, partitions):
        names = [name.encode() for name in partitions]
        self.colour = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
        self.colour[b"paravent"] = GREY
        self.held = b""
        self.at_start = True

    def feed(self, piece):
        """The bytes to show now; what may become a prefix is held back until flush()."""
        out = []
        text = self.held + piece
        self.held = b""
        for line in text.splitlines(keepends=True):
            if self.at_start:
                match = PREFIX.match(line)
                if match and match[1] in self.colour:
                    line = self.colour[match[1]] + match[0] + PLAIN + line[match.end():]
                elif self._may_grow(line):
                    self.held = line
                    break
            self.at_start = line.endswith((b"\n", b"\r"))
            out.append(line)
        return b"".join(out)

    def flush(self):
        out, self.held = self.held, b""
        if out:
            self.at_start = False
        return out

    def _may_grow(self, line):
        return len(line) < LONGEST_PREFIX and re.fullmatch(rb"[a-z][a-z0-9_-]* *\|?", line)


def plain_terminal():
    """Make stdin, a new pty, pass bytes as they are: no echo, no carriage returns of its own."""
    modes = termios.tcgetattr(0)
    modes[1] &= ~termios.ONLCR
    modes[3] &= ~termios.ECHO
    termios.tcsetattr(0, termios.TCSANOW, modes)


class Console:
    """A QEMU in a pty of its own; what it prints goes to stdout, coloured on a terminal."""

    def __init__(self, command, partitions, log=None):
        self.colours = Colours(partitions) if sys.stdout.isatty() else None
        self.log = log
        self.recent = b""
        self.has_ended = False
        self.is_interactive = False
        self.process, self.board = pty.fork()
        if self.process == 0:
            plain_terminal()
            os.execvp(command[0], command)

    def send(self, text):
        os.write(self.board, text)

    def relay(self, until=None, seconds=None, keyboard=False):
        """Show output until a pattern matches (the match) or QEMU ends (None); TimeoutError."""
        inputs = [self.board] + ([sys.stdin.fileno()] if keyboard else [])
        deadline = time.monotonic() + seconds if seconds else None
        while True:
            match = until and re.search(until, self.recent)
            if match:
                self.recent = self.recent[match.end():]
                return match
            wait = HOLD_S if self.colours and self.colours.held else None
            if deadline:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                wait = min(left, wait or left)
            ready = select.select(inputs, [], [], wait)[0]
            if not ready and self.colours:
                show(self.colours.flush())
            if self.board in ready and not self._take_output():
                return None
            if sys.stdin.fileno() in ready:
                keys = os.read(sys.stdin.fileno(), 4096)
                if keys:
                    self.send(keys)
                else:
                    inputs.remove(sys.stdin.fileno())

    def _take_output(self):
        try:
            piece = os.read(self.board, 65536)
        except OSError:  # Linux says EIO when the other end of a pty is closed
            piece = b""
        shown = piece if self.is_interactive else piece.replace(ASK_CURSOR, b"")
        show(self.colours.feed(shown) if self.colours else shown.replace(b"\r", b""))
        if self.log:
            self.log.write(piece)
        self.recent = (self.recent + piece)[-max(LOOK_BACK, len(piece)):]
        self.has_ended = not piece
        return bool(piece)

    def interact(self):
        """Give the user's keys to the board until QEMU ends."""
        self.is_interactive = True
        with raw_keyboard(self.board):
            self.relay(keyboard=True)

    def close(self):
        """End QEMU if it still runs; its exit status."""
        if not self.has_ended:
            os.kill(self.process, signal.SIGTERM)
        status = os.waitpid(self.process, 0)[1]
        os.close(self.board)
        return os.waitstatus_to_exitcode(status)


@contextlib.contextmanager
def raw_keyboard(board):
    """Every key to the board, ctrl-c too, while stdin is a terminal."""
    if not sys.stdin.isatty():
        yield
        return
    modes = termios.tcgetattr(sys.stdin)
    size = fcntl.ioctl(sys.stdin, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(board, termios.TIOCSWINSZ, size)
    tty.setraw(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, modes)


def show(piece):
    while piece:
        piece = piece[os.write(sys.stdout.fileno(), piece):]
