"""What a person puts in the place of a passage or a fact."""

import re
from collections.abc import Iterable
from datetime import datetime

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage, Scope, Source
from minga.domain.secrecy import UserName
from minga.memory.about import subject_of
from minga.memory.extraction.extract import extract
from minga.memory.extraction.hygiene import masked

_VALUE = re.compile(r"\S+|\$?\d\S*(?:\s\S+){1,2}")
"""One word, or a figure with its unit; what is longer says more than a value."""


def meant(wrong: Passage | Fact, text: str, known: Iterable[Fact]) -> Passage | Fact:
    """The fact, where a passage that states one thing is corrected by a bare value: "5434"."""
    if isinstance(wrong, Fact) or not _VALUE.fullmatch(text):
        return wrong
    stated = [one for one in known if wrong.id in one.sources and one.recorded_to is None]
    return stated[0] if len(stated) == 1 else wrong


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
    held = [one for one in stated if one.valid_to is None or one.valid_to > now]
    same = [one.value for one in held if (one.subject, one.predicate) == (fact.subject, fact.predicate)]
    return same[0] if len(same) == 1 else text
