# SPDX-License-Identifier: Apache-2.0
"""tools/tracing.py and tools/interference.py: what they make of QEMU's log of instructions."""

import interference
import tracing

EL2 = range(0x1000, 0x2000)
LOCKS = [range(0x1800, 0x1810)]
VECTOR = 0x9000
SYMBOLS = [(0x8000, "operation_call"), (0x8004, "operation_call_end"), (0x8010, "operation_timer"),
           (0x8020, "operation_sgi_v3"), (0x8030, "operation_message_send"),
           (0x8034, "operation_message_send_end"), (0x8040, "operation_pause"), (0x8044, "operation_pause_end"),
           (0x8050, "operation_loaded"), (0x8054, "operation_loaded_end"), (VECTOR, "bench_irq_v3")]
CALL, CALL_END, TIMER, SGI, SEND, SEND_END, PAUSE, PAUSE_END, LOADED, LOADED_END = (a for a, _ in SYMBOLS[:-1])


def log(*executed):
    """QEMU's lines: addresses of core 0, or (core, address)."""
    pairs = [where if isinstance(where, tuple) else (0, where) for where in executed]
    return [b"Trace %d: 0x7f6d4c277140 [00000000/%016x/00000061/ff022201] \n" % pair for pair in pairs]


def follow(*lines):
    operations = interference.Operations(interference.Labels(SYMBOLS), EL2, LOCKS)
    operations.follow(log(*lines))
    return operations


def test_instructions_are_counted_once_for_a_core_that_was_stopped_before_it():
    stopped = b"Stopped execution of TB chain before 0x7f6d4c277140 [0000000000001004] \n"
    lines = log(0x1000, 0x1004) + [stopped] + log((1, 0x1004), 0x1004, 0x1008)
    assert list(tracing.executed(lines)) == [(0, 0x1000), (0, 0x1004), (1, 0x1004), (0, 0x1008)]
    assert list(tracing.executed(log(0x1000, 0x1004, 0x1000))) == [(0, 0x1000), (0, 0x1004), (0, 0x1000)]


def test_what_el2_executes_on_this_core_until_the_end_is_an_operations():
    found = follow(CALL, 0x1000, (1, 0x1100), (2, 0x1104), 0x1004, CALL_END,
                   CALL, 0x1000, 0x1004, 0x1008, CALL_END).rows()
    assert found["call"] == [2, 2.5, 3]
    assert found["unasked"] == [0, 0.0, 0]


def test_an_interrupt_ends_an_operation_at_its_vector():
    found = follow(TIMER, TIMER + 4, VECTOR, TIMER, 0x1000, 0x1004, VECTOR, SGI, 0x1000, VECTOR).rows()
    assert found["timer"] == [0, 1.0, 2]
    assert found["sgi"] == [1, 1.0, 1]


def test_el2_between_operations_is_nobodys_wish():
    assert follow(0x1000, 0x1004, CALL, CALL_END, 0x1000, (1, 0x1100), 0x1004).rows()["unasked"] == [2, 2.0, 2]
    found = follow(PAUSE, 0x1000, PAUSE_END, CALL, CALL_END).rows()
    assert found["unasked"] == [0, 0.0, 0] and "pause" not in found


def test_waiting_for_a_lock_is_a_row_of_its_own():
    found = follow(SEND, 0x1000, 0x1800, 0x1804, 0x1800, 0x1004, SEND_END, SEND, 0x1000, SEND_END).rows()
    assert found["message-send"] == [1, 1.5, 2]
    assert found["message-send-waiting"] == [0, 1.5, 3]


def test_cases_follow_each_other():
    operations = follow(CALL, 0x1000, CALL_END, LOADED, LOADED_END, CALL, 0x1000, 0x1004, CALL_END, 0x1100)
    assert [operations.rows(case)["call"][2] for case in (0, 1)] == [1, 2]
    assert [operations.rows(case)["unasked"][2] for case in (0, 1)] == [0, 1]


def test_parts_of_an_operation_by_who_executes_them():
    disk = follow(CALL, 0x1000, 0x5000, 0x5004, (1, 0x6000), (1, 0x1000), (1, 0x1800), CALL_END)
    assert disk.row("call", interference.EL2, interference.LOCK) == [3, 3.0, 3]
    assert disk.row("call", interference.GUEST, core=0) == [2, 2.0, 2]
    assert disk.row("call", interference.GUEST, core=1) == [1, 1.0, 1]
    assert disk.row("call", interference.GUEST, parts=2) == [1, 1.5, 2]


def test_functions_lie_up_to_the_next():
    symbols = [(0x10, "a"), (0x20, "b"), (0x20, "c"), (0x30, "d")]
    assert interference.ranges_of(symbols, ("a", "b")) == [range(0x10, 0x20), range(0x20, 0x30)]
