"""What checks said of an answer, and the verdict that comes of it."""

from dataclasses import dataclass
from enum import StrEnum

CHECKS = (
    "changed-paths",
    "command",
    "compiles",
    "data",
    "dte",
    "names",
    "patch",
    "references",
    "rut",
    "schema",
    "sources",
    "sums",
)
"""Every check by its name, such as a specialist may demand."""


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
    ``formal``: what passed is only the form of something, or that it was given (a block is JSON, an address stands in
    the prompt), which makes no answer right, even where it is nothing but words.
    ``required``: no answer is accepted without its passing; with ``looked_at`` 0 there was nothing of its kind.
    """

    check: str
    state: CheckState
    looked_at: int = 1
    evidence: tuple[str, ...] = ()
    proves: bool = True
    formal: bool = False
    took_ms: int = 0
    required: bool = False

    @property
    def kind(self) -> str:
        """``command: pytest -q`` -> ``command``: one of `CHECKS`."""
        return self.check.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``checks`` are those that had something to look at, in the order in which they ran. ``changed_files``: the answer
    is work on files, which only a check that ``proves`` can accept."""

    checks: tuple[Checked, ...]
    changed_files: bool = False
    took_ms: int = 0

    @property
    def judgement(self) -> Judgement:
        """Rejected where any check failed. Accepted where one that is not formal passed, none broke and all that are
        required passed: a check that could not do its work never makes an answer good."""
        states = {each.state for each in self.checks}
        if CheckState.FAILED in states:
            return Judgement.REJECTED
        passed = [each for each in self.checks if each.state is CheckState.PASSED]
        enough = any(each.proves if self.changed_files else not each.formal for each in passed) and not self.missing
        return Judgement.ACCEPTED if enough and CheckState.BROKEN not in states else Judgement.NOT_VERIFIABLE

    @property
    def missing(self) -> tuple[str, ...]:
        """The required checks that did not pass."""
        wanting = (each.kind for each in self.checks if each.required and each.state is not CheckState.PASSED)
        return tuple(dict.fromkeys(wanting))

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
