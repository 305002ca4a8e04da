"""Claims of one kind, each with what was found out of it -> what the check of that kind says."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from minga.domain.verdict import Checked, CheckState

CLAIMS_MAX = 2_000
"""Of one kind in an answer: more than a person reads, and what 10 MB of them would take is too long."""

TEXT_MAX = 1_000_000
"""Characters of an answer that are read as prose; that the rest is not is told."""

_WORST_FIRST = (CheckState.FAILED, CheckState.UNPROVEN, CheckState.PASSED)


@dataclass(frozen=True, slots=True)
class Claim:
    """``says`` is a sentence for a person: where, and both values. ``holds_back``: it looks wrong, though that is not
    certain, so that what else is right does not make the whole pass."""

    state: CheckState
    says: str
    holds_back: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """Finds the line, from 1, of a place in a text."""

    ends: Sequence[int]

    def at(self, place: int) -> int:
        return bisect_right(self.ends, place) + 1


def line_at(number: int) -> str:
    return f"line {number}"


def lines_of(text: str) -> Lines:
    ends: list[int] = []
    place = text.find("\n")
    while place >= 0:
        ends.append(place + 1)
        place = text.find("\n", place + 1)
    return Lines(ends)


def first(claims: Iterable[Claim]) -> tuple[list[Claim], tuple[str, ...]]:
    """At most `CLAIMS_MAX` of them, taken one by one, and a note where there are more."""
    found = list(islice(claims, CLAIMS_MAX + 1))
    if len(found) <= CLAIMS_MAX:
        return found, ()
    return found[:CLAIMS_MAX], (first_only(),)


def first_only() -> str:
    return f"only the first {CLAIMS_MAX} of its kind were looked at"


def cut_short(answer: str) -> tuple[str, ...]:
    """A note for an answer that is longer than what is read of it."""
    return () if len(answer) <= TEXT_MAX else (f"only the first {TEXT_MAX} characters were read",)


def summed_up(
    check: str, claims: Sequence[Claim], notes: Iterable[str] = (), *, proves: bool = False
) -> Checked | None:
    """One claim that is wrong makes it failed; one that was proven, where none is wrong, makes it passed. ``notes`` are
    told last. None where nothing was claimed."""
    if not claims:
        return None
    states = {claim.state for claim in claims}
    state = next(
        one for one in (CheckState.FAILED, CheckState.PASSED, CheckState.UNPROVEN, CheckState.BROKEN) if one in states
    )
    if state is CheckState.PASSED and any(claim.holds_back for claim in claims):
        state = CheckState.UNPROVEN
    told = [claim.says for worst in _WORST_FIRST for claim in claims if claim.state is worst]
    return Checked(check, state, len(claims), (*told, *notes), proves)
