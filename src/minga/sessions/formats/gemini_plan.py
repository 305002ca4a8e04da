"""Which records of a Gemini CLI file are messages, and how they hang together.

The file is a list with patches: a record with a known id replaces the one before, ``$rewindTo`` cuts the list back to
before a record, ``$set.messages`` replaces it all (on a resume with the same ids, on a compaction with new ones). What
was cut off stays as a branch. Only ids and line numbers are kept in memory.
"""

from dataclasses import dataclass, field

from minga.sessions.formats import records
from minga.sessions.formats.gemini_parts import (
    ACKNOWLEDGED,
    calls_of,
    is_calls_only,
    kind_of,
    parts_of,
    result_ids,
)
from minga.sessions.formats.records import Json

Spot = tuple[int, int]
"""Where a record stands: the number of its line, and its place in ``messages`` there (-1: the line itself)."""


@dataclass(slots=True)
class Entry:
    """A message. ``record`` is the id of its record, ``text`` the newest form of that, ``calls`` that of a record of
    its own with the calls. ``known`` are the calls whose results stand there and not in this one. ``again``: a copy of
    a message that was cut off, whose tokens are counted already."""

    id: str
    parent: str
    record: str
    text: Spot
    calls: Spot | None = None
    compaction: bool = False
    again: bool = False
    known: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Tail:
    """What the next record needs to know of the last message of the list."""

    id: str = ""
    takes_calls: bool = False
    results: frozenset[str] = frozenset()
    after_compaction: bool = False


@dataclass(slots=True)
class Plan:
    """The messages of a file so far, by id, and the list as it stands."""

    entries: dict[str, Entry] = field(default_factory=dict)
    _list: list[tuple[str, str]] = field(default_factory=list)
    """The records of the conversation, as they follow: own id and message id."""
    _messages: dict[str, str] = field(default_factory=dict)
    """The message of each record of the list."""
    _tail: _Tail = field(default_factory=_Tail)

    @property
    def head(self) -> str:
        return self._tail.id

    def add(self, record: Json, spot: Spot, *, compaction: bool = False) -> None:
        """A record comes, or comes again."""
        own = records.text(record.get("id"))
        if own in self._messages:
            self._replace(self.entries[self._messages[own]], own, spot)
            self._tail.results |= result_ids(record)
            return
        kind = kind_of(record)
        if kind in ("context", "notice", "unknown") or self._is_repeated(record, kind):
            return
        if kind == "answer" and self._tail.takes_calls and is_calls_only(record):
            host = self.entries[self._tail.id]
            host.calls = spot
            self._follow(own, host, record, kind)
            return
        entry = self._entry(own, spot)
        entry.compaction = compaction
        if kind == "results":
            entry.known = self._tail.results
        self._follow(own, entry, record, kind)

    def rewind(self, own: str) -> None:
        """Cut the list to before record ``own``; all of it where that is unknown, as the CLI does."""
        if own not in self._messages:
            self._list, self._messages = [], {}
        while own in self._messages:
            del self._messages[self._list.pop()[0]]
        self._tail = _Tail(self._list[-1][1] if self._list else "")

    def replace(self, given: list[tuple[Json, Spot]]) -> None:
        """``$set.messages``."""
        before = self._tail.id
        kept = set(self._messages)
        first = next((pair for pair in given if kind_of(pair[0]) in ("said", "results", "answer")), None)
        compacted = (
            before and first and kind_of(first[0]) == "said" and not any(_id(record) in kept for record, _ in given)
        )
        messages, self._messages = self._messages, {}
        self._list, self._tail = [], _Tail(before if compacted else "")
        for record, spot in given:
            own = _id(record)
            entry = self.entries.get(messages.get(own, "")) if own not in self._messages else None
            if entry is not None and self._tail.id == (entry.parent if entry.record == own else entry.id):
                self._keep(own, entry, record, spot)
            else:
                self.add(record, spot, compaction=bool(compacted) and first is not None and record is first[0])

    def _keep(self, own: str, entry: Entry, record: Json, spot: Spot) -> None:
        """A message of the list stays where it was; its calls do behind its text alone."""
        self._replace(entry, own, spot)
        self._follow(own, entry, record, kind_of(record))

    def _replace(self, entry: Entry, own: str, spot: Spot) -> None:
        if entry.record == own:
            entry.text = spot
        else:
            entry.calls = spot

    def _entry(self, own: str, spot: Spot) -> Entry:
        """A new message below the tail; under a new name where the old one hangs elsewhere."""
        known = self.entries.get(own)
        if known is not None and known.parent == self._tail.id:
            known.text, known.calls = spot, None
            return known
        name = own if known is None else f"{own}@{spot[0]}.{spot[1]}"
        entry = Entry(name, self._tail.id, own, spot, again=known is not None)
        self.entries[name] = entry
        return entry

    def _follow(self, own: str, entry: Entry, record: Json, kind: str) -> None:
        """The record stands at the end of the list now."""
        self._list.append((own, entry.id))
        self._messages[own] = entry.id
        results = frozenset(result_ids(record))
        self._tail = _Tail(
            entry.id,
            takes_calls=kind == "answer" and bool(record.get("tokens")) and not calls_of(record) and not entry.calls,
            results=results if kind == "said" else self._tail.results | results,
            after_compaction=entry.compaction,
        )

    def _is_repeated(self, record: Json, kind: str) -> bool:
        """Whether a record says nothing new: results that stand with their calls, the answer to a summary."""
        if kind == "results":
            return result_ids(record) - {""} <= self._tail.results
        said = "".join(records.text(part.get("text")) for part in parts_of(record))
        return kind == "answer" and self._tail.after_compaction and said == ACKNOWLEDGED


def _id(record: Json) -> str:
    return records.text(record.get("id"))
