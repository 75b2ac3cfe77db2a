# SPDX-License-Identifier: Apache-2.0
"""lwIP on a network device of a partition's own: QEMU's, with this machine at the other end."""

import os
import random
import socket
import struct
import threading

import pytest

from board import build, load
from wire import Wire

ADDRESS, ECHO_PORT = "10.0.2.50", 7
MAC = bytes.fromhex("027076000007")
DEVICE = ["-global", "virtio-mmio.force-legacy=false", "-device",
          f"virtio-net-device,netdev=net,iommu_platform=on,mac={MAC.hex(':')}"]
MONITOR = "\x01c"  # ctrl-a c: from the console to QEMU's monitor, and back
CONNECTIONS = 4    # ECHO_CONNECTIONS of the guest
PATIENCE = 60
SEED = 5


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def echo(boot):
    """echo(system): its board, and connect(), a new connection to its echo port."""
    connections = []

    def start(system):
        port = free_port()
        board = boot(build(f"tests/qemu/systems/{system}.dts"), "-netdev",
                     f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-{ADDRESS}:{ECHO_PORT}", *DEVICE)
        board.expect(r"net *\| net: ready")

        def connect():
            connections.append(socket.create_connection(("127.0.0.1", port), PATIENCE * load()))
            return connections[-1]
        return board, connect

    yield start
    for connection in connections:
        connection.close()


def receive(connection, size):
    got = b""
    while len(got) < size and (piece := connection.recv(65536)):
        got += piece
    return got


def exchange(connection, content):
    """Send all of it while what comes back is read; then the peer closes as well."""
    def send():
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)

    sender = threading.Thread(target=send)
    sender.start()
    got = receive(connection, len(content) + 1)
    sender.join()
    assert got == content


@pytest.mark.parametrize("system", ["net", "net-gicv2"])
def test_echo(echo, system):
    board, connect = echo(system)
    content = os.urandom(1_000_003)
    exchange(connect(), content)
    board.expect(rf"echo: {len(content)} bytes[\r\n]")

    # Several at a time; who comes when all places are taken is turned away, later ones are not.
    lines = [connect() for _ in range(CONNECTIONS)]
    for i, line in enumerate(lines):
        line.sendall(bytes([i]))
        assert receive(line, 1) == bytes([i])
    extra = connect()
    try:
        assert extra.recv(1) == b""
    except ConnectionResetError:
        pass
    threads = [threading.Thread(target=exchange, args=(line, os.urandom(100_000))) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in lines:
        board.expect(r"echo: 100001 bytes[\r\n]")
    exchange(connect(), b"x")
    board.expect(r"echo: 1 bytes[\r\n]")


def test_stubborn_peers(echo):
    """One that sends and does not read, one that is gone; they cost the others nothing."""
    board, connect = echo("net")
    content = os.urandom(200_000)
    deaf, dead = connect(), connect()
    dead.sendall(b"12345")
    assert receive(dead, 5) == b"12345"
    # Only what lwIP holds for it is taken; the rest waits in QEMU and in this machine.
    threading.Thread(target=deaf.sendall, args=(content,)).start()
    exchange(connect(), os.urandom(100_000))
    board.expect(r"echo: 100000 bytes[\r\n]")
    dead.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    dead.close()
    board.expect(r"echo: 5 bytes, the connection was lost")
    assert receive(deaf, len(content)) == content
    deaf.shutdown(socket.SHUT_WR)
    board.expect(rf"echo: {len(content)} bytes[\r\n]")


def test_frames(boot, tmp_path):
    """Pings of many lengths, and after whatever else comes along the wire."""
    wire = Wire(tmp_path, bytes.fromhex("027076000099"), "10.0.2.99")
    board = boot(build("tests/qemu/systems/net.dts"), *wire.options, *DEVICE)
    board.expect(r"net *\| net: ready")
    assert wire.ask(ADDRESS) == MAC
    for size in [*range(40), 1000, 1471, 1472]:
        wire.ping(MAC, ADDRESS, size, os.urandom(size))

    choice = random.Random(SEED)
    for i in range(3000):
        frame = bytearray(choice.choice([wire.ping_request(MAC, ADDRESS, i, bytes(choice.randrange(1472))),
                                         wire.arp_request(ADDRESS)]))
        for _ in range(choice.randrange(1, 5)):
            frame[choice.randrange(14, min(len(frame), 60))] = choice.randrange(256)
        wire.send(bytes(frame[:choice.randrange(1, len(frame) + 1)]))
    for i in range(1000):
        source = choice.choice([2000, 2001, choice.randrange(65536)])
        segment = struct.pack(">HH", source, ECHO_PORT) + choice.randbytes(8) + \
            bytes([choice.choice([0x50, choice.randrange(256)]), choice.choice([2, choice.randrange(64)])])
        wire.send(wire.tcp_segment(MAC, ADDRESS, segment + choice.randbytes(choice.randrange(6, 80))))
    wire.send(bytes(1514))
    wire.send(bytes(9000))
    for i in range(100):
        wire.ping(MAC, ADDRESS, 10_000 + i, os.urandom(56))
    board.type(f"{MONITOR}set_link net off\n{MONITOR}")
    board.expect(r"net: link down")  # the monitor may stand in the way of what comes before
    board.type(f"{MONITOR}set_link net on\n{MONITOR}")
    board.expect(r"net: link up")
    wire.ping(MAC, ADDRESS, 20_000, b"again")
    wire.close()
