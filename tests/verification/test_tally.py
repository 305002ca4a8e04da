"""What test runners print, read."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.verification.programs.found import Runner
from minga.verification.programs.tally import Tally, tally

PYTEST = """\
=========================== short test summary info ============================
FAILED tests/test_a.py::test_one[a b] - assert 1 == 2
ERROR tests/test_b.py - NameError: name 'x' is not defined
SKIPPED [1] tests/test_a.py:3: no
============== 1 failed, 7 passed, 2 skipped, 1 error in 0.52s ===============
"""
UNITTEST = """\
======================================================================
FAIL: test_add (test_calc.Sums.test_add)
----------------------------------------------------------------------
AssertionError: 1 != 2

----------------------------------------------------------------------
Ran 5 tests in 0.001s

FAILED (failures=1, skipped=2)
"""
JEST = """\
  ● sums › adds

    expect(received).toBe(expected)

Tests:       1 failed, 1 skipped, 4 passed, 6 total
"""
VITEST = """\
 FAIL  src/sum.test.ts > adds
 Test Files  1 failed | 1 passed (2)
      Tests  1 failed | 4 passed (5)
"""
MOCHA = "  3 passing (12ms)\n  1 pending\n  1 failing\n"
NODE = "not ok 2 - adds\n# tests 3\n# pass 2\n# fail 1\n# skipped 0\n"
GO = "ok  \texample/a\t0.003s\n?   \texample/b\t[no test files]\n--- FAIL: TestAdd (0.00s)\nFAIL\texample/c\t0.002s\n"
CARGO = "test sums::adds ... FAILED\ntest result: FAILED. 2 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out\n"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (PYTEST, Tally(7, 2, 2, frozenset({"tests/test_a.py::test_one[a b]", "tests/test_b.py"}))),
        (UNITTEST, Tally(2, 1, 2, frozenset({"test_add (test_calc.Sums.test_add)"}))),
        (JEST, Tally(4, 1, 1, frozenset({"sums › adds"}))),
        (VITEST, Tally(4, 1, 0, frozenset({"src/sum.test.ts > adds"}))),
        (MOCHA, Tally(3, 1, 1)),
        (NODE, Tally(2, 1, 0, frozenset({"adds"}))),
        (GO, Tally(1, 0, 0, frozenset({"TestAdd"}), True)),
        (CARGO, Tally(2, 1, 3, frozenset({"sums::adds"}))),
        ("3 passed in 0.01s\n", Tally(3)),
        ("1 passed, 1 warning in 0.01s\n2 passed, 1 xfailed in 1.01s\n", Tally(3, 0, 1)),
        ("no tests ran in 0.00s\n", Tally(says_none=True)),
        ("3 deselected in 0.00s\n", Tally(skipped=3)),
        ("Ran 0 tests in 0.000s\n\nOK\n", Tally(says_none=True)),
        ("Ran 2 tests in 0.000s\n\nOK (skipped=2)\n", Tally(skipped=2)),
        ("  0 passing (1ms)\n", Tally(says_none=True)),
        ("No tests found, exiting with code 0\n", Tally(says_none=True)),
        ("all 3 passed the gate, 2 failed to impress\n", Tally()),
    ],
    ids=lambda value: value.split("\n")[0][:24].strip("= ") if isinstance(value, str) else "",
)
def test_the_numbers_and_names_of_each_runner(output: str, expected: Tally) -> None:
    assert tally(output, Runner.MANY) == expected


def test_a_linters_findings_have_no_line_number_as_lines_move() -> None:
    output = "./a.py:3:1: F821 Undefined name `x`\nb.py:7: error: Incompatible types  [assignment]\nFound 2 errors.\n"
    found = {"a.py: F821 Undefined name `x`", "b.py: error: Incompatible types  [assignment]"}
    assert tally(output, Runner.LINT).failures == found


@settings(max_examples=50)
@given(st.text(max_size=300), st.sampled_from(Runner))
def test_any_output_is_read(output: str, runner: Runner) -> None:
    assert tally(output, runner).passed >= 0


@pytest.mark.parametrize("piece", ["FAILED ", "= 1 failed, ", "a:1:", " \t", "● ", "1 passed, 2 "])
def test_output_without_end_is_read_in_time(piece: str) -> None:
    began = time.process_time()
    for runner in (Runner.MANY, Runner.LINT):
        tally(piece * (64 * 1024 // len(piece)), runner)
    assert time.process_time() - began < 5
