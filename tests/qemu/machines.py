# SPDX-License-Identifier: Apache-2.0
"""The board models of QEMU without Paravent: Linux alone, with every device the model has.

The baseline of what devices do in partitions: what fails here is not Paravent's.
"""

import os
import subprocess

from board import ROOT, Board, make
from qemu import NETWORKS, disk_options

# What QEMU's raspi4b does not model, and answers with an external abort.
NOT_IN_RASPI4B = [
    "/soc/interrupt-controller@7ef00100", "/soc/i2c@7ef04500", "/soc/i2c@7ef09500",
    "/soc/hdmi@7ef00700", "/soc/hdmi@7ef05700", "/soc/clock@7ef00000", "/soc/hvs@7e400000",
    "/soc/pixelvalve@7e206000", "/soc/pixelvalve@7e207000", "/soc/pixelvalve@7e20a000",
    "/soc/pixelvalve@7e216000", "/soc/txp@7e004000", "/soc/pwm@7e20c800",
    "/soc/avs-monitor@7d5d2000", "/scb/gpu@7ec00000", "/gpu",
    "/soc/i2c@7e804000", "/soc/i2c@7e205000", "/scb/ethernet@7d580000", "/soc/rng@7e104000",
]
SD_CARD_SLOT = "/soc/mmc@7e300000"  # where raspi4b has it; boards have it at emmc2


def linux(kernel, file):
    """A file of the Linux guest; kernel: "", "rt", "backports" or "backports-rt"."""
    return os.path.join(ROOT, "build", f"linux-{kernel}" if kernel else "linux", file)


def dtb_of_package(name):
    """A device tree of Debian's kernel package; `name` as in "freescale/imx8mp-evk"."""
    path = linux("", f"dtbs/{name}.dtb")
    assert os.path.exists(path), f"{path}: not there; tools/fetch gets it"
    return path


def raspi4b_dtb(path):
    """Write the Raspberry Pi 4's device tree, less what QEMU lacks, to `path`."""
    def put(*arguments):
        subprocess.run(["fdtput", *arguments], check=True)

    def listing(option, node):
        return subprocess.run(["fdtget", option, path, node], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.split()

    with open(dtb_of_package("broadcom/bcm2711-rpi-4-b"), "rb") as given, open(path, "wb") as own:
        own.write(given.read())
    for node in NOT_IN_RASPI4B:
        if listing("-p", node):
            put("-t", "s", path, node, "status", "disabled")
    if listing("-p", "/soc/serial@7e201000/bluetooth"):
        put("-r", path, "/soc/serial@7e201000/bluetooth")
    # The slot of the board's WLAN chip becomes an SD card's.
    for child in listing("-l", SD_CARD_SLOT):
        put("-r", path, f"{SD_CARD_SLOT}/{child}")
    if "mmc-pwrseq" in listing("-p", SD_CARD_SLOT):
        put("-d", path, SD_CARD_SLOT, "mmc-pwrseq")
    return path


# By machine: QEMU's options, the console.
MACHINES = {
    "virt": (["-M", "virt,gic-version=3", "-cpu", "cortex-a72", "-smp", "2", "-m", "512M"], "ttyAMA0"),
    "imx8mp-evk": (["-M", "imx8mp-evk", "-smp", "4", "-m", "2G", "-serial", "null"], "ttymxc1"),
    "raspi4b": (["-M", "raspi4b"], "ttyAMA0"),
}


def command(machine, folder, disk, kernel=""):
    """QEMU's command line for Linux alone on a machine; `folder` is for its device tree."""
    options, console = MACHINES[machine]
    dtb = {"imx8mp-evk": lambda: dtb_of_package("freescale/imx8mp-evk"),
           "raspi4b": lambda: raspi4b_dtb(os.path.join(folder, "raspi4b.dtb"))}.get(machine)
    return ["qemu-system-aarch64", *options, "-nodefaults", "-nographic",
            "-serial", "mon:stdio", "-kernel", linux(kernel, "Image"),
            "-initrd", linux(kernel, "initramfs.cpio.gz"),
            "-append", f"console={console} quiet", *(["-dtb", dtb()] if dtb else []),
            *disk_options(machine, disk), *NETWORKS.get(machine, [])]


class Machine(Board):
    """Linux alone: what it writes has no prefix."""

    def lines_of(self, text):
        return [line.rstrip() for line in text.splitlines()]


def build_linux(kernel=""):
    """Kernel and initramfs."""
    result = make(f"KERNEL={kernel}",
                  *(os.path.relpath(linux(kernel, file), ROOT)
                    for file in ("Image", "initramfs.cpio.gz")))
    assert result.returncode == 0, result.stdout
