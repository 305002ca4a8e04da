"""One run of a command, read: how it ended, what it proves, and how that is said."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from minga.infrastructure.sandbox import Isolation, Limits, Ran
from minga.verification.programs.found import Command, Runner, Source
from minga.verification.programs.tally import Tally

NAMES_MAX = 8
"""Names of tests or files in one sentence."""

PRINTED_LINES = 8

_DROPPED = re.compile(
    r"(?:^|/)(?:__pycache__|\.[\w-]{1,30}_cache|\.coverage[\w.-]{0,80}|\.hypothesis|node_modules)(?:/|$)"
)


@dataclass(frozen=True, slots=True)
class Result:
    """One run of a command, read."""

    ran: Ran
    tally: Tally

    @property
    def ok(self) -> bool:
        return self.ran.exit_code == 0


_IDLE = re.compile(r"(?:\S{0,80}/)?(?:true|:|exit 0|(?:echo|printf)\b[^;&|`$()]{0,500})")
"""A command that ends well whatever the work is."""


def why_nothing_ran(result: Result, command: Command) -> str:
    """Why an exit code of 0 proves nothing; empty where it does."""
    tally = result.tally
    if tally.passed or command.runner is Runner.LINT:
        return ""
    if tally.skipped:
        return f"no test ran: {tally.skipped} skipped or left out"
    if tally.says_none:
        return "no test ran, though the command ended well"
    if _IDLE.fullmatch(command.script.strip()):
        return "no test ran, as far as the output shows"
    vouched = command.runner is Runner.OTHER or (command.runner is Runner.MANY and command.source is not Source.FOUND)
    return "" if vouched else "no test ran, as far as the output shows"


def says_only_none(result: Result) -> bool:
    tally = result.tally
    return result.ran.exit_code == 5 and not (tally.passed or tally.failed or tally.failures)


def is_missing(ran: Ran) -> bool:
    return (
        ran.exit_code in {126, 127}
        or re.search(r"^\S{0,300}: No module named pytest$", ran.output, re.MULTILINE) is not None
    )


def needs_outside(ran: Ran) -> bool:
    return ran.wanted_network or ran.wanted_to_write_outside


def what_it_needs(ran: Ran) -> str:
    if ran.wanted_network:
        return "it needs the network, which checks do not have: name one with --verify that does not"
    return "it writes outside of the working directory, which checks cannot: name one with --verify that does not"


def how_it_ended(result: Result, limits: Limits) -> str:
    """How it ended, as the rest of a sentence."""
    ran, tally = result.ran, result.tally
    if ran.stopped == "time":
        return f"it has no end within {limits.wall_s:g} s"
    if ran.stopped == "processes":
        return f"it starts more than {limits.processes} processes"
    if tally.failures:
        return f"{how_many_failed(result)}: {listed(sorted(tally.failures))}"
    return f"it ends with exit code {ran.exit_code}"


def how_many_failed(result: Result) -> str:
    number = max(result.tally.failed, len(result.tally.failures))
    return f"{number} failed" if number else f"exit code {result.ran.exit_code}"


def how_many_passed(result: Result) -> str:
    tally = result.tally
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    return f"{tally.passed} passed{skipped}" if tally.passed else "it ended with exit code 0"


def what_it_printed(ran: Ran) -> list[str]:
    """What it said of its failure: what pytest marks as the error, else its last lines."""
    lines = [line.rstrip() for line in ran.output.splitlines() if line.strip()]
    errors = [line[1:].strip() for line in lines if line.startswith("E  ")]
    kept = errors[:PRINTED_LINES] or [line.strip() for line in lines[-PRINTED_LINES:]]
    return [f"it printed: {' | '.join(kept)}"] if kept else []


def what_it_damaged(ran: Ran) -> list[str]:
    """What it did to the copy; caches do not count."""
    deleted, changed = _real(ran.deleted), _real(ran.changed)
    said = [f"deleted {len(deleted)} files of the copy: {listed(deleted)}"] if deleted else []
    return said + ([f"changed {len(changed)} files of the copy: {listed(changed)}"] if changed else [])


def _real(names: Sequence[str]) -> list[str]:
    return [name for name in names if not _DROPPED.search(name)]


def how_it_was_isolated(ran: Ran) -> list[str]:
    if ran.isolation is Isolation.NAMESPACES:
        return []
    left = [f"not in the copy: {listed(ran.left_out)}"] if ran.left_out else []
    return ["it ran in a copy, without isolation by the kernel, which this machine does not give", *left]


def listed(names: Sequence[str]) -> str:
    rest = len(names) - NAMES_MAX
    return ", ".join(names[:NAMES_MAX]) + (f" and {rest} more" if rest > 0 else "")
