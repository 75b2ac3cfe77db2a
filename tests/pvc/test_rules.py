# SPDX-License-Identifier: Apache-2.0
"""Each rule of pvc breaks as documented.

rules/<rule-id>[-variant].dts holds one mistake, and says in `// expect:` lines all that pvc must print,
in its order. A place in an expectation is the name of a marker: `@here` is the line that ends with
`// @here` in the test itself, `base@linux-cpus` one of base.dtsi; a file of dts/ stands without line.
`<number>` stands for any number. `// run:` gives another command than `check`: OUT and IMAGES stand for folders.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest

import test_cut

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "tests" / "pvc" / "rules"
CASES = sorted(RULES.glob("*.dts"))


def rule_ids(pvc):
    listed = pvc("--explain", "all")
    assert listed.status == 0
    return dict(line.split(None, 1) for line in listed.out.splitlines())


def marker(path, line):
    """The marker on a line of a file, or the line's number."""
    found = re.search(r"// (@[\w-]+)$", path.read_text().splitlines()[line - 1])
    return found.group(1) if found else f":{line}"


def normalise(text, case, folders):
    """One printed line with its place as expectations write it."""
    for folder, name in folders.items():
        text = text.replace(str(folder), name)
    found = re.match(r"([^: ]+):(\d+): (.*)", text)
    if not found:
        return text.replace(str(case), case.name).replace(str(case.relative_to(ROOT)), case.name)
    path, line, rest = ROOT / found.group(1), int(found.group(2)), found.group(3)
    if path == case:
        return f"{marker(path, line)}: {rest}"
    if path.parent == RULES:
        return f"{path.stem}{marker(path, line)}: {rest}"
    return f"{path.name}: {rest}"


def expectations(case):
    return re.findall(r"^// expect: (.*)$", case.read_text(), re.MULTILINE)


def is_as_expected(line, expected):
    """`<number>` in an expectation stands for any."""
    return re.fullmatch(re.escape(expected).replace("<number>", r"\d+"), line) is not None


def command_of(case, out, images):
    found = re.search(r"^// run: (.*)$", case.read_text(), re.MULTILINE)
    command = (found.group(1) if found else "check").split()
    words = {"OUT": str(out), "IMAGES": str(images)}
    return [command[0], str(case.relative_to(ROOT)), "-I", "dts",
            *(words.get(word, word) for word in command[1:])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_rule(case, pvc, image_folder, tmp_path):
    out = tmp_path / "out"
    result = pvc(*command_of(case, out, image_folder))
    printed = [normalise(line, case, {out: "OUT", image_folder: "IMAGES"})
               for line in result.err.splitlines()]
    expected = expectations(case)
    if not all(map(is_as_expected, printed, expected)) or len(printed) != len(expected):
        assert printed == expected
    has_errors = any(" error: " in line for line in printed)
    assert result.status == (1 if has_errors else 0)
    assert not (has_errors and out.exists()), "pvc wrote something in spite of errors"
    rule = case.stem
    assert any(line.endswith("]") and rule.startswith(line[line.rindex("[") + 1:-1])
               for line in printed), "the rule in the file's name is not among the messages"


# ---- Rules that no DTS alone can break ---------------------------------------------------------


def check_error(result, rule, text):
    assert result.status == 1
    assert f"[{rule}]" in result.err and text in result.err, result.err


def test_rule_io(pvc, tmp_path):
    check_error(pvc("check", tmp_path / "none.dts"), "io", "No such file")
    check_error(pvc("check", tmp_path), "io", "Is a directory")
    check_error(pvc("check", "/dev/zero"), "io", "not a plain file")
    os.mkfifo(tmp_path / "fifo.dts")
    check_error(pvc("check", tmp_path / "fifo.dts"), "io", "not a plain file")


def test_rule_io_write(pvc, tmp_path):
    """An output folder that cannot be made."""
    (tmp_path / "file").write_text("in the way")
    check_error(pvc("headers", "configs/virt-demo.dts", "-I", "dts", "-o", tmp_path / "file/out"),
                "io", "cannot make this folder")


def test_rule_tools(pvc, tmp_path):
    result = pvc("check", "configs/virt-demo.dts", "-I", "dts",
                 env={**os.environ, "PATH": str(tmp_path)})
    check_error(result, "tools", "cannot run cpp")


def test_rule_fdt(pvc, tmp_path):
    (tmp_path / "cut.dtb").write_bytes(b"\xd0\x0d\xfe\xed\0\0\0\x48")
    check_error(pvc("check", tmp_path / "cut.dtb"), "fdt", "malformed")


def test_rule_fdt_deep(pvc, tmp_path):
    deep = tmp_path / "deep.dts"
    deep.write_text("/dts-v1/;\n/ { " + "a { " * 70 + "}; " * 70 + "};\n")
    check_error(pvc("check", deep), "fdt", "nested more than 64 deep")


def test_rule_seal(pvc, tmp_path):
    (tmp_path / "x.elf").write_bytes(b"no ELF file")
    check_error(pvc("seal", tmp_path / "x.elf"), "seal", "x.elf")


def test_rule_verify(pvc, tmp_path):
    (tmp_path / "x.elf").write_bytes(b"no ELF file")
    check_error(pvc("verify", tmp_path / "x.elf", "configs/virt-demo.dts", "-I", "dts"),
                "verify", "x.elf")


# ---- The table of rules --------------------------------------------------------------------------


def longest_rule(stem, ids):
    return max((rule for rule in ids if stem == rule or stem.startswith(rule + "-")), key=len,
               default=None)


def test_every_rule_has_a_test(pvc):
    ids = rule_ids(pvc)
    tested = {longest_rule(case.stem, ids) for case in CASES}
    tested |= {longest_rule(name[len("test_rule_"):].replace("_", "-"), ids)
               for name in [*globals(), *vars(test_cut)] if name.startswith("test_rule_")}
    assert tested == set(ids)


def test_every_rule_is_documented(pvc):
    """docs/config.md lists each rule with the summary that --explain prints, and no others."""
    text = (ROOT / "docs" / "config.md").read_text()
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| (.*?) \|$", text.split("## Rules")[1],
                             re.MULTILINE))
    assert listed == rule_ids(pvc)


def test_every_rule_is_used(pvc):
    """A rule that no source file reports would be a promise that nobody keeps."""
    text = "".join(path.read_text() for path in (ROOT / "tools" / "pvc").glob("*.c")
                   if path.name != "rules.c")
    assert [rule for rule in rule_ids(pvc) if f'"{rule}"' not in text] == []


def test_every_rule_is_explained(pvc):
    for rule, summary in rule_ids(pvc).items():
        shown = pvc("--explain", rule)
        assert shown.status == 0
        lines = shown.out.splitlines()
        assert lines[0] == f"{rule}: {summary}"
        assert any(line.startswith("    ") for line in lines), f"{rule}: no snippet"
        assert any(line.startswith("Fix: ") for line in lines), f"{rule}: no fix"
        assert all(len(line) <= 96 for line in lines), rule


def test_unknown_rule(pvc):
    result = pvc("--explain", "core-shred")
    assert result.status == 1 and "did you mean core-shared?" in result.err


# ---- What every run keeps to -----------------------------------------------------------------------


def test_errors_are_sorted_and_all_there(pvc, tmp_path):
    """One run, errors in several places: all of them, by line."""
    system = tmp_path / "many.dts"
    system.write_text(f'#include "{RULES}/base.dtsi"\n'
                      "&motion { id = <0>; };\n"
                      "&linux { cpus = <&cpus 0x30 EL1_NS>; };\n"
                      "&speed { paravent,message-size = <0>; };\n")
    result = pvc("check", system, "-I", "dts")
    places = [line.split(": error: ")[0] for line in result.err.splitlines() if ": error: " in line]
    assert places == [f"{system}:2", f"{system}:3", f"{system}:3", f"{system}:4"]


def test_colours_only_on_terminals(pvc):
    case = RULES / "core-shared.dts"
    assert "\033" not in pvc("check", case, "-I", "dts").err
    binary = ROOT / "build/host/sanitized/pvc"
    terminal = subprocess.run(["script", "-qec", f"{binary} check {case} -I dts", "/dev/null"],
                              cwd=ROOT, capture_output=True, check=False, timeout=60)
    assert b"\033[1;31merror" in terminal.stdout


@pytest.mark.parametrize("arguments", [[], ["frobnicate", "x"], ["check"], ["check", "a", "b", "c"],
                                       ["build", "x.dts"], ["check", "-x", "a"], ["check", "-I"],
                                       ["--explain"]])
def test_usage_errors(pvc, arguments):
    result = pvc(*arguments)
    assert result.status == 2 and "pvc --help" in result.err


def test_help_and_version(pvc):
    assert "usage: pvc check" in pvc("--help").out
    assert "ABI" in pvc("--version").out


def test_name_with_a_dash(pvc, tmp_path):
    """A file name that looks like an option of cpp is still a file name."""
    (tmp_path / "-v.dts").write_text((ROOT / "configs/virt-demo.dts").read_text())
    result = pvc("check", "-I", ROOT / "dts", "-I", ROOT / "configs", "--", "-v.dts", cwd=tmp_path)
    assert result.status == 0, result.err


def test_hash_is_independent_of_paths(pvc, tmp_path):
    def hash_of(out, *arguments, **options):
        result = pvc("headers", *arguments, "-o", out, **options)
        assert result.status == 0, result.err
        return (out / "include/linux/ports.h").read_text().splitlines()[0]

    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "virt-demo.dts").write_text((ROOT / "configs/virt-demo.dts").read_text())
    first = hash_of(tmp_path / "a", "configs/virt-demo.dts", "-I", "dts")
    second = hash_of(tmp_path / "b", "virt-demo.dts", "-I", ROOT / "dts", "-I", ROOT / "configs",
                     cwd=tmp_path / "here")
    assert first == second
    (tmp_path / "here" / "virt-demo.dts").write_text(
        (ROOT / "configs/virt-demo.dts").read_text() + "&linux { os,type = \"other\"; };\n")
    third = hash_of(tmp_path / "c", "virt-demo.dts", "-I", ROOT / "dts", "-I", ROOT / "configs",
                    cwd=tmp_path / "here")
    assert first != third
