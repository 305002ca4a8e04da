"""Commands that check the work: tests, linters, what the person names; on a copy, with the tests as they were too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from minga.domain.errors import BadProjectFile
from minga.domain.verdict import Checked, CheckState, Work
from minga.infrastructure.sandbox import Isolation, Limits, Ran, Sandbox
from minga.infrastructure.workspace_copy import CopyRefused
from minga.verification.assertions import without_assertions
from minga.verification.found import Command, Runner, Source, commands
from minga.verification.judge import FAILED_BEFORE
from minga.verification.project_file import project_file_of
from minga.verification.tally import Tally, tally
from minga.verification.tampering import Tampering, tampering

NAMES_MAX = 8
"""Names of tests or files in one sentence."""

PRINTED_LINES = 8

_FIXING = re.compile(
    r"\b(?:tests?|pytest|fix\w*|fail\w*|bugs?|errors?|broken|repair\w*|prueba|pruebas|arregl\w*|corrig\w*|corrij\w*|"
    r"fall[aoe]\w*|repar\w*)\b",
    re.IGNORECASE,
)

_ASKS_FOR_TESTS = re.compile(
    r"\b(?:update|adapt|adjust|rewrite|rename|actualiz\w{1,4}|adapt\w{1,4}|ajust\w{1,4}|reescrib\w{1,4})\s+"
    r"(?:(?:all|the|its|their|existing|affected|unit|corresponding|todos|todas|los|las|sus|el|la|su)\s+){0,3}"
    r"(?:tests?|pruebas?)\b",
    re.IGNORECASE,
)

_CERTAIN_FINDING = re.compile(r": (?:F\d{3}|E9\d\d|invalid-syntax|error: )")

_DROPPED = re.compile(
    r"(?:^|/)(?:__pycache__|\.[\w-]{1,30}_cache|\.coverage[\w.-]{0,80}|\.hypothesis|node_modules)(?:/|$)"
)


@dataclass(frozen=True, slots=True)
class _Result:
    """One run of a command, read."""

    ran: Ran
    tally: Tally

    @property
    def ok(self) -> bool:
        return self.ran.exit_code == 0


@dataclass(frozen=True, slots=True)
class Commands:
    """A `LongCheck`: one result for each command."""

    sandbox: Sandbox
    name: str = "command"

    async def look(self, work: Work) -> Sequence[Checked]:
        try:
            project = project_file_of(work)
        except BadProjectFile as wrong:
            return [Checked(self.name, CheckState.BROKEN, evidence=(wrong.message, wrong.remedy_text))]
        limits = Limits(wall_s=project.timeout_s)
        results = [await _Judging(self.sandbox, work, command, limits).judge() for command in commands(work, project)]
        return [result for result in results if result is not None]


@dataclass(slots=True)
class _Judging:
    """One command, from its run to its result."""

    sandbox: Sandbox
    work: Work
    command: Command
    limits: Limits
    took_s: float = 0.0

    async def judge(self) -> Checked | None:
        """None for a linter that the project configured and this machine does not have."""
        try:
            state, evidence = await self._judge()
        except CopyRefused as refused:
            state, evidence = CheckState.BROKEN, [str(refused)]
        if state is CheckState.BROKEN and self._is_found_linter:
            return None
        return Checked(
            f"command: {self.command.shown}",
            state,
            evidence=tuple(evidence),
            proves=self.command.runner is not Runner.LINT,
            took_ms=round(self.took_s * 1000),
        )

    @property
    def _is_found_linter(self) -> bool:
        return self.command.source is Source.FOUND and self.command.runner is Runner.LINT

    async def _judge(self) -> tuple[CheckState, list[str]]:
        now = await self._run({})
        state, evidence = await (self._passed(now) if now.ok else self._failed(now))
        return state, [*evidence, *_damage(now.ran), *_isolation(now.ran)]

    async def _run(self, laid_over: dict[str, bytes | None]) -> _Result:
        ran = await self.sandbox.run(self.command.argv, self.work.cwd, laid_over=laid_over, limits=self.limits)
        self.took_s += ran.took_s
        return _Result(ran, tally(ran.output, self.command.runner))

    async def _passed(self, now: _Result) -> tuple[CheckState, list[str]]:
        """Exit code 0: is it worth anything?"""
        touched = tampering(self.work)
        nothing = _nothing_ran(now, self.command)
        if touched.restored:
            state, evidence = await self._with_tests_restored(touched)
            if state is not CheckState.PASSED or nothing:
                return _worse(state, CheckState.UNPROVEN if nothing else state), [*evidence, *filter(None, [nothing])]
        else:
            evidence = [_counted(now)]
        if nothing:
            return CheckState.UNPROVEN, [nothing]
        if touched.unknown:
            names = _listed(touched.unknown)
            return CheckState.UNPROVEN, [f"tests were changed, and how they were before is not kept: {names}"]
        empty = without_assertions(self.work)
        if empty.tests:
            evidence.append(f"a test that passes because it asserts nothing: {_listed(empty.tests)}")
        if empty.alone:
            return CheckState.UNPROVEN, evidence[::-1]
        return CheckState.PASSED, evidence

    async def _with_tests_restored(self, touched: Tampering) -> tuple[CheckState, list[str]]:
        """The tests as they were before, on the changed code. New tests stay; they may need what was taken back."""
        result = await self._run(dict(touched.restored))
        told = [f"tests were changed: {sentence}" for sentence in touched.told[:NAMES_MAX]]
        left = {name for name in result.tally.failures if not name.startswith(touched.added)} if touched.added else None
        if result.ok or (left is not None and result.tally.failures and not left):
            return CheckState.PASSED, [f"the tests as they were before pass too ({_counted(result)})", *told]
        why = _ending(result, self.limits)
        failed = f"tests were changed to pass: as they were before, {why}"
        accept = "if the change is wanted: name a check of your own with --verify, or leave it out with --no-verify"
        if _ASKS_FOR_TESTS.search(self.work.prompt) or _needs_outside(result.ran):
            return CheckState.UNPROVEN, [f"tests were changed: as they were before, {why}", *told]
        return CheckState.FAILED, [failed, *told, *_printed(result.ran), accept]

    async def _failed(self, now: _Result) -> tuple[CheckState, list[str]]:
        """Not exit code 0: is it the work's fault?"""
        if now.ran.stopped == "missing" or _is_missing(now.ran):
            return CheckState.BROKEN, ["a program is missing: install what the command needs", *_printed(now.ran)]
        if _says_only_none(now):
            return CheckState.UNPROVEN, ["no test ran"]
        before = await self._before()
        if self._is_found_linter:
            return _linted(before, now)
        if before is None:
            return self._alone(now)
        if before.ok:
            return CheckState.FAILED, [
                f"it passed before the change; now {_ending(now, self.limits)}",
                *_printed(now.ran),
            ]
        if now.ran.stopped:
            return self._alone(now)
        return self._both_failed(before, now)

    def _alone(self, now: _Result) -> tuple[CheckState, list[str]]:
        """Without anything to compare it with."""
        if now.ran.stopped == "time":
            return CheckState.BROKEN, [
                f"no end within {self.limits.wall_s:g} s; give it longer in .minga.toml: [verify] timeout_s"
            ]
        if _needs_outside(now.ran):
            return CheckState.BROKEN, [_outside(now.ran), *_printed(now.ran)]
        return CheckState.FAILED, [_ending(now, self.limits), *_printed(now.ran)]

    def _both_failed(self, before: _Result, now: _Result) -> tuple[CheckState, list[str]]:
        was, fails = before.tally.failures, now.tally.failures
        new = sorted(name for name in fails if name not in was and name.split("::")[0] not in was)
        if new and was:
            return CheckState.FAILED, [f"fails, and did not before the change: {_listed(new)}", *_printed(now.ran)]
        if _needs_outside(now.ran):
            return CheckState.BROKEN, [_outside(now.ran), *_printed(now.ran)]
        told = f"{FAILED_BEFORE}: {_many(before)} before, {_many(now)} now"
        if was - fails and fails:
            return CheckState.UNPROVEN, [told, f"still fails: {_listed(sorted(fails))}"]
        if self.command.source is Source.PERSON or self._is_asked(fails):
            return CheckState.FAILED, [f"nothing got better: {_ending(now, self.limits)}", told, *_printed(now.ran)]
        return CheckState.UNPROVEN, [told]

    def _is_asked(self, failures: frozenset[str]) -> bool:
        """Whether the task is about what fails, as far as its words tell."""
        if _FIXING.search(self.work.prompt):
            return True
        names = {part for name in failures for part in (name.split("::")[-1], PurePosixPath(name.split("::")[0]).name)}
        return any(name and name in self.work.prompt for name in names)

    async def _before(self) -> _Result | None:
        """The same command on the files as they were; None where these are not all kept."""
        originals = self.work.originals
        if originals is None or not self.work.changed:
            return None
        laid_over: dict[str, bytes | None] = {}
        for change in self.work.changed:
            if _is_outside(change.path):
                continue
            content = originals.read(change.path)
            if content is None and laid_over.get(change.path, b"") is not None and change.change != "added":
                return None
            laid_over[change.path] = content
        return await self._run(laid_over)


def _linted(before: _Result | None, now: _Result) -> tuple[CheckState, list[str]]:
    """A finding is the work's if it was not there before; only some of them say that the code is wrong."""
    if not now.tally.failures:
        return CheckState.UNPROVEN, [
            f"it found nothing, and ended with exit code {now.ran.exit_code}",
            *_printed(now.ran),
        ]
    if before is None or before.ran.stopped:
        return CheckState.UNPROVEN, [f"found: {name}" for name in sorted(now.tally.failures)]
    new = sorted(now.tally.failures - before.tally.failures)
    if not new:
        return CheckState.UNPROVEN, ["its findings were there before the change too"]
    certain = [name for name in new if _CERTAIN_FINDING.search(name)]
    state = CheckState.FAILED if certain else CheckState.UNPROVEN
    return state, [f"found, and not there before the change: {name}" for name in certain or new]


def _is_outside(path: str) -> bool:
    return Path(path).is_absolute() or ".." in PurePosixPath(path).parts


def _worse(one: CheckState, other: CheckState) -> CheckState:
    order = (CheckState.FAILED, CheckState.BROKEN, CheckState.UNPROVEN, CheckState.PASSED)
    return min(one, other, key=order.index)


def _nothing_ran(result: _Result, command: Command) -> str:
    """Why an exit code of 0 proves nothing; empty where it does."""
    tally = result.tally
    if tally.passed or command.runner is Runner.LINT:
        return ""
    if tally.skipped:
        return f"no test ran: {tally.skipped} skipped or left out"
    if tally.says_none:
        return "no test ran, though the command ended well"
    vouched = command.runner is Runner.OTHER or (command.runner is Runner.MANY and command.source is not Source.FOUND)
    return "" if vouched else "no test ran, as far as the output shows"


def _says_only_none(result: _Result) -> bool:
    tally = result.tally
    return result.ran.exit_code == 5 and not (tally.passed or tally.failed or tally.failures)


def _is_missing(ran: Ran) -> bool:
    return (
        ran.exit_code in {126, 127}
        or re.search(r"^\S{0,300}: No module named pytest$", ran.output, re.MULTILINE) is not None
    )


def _needs_outside(ran: Ran) -> bool:
    return ran.wanted_network or ran.wanted_to_write_outside


def _outside(ran: Ran) -> str:
    if ran.wanted_network:
        return "it needs the network, which checks do not have: name one with --verify that does not"
    return "it writes outside of the working directory, which checks cannot: name one with --verify that does not"


def _ending(result: _Result, limits: Limits) -> str:
    """How it ended, as the rest of a sentence."""
    ran, tally = result.ran, result.tally
    if ran.stopped == "time":
        return f"it has no end within {limits.wall_s:g} s"
    if ran.stopped == "processes":
        return f"it starts more than {limits.processes} processes"
    if tally.failures:
        return f"{_many(result)}: {_listed(sorted(tally.failures))}"
    return f"it ends with exit code {ran.exit_code}"


def _many(result: _Result) -> str:
    number = max(result.tally.failed, len(result.tally.failures))
    return f"{number} failed" if number else f"exit code {result.ran.exit_code}"


def _counted(result: _Result) -> str:
    tally = result.tally
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    return f"{tally.passed} passed{skipped}" if tally.passed else "it ended with exit code 0"


def _printed(ran: Ran) -> list[str]:
    """What it said of its failure: what pytest marks as the error, else its last lines."""
    lines = [line.rstrip() for line in ran.output.splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E  ")]
    kept = errors[:PRINTED_LINES] or [line.strip() for line in lines[-PRINTED_LINES:]]
    return [f"it printed: {' | '.join(kept)}"] if kept else []


def _damage(ran: Ran) -> list[str]:
    """What it did to the copy; caches do not count."""
    said = []
    for what, names in (("deleted", ran.deleted), ("changed", ran.changed)):
        real = [name for name in names if not _DROPPED.search(name)]
        if real:
            said.append(f"{what} {len(real)} files of the copy: {_listed(real)}")
    return said


def _isolation(ran: Ran) -> list[str]:
    if ran.isolation is Isolation.NAMESPACES:
        return []
    left = [f"not in the copy: {_listed(ran.left_out)}"] if ran.left_out else []
    return ["it ran in a copy, without isolation by the kernel, which this machine does not give", *left]


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - NAMES_MAX
    return ", ".join(names[:NAMES_MAX]) + (f" and {rest} more" if rest > 0 else "")
