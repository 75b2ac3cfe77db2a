# SPDX-License-Identifier: Apache-2.0
"""The systems of tests/tests.list: boot, wait for the expected line."""

import os
import re
from collections import namedtuple

import pytest

from board import ROOT, build

Entry = namedtuple("Entry", "name system machine seconds expected")
NOT_OK = r"\| not ok [^\r\n]*"


def read_list():
    with open(os.path.join(ROOT, "tests/tests.list"), encoding="utf-8") as text:
        lines = [line.strip() for line in text]
    return [Entry(*line.split(None, 4)) for line in lines if line and not line.startswith("#")]


def pattern_of(line):
    """The regular expression of "name | text": any padding, * for anything."""
    name, text = line.split(" | ", 1)
    words = r"[^\r\n]*".join(re.escape(part) for part in text.split("*"))
    return rf"\b{re.escape(name.strip())} *\| {words}[\r\n]"


def find_system(name):
    places = [f"tests/qemu/systems/{name}.dts", f"configs/{name}.dts"]
    found = [place for place in places if os.path.exists(os.path.join(ROOT, place))]
    assert found, f"tests/tests.list names system {name}; there is no {' or '.join(places)}"
    return found[0]


@pytest.mark.parametrize("entry", read_list(), ids=lambda entry: entry.name)
def test_list(boot, entry):
    system = build(find_system(entry.system))
    machine = {} if entry.machine == "-" else dict(
        option.split("=", 1) for option in entry.machine.split(";"))
    board = boot(system, machine=machine)
    awaited = [pattern_of(line) for line in entry.expected.split(" + ")]
    while awaited:
        match = board.expect(awaited, float(entry.seconds), never=NOT_OK)
        awaited = [pattern for pattern in awaited if not re.match(pattern, match[0])]
