# SPDX-License-Identifier: Apache-2.0
"""The other end of a QEMU network device's wire: Ethernet frames, one by one."""

import os
import socket
import struct
import time

from board import load

BROADCAST = b"\xff" * 6
ARP, IPV4 = 0x0806, 0x0800
ICMP, TCP = 1, 6
ARP_REQUEST, ARP_REPLY = 1, 2
ECHO_REQUEST, ECHO_REPLY = 8, 0


def checksum(content):
    if len(content) % 2:
        content += b"\0"
    total = sum(struct.unpack(f">{len(content) // 2}H", content))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack(">H", ~total & 0xffff)


class Wire:
    """mac, address: of this end. `options` are QEMU's, for its netdev "net"."""

    def __init__(self, folder, mac, address):
        self.mac, self.address = mac, socket.inet_aton(address)
        ours, theirs = (os.path.join(str(folder), name) for name in ("wire-a", "wire-b"))
        self.options = ["-netdev", f"dgram,id=net,local.type=unix,local.path={theirs},"
                        f"remote.type=unix,remote.path={ours}"]
        self._theirs = theirs
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(ours)

    def close(self):
        self._socket.close()

    def send(self, frame):
        self._socket.sendto(frame, self._theirs)

    def receive(self, wanted, seconds=20):
        """The first frame of which wanted(frame) is true; what came before it is dropped."""
        deadline = time.monotonic() + seconds * load()
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            try:
                frame = self._socket.recv(65536)
            except TimeoutError:
                break
            if wanted(frame):
                return frame
        raise AssertionError(f"no such frame within {seconds * load():.0f} s")

    def arp_request(self, address):
        return BROADCAST + self.mac + struct.pack(">HHHBBH", ARP, 1, IPV4, 6, 4, ARP_REQUEST) + \
            self.mac + self.address + bytes(6) + socket.inet_aton(address)

    def ask(self, address):
        """The MAC address behind an IP address, by ARP."""
        self.send(self.arp_request(address))
        reply = self.receive(lambda frame: frame[:6] == self.mac and frame[12:14] == b"\x08\x06" and
                             frame[20:22] == b"\0\2" and frame[28:32] == socket.inet_aton(address))
        assert reply[32:42] == self.mac + self.address and reply[6:12] == reply[22:28]
        return reply[22:28]

    def packet(self, mac, address, protocol, content, number=0):
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(content), number, 0, 64, protocol, 0) + \
            self.address + socket.inet_aton(address)
        header = header[:10] + checksum(header) + header[12:]
        return mac + self.mac + struct.pack(">H", IPV4) + header + content

    def ping_request(self, mac, address, sequence, text):
        icmp = struct.pack(">BBHHH", ECHO_REQUEST, 0, 0, 0x5076, sequence) + text
        return self.packet(mac, address, ICMP, icmp[:2] + checksum(icmp) + icmp[4:], sequence)

    def tcp_segment(self, mac, address, segment):
        """Any bytes as a segment, but for the right checksum."""
        pseudo = self.address + socket.inet_aton(address) + struct.pack(">HH", TCP, len(segment))
        segment = segment[:16] + bytes(2) + segment[18:]
        return self.packet(mac, address, TCP,
                           segment[:16] + checksum(pseudo + segment) + segment[18:])

    def ping(self, mac, address, sequence, text, seconds=20):
        """Send a ping and wait for its answer, which must be right to the last bit."""
        request = self.ping_request(mac, address, sequence, text)
        self.send(request)
        reply = self.receive(lambda frame: frame[:14] == self.mac + mac + b"\x08\x00" and
                             frame[23] == ICMP and frame[34] == ECHO_REPLY and
                             frame[38:42] == request[38:42], seconds)
        bytes_ = 14 + 20 + 8 + len(text)
        assert len(reply) >= bytes_ and reply[42:bytes_] == text
        assert checksum(reply[14:34]) == checksum(reply[34:bytes_]) == b"\0\0"
        assert reply[26:34] == socket.inet_aton(address) + self.address
