# SPDX-License-Identifier: Apache-2.0
"""An I2C bus with an EEPROM on it, as the other side of QEMU's vhost-user-i2c-device.

QEMU has the device, but no bus behind it. Speaks as much of the vhost-user protocol as one queue
takes (QEMU's documentation, "Vhost-user Protocol"); requests as in Virtual I/O Device (VIRTIO)
Version 1.2, "I2C Adapter Device".
"""

import array
import mmap
import os
import selectors
import socket
import struct
import threading

EEPROM_ADDRESS, EEPROM_BYTES = 0x50, 256
F_ZERO_LENGTH_REQUEST, F_PROTOCOL_FEATURES, F_VERSION_1 = 1 << 0, 1 << 30, 1 << 32
GET_FEATURES, SET_MEM_TABLE, GET_PROTOCOL_FEATURES = 1, 5, 15
SET_VRING_NUM, SET_VRING_ADDR, GET_VRING_BASE, SET_VRING_KICK, SET_VRING_CALL = 8, 9, 11, 12, 13
HEADER = struct.Struct("<III")
VERSION, REPLY = 1, 4
NEXT, WRITE = 1, 2
READ_MESSAGE = 2
GUEST, QEMU = 0, 2  # places in a region
OK, ERROR = b"\0", b"\1"


class Bus:
    """Serves in a thread until close(). Counts `n_requests`; `outside`: areas that are not in the window."""

    def __init__(self, socket_path, window):
        """window: address and size of what the guest may give to its device."""
        self.n_requests, self.outside = 0, []
        self._window = window
        self._qemu = self._ram = self._kick = self._call = None
        self._regions = []  # of RAM, one file: (guest's address, size, QEMU's address, offset in the file)
        self._size = self._next = 0
        self._areas = ()
        self._memory, self._pointer = bytearray(EEPROM_BYTES), 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(socket_path)
        self._listener.listen(1)
        self._end = os.eventfd(0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._end, selectors.EVENT_READ, None)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self):
        os.eventfd_write(self._end, 1)
        self._thread.join()

    def _serve(self):
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.data is None:
                        return
                    key.data()
        finally:  # QEMU would wait for an answer
            self._listener.close()
            if self._qemu:
                self._qemu.close()

    # ---- QEMU ------------------------------------------------------------------------

    def _accept(self):
        self._qemu, _ = self._listener.accept()
        self._selector.register(self._qemu, selectors.EVENT_READ, self._hear)

    def _hear(self):
        data, ancillary, _, _ = self._qemu.recvmsg(HEADER.size, socket.CMSG_SPACE(8 * 4))
        if not data:
            self._selector.unregister(self._qemu)
            return
        files = array.array("i")
        for _, _, content in ancillary:
            files.frombytes(content[:len(content) // 4 * 4])
        request, _, size = HEADER.unpack(data)
        answer = self._answer(request, self._qemu.recv(size) if size else b"", list(files))
        if answer is not None:
            self._qemu.sendall(HEADER.pack(request, VERSION | REPLY, len(answer)) + answer)

    def _answer(self, request, payload, files):
        if request == GET_FEATURES:
            return struct.pack("<Q", F_ZERO_LENGTH_REQUEST | F_PROTOCOL_FEATURES | F_VERSION_1)
        if request == GET_PROTOCOL_FEATURES:
            return struct.pack("<Q", 0)  # none, but QEMU wants to ask
        if request == GET_VRING_BASE:
            self._stop()
            return struct.pack("<II", 0, self._next)
        if request == SET_MEM_TABLE:
            self._regions = list(struct.iter_unpack("<QQQQ", payload[8:]))
            self._ram = mmap.mmap(files[0], 0)
            for file in files:
                os.close(file)
        elif request == SET_VRING_NUM:
            self._size, self._next = struct.unpack("<II", payload)[1], 0
        elif request == SET_VRING_ADDR:
            _, _, table, used, available, _ = struct.unpack("<IIQQQQ", payload)
            self._areas = (self._offset_of(table, 16 * self._size, QEMU),
                           self._offset_of(available, 6 + 2 * self._size, QEMU),
                           self._offset_of(used, 6 + 8 * self._size, QEMU))
        elif request == SET_VRING_KICK:
            self._stop()
            self._kick = files[0]
            self._selector.register(self._kick, selectors.EVENT_READ, self._work)
        elif request == SET_VRING_CALL:
            self._call = files[0]
        return None

    def _offset_of(self, address, size, whose):
        """Where an area lies in RAM's file; whose the address is: GUEST's or QEMU's."""
        for region in self._regions:
            if region[whose] <= address < region[whose] + region[1]:
                guest = address - region[whose] + region[GUEST]
                if not self._window[0] <= guest <= sum(self._window) - size:
                    self.outside.append((guest, size))
                return address - region[whose] + region[3]
        raise ValueError(f"{address:#x} is in no region")

    def _stop(self):
        if self._kick is not None:
            self._selector.unregister(self._kick)
            os.close(self._kick)
            self._kick = None

    # ---- The queue -------------------------------------------------------------------

    def _work(self):
        if self._kick is None:  # stopped since it rang
            return
        os.eventfd_read(self._kick)
        table, available, used = self._areas
        while self._next != struct.unpack_from("<H", self._ram, available + 2)[0]:
            slot = self._next % self._size
            head, = struct.unpack_from("<H", self._ram, available + 4 + 2 * slot)
            struct.pack_into("<II", self._ram, used + 4 + 8 * slot, head, self._transfer(table, head))
            self._next = (self._next + 1) & 0xffff
            struct.pack_into("<H", self._ram, used + 2, self._next)
            self.n_requests += 1
        os.eventfd_write(self._call, 1)

    def _transfer(self, table, number):
        """Do one request. The bytes that were written."""
        parts, flags = [], NEXT
        while flags & NEXT:
            address, size, flags, number = struct.unpack_from("<QIHH", self._ram, table + 16 * number)
            parts.append((self._offset_of(address, size, GUEST), size, flags))
        address, _, message_flags = struct.unpack_from("<HHI", self._ram, parts[0][0])
        is_there = address >> 1 == EEPROM_ADDRESS
        for offset, size, flags in parts[1:-1]:
            if not is_there:
                break
            if message_flags & READ_MESSAGE:
                assert flags & WRITE
                self._ram[offset:offset + size] = bytes(self._take() for _ in range(size))
            else:
                self._pointer = self._ram[offset]
                for byte in self._ram[offset + 1:offset + size]:
                    self._memory[self._step()] = byte
        self._ram[parts[-1][0]:parts[-1][0] + 1] = OK if is_there else ERROR
        return sum(size for _, size, flags in parts if flags & WRITE)

    def _step(self):
        here = self._pointer
        self._pointer = (here + 1) % EEPROM_BYTES
        return here

    def _take(self):
        return self._memory[self._step()]
