# SPDX-License-Identifier: Apache-2.0
"""tools/unit.py counts right, sees crashes, and repeats a test only when its inputs change."""

import os

import pytest

import unit

PASSING = """/* links: helper.c */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
int helper(void);
static void is_two(void **state) { (void)state; assert_int_equal(helper(), 2); }
static void is_positive(void **state) { (void)state; assert_true(helper() > 0); }
int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_two), cmocka_unit_test(is_positive) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_it.c").write_text(PASSING)
    (tmp_path / "helper.c").write_text("int helper(void);\nint helper(void) { return 2; }\n")
    return tmp_path


def test_counts_and_caches(project):
    first = unit.run("test_it.c")
    assert (first.passed, first.failed, first.cached) == (2, 0, False)
    again = unit.run("test_it.c")
    assert (again.passed, again.failed, again.cached) == (2, 0, True)


def test_changed_input_runs_again_and_fails(project):
    unit.run("test_it.c")
    (project / "helper.c").write_text("int helper(void);\nint helper(void) { return 3; }\n")
    later = os.stat("build/unit/test_it.ok").st_mtime + 10
    os.utime("helper.c", (later, later))
    result = unit.run("test_it.c")
    assert (result.passed, result.failed, result.cached) == (1, 1, False)
    assert unit.run("test_it.c").failed == 1


@pytest.mark.parametrize("changed", ["test_it.c", "helper.c", "helper.h"])
def test_any_changed_input_runs_again(project, changed):
    """Of several sources each counts, and what each includes."""
    (project / "helper.h").write_text("int helper(void);\n")
    (project / "helper.c").write_text('#include "helper.h"\nint helper(void) { return 2; }\n')
    assert not unit.run("test_it.c").cached
    assert unit.run("test_it.c").cached
    later = os.stat("build/unit/test_it.ok").st_mtime + 10
    os.utime(changed, (later, later))
    assert not unit.run("test_it.c").cached


@pytest.mark.parametrize("body", [
    "return *(volatile int *)0;",
    "volatile int i = 2147483647; return i + 1 == 0;",
    "volatile int a[2] = {0}; volatile int i = 2; return a[i];",
    "return 1;",
    "not C at all",
])
def test_trouble_is_one_failure(project, body):
    (project / "test_bad.c").write_text("int main(void) { %s }\n" % body)
    result = unit.run("test_bad.c")
    assert (result.passed, result.failed) == (0, 1)
    assert result.tail


def test_endless_program_is_stopped(project, monkeypatch):
    monkeypatch.setattr(unit, "TIMEOUT_S", 5)
    (project / "test_loop.c").write_text("int main(void) { for (;;) { } }\n")
    result = unit.run("test_loop.c")
    assert (result.passed, result.failed) == (0, 1)
    assert "5 s are over" in result.tail[-1]


def test_flags_reach_the_compiler(project):
    (project / "test_flag.c").write_text("/* links:\n */\n/* flags: -DANSWER=0 */\n"
                                         "int main(void) { return ANSWER; }\n")
    assert unit.run("test_flag.c").passed == 1
