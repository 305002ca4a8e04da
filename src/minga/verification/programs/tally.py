"""What a test runner's output tells: how many tests ran, and which failed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minga.verification.programs.found import Runner


@dataclass(frozen=True, slots=True)
class Tally:
    """``failures``: names of tests (of findings, for a linter) as its runner gives them. ``says_none``: it said that
    there was no test."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: frozenset[str] = frozenset()
    says_none: bool = False


_NONE = re.compile(
    r"no tests ran|collected 0 items|Ran 0 tests|NO TESTS RAN|[Nn]o test specified|[Nn]o tests? (?:files? )?found|"
    r"no test files|^\s*0 passing|# tests 0\b|\b0 examples, 0 failures|running 0 tests",
    re.MULTILINE,
)

_PYTEST_LINE = re.compile(r"^=*[ ]?((?:no tests ran|\d+ [a-z]+(?:, \d+ [a-z]+){0,9})) in [\d.]+s\b", re.MULTILINE)
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped|deselected|xfailed|xpassed|todo|total|ignored)\b")

_COUNTED_LINES = (
    re.compile(r"^[ ]*Tests:?[ ]{1,20}(\d.{0,200})$", re.MULTILINE),  # jest, vitest
    re.compile(r"^test result: \w+\. (.{0,200})$", re.MULTILINE),  # cargo
    re.compile(r"^(?:ok|FAILED) \| (.{0,200})$", re.MULTILINE),  # deno
)

_ONE_NUMBER = (
    ("passed", re.compile(r"^[ ]*(\d+) passing\b", re.MULTILINE)),  # mocha
    ("failed", re.compile(r"^[ ]*(\d+) failing\b", re.MULTILINE)),
    ("skipped", re.compile(r"^[ ]*(\d+) pending\b", re.MULTILINE)),
    ("passed", re.compile(r"^(?:#|ℹ) pass (\d+)$", re.MULTILINE)),  # node --test
    ("failed", re.compile(r"^(?:#|ℹ) fail (\d+)$", re.MULTILINE)),
    ("skipped", re.compile(r"^(?:#|ℹ) skipped (\d+)$", re.MULTILINE)),
    ("passed", re.compile(r"^[ ]*(\d+) tests? passed$", re.MULTILINE)),  # ava
)

_UNITTEST = re.compile(r"^Ran (\d+) tests? in ", re.MULTILINE)
_UNITTEST_END = re.compile(r"^(?:OK|FAILED)(?: \(([^)\n]{1,200})\))?$", re.MULTILINE)
_UNITTEST_COUNT = re.compile(r"(failures|errors|skipped|expected failures|unexpected successes)=(\d+)")

_GO = re.compile(r"^ok[ ]*\t\S+\t(?:[\d.]+s|\(cached\))(?!.*no tests to run)", re.MULTILINE)

_FAILURES = (
    re.compile(r"^(?:FAILED|ERROR) ([^\s(][^\n]{0,400}?)(?: - [^\n]*)?$", re.MULTILINE),  # pytest
    re.compile(r"^(?:FAIL|ERROR): (\w[^\n]{0,300})$", re.MULTILINE),  # unittest
    re.compile(r"^[ ]*● ([^\n]{1,300})$", re.MULTILINE),  # jest
    re.compile(r"^[ ]*(?:FAIL|×|✕|✖|✗)[ ]{1,3}([^\n]{1,300}?)(?:[ ]\(?\d+(?:\.\d+)?[ ]?ms\)?)?$", re.MULTILINE),
    re.compile(r"^[ ]*not ok \d+ - ([^\n]{1,300})$", re.MULTILINE),  # TAP
    re.compile(r"^[ ]*--- FAIL: (\S{1,300})", re.MULTILINE),  # go
    re.compile(r"^test (\S{1,300}) \.\.\. FAILED$", re.MULTILINE),  # cargo
)

_FINDING = re.compile(r"^(\S[^\n:]{0,300}):\d{1,7}(?::\d{1,7})?: ((?:error: )?[^\n]{1,300})$", re.MULTILINE)


def tally(output: str, runner: Runner) -> Tally:
    """Read ``output``; every form is looked for, as one command may start several runners."""
    if runner is Runner.LINT:
        findings = frozenset(f"{place.removeprefix('./')}: {text}" for place, text in _FINDING.findall(output))
        return Tally(failed=len(findings), failures=findings)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for kind, number in _counted(output):
        counts[kind] += number
    failures = {name.strip() for pattern in _FAILURES for name in pattern.findall(output)}
    return Tally(
        counts["passed"], counts["failed"], counts["skipped"], frozenset(failures), _NONE.search(output) is not None
    )


_KINDS = {"error": "failed", "errors": "failed", "xpassed": "passed", "xfailed": "skipped", "deselected": "skipped"}


def _counted(output: str) -> Iterator[tuple[str, int]]:
    lines = [found[1] for pattern in (_PYTEST_LINE, *_COUNTED_LINES) for found in pattern.finditer(output)]
    for line in lines:
        for number, word in _COUNT.findall(line):
            kind = _KINDS.get(word, word)
            if kind in {"todo", "ignored"}:
                kind = "skipped"
            if kind != "total":
                yield kind, int(number)
    for kind, pattern in _ONE_NUMBER:
        for found in pattern.findall(output):
            yield kind, int(found)
    yield from _unittest(output)
    yield "passed", len(_GO.findall(output))


def _unittest(output: str) -> Iterator[tuple[str, int]]:
    for ran, end in zip(_UNITTEST.findall(output), _UNITTEST_END.findall(output), strict=False):
        counts = {kind: int(number) for kind, number in _UNITTEST_COUNT.findall(end)}
        failed = counts.get("failures", 0) + counts.get("errors", 0) + counts.get("unexpected successes", 0)
        skipped = counts.get("skipped", 0) + counts.get("expected failures", 0)
        yield "failed", failed
        yield "skipped", skipped
        yield "passed", max(0, int(ran) - failed - skipped)
