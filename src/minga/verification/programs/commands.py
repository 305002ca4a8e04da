"""Commands that check the work: tests, linters, what the person names; on a copy, with the tests as they were too."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from minga.domain.errors import BadProjectFile
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.infrastructure.sandbox import Limits, Sandbox
from minga.infrastructure.workspace_copy import CopyRefused
from minga.verification.judge import FAILED_BEFORE
from minga.verification.programs.assertions import without_assertions
from minga.verification.programs.command_result import (
    NAMES_MAX,
    Result,
    how_it_ended,
    how_it_was_isolated,
    how_many_failed,
    how_many_passed,
    is_missing,
    listed,
    needs_outside,
    says_only_none,
    what_it_damaged,
    what_it_needs,
    what_it_printed,
    why_nothing_ran,
)
from minga.verification.programs.found import Command, Runner, Source, commands
from minga.verification.programs.project_file import project_file_of
from minga.verification.programs.reach import unreached
from minga.verification.programs.tally import tally
from minga.verification.programs.tampering import Tampering, tampering

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


@dataclass(frozen=True, slots=True)
class Commands:
    """A `LongCheck`: one result for each command."""

    sandbox: Sandbox
    name: str = "command"

    def programs(self, work: Work) -> Sequence[str]:
        try:
            return [command.shown for command in commands(work, project_file_of(work))]
        except BadProjectFile:
            return ()

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
            proves=self.command.source is Source.PERSON or self.command.runner is not Runner.LINT,
            took_ms=round(self.took_s * 1000),
        )

    @property
    def _is_found_linter(self) -> bool:
        return self.command.source is Source.FOUND and self.command.runner is Runner.LINT

    async def _judge(self) -> tuple[CheckState, list[str]]:
        now = await self._run({})
        state, evidence = await (self._when_it_passes(now) if now.ok else self._when_it_fails(now))
        return state, [*evidence, *what_it_damaged(now.ran), *how_it_was_isolated(now.ran)]

    async def _run(self, laid_over: dict[str, bytes | None]) -> Result:
        ran = await self.sandbox.run(self.command.argv, self.work.cwd, laid_over=laid_over, limits=self.limits)
        self.took_s += ran.took_s
        return Result(ran, tally(ran.output, self.command.runner))

    async def _when_it_passes(self, now: Result) -> tuple[CheckState, list[str]]:
        """Exit code 0: is it worth anything?"""
        touched = tampering(self.work)
        nothing = why_nothing_ran(now, self.command)
        if touched.restored:
            state, evidence = await self._with_tests_restored(touched)
            if state is not CheckState.PASSED or nothing:
                return _worse(state, CheckState.UNPROVEN if nothing else state), [*evidence, *filter(None, [nothing])]
        else:
            evidence = [how_many_passed(now)]
        if nothing:
            return CheckState.UNPROVEN, [nothing]
        if touched.unknown:
            names = listed(touched.unknown)
            return CheckState.UNPROVEN, [f"tests were changed, and how they were before is not kept: {names}"]
        empty = without_assertions(self.work)
        if empty.tests:
            evidence.append(f"a test that passes because it asserts nothing: {listed(empty.tests)}")
        if empty.alone:
            return CheckState.UNPROVEN, evidence[::-1]
        beside = unreached(self.work, self.command.runner) if self.command.runner is not Runner.LINT else ""
        if beside:
            return CheckState.UNPROVEN, [beside, *evidence]
        return CheckState.PASSED, evidence

    async def _with_tests_restored(self, touched: Tampering) -> tuple[CheckState, list[str]]:
        """The tests as they were before, on the changed code. New tests stay; they may need what was taken back."""
        result = await self._run(dict(touched.restored))
        told = [f"tests were changed: {sentence}" for sentence in touched.told[:NAMES_MAX]]
        left = {name for name in result.tally.failures if not name.startswith(touched.added)} if touched.added else None
        if result.ok or (left is not None and result.tally.failures and not left):
            return CheckState.PASSED, [f"the tests as they were before pass too ({how_many_passed(result)})", *told]
        why = how_it_ended(result, self.limits)
        failed = f"tests were changed to pass: as they were before, {why}"
        accept = "if the change is wanted: name a check of your own with --verify, or leave it out with --no-verify"
        if _ASKS_FOR_TESTS.search(self.work.prompt) or needs_outside(result.ran):
            return CheckState.UNPROVEN, [f"tests were changed: as they were before, {why}", *told]
        return CheckState.FAILED, [failed, *told, *what_it_printed(result.ran), accept]

    async def _when_it_fails(self, now: Result) -> tuple[CheckState, list[str]]:
        """Not exit code 0: is it the work's fault?"""
        if now.ran.stopped == "missing" or is_missing(now.ran):
            return CheckState.BROKEN, [
                "a program is missing: install what the command needs",
                *what_it_printed(now.ran),
            ]
        if says_only_none(now):
            return await self._when_no_test_is_left()
        before = await self._before()
        if self._is_found_linter:
            return _when_linted(before, now)
        if before is None:
            return self._when_nothing_compares(now)
        if before.ok:
            return CheckState.FAILED, [
                f"it passed before the change; now {how_it_ended(now, self.limits)}",
                *what_it_printed(now.ran),
            ]
        if now.ran.stopped:
            return self._when_nothing_compares(now)
        return self._when_both_fail(before, now)

    async def _when_no_test_is_left(self) -> tuple[CheckState, list[str]]:
        touched = tampering(self.work)
        if not touched.restored:
            return CheckState.UNPROVEN, ["no test ran"]
        state, evidence = await self._with_tests_restored(touched)
        return _worse(state, CheckState.UNPROVEN), [*evidence, "no test ran"]

    def _when_nothing_compares(self, now: Result) -> tuple[CheckState, list[str]]:
        """Without anything to compare it with."""
        if now.ran.stopped == "time":
            return CheckState.BROKEN, [
                f"no end within {self.limits.wall_s:g} s; give it longer in .minga.toml: [verify] timeout_s"
            ]
        if needs_outside(now.ran):
            return CheckState.BROKEN, [what_it_needs(now.ran), *what_it_printed(now.ran)]
        return CheckState.FAILED, [how_it_ended(now, self.limits), *what_it_printed(now.ran)]

    def _when_both_fail(self, before: Result, now: Result) -> tuple[CheckState, list[str]]:
        was, fails = before.tally.failures, now.tally.failures
        new = sorted(name for name in fails if name not in was and name.split("::")[0] not in was)
        if new and was:
            return CheckState.FAILED, [
                f"fails, and did not before the change: {listed(new)}",
                *what_it_printed(now.ran),
            ]
        if needs_outside(now.ran):
            return CheckState.BROKEN, [what_it_needs(now.ran), *what_it_printed(now.ran)]
        told = f"{FAILED_BEFORE}: {how_many_failed(before)} before, {how_many_failed(now)} now"
        if was - fails and fails:
            return CheckState.UNPROVEN, [told, f"still fails: {listed(sorted(fails))}"]
        if self.command.source is Source.PERSON or self._is_asked(fails):
            return CheckState.FAILED, [
                f"nothing got better: {how_it_ended(now, self.limits)}",
                told,
                *what_it_printed(now.ran),
            ]
        return CheckState.UNPROVEN, [told]

    def _is_asked(self, failures: frozenset[str]) -> bool:
        """Whether the task is about what fails, as far as its words tell."""
        if _FIXING.search(self.work.prompt):
            return True
        names = {part for name in failures for part in (name.split("::")[-1], PurePosixPath(name.split("::")[0]).name)}
        return any(name and name in self.work.prompt for name in names)

    async def _before(self) -> Result | None:
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


def _when_linted(before: Result | None, now: Result) -> tuple[CheckState, list[str]]:
    """A finding is the work's if it was not there before; only some of them say that the code is wrong."""
    if not now.tally.failures:
        return CheckState.UNPROVEN, [
            f"it found nothing, and ended with exit code {now.ran.exit_code}",
            *what_it_printed(now.ran),
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
