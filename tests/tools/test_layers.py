# SPDX-License-Identifier: Apache-2.0
"""tools/check_layers.sh lets each floor look down, and only down."""

import shutil
import subprocess

import pytest

FLOORS = ["include/abi", "include/hyp", "include/arch", "arch/arm64", "core", "partitions", "tools"]


@pytest.fixture
def check(tmp_path):
    for floor in FLOORS:
        (tmp_path / floor).mkdir(parents=True)
    shutil.copy("tools/check_layers.sh", tmp_path / "tools")

    def run(file, text):
        (tmp_path / file).write_text(text)
        return subprocess.run([tmp_path / "tools/check_layers.sh"], capture_output=True,
                              text=True, check=False)

    return run


@pytest.mark.parametrize("file,line", [
    ("include/hyp/a.h", '#include "abi/status.h"'),
    ("include/arch/a.h", '#include "hyp/types.h"'),
    ("arch/arm64/a.c", '#include "core/trap.h"'),
    ("arch/arm64/a.S", '#include "arch/arm64/frame.h"'),
    ("core/a.c", '#include "arch/cpu.h"'),
    ("partitions/a.c", '#include "core/log.h"'),
    ("partitions/a.c", "#include <stdint.h>"),
    ("partitions/a.c", "/* no asm here */"),
])
def test_looking_down_is_fine(check, file, line):
    result = check(file, line + "\n")
    assert (result.returncode, result.stdout) == (0, "")


@pytest.mark.parametrize("file,line", [
    ("include/abi/a.h", '#include "hyp/types.h"'),
    ("include/hyp/a.h", '#include "arch/cpu.h"'),
    ("include/arch/a.h", '#include "core/log.h"'),
    ("arch/arm64/a.c", '#include "core/log.h"'),
    ("arch/arm64/a.c", '#include "partitions/partition.h"'),
    ("core/a.c", '#include "partitions/partition.h"'),
    ("core/a.c", '#  include "arch/arm64/frame.h"'),
    ("partitions/a.c", '#include "arch/arm64/frame.h"'),
    ("partitions/a.c", '#include "log.h"'),
    ("partitions/a.c", "#include <stdio.h>"),
    ("core/a.c", '\tasm("nop");'),
    ("partitions/a.h", '\t__asm__ volatile("");'),
    ("core/a.c", "\tx = sysreg_read(esr_el2);"),
    ("core/a.S", "\tnop"),
])
def test_looking_up_is_named(check, file, line):
    result = check(file, line + "\n")
    assert result.returncode == 1
    assert file in result.stdout
