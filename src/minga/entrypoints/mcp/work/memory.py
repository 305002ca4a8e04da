"""Memory: search, read, save, correct."""

from dataclasses import replace
from datetime import datetime

import msgspec

from minga.domain.digests import Episode
from minga.domain.errors import BadInput, MingaError
from minga.domain.habits import Habit
from minga.domain.memory import Fact, Note, NoteKind, Passage, Question, Recalled, Rule, Scope
from minga.entrypoints.mcp.fields import shortened
from minga.entrypoints.mcp.pages import part
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tool import DATA, Told
from minga.entrypoints.mcp.tools.memory import Correct, Corrected, Found, Known, Read, Save, Saved, Search, Whole
from minga.memory.extraction.poison import tries_to_instruct
from minga.memory.memory import Memory
from minga.pipeline.items import find_item
from minga.pipeline.remembering import place_of, places_of

TEXT_LENGTH = 700
"""Characters of each passage that is found; `memory_read` gives it whole."""

WHOLE_LENGTH = 20_000

FOUND_MAX = 200
"""Passages that pages are made of."""


async def search(place: Place, asked: Search, told: Told) -> Found:
    if not asked.question.strip():
        raise BadInput(detail="the question is blank")
    places = None if asked.everywhere or place.cwd is None else await places_of(place.cwd)
    of = f"memory {places} {asked.question}"
    minga = await place.minga()
    found = await minga.memory.recall(Question(asked.question, places, place.now(), FOUND_MAX, is_read=True))
    shown, cursor = part(found.recalled, asked.cursor, asked.limit, of)
    is_cut = not cursor and len(found.recalled) >= FOUND_MAX
    says = [_missing(place, found.behind, found.unread), _cut(place) if is_cut else ""]
    return Found(
        found.is_known,
        found.is_known and found.is_sure,
        DATA,
        [_known(one) for one in shown],
        cursor,
        " ".join(filter(None, says)),
    )


def _cut(place: Place) -> str:
    return place.say(
        "Pages end with the best {count} passages; there may be more. Ask with more words.", count=FOUND_MAX
    )


def _missing(place: Place, *limits: MingaError | None) -> str:
    """What keeps something from being found."""
    say = place.say
    errors = (say.error(one) for one in limits if one)
    says = [say("Something may be missing. {reason} {remedy}", reason=reason, remedy=aid) for reason, aid in errors]
    return " ".join(says)


async def read(place: Place, asked: Read, told: Told) -> Whole:
    memory = (await place.minga()).memory
    behind = await memory.caught_up()
    whole = await _read(memory, asked.item, place.now())
    return msgspec.structs.replace(whole, says=_missing(place, behind))


async def _read(memory: Memory, named: str, now: datetime) -> Whole:
    item = await find_item(memory, named, now)
    match item:
        case Passage():
            near = await memory.around(item.id, 2)
            said = [_said(one, TEXT_LENGTH) for one in near]
            return Whole(item.id, item.kind, DATA, _whole(item), said, instructs=tries_to_instruct(item))
        case Episode():
            all_said = await memory.of_session(item.session_id)
            said = [_said(one, TEXT_LENGTH) for one in all_said[:20]]
            return Whole(named, "session", DATA, item.summary, said)
        case Fact() as fact:
            text, sources = f"{fact.subject.name} · {fact.predicate} · {fact.value}", fact.sources
        case Rule() as rule:
            text, sources = f"{rule.text} ({rule.state})", rule.sources
        case Habit() as habit:
            text, sources = habit.text, habit.evidence
    evidence = [one for source in sources[:20] for one in await memory.passages(source)]
    return Whole(item.id, type(item).__name__.lower(), DATA, text, [_said(one, TEXT_LENGTH) for one in evidence])


async def save(place: Place, asked: Save, told: Told) -> Saved:
    minga = await place.minga()
    scope: Scope = "user" if asked.everywhere or place.cwd is None else "project"
    note = Note(NoteKind.NOTE, asked.text.strip(), scope, by="agent")
    if not note.text:
        raise BadInput(detail="there is nothing to remember in it")
    session = await minga.notes.add(note, *(await place_of(place.cwd) if place.cwd else ("", "")))
    return Saved((await minga.memory.note(session)).id)


async def stands(place: Place, item: str) -> tuple[str, str]:
    """The id and the words of what a correction would replace. Raises as `correct`."""
    wrong = await _correctable(place, item)
    return wrong.id, wrong.text if isinstance(
        wrong, Passage
    ) else f"{wrong.subject.name} {wrong.predicate} {wrong.value}"


async def _correctable(place: Place, item: str) -> Passage | Fact:
    """Raises UnknownItem, AmbiguousItem, BadInput."""
    minga = await place.minga()
    await minga.memory.catch_up()
    found = await find_item(minga.memory, item, place.now())
    if not isinstance(found, Passage | Fact):
        raise BadInput(detail="only a passage or a fact is corrected; the person decides on rules and habits")
    return found


async def correct(place: Place, asked: Correct, told: Told) -> Corrected:
    """What no person accepted is an agent's word: the memory lets it end nothing that a person said."""
    minga, now = await place.minga(), place.now()
    wrong = await _correctable(place, asked.item)
    note = await minga.memory.correction(wrong, asked.text.strip(), now, now)
    note = note if told.accepted else replace(note, by="agent")
    session = await minga.notes.add(note, wrong.project, "")
    item = (await minga.memory.note(session)).id
    stands = told.accepted or (isinstance(wrong, Passage) and (await minga.memory.why(wrong)).superseded_by == item)
    if stands:
        return Corrected(item)
    beside = place.say(
        "No person accepted this correction here: it is noted as an agent's word, and what a person said stays until a"
        " person corrects it (minga memory correct)."
    )
    return Corrected(item, beside)


def _known(one: Recalled) -> Known:
    said = _said(one.passage, TEXT_LENGTH)
    return msgspec.structs.replace(said, confidence=round(one.confidence, 2), replaced_by=one.superseded_by or "")


def _said(one: Passage, length: int) -> Known:
    source = one.source
    at = source.at.isoformat(timespec="minutes") if source.at else ""
    who = (
        ("note", "person" if source.role == "user" else "agent") if one.kind == "note" else (source.role, source.agent)
    )
    by = " · ".join(filter(None, who))
    text = shortened(one.text or one.done, length)
    return Known(one.id, text, at, by, source.session_id, instructs=tries_to_instruct(one))


def _whole(one: Passage) -> str:
    return shortened("\n\n".join(filter(None, (one.text, one.done))), WHOLE_LENGTH)
