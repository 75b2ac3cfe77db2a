# SPDX-License-Identifier: Apache-2.0
"""Debian's unmodified kernels boot to a shell with all their cores, and get their devices and ports."""

import pytest

from board import build

DEMO = {"v3": "configs/virt-demo.dts", "v2": "configs/virt-demo-gicv2.dts"}
SYSTEMS = "tests/qemu/systems/"


def boot_linux(boot, dts, kernel=""):
    board = boot(build(dts, kernel))
    board.wait_shell()
    return board


def output(board, command):
    status, lines = board.run(command)
    assert status == 0, f"{command}: status {status}: {lines}"
    return lines


def check_linux(board, n_cores):
    """What must hold on every system: cores, both interrupt kinds, no complaint of the kernel."""
    assert output(board, "nproc") == [str(n_cores)]
    assert output(board, "cat /sys/devices/system/cpu/online") == [
        "0" if n_cores == 1 else f"0-{n_cores - 1}"]
    assert output(board, "dmesg | grep -c 'detected at EL1\\|CPU(s) started at EL1'") == ["1"]
    timer = output(board, "grep arch_timer /proc/interrupts")[0].split()
    assert all(int(count) > 0 for count in timer[1:1 + n_cores]), timer
    if n_cores > 1:
        # Reschedule and function-call interrupts: SGIs between the partition's own cores.
        counts = output(board, "grep -E 'IPI[01]:' /proc/interrupts")
        assert sum(int(word) for line in counts for word in line.split()[1:1 + n_cores]) > 0
    # [:], lest the echo of this very command looks like trouble.
    trouble = "WARNING[:]|BUG[:]|Oops[:]|Call trace[:]|[u]nhandled|[s]ynchronous external"
    assert board.run(f"dmesg | grep -E '{trouble}'") == (1, [])


@pytest.mark.parametrize("gic", ["v3", "v2"])
def test_debian(boot, gic):
    board = boot_linux(boot, DEMO[gic])
    check_linux(board, 2)
    release = output(board, "uname -rv")[0]
    assert "PREEMPT_RT" not in release
    assert output(board, "grep -c ttyAMA0 /proc/consoles") == ["1"]


@pytest.mark.parametrize("gic", ["v3", "v2"])
def test_preempt_rt(boot, gic):
    board = boot_linux(boot, DEMO[gic], "rt")
    check_linux(board, 2)
    assert "PREEMPT_RT" in output(board, "uname -v")[0]
    assert output(board, "cat /sys/kernel/realtime") == ["1"]


@pytest.mark.parametrize("system", ["linux-a53", "linux-a53-gicv2"])
def test_cortex_a53(boot, system):
    board = boot_linux(boot, f"{SYSTEMS}{system}.dts")
    check_linux(board, 2)
    assert output(board, "grep -c 0xd03 /proc/cpuinfo") == ["2"]


def test_one_core(boot):
    check_linux(boot_linux(boot, SYSTEMS + "linux-one-core.dts"), 1)


@pytest.mark.parametrize("system", ["linux-eight-cores", "linux-eight-cores-gicv2"])
def test_eight_cores(boot, system):
    check_linux(boot_linux(boot, f"{SYSTEMS}{system}.dts"), 6)


def test_core_goes_off_and_on(boot):
    """CPU_OFF, AFFINITY_INFO and CPU_ON, again and again, as Linux's CPU hotplug uses them."""
    board = boot_linux(boot, DEMO["v3"])
    for _ in range(5):
        output(board, "echo 0 > /sys/devices/system/cpu/cpu1/online")
        assert output(board, "nproc") == ["1"]
        output(board, "echo 1 > /sys/devices/system/cpu/cpu1/online")
        assert output(board, "nproc") == ["2"]
    assert output(board, "taskset 2 true") == []


def test_memory_is_the_partitions_own(boot):
    """Linux sees its 512 MiB and nothing outside: what lies there faults, and stops only Linux."""
    board = boot_linux(boot, DEMO["v3"])
    ram = output(board, "grep 'System RAM' /proc/iomem")
    ends = [int(end, 16) for line in ram for end in line.split(":")[0].strip().split("-")]
    assert min(ends) >= 0x50000000 and max(ends) < 0x70000000
    # EL2's own memory.
    board.send("devmem 0x40200000")
    board.expect(r"paravent *\| linux: [^\r\n]*vCPU")
    board.expect(r"paravent *\| [^\r\n]*0x40200000")
    board.expect(r"paravent *\| linux has ")
    # The others go on, and the console's list (ctrl-backslash) says so.
    board.type("\x1c")
    board.expect(r"paravent *\| [^\r\n]*motion[^\r\n]*running")
