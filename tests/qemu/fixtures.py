# SPDX-License-Identifier: Apache-2.0
"""Fixtures of tests with QEMU, here and in tests/kernel."""

import pytest

from board import Board


@pytest.fixture
def boot(request):
    """boot(system, *qemu_options, kernel=..., machine=...): a Board that ends with the test."""
    boards = []

    def start(system, *options, **choices):
        number = f"-{len(boards) + 1}" if boards else ""
        command = system.command(*options, **choices)
        boards.append(Board(command, f"{request.node.name}{number}"))
        return boards[-1]

    yield start
    for board in boards:
        board.close()
