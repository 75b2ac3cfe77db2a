# SPDX-License-Identifier: Apache-2.0
"""Linux serves devices to another Linux: pvserve and a stock kernel's drivers, each in a partition."""

import re
import subprocess

import pytest

from board import ROOT, Board, build
from devices import Card, succeed, try_disk, try_net
from server import serve as serve_file

FOCUS = "\x1d"


class Pair(Board):
    """Two partitions with shells at one console; to() says which one is typed at."""

    def to(self, partition):
        if partition != self.partition:
            self.type(FOCUS)
            self.send("")
            self.wait_shell(partition)
        return self


@pytest.fixture
def card(tmp_path):
    return Card(tmp_path / "card")


@pytest.fixture
def start(request, card):
    """start(system): both at their shells."""
    boards = []

    def start(dts="tests/qemu/systems/shared-linux.dts"):
        system = build(dts)
        boards.append(Pair(system.command(*system.devices(card.path)), request.node.name))
        boards[0].wait_shell("server")
        return boards[0]

    yield start
    for board in boards:
        board.close()


def until(board, condition):
    succeed(board, f"until {condition}; do usleep 100000; done")


def serve(pair, arguments):
    """Start pvserve and wait until it has said something; that goes to a file."""
    name = arguments.split()[1]
    succeed(pair.to("server"), f"rm -f /tmp/{name}.log; (pvserve {arguments} 2>/tmp/{name}.log &)")
    until(pair, f"grep -q {name}: /tmp/{name}.log")
    return "\n".join(succeed(pair, f"cat /tmp/{name}.log"))


def try_random(pair):
    assert "random numbers" in serve(pair, "rng dice")
    until(pair.to("client"), "grep -q virtio /sys/class/misc/hw_random/rng_current")
    sums = {succeed(pair, "head -c 4096 /dev/hwrng | sha256sum")[-1] for _ in range(2)}
    assert len(sums) == 2


def try_console(pair):
    """Random bytes both ways; a terminal that nobody reads holds nothing up."""
    assert "is on /tmp/line" in serve(pair, "console line /tmp/line")
    succeed(pair.to("client"), "exec 5<>/dev/hvc0; stty raw -echo <&5; head -c 20000 /dev/zero >&5")
    succeed(pair, "head -c 20000 /dev/urandom >/tmp/text; (head -c 10000 <&5 >/tmp/got; touch /tmp/end) & true")
    text = succeed(pair, "sha256sum </tmp/text")[-1]
    succeed(pair.to("server"), "(head -c 20000 </tmp/line >/tmp/text.part; mv /tmp/text.part /tmp/text) & true")
    succeed(pair.to("client"), "cat /tmp/text >&5")
    until(pair.to("server"), "[ -e /tmp/text ]")
    assert succeed(pair, "sha256sum </tmp/text")[-1] == text
    succeed(pair, "head -c 10000 /tmp/text >/tmp/line")
    sent = succeed(pair, "head -c 10000 /tmp/text | sha256sum")[-1]
    until(pair.to("client"), "[ -e /tmp/end ]")
    assert succeed(pair, "sha256sum </tmp/got")[-1] == sent


def line_of_server(pair, number):
    """What the server's kernel says of a GPIO line: who has it, direction and level."""
    lines = [line.split() for line in succeed(pair.to("server"), "cat /sys/kernel/debug/gpio")]
    return [line[2:] for line in lines if line and line[0] == f"gpio-{number}"]


def try_gpio(pair):
    succeed(pair.to("server"), "mount -t debugfs debugfs /sys/kernel/debug")
    first = int(succeed(pair, "cat /sys/class/gpio/gpiochip*/base")[-1])
    assert "has lines 0 to 7, not 8" in serve(pair, "gpio pins /dev/gpiochip0 1,8")
    assert "serving 2 lines" in serve(pair, "gpio pins /dev/gpiochip0 1,4")
    until(pair.to("client"), "[ -e /sys/class/gpio/gpiochip*/base ]")
    succeed(pair.to("client"), "cd /sys/class/gpio; b=$(cat gpiochip*/base); [ $(cat gpiochip*/ngpio) = 2 ]; "
                               "echo $((b + 1)) >export; cd gpio$((b + 1))")
    assert line_of_server(pair, first + 4) == []
    for level, word in (("high", "hi"), ("low", "lo")):
        succeed(pair.to("client"), f"echo {level} >direction")
        assert line_of_server(pair, first + 4) == [["|pvserve", ")", "out", word]]
    succeed(pair.to("client"), "echo 1 >value; [ $(cat value) = 1 ]")
    assert line_of_server(pair, first + 4) == [["|pvserve", ")", "out", "hi"]]
    succeed(pair.to("client"), "echo in >direction; cat value")
    assert line_of_server(pair, first + 4)[0][:3] == ["|pvserve", ")", "in"]
    succeed(pair.to("client"), "cd ..; echo $((b + 1)) >unexport")


def try_bridged_net(pair):
    """The client finds QEMU's network behind the server's bridge."""
    succeed(pair.to("server"), "modprobe -a tun vhost_net bridge; brctl addbr br0; brctl addif br0 eth0; "
                               "ip link set eth0 up; ip link set br0 up")
    assert "serving tap0" in serve(pair, "net port tap0 br0")
    try_net(pair.to("client"))
    # Small packets leave small buffers in the receive queue: enough of them for large ones.
    succeed(pair, "ping -c 300 -i 0.002 -q 10.0.2.2")
    try_net(pair)


@pytest.mark.parametrize("dts", ["shared-linux", "shared-linux-gicv2"], ids=["gicv3", "gicv2"])
def test_devices(start, card, dts):
    pair = start(f"tests/qemu/systems/{dts}.dts")
    assert "serving /dev/vda, " in serve(pair, "block disk /dev/vda")
    try_random(pair)
    try_console(pair)
    try_gpio(pair)
    try_bridged_net(pair)
    until(pair.to("client"), "[ $(cat /sys/block/vda/size) -gt 0 ]")
    succeed(pair, "blockdev --rereadpt /dev/vda")
    try_disk(pair)
    succeed(pair, "sync")
    pair.close()
    card.check()


# ---- Ends and restarts -----------------------------------------------------------------------

def start_load(pair):
    """The client writes a megabyte to the disk and compares it, over and over, with direct I/O."""
    until(pair.to("client"), "[ $(cat /sys/block/vda/size) -gt 0 ]")
    succeed(pair, "head -c 1048576 /dev/urandom >/tmp/sent; >/tmp/turns")
    succeed(pair, "while :; do dd if=/tmp/sent of=/dev/vda seek=120 bs=1M oflag=direct 2>/dev/null || echo write; "
                  "dd if=/dev/vda skip=120 bs=1M count=1 iflag=direct 2>/dev/null | cmp - /tmp/sent || echo read; "
                  "echo turn >>/tmp/turns; done >/tmp/load.log 2>&1 & true")


def check_load(pair):
    """It goes on, and nothing has gone wrong so far."""
    succeed(pair.to("client"), "n=$(wc -l </tmp/turns)")
    until(pair, "[ $(wc -l </tmp/turns) -ge $((n + 3)) ]")
    assert succeed(pair, "cat /tmp/load.log") == []


def kill(pair, program, signal=9):
    succeed(pair.to("server"), f"kill -{signal} $(pidof {program})")


def test_killed(start):
    """Whoever serves the disk is killed, again and again: the client's driver notices nothing."""
    pair = start()
    serve(pair, "block disk /dev/vda raw")
    start_load(pair)
    for _ in range(3):
        check_load(pair)
        kill(pair, "qemu-storage-daemon")
    check_load(pair)
    assert succeed(pair.to("server"), "grep -c anew /tmp/disk.log") == ["3"]
    for form in ("raw", "", "raw", "", ""):
        kill(pair, "pvserve")
        serve(pair, f"block disk /dev/vda {form}")
        check_load(pair)
    assert "served already" in serve(pair, "block disk /dev/vda")


def test_client_restarts(start):
    """The client is stopped in the midst of its requests; its new life finds a new device."""
    pair = start()
    serve(pair, "block disk /dev/vda")
    for _ in range(3):
        start_load(pair)
        check_load(pair)
        succeed(pair.to("server"), "pvctl restart client")
    start_load(pair)
    check_load(pair)


@pytest.mark.parametrize("form", ["", "raw"])
def test_server_restarts(start, form):
    """All of the server goes away and comes back: the client's requests wait for it.

    Whoever serves loses the window before the disk ends. The kernel tells when it is touched then, as by
    the server of random numbers, which has always something to do.
    """
    pair = start()
    serve(pair, f"block disk /dev/vda {form}")
    start_load(pair)
    succeed(pair, "until grep -q virtio /sys/class/misc/hw_random/rng_current; do usleep 100000; done; "
                  "cat /dev/hwrng >/dev/null & true")
    for n_starts in (2, 3, 4):
        serve(pair, "rng dice")
        check_load(pair)
        succeed(pair.to("server"), "echo 1 >/proc/sys/debug/exception-trace; dmesg -n 8")
        pair.send("reboot -f")
        pair.partition = "client"
        pair.expect(f"server: start {n_starts}")
        serve(pair, f"block disk /dev/vda {form}")
    check_load(pair)
    assert succeed(pair, "dmesg | grep -ci 'i/o error'; true") == ["0"]
    assert re.search(r"server *\| .*(pvserve|qemu-storage-d\w*)\[\d+\]: unhandled exception", pair.tail(10_000))


def test_nobody_serves(start):
    """A driver does not wait for a server that was killed: it can let go of the device, and take it."""
    pair = start()
    succeed(pair.to("server"), "modprobe -a tun vhost_net")
    for signal in (15, 9):
        serve(pair, "net port tap0")
        until(pair.to("client"), "ip link set eth0 up && grep -q 1 /sys/class/net/eth0/carrier")
        kill(pair, "pvserve", signal)
        if signal == 15:
            until(pair.to("client"), "grep -q 0 /sys/class/net/eth0/carrier")
    succeed(pair.to("client"), "n=$(basename $(readlink /sys/class/net/eth0/device)); "
                               "cd /sys/bus/virtio/drivers/virtio_net; echo $n >unbind; echo $n >bind; "
                               "[ -e /sys/class/net/eth0 ]")
    for arguments, words in (("block port /dev/vda", "this is no block device: its virtio device type is 1"),
                             ("block nothing /dev/vda", "this partition serves no such device"),
                             ("block disk /dev/nothing", "/dev/nothing: No such file or directory")):
        assert words in serve(pair, arguments)
    serve(pair, "net port tap0")
    succeed(pair, "ip addr add 10.9.0.1/24 dev tap0")
    succeed(pair.to("client"), "ip link set eth0 up; ip addr add 10.9.0.2/24 dev eth0; ping -c 3 10.9.0.1")


def test_calls(start, tmp_path):
    """What the driver answers to wrong calls; the device works afterwards."""
    program = str(tmp_path / "calls")
    subprocess.run(["aarch64-linux-gnu-gcc", "-std=gnu11", "-static", "-s", "-I.", "-Iinclude",
                    "tests/qemu/backend_calls.c", "-o", program], cwd=ROOT, check=True)
    pair = start()
    with serve_file(1) as files, open(program, "rb") as file:
        files.content = file.read()
        succeed(pair, f"udhcpc -q -i eth0 && wget -q -O /tmp/calls {files.url} && chmod +x /tmp/calls")
    lines = succeed(pair, "/tmp/calls /dev/paravent-backend/dice; true")
    assert lines[-1] == "0 wrong", lines
    try_random(pair)
