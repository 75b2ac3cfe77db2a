# SPDX-License-Identifier: Apache-2.0
"""What docs/devices.md shows is true: its code compiles, its whole program is the one that is tested."""

import os
import re
import subprocess

HEADERS = ["pv/console.h", "pv/cpu.h", "pv/exception.h", "pv/gpio.h", "pv/hypercall.h", "pv/irq.h",
           "pv/virtio_backend.h", "pv/virtio_block.h", "pv/virtio_console.h", "pv/virtio_gpio.h",
           "pv/virtio_i2c.h", "pv/virtio_net.h", "pv/virtio_rng.h"]
FOLDERS = ["include", "rtos-guests/sdk/include", "rtos-guests/drivers/include",
           "rtos-guests/virtio/include"]

with open("docs/devices.md", encoding="utf-8") as _text:
    PAGE = _text.read()


def code_of(section):
    text = re.search(rf"^## {section}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)[1]
    return re.findall(r"^```c\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_recipes_compile(tmp_path):
    recipes = code_of("RTOS as frontend, RTOS as backend")
    assert len(recipes) == 14
    source = tmp_path / "recipes.c"
    source.write_text("".join(f'#include "{name}"\n' for name in HEADERS) + "\n".join(recipes))
    result = subprocess.run(["aarch64-linux-gnu-gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror",
                             "-Wno-unused-function", "-ffreestanding", "-fsyntax-only",
                             *(f"-I{folder}" for folder in FOLDERS), str(source)],
                            capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_whole_program_is_the_tested_one():
    [program] = code_of("A new backend in 100 lines")
    with open("tests/qemu/guests/counter/counter.c", encoding="utf-8") as text:
        assert program == text.read()
    assert len(program.splitlines()) <= 100


def test_links_and_named_files_are_there():
    for link in re.findall(r"\]\(([^)#]+)", PAGE):
        assert os.path.exists(os.path.join("docs", link)), link
    for path in re.findall(r"`((?:rtos-guests|tests|include|linux-guest)/[\w./-]+)`", PAGE):
        assert os.path.exists(path), path
