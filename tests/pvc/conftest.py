# SPDX-License-Identifier: Apache-2.0
"""What all tests of pvc share: pvc built with sanitizers, and small image files."""

import fcntl
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path

import pytest

import images

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "host" / "sanitized"
FLAGS = ["-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all",
         "-I.", "-Iinclude"]


def newest(paths):
    return max(os.path.getmtime(path) for path in paths)


def compile_one(source, headers_time):
    target = BUILD / (Path(source).stem + ".o")
    if not target.exists() or target.stat().st_mtime < max(os.path.getmtime(source), headers_time):
        subprocess.run(["gcc", *FLAGS, "-c", source, "-o", target], cwd=ROOT, check=True)
    return target


def build_pvc():
    """build/host/sanitized/pvc, of all that stands in tools/pvc."""
    os.chdir(ROOT)
    headers_time = newest(glob("tools/pvc/*.h") + glob("include/*/*.h"))
    sources = sorted(glob("tools/pvc/*.c"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(lambda source: compile_one(source, headers_time), sources))
    pvc = BUILD / "pvc"
    if not pvc.exists() or pvc.stat().st_mtime < newest(objects):
        subprocess.run(["gcc", "-fsanitize=address,undefined", *objects, "-lfdt", "-o", pvc],
                       check=True)
    return pvc


class Result:
    def __init__(self, process):
        self.status = process.returncode
        self.out = process.stdout.decode(errors="replace")
        self.err = process.stderr.decode(errors="replace")
        # A sanitizer's report, an abort, a signal: never acceptable, whatever the input.
        assert self.status in (0, 1, 2) and "Sanitizer" not in self.err, self.err


@pytest.fixture(scope="session")
def pvc():
    """Runs pvc from the project's folder: pvc("check", "x.dts", ...) -> Result."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # pytest -n runs this in several processes
        binary = build_pvc()

    def run(*arguments, cwd=ROOT, **options):
        return Result(subprocess.run([binary, *arguments], cwd=cwd, capture_output=True,
                                     timeout=60, check=False, **options))

    return run


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory):
    """Image files, good and bad, for the partitions of rules/base.dtsi."""
    folder = tmp_path_factory.mktemp("images")
    images.write_all(folder)
    return folder
