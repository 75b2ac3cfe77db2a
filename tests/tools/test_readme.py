# SPDX-License-Identifier: Apache-2.0
"""What the README shows is true: its system passes pvc, its links lead somewhere."""

import os
import re
from glob import glob
import subprocess

with open("README.md", encoding="utf-8") as _text:
    README = _text.read()


def test_example_compiles(tmp_path):
    example = re.search(r"```dts\n(.*?)```", README, re.DOTALL)[1]
    assert len(example.splitlines()) <= 25
    (tmp_path / "hello.dts").write_text("/* SPDX-License-Identifier: Apache-2.0 */\n" + example)
    result = subprocess.run(["build/host/pvc", "headers", str(tmp_path / "hello.dts"),
                             "-o", str(tmp_path / "out"), "-I", "dts"],
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    header = (tmp_path / "out/include/hello/ports.h").read_text()
    assert re.search(r"#define PV_MEMORY_IPA\s.*0x0*50000000", header)
    assert "hello/hello.elf" in (tmp_path / "out/system.mk").read_text()


def test_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    missing = [link for link in links if not os.path.exists(link)]
    assert not missing


def test_named_targets_exist():
    makefile = ""
    for path in ["Makefile", *glob("*/*.mk"), *glob("*/*/*.mk")]:
        with open(path, encoding="utf-8") as text:
            makefile += text.read()
    for target in re.findall(r"`?make ([a-z-]+)\b", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
