"""Pieces of a brief as they could stand in it: each at several lengths, with what each length is worth and takes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from minga.domain.digests import Episode
from minga.domain.ids import AgentName
from minga.domain.memory import Fact, ItemId, Passage, Piece, Recalled, Source
from minga.domain.secrecy import UserName
from minga.memory.briefs import tokens
from minga.memory.briefs.defusing import defused, in_mark, indented, instructs, one_line, plain, quoted
from minga.memory.briefs.salience import Asked
from minga.memory.briefs.shorten import LEVELS, Level, evidence, shorter
from minga.memory.briefs.texts import Texts
from minga.memory.ids import item_id
from minga.memory.recall.words import terms

SUPERSEDED = 0.5
"""What a piece is worth that something newer has ended, beside one that still holds."""

NAMED = "the task names it"
"""Why a fact is told."""

OF_SESSION = "its session"
"""Why a session is told in short: a passage of it was found."""

EPISODE_WORTH = 0.1
"""What a session told in short is worth, beside a passage of it that says as much: with more, passages are displaced
that hold answers (part ``train``)."""

ID_LENGTH = 7
"""Characters of an item's id that stand in a brief: as many as `minga memory why` needs to find it."""

SESSION_LENGTH = 8

_OF = re.compile(r"^([^:\n]+?) of ([^:\n]+): ")
"""Begins the correction of a fact (`about.subject_of`), which is told as facts are, in words of neither language."""


@dataclass(frozen=True, slots=True)
class Sourced:
    """A fact with the passage that said it last."""

    fact: Fact
    said_in: Passage | None


@dataclass(frozen=True, slots=True)
class Option:
    """One length of a piece. ``tokens`` without its mark of source."""

    level: Level
    text: str
    tokens: int
    worth: float


@dataclass(frozen=True, slots=True)
class Line:
    """What could be told. ``group``: the day and session that the mark of its source tells, and how it tells them;
    ``own``: the rest of the mark. ``words`` for comparing it with others."""

    item: ItemId
    kind: Literal["fact", "passage", "digest"]
    source: Source | None
    order: tuple[str, ...]
    group: str
    own: str
    options: tuple[Option, ...]
    words: frozenset[str]
    reasons: tuple[str, ...]

    @property
    def worth(self) -> float:
        return self.options[-1].worth

    def piece(self, option: Option, text: str) -> Piece:
        return Piece(
            self.item, self.kind, option.text, self.source, tokens.count(text + "\n"), option.level, self.reasons
        )


def of_passage(recalled: Recalled, until: datetime | None, asked: Asked, words: Texts, user: UserName | None) -> Line:
    """``until``: since when something else is true in its place. ``user``: whose memory it is, None where all are one
    user's."""
    passage, source = recalled.passage, recalled.passage.source
    is_value = passage.kind == "note" and (recalled.corrects or "").startswith("f")
    whole = plain(_OF.sub(r"\2: \1 = ", passage.text, count=1) if is_value else _all(passage))
    confidence = max(recalled.confidence, 0.001) * (SUPERSEDED if until else 1)
    mark = words.until.format(_day(until)) + " " if until else ""
    found: dict[str, Option] = {}
    for level in LEVELS:
        text = shorter(whole, level, asked)
        told = mark + _told(text, passage, words, user)
        found[told] = Option(level, told, tokens.count(told + "\n"), confidence * evidence(text, asked))
    return Line(
        item=passage.id,
        kind="passage",
        source=source,
        order=(_day(source.at), source.session_id, _instant(source.at), f"{source.place:06}", passage.id),
        group=_group(passage, words),
        own=passage.id[:ID_LENGTH],
        options=_growing(list(found.values())),
        words=frozenset(terms(whole)),
        reasons=recalled.reasons,
    )


def of_fact(sourced: Sourced, words: Texts) -> Line:
    fact, source = sourced.fact, sourced.said_in.source if sourced.said_in else None
    said = indented(defused(f"{fact.subject.name}: {fact.predicate} = {fact.value}")).replace("\n", " ")
    text = f"{words.quoted} {quoted(said)}" if any(map(instructs, (said, fact.value))) else said
    if fact.disputed:
        text = f"{words.disputed} {text}"
    if fact.valid_to:
        text = f"{words.until.format(_day(fact.valid_to))} {text}"
    said_in = f" {_where(sourced.said_in, words)}" if sourced.said_in else ""
    return Line(
        item=fact.id,
        kind="fact",
        source=source,
        order=(_day(fact.valid_from), "", _instant(fact.valid_from), "", fact.id),
        group=f"{words.since.format(_day(fact.valid_from))} {words.fact}{said_in}",
        own=fact.id[:ID_LENGTH],
        options=(Option("whole", text, tokens.count(text + "\n"), fact.confidence),),
        words=frozenset(terms(said)),
        reasons=(NAMED,),
    )


def of_episode(episode: Episode, confidence: float, asked: Asked, words: Texts) -> Line:
    """``confidence``: of the best passage of its session. A line that a model wrote is told as such."""
    source = Source(episode.session_id, "", 0, episode.at, episode.agent, "assistant")
    found: dict[str, Option] = {}
    levels: tuple[tuple[Level, str], ...] = ("headline", episode.headline), ("short", episode.summary)
    for level, text in levels:
        said = one_line(defused(text))
        told = f"{words.in_short} {quoted(said) if instructs(said) else said}"
        found[told] = Option(level, told, tokens.count(told + "\n"), EPISODE_WORTH * confidence * evidence(said, asked))
    item = item_id("d", episode.session_id)
    return Line(
        item=item,
        kind="digest",
        source=source,
        order=(_day(episode.at), episode.session_id, "", "", item),
        group=f"{_day(episode.at)}{_by(episode.agent)} {_session(source)}",
        own=item[:ID_LENGTH],
        options=_growing(list(found.values())),
        words=frozenset(terms(episode.summary)),
        reasons=(OF_SESSION,),
    )


def says(item: ItemId, told: str, fact: Fact) -> bool:
    """Whether what is told of a passage tells a fact already. A fact's source names the subject in its own way."""
    named = "" if item in fact.sources else fact.subject.name
    return frozenset(terms(f"{named} {fact.value}")) <= frozenset(terms(told))


def _all(passage: Passage) -> str:
    return "\n".join(part for part in (passage.text, passage.done) if part)


def _told(text: str, passage: Passage, words: Texts, user: UserName | None) -> str:
    said = defused(indented(text) if "```" in text or "~~~" in text else one_line(text))
    if instructs(said):
        said = f"{words.quoted} {quoted(said)}"
    if passage.source.role != "user" or (passage.kind == "note" and user in (None, passage.owner)):
        return said
    return f"{words.user if user in (None, passage.owner) else _name(passage.owner)} {said}"


def _name(owner: UserName) -> str:
    return f"{in_mark(owner) or '?'}:"


def _growing(options: Sequence[Option]) -> tuple[Option, ...]:
    """Those that are worth more than every smaller one. The whole is never worth less: what a shorter one leaves out
    may be the half that matters, so it is told where there is room."""
    kept: list[Option] = []
    for one in sorted(options, key=lambda one: (one.tokens, -one.worth)):
        if kept and one.level == "whole":
            one = replace(one, worth=max(one.worth, kept[-1].worth))
            kept.append(one)
        elif not kept or one.worth > kept[-1].worth:
            kept.append(one)
    return tuple(kept)


def _group(passage: Passage, words: Texts) -> str:
    who = "" if passage.kind == "note" else _by(passage.source.agent)
    return f"{_day(passage.source.at)}{who} {_where(passage, words)}"


def _by(agent: AgentName) -> str:
    return f" {in_mark(agent)}" if agent else ""


def _where(passage: Passage, words: Texts) -> str:
    if passage.kind == "note":
        return words.note
    return _session(passage.source)


def _session(source: Source) -> str:
    return in_mark(source.session_id)[:SESSION_LENGTH]


def _day(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d") if at else "?"


def _instant(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds") if at else ""
