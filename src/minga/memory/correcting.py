"""What a person puts in the place of a passage or a fact."""

from datetime import datetime

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage, Scope, Source
from minga.domain.secrecy import UserName
from minga.memory.about import subject_of
from minga.memory.extraction.extract import extract
from minga.memory.extraction.hygiene import masked


def correction(wrong: Passage | Fact, text: str, valid_from: datetime | None, now: datetime) -> Note:
    """Of a fact, its text is the value alone, also where a whole sentence was said: "The port of staging is 5434"."""
    scope: Scope = "project" if wrong.project else "user"
    if isinstance(wrong, Passage):
        return Note(NoteKind.CORRECTION, text, scope, wrong.id, valid_from)
    value = _value(wrong, masked(text), now)
    return Note(NoteKind.CORRECTION, value, scope, wrong.id, valid_from, subject_of(wrong))


def _value(fact: Fact, text: str, now: datetime) -> str:
    source = Source(SessionId(""), "", 0, now, AgentName(""), "user")
    stated = extract(Passage(ItemId(""), "note", text, "", source, fact.project, "", UserName(""))).statements
    same = [one.value for one in stated if (one.subject, one.predicate) == (fact.subject, fact.predicate)]
    return same[0] if len(same) == 1 else text
