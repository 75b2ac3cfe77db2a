# SPDX-License-Identifier: Apache-2.0
"""A kernel with CONFIG_DMA_RESTRICTED_POOL keeps virtio devices inside their windows by itself.

As test_linux_window.py, with the small kernel and "restricted-dma-pool" in place of the module.
"""

import os
import shutil
import subprocess

from board import ROOT
from devices import Card, succeed, try_disk, try_net
from test_linux_window import (BASE, DESCRIPTORS, LOAD, MIB, WATCH_SECONDS, four_devices, load, start,
                               try_console, try_entropy, watch, watching)

__all__ = ["start"]  # a fixture


def restricted(devices):
    """With pools that are large enough for QEMU's queues: unlike Paravent's they have 1024 entries."""
    for i, device in enumerate(devices.values()):
        device.compatible, device.has_no_map = "restricted-dma-pool", False
        device.reg = (BASE + 8 * i * MIB, 8 * MIB)
    # A request that is larger than the pool would be repeated for ever; this bounds its segments.
    disk = devices["virtio-blk"]
    disk.options = [option.replace("queue-size=128", "queue-size=16") for option in disk.options]
    return devices


def test_restricted_pool(start, tmp_path):  # pylint: disable=redefined-outer-name
    card = Card(tmp_path / "card")
    devices = restricted(four_devices(str(tmp_path), card.path))
    machine = start(list(devices.values()), "minimal")
    assert "-paravent" in succeed(machine, "uname -r")[0]
    assert len(succeed(machine, "dmesg | grep 'created restricted DMA pool'")) == len(devices)
    with watch(machine, devices) as watcher:
        with watching(watcher):
            try_entropy(machine)
            try_console(machine, os.path.join(machine.folder, "hvc"))
            try_net(machine)
            try_disk(machine)
        succeed(machine, LOAD)
        assert watcher.until(DESCRIPTORS, WATCH_SECONDS * load()), str(watcher)
        print(watcher)
        assert watcher.outside == 0, watcher.findings
        assert len({ring.split()[0] for ring in watcher.by_ring}) == len(devices), str(watcher)
    succeed(machine, "kill %1; wait")
    succeed(machine, "sync")
    machine.close()
    card.check()


def test_no_pool(start, tmp_path):  # pylint: disable=redefined-outer-name
    """Without the pools that kernel does leave the windows."""
    card = Card(tmp_path / "card")
    devices = four_devices(str(tmp_path), card.path)
    machine = start(list(devices.values()), "minimal")
    with watch(machine, devices) as watcher, watching(watcher):
        try_disk(machine)
    assert watcher.outside > 100, str(watcher)


def test_fragment(tmp_path):
    """A line that Linux drops without a word is an error; the kernel that is there stays."""
    for name in ("build", "fragment"):
        shutil.copy(os.path.join(ROOT, "linux-guest/kernel", name), tmp_path)
    with open(tmp_path / "fragment", "a", encoding="utf-8") as fragment:
        fragment.write("CONFIG_NO_SUCH_THING=y\n")
    result = subprocess.run([tmp_path / "build", "build/linux-backports", "build/linux-minimal"], cwd=ROOT,
                            check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 1
    assert result.stdout.endswith("/fragment: CONFIG_NO_SUCH_THING=y\n"), result.stdout
