# SPDX-License-Identifier: Apache-2.0
"""docs/config.md is true: its example compiles, its message is what pvc prints, nothing is left out."""

import re
from pathlib import Path

import images

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "config.md").read_text()
SCHEMA = (ROOT / "tools" / "pvc" / "check_schema.c").read_text()


def example():
    return re.search(r"^```dts\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL).group(1)


def test_example_builds(pvc, tmp_path):
    """The worked example, with image files beside it as the page says."""
    (tmp_path / "system.dts").write_text(example())
    (tmp_path / "Image").write_bytes(images.linux_image(0x1000, 0x2000))
    (tmp_path / "initramfs.cpio.gz").write_bytes(b"\x1f\x8b" + bytes(100))
    (tmp_path / "control.elf").write_bytes(
        images.elf([(0x70000000, 0x70000000, 64, 64)], 0x70000000))
    result = pvc("build", "system.dts", "-I", ROOT / "dts", "-o", "out", cwd=tmp_path)
    assert (result.status, result.err) == (0, "")
    for path in ("config.c", "mmu_tables.c", "images.inc", "linux.dtb", "control.dtb",
                 "include/linux/ports.h", "system.mk", "report.txt", "report.svg",
                 "system.pp.dts"):
        assert (tmp_path / "out" / path).stat().st_size > 0
        assert path.replace("linux.dtb", "<partition>.dtb").replace("/linux/", "/<partition>/") \
            .replace("control.dtb", "<partition>.dtb") in DOCUMENT


def test_example_message(pvc, tmp_path):
    """The mistake the page suggests gives the message it shows."""
    text = example().replace("<&cpus 0x4 EL1_NS>", "<&cpus 0x6 EL1_NS>")
    (tmp_path / "system.dts").write_text(text)
    result = pvc("check", "system.dts", "-I", ROOT / "dts", cwd=tmp_path)
    shown = re.search(r"^```\n(system\.dts:.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL).group(1)
    assert result.err == shown


def test_every_property_is_documented():
    """Each name in the schema's tables stands in the page."""
    names = set(re.findall(r'\{ "([^"]+)", (?:USED|LATER) \}', SCHEMA))
    assert len(names) > 40
    names -= {"phandle", "linux,phandle"}  # dtc's own
    assert sorted(name for name in names if f"`{name}" not in DOCUMENT) == []


def test_no_property_is_invented():
    """Each property of ours in the page is known to pvc."""
    known = set(re.findall(r'"(paravent,[a-z0-9-]+)"', SCHEMA))
    kinds = {"paravent,partition-v1", "paravent,hypervisor-v1", "paravent,board-v1",
             "paravent,virtio-mmio-v1"}
    named = set(re.findall(r"paravent,[a-z0-9-]*[a-z0-9]", DOCUMENT))
    assert sorted(named - known - kinds) == []


def test_unchanged_headers_stay(pvc, tmp_path):
    """build repeats what headers wrote without touching it: make must not start over."""
    (tmp_path / "system.dts").write_text(example())
    pvc("headers", "system.dts", "-I", ROOT / "dts", "-o", "out", cwd=tmp_path)
    header = tmp_path / "out/include/linux/ports.h"
    before = header.stat().st_mtime_ns
    (tmp_path / "Image").write_bytes(images.linux_image(0x1000, 0x2000))
    (tmp_path / "initramfs.cpio.gz").write_bytes(bytes(100))
    (tmp_path / "control.elf").write_bytes(
        images.elf([(0x70000000, 0x70000000, 64, 64)], 0x70000000))
    result = pvc("build", "system.dts", "-I", ROOT / "dts", "-o", "out", cwd=tmp_path)
    assert result.status == 0, result.err
    assert header.stat().st_mtime_ns == before
