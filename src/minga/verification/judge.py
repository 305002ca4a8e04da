"""An answer and what it changed -> a `Verdict`: every check is tried, and none can make an answer good by breaking."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from minga.domain.verdict import Checked, CheckState, Verdict
from minga.domain.work import Check, LongCheck, Work
from minga.infrastructure.clock import Clock

TEXT_LIMIT_S = 20.0
"""For all checks of the text together; an answer of 20 kB takes some milliseconds."""

EVIDENCE_MAX = 20
"""Sentences kept of one check; the rest is counted."""

FAILED_BEFORE = "it failed before the change too"
"""Begins the evidence of a command that says that work of before does not hold."""

SENTENCE_MAX = 600
"""Characters of one of them."""


@dataclass(frozen=True, slots=True)
class Judge:
    """``checks`` read the work, in this order; ``long_checks`` run programs and come after, where none failed."""

    clock: Clock
    checks: Sequence[Check]
    long_checks: Sequence[LongCheck] = ()

    def programs(self, work: Work) -> list[str]:
        """What would run for ``work``, for the person who waits."""
        return [program for check in self.long_checks for program in check.programs(work)]

    async def judge(self, work: Work) -> Verdict:
        """Judge ``work``. Programs do not run for an answer that is refuted already: the person waits for nothing."""
        began = self.clock.monotonic()
        found = await self._read(work)
        if all(each.state is not CheckState.FAILED for each in found):
            for check in self.long_checks:
                found += await self._run(check, work)
        found = _with_required(found, work.required)
        return Verdict(tuple(map(_bounded, found)), bool(work.changed), self._ms_since(began))

    async def _read(self, work: Work) -> list[Checked]:
        """In a thread each check has its time; the ones that had none are told as broken."""
        found: list[Checked] = []
        done: set[str] = set()

        def look() -> None:
            for check in self.checks:
                began = self.clock.monotonic()
                result = _tried(check, work)
                done.add(check.name)
                if result is not None:
                    found.append(replace(result, took_ms=self._ms_since(began)))

        try:
            async with asyncio.timeout(TEXT_LIMIT_S):
                await asyncio.to_thread(look)
        except TimeoutError:
            late = [check.name for check in self.checks if check.name not in done]
            return [*found, *(_broken(name, f"no end within {TEXT_LIMIT_S:g} s") for name in late)]
        return found

    async def _run(self, check: LongCheck, work: Work) -> Sequence[Checked]:
        try:
            return await check.look(work)
        except Exception as wrong:  # noqa: BLE001 - a check that breaks ends itself, never the run
            return [_failed(check.name, wrong)]

    def _ms_since(self, began: float) -> int:
        return round((self.clock.monotonic() - began) * 1000)


def _with_required(found: Sequence[Checked], required: Sequence[str]) -> list[Checked]:
    """``found`` with those marked that ``required`` names; one that had nothing to look at is told, as unproven."""
    marked = [replace(each, required=each.kind in required) for each in found]
    seen = {each.kind for each in found}
    return [*marked, *(_nothing_found(name) for name in required if name not in seen)]


def _nothing_found(name: str) -> Checked:
    told = "it must pass, and the answer holds nothing that it could look at"
    return Checked(name, CheckState.UNPROVEN, 0, (told,), required=True)


def _tried(check: Check, work: Work) -> Checked | None:
    try:
        return check.look(work)
    except Exception as wrong:  # noqa: BLE001 - as above
        return _failed(check.name, wrong)


def _failed(name: str, wrong: Exception) -> Checked:
    return _broken(name, f"the check itself failed: {type(wrong).__name__}: {wrong}")


def _broken(name: str, why: str) -> Checked:
    return Checked(name, CheckState.BROKEN, evidence=(why,))


def _bounded(checked: Checked) -> Checked:
    lines = [line if len(line) <= SENTENCE_MAX else f"{line[:SENTENCE_MAX]} …" for line in checked.evidence]
    return replace(checked, evidence=tuple(_first_of(lines)))


def _first_of(lines: Sequence[str]) -> Sequence[str]:
    rest = len(lines) - EVIDENCE_MAX
    return lines if rest <= 0 else [*lines[:EVIDENCE_MAX], f"… and {rest} more"]
