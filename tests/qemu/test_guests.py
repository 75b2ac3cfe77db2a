# SPDX-License-Identifier: Apache-2.0
"""Test guests that want to be talked to; the silent ones are in tests/tests.list."""

import pytest

from board import build

DONE = r"\| done: [1-9]\d* passed, 0 failed"
NOT_OK = r"\| not ok [^\r\n]*"


@pytest.mark.parametrize("system", ["fixed", "fixed-gicv2"])
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
