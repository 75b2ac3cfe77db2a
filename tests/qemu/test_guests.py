# SPDX-License-Identifier: Apache-2.0
"""Test guests that want to be talked to; the silent ones are in tests/tests.list."""

import pytest

from board import build

MONITOR = "\x01c"  # ctrl-a c: from the console to QEMU's monitor, and back
DONE = r"\| done: [1-9]\d* passed, 0 failed"
NOT_OK = r"\| not ok [^\r\n]*"


@pytest.mark.parametrize("system", ["fixed", "fixed-gicv2", "fixed-zcu102"])
def test_guest_for_a_fixed_map(boot, system):
    """A guest linked for QEMU virt's own addresses, its input by the UART's interrupt."""
    board = boot(build(f"tests/qemu/systems/{system}.dts"))
    board.expect(r"fixed *\| [^\r\n]*type a line", never=NOT_OK)
    board.type("hello\r")
    board.expect(r'got "hello"', never=NOT_OK)
    board.expect(DONE, never=NOT_OK)


def test_guest_with_the_uart_itself(boot):
    """The UART is the guest's: EL2 says nothing, and nothing stands before its lines."""
    board = boot(build("tests/qemu/systems/own-uart.dts"))
    board.expect(r"(?m)^fixed: type a line", never=r"paravent *\||not ok")
    board.type("hello\r")
    board.expect(r'(?m)^fixed: got "hello"', never=r"paravent *\||not ok")
    board.expect(r"(?m)^done: 5 passed, 0 failed", never=r"paravent *\||not ok")


@pytest.mark.parametrize("system", ["devices", "devices-gicv2"])
def test_devices_of_its_own(boot, system):
    """PL061 and PL031; the power button of QEMU's board is an edge at a pin."""
    board = boot(build(f"tests/qemu/systems/{system}.dts"))
    awaited = [r"devices *\| " + DONE[3:],
               r"paravent *\|   tried to read guest address 0x9010000 [^\r\n]*: rtc@9010000 of "
               r"devices[\r\n]",
               r"paravent *\|   tried to read guest address 0x9040000 [^\r\n]*: serial@9040000, "
               r"given to nobody[\r\n]"]
    pulse = r"devices *\| pulse pin 3[^\r\n]*[\r\n]"
    while awaited:
        match = board.expect([pulse, *awaited], never=NOT_OK)
        if match.re.pattern == pulse:
            board.type(f"{MONITOR}system_powerdown\n{MONITOR}")
        else:
            awaited.remove(match.re.pattern)
