# SPDX-License-Identifier: Apache-2.0
"""Virtual devices: what both sides and EL2 are told, and that verify finds what is not so."""

import re
import subprocess

import pytest

from linked import ROOT, Linked, write_images
from test_emit import get, has_node, macros
from test_verify import Lab, refused

SYSTEM = ROOT / "tests" / "pvc" / "systems" / "shared.dts"
VERSION_1, ACCESS_PLATFORM, EVENT_IDX = 1 << 32, 1 << 33, 1 << 29
REQUIRED = VERSION_1 | ACCESS_PLATFORM | EVENT_IDX


class SharedLab(Lab):
    def __init__(self, pvc, folder):
        self.pvc, self.folder, self.n = pvc, folder, 0
        write_images(folder / "images")
        self.demo = self.build("shared", SYSTEM)


@pytest.fixture(scope="module")
def lab(pvc, tmp_path_factory):
    return SharedLab(pvc, tmp_path_factory.mktemp("shared"))


@pytest.fixture
def system(lab):
    return lab.demo


def rows(system, partition, name):
    """Rows of a table in ports.h, as lists of numbers and strings."""
    header = (system.out / "include" / partition / "ports.h").read_text()
    return [[value.strip('"') if value.startswith('"') else int(value, 0)
             for value in row.split(", ")]
            for row in re.findall(rf"^\t{name}\((.*?)\)", header, re.MULTILINE)]


def children(system, partition, node, prefix):
    done = subprocess.run(["fdtget", "-l", system.out / f"{partition}.dtb", node],
                          capture_output=True, text=True, check=True)
    return sorted(line for line in done.stdout.split() if line.startswith(prefix))


def number(text):
    """Cells of fdtget as one number."""
    value = 0
    for cell in text.split():
        value = value << 32 | int(cell, 16)
    return value


def label_of(system, partition, node):
    return get(system, partition, node, "label", "s")


def frontend(system, partition, name):
    for child in children(system, partition, "/", "virtio@"):
        if label_of(system, partition, f"/{child}") == name:
            return f"/{child}"
    raise AssertionError(f"{partition} has no device {name}")


def window(system, partition, name):
    for child in children(system, partition, "/reserved-memory", "window@"):
        if label_of(system, partition, f"/reserved-memory/{child}") == name:
            return f"/reserved-memory/{child}"
    raise AssertionError(f"{partition} has no window {name}")


# ---- What the ends are told ------------------------------------------------------------------

def test_both_ends_agree(system):
    """Each frontend row has a backend row: same window, and each rings the other's interrupt."""
    fronts = {row[0]: row for p in ("linux", "motion", "panel")
              for row in rows(system, p, "PV_VIRTIO_FRONTEND")}
    backs = {row[0]: row for p in ("linux", "motion", "panel")
             for row in rows(system, p, "PV_VIRTIO_BACKEND")}
    assert set(fronts) == set(backs) == {"disk", "port", "log", "dice", "pins", "bus", "wire", "lane", "path"}
    taken = []
    for name, (_, kind, registers, base, size, interrupt, _) in fronts.items():
        _, _, back_kind, state, back_base, back_size, back_interrupt, _, _, _, _ = backs[name]
        assert (kind, base, size) == (back_kind, back_base, back_size)
        assert registers % 4096 == state % 4096 == base % 4096 == 0
        taken += [interrupt, back_interrupt]
    assert len(set(taken)) == len(taken)
    assert [row[1] for row in rows(system, "linux", "PV_VIRTIO_BACKEND")] == list(range(7))
    assert macros(system, "motion")["PV_N_VIRTIO_FRONTENDS"] == "2"
    assert macros(system, "panel")["PV_N_VIRTIO_BACKENDS"] == "0"


def test_frontend_node(system):
    node = frontend(system, "motion", "disk")
    name, kind, registers, base, size, interrupt, doorbell = \
        rows(system, "motion", "PV_VIRTIO_FRONTEND")[0]
    assert (name, kind) == ("disk", 2)
    assert get(system, "motion", node, "compatible", "s") == "virtio,mmio"
    assert get(system, "motion", node, "reg") == f"0 {registers:x} 0 200"
    assert get(system, "motion", node, "interrupts") == f"0 {interrupt - 32:x} 1"
    assert get(system, "motion", node, "paravent,doorbell") == f"{doorbell:x}"
    assert get(system, "motion", node, "dma-coherent") is not None
    region = window(system, "motion", "disk")
    assert get(system, "motion", region, "reg") == f"0 {base:x} 0 {size:x}"
    assert get(system, "motion", region, "compatible", "s") == "paravent,dma-window-1"
    assert get(system, "motion", region, "no-map") is not None
    assert get(system, "motion", node, "memory-region") == get(system, "motion", region, "phandle")
    assert not has_node(system, "motion", f"/memory@{base:x}")


def test_controllers_have_nodes(system):
    pins = frontend(system, "panel", "pins")
    assert get(system, "panel", f"{pins}/gpio", "compatible", "s") == "virtio,device29"
    assert get(system, "panel", f"{pins}/gpio", "#gpio-cells") == "2"
    bus = frontend(system, "panel", "bus")
    assert get(system, "panel", f"{bus}/i2c", "compatible", "s") == "virtio,device22"


def test_backend_node(system):
    """A Linux backend gets the window as memory of its kernel, which nobody else uses."""
    row = rows(system, "linux", "PV_VIRTIO_BACKEND")[1]
    name, number_, kind, state, base, size, interrupt, doorbell, features, queue_size, configuration = row
    node = f"/hypervisor/virtio-backend@{number_}"
    assert (name, kind, size, queue_size) == ("port", 1, 0x100000, 128)
    assert base == 0x4a000000
    assert label_of(system, "linux", node) == "port"
    assert get(system, "linux", node, "paravent,device-id") == "1"
    assert get(system, "linux", node, "paravent,frontend", "s") == "motion"
    assert number(get(system, "linux", node, "paravent,state")) == state
    assert number(get(system, "linux", node, "paravent,features")) == features
    assert get(system, "linux", node, "paravent,queues") == f"2 {queue_size:x}"
    assert get(system, "linux", node, "interrupts") == f"0 {interrupt - 32:x} 1"
    assert get(system, "linux", node, "paravent,doorbell") == f"{doorbell:x}"
    mac = get(system, "linux", node, "local-mac-address", "bx")
    assert mac == "2 11 22 33 44 55", "who sets the link up writes the address beside it, too"
    assert configuration == int.from_bytes(bytes.fromhex("021122334455"), "little")
    region = window(system, "linux", "port")
    assert get(system, "linux", node, "memory-region") == get(system, "linux", region, "phandle")
    assert get(system, "linux", region, "no-map") is None
    assert get(system, "linux", f"/memory@{base:x}", "reg") == f"0 {base:x} 0 {size:x}"
    # An RTOS needs no page structures.
    assert get(system, "motion", window(system, "motion", "log"), "no-map") is not None


def test_restricted_dma(system):
    region = window(system, "panel", "wire")
    assert get(system, "panel", region, "compatible", "s") == "restricted-dma-pool"
    assert get(system, "panel", region, "no-map") is None
    assert has_node(system, "panel", f"/memory@{region.rsplit('@', 1)[1]}")


# ---- What EL2 is told ------------------------------------------------------------------------

def device_text(system, name):
    return re.search(rf'\.name = "{name}",\n\t\t\.device.*?\n\t}}', system.text("config.c"),
                     re.DOTALL).group(0)


def configuration(system, name):
    text = re.search(r"\.configuration = \{(.*?)\}", device_text(system, name), re.DOTALL).group(1)
    words = [int(word, 16) for word in re.findall(r"UINT64_C\((0x\w+)\)", text)]
    return b"".join(word.to_bytes(8, "little") for word in words)


def features(system, name):
    return int(re.search(r"\.features = UINT64_C\((0x\w+)\)", device_text(system, name)).group(1),
               16)


def test_offers(system):
    """VIRTIO 1.2: feature bits and configuration space, field by field."""
    block_bits = 1 << 1 | 1 << 2 | 1 << 5 | 1 << 6 | 1 << 9  # SIZE_MAX SEG_MAX RO BLK_SIZE FLUSH
    assert features(system, "disk") == REQUIRED | block_bits
    disk = configuration(system, "disk")
    assert len(disk) == 64
    assert disk[0:8] == bytes(8)                                       # capacity
    assert int.from_bytes(disk[8:12], "little") == 4096                # size_max
    assert int.from_bytes(disk[12:16], "little") == 14                 # seg_max
    assert int.from_bytes(disk[20:24], "little") == 512                # blk_size
    frames = 1 << 5 | 1 << 15 | 1 << 16  # MAC MRG_RXBUF STATUS
    offloads = 1 << 0 | 1 << 1 | 1 << 7 | 1 << 8 | 1 << 11 | 1 << 12  # CSUM, GUEST_CSUM; TSO4, TSO6 both ways
    assert features(system, "port") == features(system, "wire") == REQUIRED | frames | offloads
    assert features(system, "lane") == REQUIRED | frames  # not served by Linux
    assert features(system, "path") == REQUIRED | frames  # 32 entries
    assert configuration(system, "port")[0:8] == bytes.fromhex("021122334455") + bytes(2)
    assert configuration(system, "wire")[0:6] == b"\x02pv\x01\x02\x06"
    assert features(system, "log") == features(system, "dice") == REQUIRED
    assert int.from_bytes(configuration(system, "pins")[0:2], "little") == 300
    assert features(system, "bus") == REQUIRED | 1


def test_queues_follow_the_window(system):
    for name, queues, size in (("disk", 1, 32), ("port", 2, 128), ("log", 2, 8), ("wire", 2, 256)):
        assert f".n_queues = {queues},\n\t\t.queue_size_max = {size}," in device_text(system, name)


def test_pages_are_devices_and_read_only(system):
    table = system.text("mmu_tables.c")
    for page in ("disk.registers", "disk.state"):
        rights = re.findall(rf"/\* 0x\w+ (\S+ device) window {page} \*/", table)
        # Both EL2 roots share one table or have one each; the partition has its own.
        assert sorted(set(rights)) == ["r-- device", "rw- device"]


# ---- What verify finds -----------------------------------------------------------------------

@pytest.mark.parametrize("field, value, sentence", [
    ("frontend", "0", "its frontend"),
    ("backend", "2", "its backend"),
    ("device", "1", "its kind"),
    ("backend_has_dma", "true", "its word on DMA"),
    ("configuration", "{ UINT64_C(0x1) }", "word 0 of its configuration"),
    ("frontend_interrupt", "33", "its frontend's interrupt"),
    ("backend_interrupt", "33", "its backend's interrupt"),
    ("registers", "{ UINT64_C(0x50000000) }", "its register page"),
    ("state", "{ UINT64_C(0x50000000) }", "its state page"),
    ("window", "{ UINT64_C(0x50000000) }", "its window"),
    ("window_bytes", "UINT64_C(0x80000)", "its window's size"),
    ("features", "UINT64_C(0x220000266)", "its features"),
    ("n_queues", "2", "its number of queues"),
    ("queue_size_max", "64", "its size of queues"),
])
def test_changed_device(lab, field, value, sentence):
    old = device_text(lab.demo, "disk")
    new = re.sub(rf"\.{field} = ({{[^}}]*}}|[^\n]*?),( /\*|\n)", rf".{field} = {value},\2", old, count=1)
    assert new != old
    refused(lab.changed("config", old, new), f"virtual device disk: {re.escape(sentence)}")


def test_foreign_backend(lab):
    """motion may set the configuration of what linux serves."""
    refused(lab.changed("config", "backends_1[] = {\n\t2,", "backends_1[] = {\n\t0,"),
            r"partition motion: its backend 0")


def test_foreign_registers(lab):
    """motion's writes reach the console that linux drives."""
    refused(lab.changed("config", ".kind = MMIO_VIRTIO, .virtual_device = 0",
                        ".kind = MMIO_VIRTIO, .virtual_device = 2"),
            r"partition motion: writes to 0x\w+ reach virtual device number 2, which is not its own")


def test_lost_registers(lab):
    refused(lab.changed("config", ".kind = MMIO_VIRTIO, .virtual_device = 0",
                        ".kind = MMIO_VUART, .virtual_device = 0"),
            r"partition motion: its number of frontends")


def changed_entry(lab, comment, change):
    """The system with one descriptor changed, found by the comment behind it."""
    line = re.search(rf"UINT64_C\((0x\w+)\), /\* 0x\w+ {comment}", lab.demo.text("mmu_tables.c"))
    old, value = line.group(0), line.group(1)
    return lab.changed("mmu_tables", old, old.replace(value, hex(change(int(value, 16)))))


def test_writable_registers(lab):
    """The frontend could tell itself anything."""
    refused(changed_entry(lab, "r-- device window disk.registers", lambda entry: entry | 1 << 7),
            r"partition motion reaches .* as read-write device; it must be read-only device: "
            r"page disk.registers")


def test_cached_state(lab):
    """As memory, what the backend reads could be old."""
    refused(changed_entry(lab, "r-- device window disk.state",
                          lambda entry: entry | 0xf << 2 | 3 << 8),
            r"partition linux reaches .* as read-only memory; it must be read-only device: "
            r"page disk.state")


def test_window_of_another(lab):
    """panel gets, where its register page was, the page where the disk's window begins."""
    disk = int(rows(lab.demo, "motion", "PV_VIRTIO_FRONTEND")[0][3])
    refused(changed_entry(lab, "r-- device window pins.registers",
                          lambda entry: entry & ~0xfffffff000 | disk | 0xf << 2 | 3 << 8 | 1 << 7),
            r"partition panel reaches .*physical 0x\w+: window disk\) instead of physical",
            r"partitions linux and panel both reach physical .*window disk",
            r"partitions motion and panel both reach physical .*window disk")
