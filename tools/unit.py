# SPDX-License-Identifier: Apache-2.0
"""Compile and run one unit test, unless nothing it is made of has changed.

The head of tests/unit/test_x.c says what it needs:
    /* links: core/x.c tests/fake/fake_y.c */    first: linked with the test; may take lines
    /* flags: -DX */                             optional
"""

import os
import re
import subprocess
from collections import namedtuple

FOLDER = "build/unit"
CFLAGS = ["-std=c11", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined",
          "-Wall", "-Wextra", "-Werror", "-I.", "-Iinclude"]
TIMEOUT_S = 120
HEAD_BYTES = 2000

Result = namedtuple("Result", "name passed failed cached log tail")


def head_of(source):
    """What the links: and flags: comments at the top name."""
    with open(source, encoding="utf-8") as text:
        head = text.read(HEAD_BYTES)
    words = {"links": [], "flags": []}
    for key, values in re.findall(r"^/\* (links|flags):(.*?)\*/", head, re.MULTILINE | re.DOTALL):
        words[key] = values.split()
    return words["links"], words["flags"]


def is_current(stamp, dependencies):
    """True if the test passed after all of its inputs were last written."""
    try:
        passed_at = os.stat(stamp).st_mtime_ns
        with open(dependencies, encoding="utf-8") as text:
            rules = text.read().replace("\\\n", " ")
        files = re.sub(r"^[^:\n]*:", " ", rules, flags=re.MULTILINE).split()
        return all(os.stat(name).st_mtime_ns < passed_at for name in files)
    except OSError:
        return False


def counts_of(output, status):
    """Tests passed and failed: cmocka's own figures; a program without them is one test."""
    passed = sum(map(int, re.findall(r"^\[  PASSED  \] (\d+) test", output, re.MULTILINE)))
    failed = sum(map(int, re.findall(r"^\[  FAILED  \] (\d+) test", output, re.MULTILINE)))
    if status != 0 and failed == 0:
        failed = 1
    if status == 0 and passed + failed == 0:
        passed = 1
    return passed, failed


def run(source):
    name = os.path.splitext(os.path.basename(source))[0]
    program = os.path.join(FOLDER, name)
    stamp, dependencies, log = program + ".ok", program + ".d", program + ".log"
    os.makedirs(FOLDER, exist_ok=True)
    if is_current(stamp, dependencies):
        with open(stamp, encoding="utf-8") as text:
            return Result(name, int(text.read()), 0, True, log, [])
    if os.path.exists(stamp):
        os.remove(stamp)

    links, flags = head_of(source)
    sources = [source, *links]
    # With -MF, gcc keeps the rules of the last source only.
    rules = subprocess.run(["gcc", *CFLAGS, *flags, "-M", *sources], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    with open(dependencies, "w", encoding="utf-8") as file:
        file.write(rules.stdout)
    steps = [["gcc", *CFLAGS, *flags, *sources, "-o", program, "-lcmocka", "-lfdt"],
             [f"./{program}"]]
    with open(log, "w+", encoding="utf-8", errors="replace") as output:
        for step in steps:
            try:
                status = subprocess.run(step, stdin=subprocess.DEVNULL, stdout=output,
                                        stderr=subprocess.STDOUT, timeout=TIMEOUT_S,
                                        check=False).returncode
            except subprocess.TimeoutExpired:
                status = f"{TIMEOUT_S} s are over"
            if status != 0:
                output.write(f"\n{step[0]} ended with status {status}\n")
                break
        output.seek(0)
        text = output.read()
    passed, failed = counts_of(text, status)
    if failed == 0:
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(str(passed))
    return Result(name, passed, failed, False, log, text.splitlines()[-25:])
