"""What briefs are made of, in short."""

from datetime import UTC, datetime, timedelta

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Entity, EntityKind, Fact, ItemId, Passage, Recalled, Rule, RuleState, Source
from minga.domain.secrecy import UserName
from minga.memory.briefs.lines import Sourced

MARCH_4 = datetime(2026, 3, 4, 12, tzinfo=UTC)


def recalled(
    name: str,
    text: str,
    *,
    confidence: float = 0.5,
    session: str = "0193ab12-7000",
    minutes: int = 0,
    superseded_by: str = "",
    done: str = "",
) -> Recalled:
    source = Source(SessionId(session), name, 0, MARCH_4 + timedelta(minutes=minutes), AgentName("claude"), "assistant")
    passage = Passage(ItemId(name), "turn", text, done, source, "p", "es", UserName("ana"))
    return Recalled(passage, confidence, confidence, ("words",), ItemId(superseded_by) if superseded_by else None)


def rule(name: str, text: str, *, days: int = 0, state: RuleState = "accepted") -> Rule:
    return Rule(ItemId(name), text, "", state, MARCH_4 + timedelta(days=days), ())


def fact(
    name: str,
    predicate: str,
    value: str,
    *,
    days: int = 0,
    until: int | None = None,
    wrong: bool = False,
    disputed: bool = False,
    said_in: Passage | None = None,
) -> Sourced:
    made = Fact(
        id=ItemId(name),
        subject=Entity(EntityKind.PROJECT, "Nalcahue"),
        predicate=predicate,
        value=value,
        valid_from=MARCH_4 + timedelta(days=days),
        valid_to=None if until is None else MARCH_4 + timedelta(days=until),
        recorded_from=MARCH_4,
        recorded_to=MARCH_4 if wrong else None,
        confidence=0.9,
        project="p",
        sources=(said_in.id,) if said_in else (),
        disputed=disputed,
    )
    return Sourced(made, said_in)
