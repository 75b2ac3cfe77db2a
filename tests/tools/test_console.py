# SPDX-License-Identifier: Apache-2.0
"""tools/qemu.py: the console's colours and QEMU's command line."""

import pytest

from qemu import COLOURS, GREY, PLAIN, Colours, System

LINUX, MOTION = COLOURS[0], COLOURS[1]


@pytest.fixture
def colours():
    return Colours(["linux", "motion"])


def test_prefix_is_coloured(colours):
    assert colours.feed(b"linux    | hello\r\n") == LINUX + b"linux    | " + PLAIN + b"hello\r\n"
    assert colours.feed(b"motion | x\r\n") == MOTION + b"motion | " + PLAIN + b"x\r\n"
    assert colours.feed(b"paravent | x\r\n") == GREY + b"paravent | " + PLAIN + b"x\r\n"


def test_prefix_in_pieces(colours):
    pieces = [b"li", b"nux  ", b"|", b" he", b"llo\r\n"]
    out = b"".join(colours.feed(piece) for piece in pieces)
    assert out == LINUX + b"linux  | " + PLAIN + b"hello\r\n"


def test_other_lines_pass_unchanged(colours):
    text = b"U-Boot 2023.01 | x\r\nnobody | y\r\n\r\n  linux | z\r\nlinux without a bar\r\n"
    assert colours.feed(text) + colours.flush() == text


def test_bar_inside_a_line_is_text(colours):
    out = colours.feed(b"linux | a\r\n") + colours.feed(b"linux | cat x") + colours.feed(b" motion | y\n")
    assert out.count(MOTION) == 0


def test_nothing_is_lost_byte_by_byte(colours):
    text = b"linux | one\r\nmot\r\nmotion  | two\r\nlin"
    out = b"".join(colours.feed(text[i:i + 1]) for i in range(len(text))) + colours.flush()
    for colour in (LINUX, MOTION, PLAIN):
        out = out.replace(colour, b"")
    assert out == text


def test_held_start_of_line_is_flushed_once(colours):
    assert colours.feed(b"lin") == b""
    assert colours.flush() == b"lin"
    assert colours.flush() == b""
    assert colours.feed(b"ux | x\n") == b"ux | x\n"


def test_command_line(tmp_path):
    (tmp_path / "system.mk").write_text("partitions := a b\nqemu_args := -M virt -cpu cortex-a72 -smp 2\n")
    system = System(str(tmp_path))
    assert system.partitions == ["a", "b"]
    command = system.command("-no-reboot", machine={"-cpu": "cortex-a53"})
    assert command[command.index("-cpu") + 1] == "cortex-a53"
    assert command[command.index("-kernel") + 1] == system.image
    assert command[-1] == "-no-reboot"
    assert "-kernel" not in system.command(kernel=False)


def test_unbuilt_system_is_named(tmp_path):
    with pytest.raises(SystemExit, match="system.mk: not there; build the system first"):
        System(str(tmp_path))
