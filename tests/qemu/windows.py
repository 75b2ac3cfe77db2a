# SPDX-License-Identifier: Apache-2.0
"""QEMU's virt machine with virtio devices that have a DMA window each: its options, its device tree."""

import os
import subprocess
from dataclasses import dataclass

from machines import linux

RAM_BASE, RAM_MIB = 0x40000000, 512
FIRST_TRANSPORT, TRANSPORT_BYTES = 0x0a000000, 0x200
CELLS = ("-t", "x")


@dataclass
class Device:
    """A virtio device on transport `number`. `reg`: its window, or None for no window."""
    number: int
    options: list
    reg: tuple = None
    reg_cells: int = 4
    has_no_map: bool = True
    compatible: str = "paravent,dma-window-1"

    @property
    def node(self):
        return f"/virtio_mmio@{FIRST_TRANSPORT + self.number * TRANSPORT_BYTES:x}"

    @property
    def sysfs(self):
        address = FIRST_TRANSPORT + self.number * TRANSPORT_BYTES
        return f"/sys/bus/platform/devices/{address:x}.virtio_mmio"

    @property
    def platform_name(self):
        return os.path.basename(self.sysfs)


def qemu_options(number, model, properties=""):
    """The options of a device: offers VIRTIO_F_ACCESS_PLATFORM, as a confined driver demands."""
    return ["-device", f"{model},bus=virtio-mmio-bus.{number},iommu_platform=on,"
                       f"indirect_desc=off{properties}"]


def block(number, disk, reg, properties=",queue-size=32", **more):
    drive = f"disk{number}"
    return Device(number, ["-drive", f"if=none,id={drive},format=raw,file={disk}",
                           *qemu_options(number, "virtio-blk-device",
                                         f",drive={drive},serial={drive}{properties}")], reg, **more)


def network(number, reg):
    return Device(number, ["-netdev", "user,id=net",
                           *qemu_options(number, "virtio-net-device", ",netdev=net")], reg)


def console(number, socket, reg):
    return Device(number, ["-chardev", f"socket,id=hvc,path={socket},server=on,wait=off",
                           *qemu_options(number, "virtio-serial-device", ",max_ports=1"),
                           "-device", "virtconsole,chardev=hvc"], reg)


def entropy(number, reg):
    return Device(number, qemu_options(number, "virtio-rng-device"), reg)


def i2c(number, socket, reg):
    return Device(number, ["-chardev", f"socket,id=i2c,path={socket}",
                           *qemu_options(number, "vhost-user-i2c-device", ",chardev=i2c")], reg)


def write_device_tree(path, options, devices):
    """QEMU's own, and the windows."""
    def put(node, *values, types=()):
        subprocess.run(["fdtput", *types, path, node, *values], check=True)

    machine = [f"{o},dumpdtb={path}" if o.startswith("virt,") else o for o in options]
    subprocess.run(["qemu-system-aarch64", *machine], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    parent = "/reserved-memory"
    subprocess.run(["fdtput", "-c", path, parent], check=True)
    put(parent, "#address-cells", "2", types=CELLS)
    put(parent, "#size-cells", "2", types=CELLS)
    put(parent, "ranges")
    for device in devices:
        if device.reg is None:
            continue
        base, size = device.reg
        # Named by device: two windows may have one address here.
        node = f"{parent}/window-{device.number}@{base:x}"
        phandle = f"{0x7000 + device.number:x}"
        subprocess.run(["fdtput", "-c", path, node], check=True)
        put(node, "compatible", device.compatible, types=("-t", "s"))
        cells = [f"{cell:x}" for cell in (base >> 32, base & 0xffffffff, size >> 32, size & 0xffffffff)]
        put(node, "reg", *cells[:device.reg_cells], types=CELLS)
        put(node, "phandle", phandle, types=CELLS)
        if device.has_no_map:
            put(node, "no-map")
        put(device.node, "memory-region", phandle, types=CELLS)


def command(folder, devices, kernel="", arguments=""):
    """QEMU's command line; in `folder` are RAM, the QMP socket and the device tree."""
    tree = os.path.join(folder, "virt.dtb")
    options = ["-M", "virt,gic-version=3,memory-backend=ram", "-cpu", "cortex-a72", "-smp", "2",
               "-m", f"{RAM_MIB}M", "-object", f"memory-backend-file,id=ram,size={RAM_MIB}M,"
               f"share=on,mem-path={os.path.join(folder, 'ram')}",
               "-global", "virtio-mmio.force-legacy=false", "-nodefaults", "-nographic",
               *(option for device in devices for option in device.options)]
    write_device_tree(tree, options, devices)
    return ["qemu-system-aarch64", *options, "-dtb", tree, "-serial", "mon:stdio",
            "-qmp", f"unix:{os.path.join(folder, 'qmp')},server=on,wait=off",
            "-kernel", linux(kernel, "Image"), "-initrd", linux(kernel, "initramfs.cpio.gz"),
            "-append", f"console=ttyAMA0 quiet {arguments}"]
