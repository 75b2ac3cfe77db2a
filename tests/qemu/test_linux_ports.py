# SPDX-License-Identifier: Apache-2.0
"""The Linux driver and pvctl, against motion and monitor of the demo system."""

import pytest

from board import build
from test_linux import boot_linux, output

GICV3, GICV2 = "configs/virt-demo.dts", "configs/virt-demo-gicv2.dts"
EVERYWHERE = [(GICV3, ""), (GICV2, ""), (GICV3, "rt"), (GICV2, "rt")]
FAILED, USAGE, NOTHING = 1, 2, 3
BAD_COMMAND = 3       # an alarm's code, rtos-guests/apps/demo_protocol.h
DEPTH = 16            # of the channel "command"


@pytest.fixture
def linux(boot):
    return boot_linux(boot, GICV3)


def refused(board, command, status, words):
    got, lines = board.run(command + " 2>&1")
    assert got == status, f"{command}: {got}, {lines}"
    assert words in "\n".join(lines)


def counter(board, port, name):
    return int(output(board, f"cat /sys/class/paravent/{port}/counters/{name}")[0])


def wait_good(board):
    """Until motion publishes valid states."""
    output(board, "n=0; until pvctl recv state -v | grep -qv 'NOT VALID' || [ $n -gt 200 ]; "
                  "do n=$((n+1)); usleep 50000; done; [ $n -le 200 ]")


@pytest.mark.parametrize("system,kernel", EVERYWHERE)
def test_many_messages(boot, system, kernel):
    """100,000 commands and as many replies, each with a checksum, a sequence and a cookie."""
    board = boot_linux(boot, system, kernel)
    lines = output(board, "demo -k -n 100000")
    table = {line.split()[0] + " " + line.split()[1]: line.split() for line in lines
             if line.startswith("  ") and len(line.split()) >= 5}
    assert int(table["command linux"][3]) >= 100000 and table["command linux"][4] == "0"
    assert int(table["reply motion"][3]) >= 100000 and table["reply motion"][4:6] == ["0", "0"]
    assert counter(board, "reply", "received") >= 100000
    assert counter(board, "reply", "dropped") == 0


def test_list(linux):
    partitions = [line.split()[:3] for line in output(linux, "pvctl partitions")[1:]]
    assert partitions == [["0", "linux", "running"], ["1", "motion", "running"],
                          ["2", "monitor", "running"]]
    lines = [line.split() for line in output(linux, "pvctl list")[1:]]
    assert [line[:3] for line in lines] == [
        ["alarm", "message", "destination"], ["command", "queuing", "source"],
        ["reply", "queuing", "destination"], ["state", "sampling", "destination"],
        ["trace", "window", "read-only"]]
    assert "monitor,motion" in lines[0] and all("running" in line for line in lines)
    names = ["kind", "direction", "peers", "peer_state", "message_size", "depth", "refresh_us"]
    values = [output(linux, f"cat /sys/class/paravent/state/{name}")[0] for name in names]
    assert values == ["sampling", "destination", "motion", "running", "64", "0", "10000"]
    assert output(linux, "pvctl info | head -n 1") == ["linux"]
    assert "manager" in " ".join(output(linux, "pvctl info | grep roles"))


def test_refusals(linux):
    refused(linux, "pvctl send state x", FAILED, "is for the other end")
    refused(linux, "pvctl recv command", FAILED, "is for the other end")
    refused(linux, "pvctl send command " + 33 * "x", FAILED, "at most 32 bytes")
    refused(linux, "pvctl recv nothing", FAILED, "has no port \"nothing\"")
    refused(linux, "pvctl recv ../null", FAILED, "cannot be the name")
    refused(linux, "pvctl recv reply -t 50", NOTHING, "nothing came from motion")
    refused(linux, "pvctl ring trace 1", FAILED, "has 1 doorbells")
    refused(linux, "pvctl ring state", FAILED, "has 0 doorbells")
    refused(linux, "pvctl recv trace", FAILED, "is a window")
    refused(linux, "pvctl fly", USAGE, "knows no \"fly\"")
    refused(linux, "pvctl stop nobody", FAILED, "no partition \"nobody\"")
    refused(linux, "dd if=/dev/paravent/state bs=63 count=1", FAILED, "Message too long")
    refused(linux, "sh -c 'echo x > /dev/paravent/trace'", FAILED, "not permitted")


def test_messages(linux):
    """A command that makes no sense: answered by motion, told by an alarm with its sender."""
    output(linux, "while pvctl recv alarm -t 100 >/dev/null 2>&1; do :; done")
    output(linux, "pvctl send command nonsense")
    reply = output(linux, "pvctl recv reply -x -t 5000")[0].split()
    assert len(reply) == 32 and bytes.fromhex("".join(reply[:4])) == b"PMRP"
    code = ""
    while code != f"{BAD_COMMAND:02x}":  # motion on a busy machine has other alarms, too
        sender, code = output(linux, "pvctl recv alarm -xv -t 5000")[0].split(": ")[:2]
        code = code.split()[0]
    assert sender == "from motion"
    # A reader that sleeps is woken.
    output(linux, "pvctl recv reply -x > /tmp/reply & usleep 300000; pvctl send command again; wait")
    assert output(linux, "wc -w < /tmp/reply") == ["32"]
    assert counter(linux, "reply", "interrupts") > 0


def test_state(linux):
    wait_good(linux)
    assert output(linux, "pvctl recv state -r | wc -c") == ["64"]
    output(linux, "dd if=/dev/paravent/state bs=64 count=1 2>/dev/null | grep -q PMST")
    numbers = [int(line.split("#")[1].split(",")[0])
               for line in output(linux, "pvctl recv state -v -n 20")]
    assert numbers == sorted(set(numbers)), "each value once, in order"
    assert len(output(linux, "pvctl watch state -n 3 -i 20 | grep '#'")) == 3
    output(linux, "pvctl watch trace -x -n 1 | grep -q '50 4d 54 52'")  # its magic, "PMTR"


def test_full_queue_and_life_of_a_peer(linux):
    refused(linux, "pvctl start motion", FAILED, "motion")
    assert output(linux, "pvctl stop motion") == ["motion is stopped"]
    output(linux, f"pvctl send command x -n {DEPTH}")
    refused(linux, "pvctl send command x -t 50", NOTHING, "is full, motion is stopped")
    assert counter(linux, "command", "refused") > 0
    refused(linux, "pvctl recv state -v -n 2 -t 50", NOTHING, "nothing came")
    assert "NOT VALID" in output(linux, "pvctl recv state -v")[0]
    # A writer that sleeps goes on when motion is back and takes what is there; a reader takes
    # the replies meanwhile, for motion gives them up when nobody does.
    output(linux, f"pvctl recv reply -x -n {DEPTH + 1} > /tmp/replies & pvctl send command last & "
                  "usleep 300000; pvctl start 1; wait")
    assert output(linux, "wc -l < /tmp/replies") == [str(DEPTH + 1)]
    wait_good(linux)
    assert output(linux, "pvctl restart motion") == ["motion is running"]
    wait_good(linux)
    motion = output(linux, "pvctl partitions | grep motion")[0].split()
    assert motion[:3] == ["1", "motion", "running"] and motion[4] == "3"
    output(linux, "demo -k -n 100")


def test_module_goes_and_comes(linux):
    output(linux, "demo -k -n 100")
    output(linux, "sleep 1000 < /dev/paravent/state & echo $! > /tmp/pid")
    assert linux.run("rmmod paravent 2>/dev/null")[0] != 0
    output(linux, "kill $(cat /tmp/pid); wait")
    for _ in range(3):
        output(linux, "rmmod paravent")
        assert linux.run("ls /dev/paravent* 2>/dev/null") == (1, [])
        refused(linux, "pvctl list", FAILED, "driver is not there")
        output(linux, "insmod /lib/paravent.ko")
        # The queues go on where they stopped.
        output(linux, "demo -k -n 100")
    # The console would take the words themselves for trouble.
    assert linux.run("dmesg | grep -E 'WARN.NG:|B.G:|Call tr.ce'") == (1, [])
