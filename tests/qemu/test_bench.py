# SPDX-License-Identifier: Apache-2.0
"""No operation may cost more than 2 % more instructions than tests/bench/expected.json says."""

import json
import os

import pytest

import interference
import measure
from board import ROOT

GICS = ["gicv3", "gicv2"]


def expected():
    with open(os.path.join(ROOT, "tests/bench/expected.json"), encoding="utf-8") as file:
        return json.load(file)


@pytest.mark.parametrize("gic", GICS)
def test_costs_are_those_stored(gic, monkeypatch):
    """Where a row has become worse on purpose: tools/bench --accept, and a commit that says why."""
    monkeypatch.chdir(ROOT)
    found = {**measure.measure_paravent(int(gic[-1])), **measure.measure_sizes(),
             **interference.measure_virtio(int(gic[-1]))}
    stored = {key: counts for key, counts in expected()[gic].items() if "/" not in key}
    worse = measure.find_worse({gic: {"paravent": found}}, {gic: stored})
    assert not worse, "worse than stored:\n" + "\n".join(worse)


@pytest.mark.parametrize("gic", GICS)
def test_a_worse_row_is_named(gic):
    stored = expected()[gic]
    assert measure.find_worse({gic: {"paravent": stored}}, {gic: stored}) == []
    for i in (1, 2):
        slower = {**stored, "gicd-read": [value * (1.03 if k == i else 1)
                                          for k, value in enumerate(stored["gicd-read"])]}
        [line] = measure.find_worse({gic: {"paravent": slower}}, {gic: stored})
        assert line.startswith(f"{gic} gicd-read: ")
    without = {key: value for key, value in stored.items() if key != "tick"}
    [line] = measure.find_worse({gic: {"paravent": without}}, {gic: stored})
    assert line.startswith(f"{gic} tick: not measured")


@pytest.mark.parametrize("gic", GICS)
def test_what_the_bare_machine_takes_is_what_a_partition_takes(gic):
    """Rows without a trap: the vectors of the guest get every interrupt by themselves."""
    for key, limit in {"timer-spinning": 1, "tick": 8, "mask": 1, "sgi-other-receive-spinning": 10}.items():
        assert expected()[gic][key][2] == limit, key


@pytest.mark.parametrize("gic", GICS)
def test_what_others_do_does_not_make_an_operation_longer(gic, monkeypatch):
    """All but messages into a queue that another core reads all the time. "make bench" has more cases."""
    monkeypatch.chdir(ROOT)
    found, stored = interference.measure_parallel(int(gic[-1])), expected()[gic]
    assert found["timer-spinning"][2] == found["unasked"][2] == 0
    longer = {key: counts for key, counts in found.items()
              if not key.startswith(interference.WAITS) and counts[2] > stored[f"alone/{key}"][2]}
    assert not longer
