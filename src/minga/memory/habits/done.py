"""What the tools of one session did, in its order: calls with their outcomes, out of the lines of passages."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from minga.domain.memory import Passage
from minga.memory.habits.commands import Command, command

FAILED = "failed: "

_SHELL = re.compile(
    r"^(?:shell|bash|exec_command|exec|run_shell_command|local_shell|shell_command|unified_exec|terminal|powershell)"
    r"[^:\n]{0,20}: (?P<line>.+)$",
    re.IGNORECASE,
)
_EDITS = re.compile(
    r"^(?:edit(?:_\w+)?|multiedit|write(?:_file|_to_file)?|apply_patch|patch|str_replace\w*|create(?:_file)?"
    r"|(?:search_)?replace|insert(?:_\w+)?)\b[^:\n]{0,20}: "
    r"|^\w{1,30}: .{0,60}\bapply_patch\b",
    re.IGNORECASE,
)
_CALLS = re.compile(
    r"^(?:read|glob|grep|search|ls|list|view|fetch|task|todo|update_plan|web|mcp__|\w+_\w+)\w*: ", re.IGNORECASE
)
_CHANGES = re.compile(r"^(?:added|modified|deleted): ")


@dataclass(frozen=True, slots=True)
class Ran:
    """A command with how it ended. ``output`` is what it gave back, which stands in ``answer``."""

    command: Command
    ok: bool
    output: str
    passage: Passage
    answer: Passage


@dataclass(frozen=True, slots=True)
class Edited:
    """Files were changed by other tools."""


def done(passages: Iterable[Passage]) -> Iterator[Ran | Edited]:
    """Of one session, in order. What came back belongs to a call only where that is sure: calls in a row are followed
    by as many results. An empty result leaves no line, so such calls tell nothing."""
    turn = _Turn()
    for passage, line in ((one, line) for one in passages for line in one.done.splitlines()):
        if _CHANGES.match(line):
            turn.is_edited = True
        elif _is_call(line):
            if turn.results:
                yield from turn.ended()
                turn = _Turn()
            turn.calls.append((called(line), passage))
            turn.is_edited |= bool(_EDITS.match(line))
        else:
            turn.results.append((line, passage))
    yield from turn.ended()


def called(line: str) -> Command | None:
    """Which command a line of what was done gave a shell."""
    shell = _SHELL.match(line)
    return command(shell["line"]) if shell else None


def changes(passage: Passage) -> bool:
    """Whether files were changed in it."""
    return any(_CHANGES.match(line) or _EDITS.match(line) for line in passage.done.splitlines())


def _is_call(line: str) -> bool:
    return not line.startswith(FAILED) and any(sign.match(line) for sign in (_SHELL, _EDITS, _CALLS))


class _Turn:
    """Calls, and what came back of them."""

    def __init__(self) -> None:
        self.calls: list[tuple[Command | None, Passage]] = []
        self.results: list[tuple[str, Passage]] = []
        self.is_edited = False

    def ended(self) -> Iterator[Ran | Edited]:
        if len(self.calls) == len(self.results):
            for (ran, passage), (result, answer) in zip(self.calls, self.results, strict=True):
                if ran is not None:
                    yield Ran(ran, not result.startswith(FAILED), result.removeprefix(FAILED), passage, answer)
        if self.is_edited:
            yield Edited()
