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
PACKET_MAX = 65536  # with segmentation left to the driver
ROUNDS = 3
# One to notify, one to take the interrupt's bit; the rest is for what else the kernel reads meanwhile.
EXITS_MAX = 2.05
# Floors that a busy machine keeps, far below the figures: they find what makes it slower by a multiple.
DISK_RATIO_MIN = 0.01
NET_RATIO_MIN = 0.1
# Reads of each: a side's first number is the server's own, the second the client's.
READS = {"4k": (1000, 500), "1M": (64, 24)}
SIZES = {"4k": 4096, "1M": MIB}


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


def fetch(pair, partition, url):
    """Bytes a second."""
    return FILE_BYTES / seconds_of(pair.to(partition), f"wget -q -O /dev/null {url}")


def n_received(pair):
    return int(succeed(pair.to("client"), "cat /sys/class/net/eth0/statistics/rx_packets")[-1])


def compare(what, measure_own, measure_served):
    """The ratio of medians, measured in turns so that both meet the same load of this machine."""
    pairs = [(measure_own(), measure_served()) for _ in range(ROUNDS)]
    own, served = (statistics.median(column) for column in zip(*pairs))
    print(f"{what}: own {own / 1e6:.2f} MB/s, served {served / 1e6:.2f} MB/s, ratio {served / own:.2f}")
    return served / own


def serve_disk(pair):
    assert "serving /dev/vda" in serve(pair, "block disk /dev/vda")
    succeed(pair, "taskset -p 1 $(pidof pvserve)")
    until(pair.to("client"), "[ $(cat /sys/block/vda/size) -gt 0 ]")


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


def try_net_entries(pair, url):
    n_packets, client = n_received(pair), entries(pair, "client")
    speed = fetch(pair, "client", url)
    client, n_packets = growth(client, entries(pair, "client")), n_received(pair) - n_packets
    print(f"packets received: {n_packets}, {client['virtio'] / n_packets:.2f} entries each")
    assert n_packets >= FILE_BYTES // PACKET_MAX and client["virtio"] <= EXITS_MAX * n_packets, (n_packets, client)
    check_receiver(client)
    return speed


@pytest.mark.parametrize("gic", ["", "-gicv2"], ids=["gicv3", "gicv2"])
def test_costs(start, gic):
    pair = start(f"tests/qemu/systems/shared-costs{gic}.dts")
    serve_disk(pair)
    for n_readers in (1, 4):
        try_disk_entries(pair, n_readers)
    ratios = {size: compare(f"disk, reads of {size}", lambda: read_disk(pair, "server", size, own),
                            lambda: read_disk(pair, "client", size, served))
              for size, (own, served) in READS.items()}
    serve_net(pair)
    with serve_file(FILE_BYTES) as files:
        net_ratio = compare("network", lambda: fetch(pair, "server", files.url),
                            lambda: try_net_entries(pair, files.url))
    assert min(ratios.values()) >= DISK_RATIO_MIN and net_ratio >= NET_RATIO_MIN, (ratios, net_ratio)
