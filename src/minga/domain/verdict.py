"""Whether an answer is right, as far as that can be checked without asking a model."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from minga.domain.events import FileChange
from minga.domain.task import Document


class CheckState(StrEnum):
    """How one check ended.

    ``passed``: all that it looked at is right. ``failed``: something is wrong, the evidence says what. ``unproven``:
    there is something of its kind that it could neither prove nor refute. ``broken``: the check itself failed or ran
    out of time; that says nothing of the answer.
    """

    PASSED = "passed"
    FAILED = "failed"
    UNPROVEN = "unproven"
    BROKEN = "broken"


class Judgement(StrEnum):
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_VERIFIABLE = "not-verifiable"


@dataclass(frozen=True, slots=True)
class Checked:
    """One check of one answer. ``check`` is its name, such as ``rut`` or ``command: pytest -q``; ``looked_at`` how many
    things of its kind there were. ``evidence``: sentences for a person, the weightiest first: what is wrong and where,
    with both values; what stayed unproven; else what was proven.

    ``proves`` is false for a check that finds faults but whose passing says little of work on files (it compiles).
    """

    check: str
    state: CheckState
    looked_at: int = 1
    evidence: tuple[str, ...] = ()
    proves: bool = True
    took_ms: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``checks`` are those that had something to look at, in the order in which they ran. ``changed_files``: the answer
    is work on files, which only a check that ``proves`` can accept."""

    checks: tuple[Checked, ...]
    changed_files: bool = False
    took_ms: int = 0

    @property
    def judgement(self) -> Judgement:
        """Rejected where any check failed. Accepted where one passed and none broke: a check that could not do its work
        never makes an answer good."""
        states = {each.state for each in self.checks}
        if CheckState.FAILED in states:
            return Judgement.REJECTED
        passed = [each for each in self.checks if each.state is CheckState.PASSED]
        enough = any(each.proves for each in passed) if self.changed_files else bool(passed)
        return Judgement.ACCEPTED if enough and CheckState.BROKEN not in states else Judgement.NOT_VERIFIABLE

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it was rejected: the evidence of each check that failed, with the check's name before it."""
        failed = (each for each in self.checks if each.state is CheckState.FAILED)
        return tuple(f"{each.check}: {line}" for each in failed for line in each.evidence or ("failed",))

    @property
    def unproven(self) -> tuple[str, ...]:
        return tuple(
            f"{each.check}: {line}"
            for each in self.checks
            if each.state is CheckState.UNPROVEN
            for line in each.evidence
        )


class Originals(Protocol):
    """How the files below the working directory were before the run."""

    def paths(self) -> Sequence[str]:
        """Every file that was there and is kept, relative to the working directory."""
        ...

    def read(self, path: str) -> bytes | None:
        """None for a file that was not there, or is not kept."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """What is judged: an ``answer`` to ``prompt``, and the files that were ``changed`` for it below ``cwd``.

    ``sources`` are the texts that the agent was given or read: documents of the task, results of its tools; quotations
    are looked for in them. ``schema`` is a JSON Schema that the answer has to fit, as its text; empty: none was asked
    for. ``allowed`` are the paths, relative to ``cwd``, below which files may be changed; empty: all of ``cwd``.
    ``commands`` are those that the person names as checks; with ``finds_commands`` those that the project names or its
    files suggest run too, where files were changed. ``originals`` None: nothing of before is kept.
    """

    prompt: str
    answer: str
    cwd: Path
    changed: tuple[FileChange, ...] = ()
    sources: tuple[Document, ...] = ()
    schema: str = ""
    allowed: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    finds_commands: bool = True
    originals: Originals | None = field(default=None, repr=False)


class Check(Protocol):
    """One kind of claim. ``name`` is what verdicts call it, in kebab case."""

    @property
    def name(self) -> str: ...

    def look(self, work: Work) -> Checked | None:
        """None where the work holds nothing of its kind. May raise anything: the judge makes ``broken`` of it. Runs in
        a thread, in time linear in the length of the work; what it needs at most is bounded by itself."""
        ...


class LongCheck(Protocol):
    """A check that runs programs. Several results may come of it, one for each program."""

    @property
    def name(self) -> str: ...

    def look(self, work: Work) -> Awaitable[Sequence[Checked]]:
        """As `Check.look`; the programs end with it, also when it is cancelled."""
        ...
