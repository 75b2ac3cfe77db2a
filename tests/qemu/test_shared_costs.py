# SPDX-License-Identifier: Apache-2.0
"""What a shared disk and network cost: entries into the hypervisor, and speed against the server's own use.

The figures of docs/devices.md, "Costs": pytest -s prints them.
"""

import os
import statistics

import pytest

from board import build
from devices import succeed
from server import serve as serve_file
from test_linux_backend import Pair, serve, until

MIB = 1 << 20
DISK_MIB = 64
FILE_BYTES = 16 * MIB
FRAME_BYTES = 1460  # of TCP, in one
N_PINGS = 200
ROUNDS = 3
# One to notify, one to take the interrupt's bit; the rest is for what else the kernel reads meanwhile.
EXITS_MAX = 2.05
# The goal: served against own, for what programs do with a disk and a network. Where other work of this
# machine got between, it is measured anew.
RATIO_MIN = 0.5
TRIES = 3
# One request at a time, nothing but latency: a floor that finds what makes it slower by a multiple.
DIRECT_RATIO_MIN = 0.05
# Direct reads of each: the first number is the server's own, the second the client's.
READS = {"4k": (1000, 500), "1M": (64, 48)}
SIZES = {"4k": 4096, "1M": MIB}
FILE_MIB = 48
READ_AHEAD_KIB = 512  # both sides; Linux's 128 make four times the requests
READ_FILE = "echo 3 >/proc/sys/vm/drop_caches; dd if=/dev/vda of=/dev/null bs=1M count={} 2>/dev/null"
WRITE_FILE = "dd if=/dev/zero of=/dev/vda bs=1M count={} conv=fsync 2>/dev/null"


@pytest.fixture
def start(request, tmp_path):
    """start(dts): both Linux at their shells, the disk full of random bytes."""
    boards = []

    def run(dts):
        path = str(tmp_path / "disk")
        with open(path, "wb") as file:
            file.write(os.urandom(DISK_MIB * MIB))
        system = build(dts)
        boards.append(Pair(system.command(*system.devices(path)), request.node.name))
        boards[0].wait_shell("server")
        return boards[0]

    yield run
    for board in boards:
        board.close()


def entries(pair, partition):
    """Entries into the hypervisor since the partition's start, by cause, over its vCPUs."""
    counts = {}
    for line in succeed(pair.to(partition), "pvctl info"):
        cause, *numbers = line.split()
        if numbers and all(number.isdigit() for number in numbers):
            counts[cause] = sum(map(int, numbers))
    return counts


def growth(before, after):
    return {cause: after[cause] - count for cause, count in before.items()}


def seconds_of(pair, command):
    """How long a command takes by the clock of who runs it."""
    text = succeed(pair, f"read a b </proc/uptime; {command}; read b c </proc/uptime; echo $a $b")[-1]
    before, after = map(float, text.split())
    return max(after - before, 0.01)  # the clock's step


def read_disk(pair, partition, size, n_reads):
    """Bytes a second."""
    command = f"dd if=/dev/vda of=/dev/null bs={size} count={n_reads} iflag=direct 2>/dev/null"
    return n_reads * SIZES[size] / seconds_of(pair.to(partition), command)


def move_file(pair, partition, command):
    """As a file of a file system: by the page cache. Bytes a second."""
    return FILE_MIB * MIB / seconds_of(pair.to(partition), command.format(FILE_MIB))


def fetch(pair, partition, url):
    """Bytes a second."""
    return FILE_BYTES / seconds_of(pair.to(partition), f"wget -q -O /dev/null {url}")


def n_received(pair):
    return int(succeed(pair.to("client"), "cat /sys/class/net/eth0/statistics/rx_packets")[-1])


def compare(what, least, measure_own, measure_served):
    """The ratio of medians, measured in turns so that both meet the same load of this machine."""
    ratios = []
    while not ratios or max(ratios) < least and len(ratios) < TRIES:
        pairs = [(measure_own(), measure_served()) for _ in range(ROUNDS)]
        own, served = (statistics.median(column) for column in zip(*pairs))
        ratios.append(served / own)
        print(f"{what}: own {own / 1e6:.2f} MB/s, served {served / 1e6:.2f} MB/s, ratio {ratios[-1]:.2f}")
    assert max(ratios) >= least, f"{what}: ratios {ratios}"


def serve_disk(pair):
    assert "serving /dev/vda" in serve(pair, "block disk /dev/vda")
    succeed(pair, "taskset -p 1 $(pidof pvserve)")
    until(pair.to("client"), "[ $(cat /sys/block/vda/size) -gt 0 ]")
    for partition in ("client", "server"):
        succeed(pair.to(partition), f"echo {READ_AHEAD_KIB} >/sys/block/vda/queue/read_ahead_kb")


def serve_net(pair):
    succeed(pair.to("server"), "modprobe -a tun vhost_net bridge; brctl addbr br0; brctl addif br0 eth0; "
                               "ip link set eth0 up; ip link set br0 up; udhcpc -q -i br0")
    assert "serving tap0" in serve(pair, "net port tap0 br0")
    succeed(pair.to("client"), "udhcpc -q -i eth0")


def try_disk_entries(pair, n_readers):
    """Direct reads of 4 KiB, some at a time."""
    n_reads = 1000 // n_readers
    client, server = entries(pair, "client"), entries(pair, "server")
    succeed(pair.to("client"), f"for i in $(seq {n_readers}); do dd if=/dev/vda of=/dev/null bs=4k "
                               f"skip=$((i * {n_reads})) count={n_reads} iflag=direct 2>/dev/null & done; wait")
    client, server = growth(client, entries(pair, "client")), growth(server, entries(pair, "server"))
    n_reads *= n_readers
    print(f"4 KiB reads, {n_readers} at a time: {client['virtio'] / n_reads:.2f} entries a read; "
          f"server's: {server}")
    assert client["virtio"] <= EXITS_MAX * n_reads, client
    check_receiver(client)
    check_receiver(server)


def check_receiver(counts):
    """Interrupts, the doorbells among them, reach a partition without the hypervisor."""
    assert counts["interrupts"] == 0, counts


def try_net_entries(pair):
    """Packets that come one by one and are not answered."""
    address = succeed(pair.to("client"), "echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all; "
                                         "ip -4 addr show eth0")[1].split()[1].split("/")[0]
    n_packets, client = n_received(pair), entries(pair, "client")
    succeed(pair.to("server"), f"ping -c {N_PINGS} -i 0.01 -W 1 -q {address}; true")
    client, n_packets = growth(client, entries(pair, "client")), n_received(pair) - n_packets
    print(f"packets received one by one: {client['virtio'] / n_packets:.2f} entries each")
    assert n_packets >= N_PINGS and client["virtio"] <= EXITS_MAX * n_packets, (n_packets, client)
    check_receiver(client)


def fetch_counted(pair, url):
    """The same for TCP, by the frames that the server gets from outside."""
    n_packets, client = n_received(pair), entries(pair, "client")
    speed = fetch(pair, "client", url)
    client, n_packets = growth(client, entries(pair, "client")), n_received(pair) - n_packets
    n_frames = FILE_BYTES // FRAME_BYTES
    print(f"TCP: {n_frames} frames in {n_packets} packets, {client['virtio'] / n_frames:.2f} entries a frame")
    assert client["virtio"] <= EXITS_MAX * n_frames and n_packets < n_frames, (n_packets, client)
    check_receiver(client)
    return speed


@pytest.mark.parametrize("gic", ["", "-gicv2"], ids=["gicv3", "gicv2"])
def test_costs(start, gic):
    pair = start(f"tests/qemu/systems/shared-costs{gic}.dts")
    serve_disk(pair)
    for n_readers in (1, 4):
        try_disk_entries(pair, n_readers)
    for size, (own, served) in READS.items():
        compare(f"disk, direct reads of {size}", DIRECT_RATIO_MIN, lambda: read_disk(pair, "server", size, own),
                lambda: read_disk(pair, "client", size, served))
    for what, command in (("read", READ_FILE), ("written", WRITE_FILE)):
        compare(f"disk, {what} by the page cache", RATIO_MIN, lambda: move_file(pair, "server", command),
                lambda: move_file(pair, "client", command))
    serve_net(pair)
    try_net_entries(pair)
    with serve_file(FILE_BYTES) as files:
        compare("network", RATIO_MIN, lambda: fetch(pair, "server", files.url),
                lambda: fetch_counted(pair, files.url))
