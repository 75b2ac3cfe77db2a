# SPDX-License-Identifier: Apache-2.0
"""Each fuzz target for a moment, always with the same inputs; tests/fuzz/run does more."""

import glob
import os
import subprocess

import pytest

RUNS = 20000
TARGETS = sorted(os.path.basename(name)[len("fuzz_"):-len(".c")]
                 for name in glob.glob("tests/fuzz/fuzz_*.c"))


@pytest.mark.parametrize("target", TARGETS)
def test_target(target):
    result = subprocess.run(["tests/fuzz/run", "-r", str(RUNS), target], check=False,
                            capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"fuzz_{target}: {RUNS} inputs, nothing found" in result.stdout
