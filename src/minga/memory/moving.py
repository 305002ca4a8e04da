"""Notes about what gets another id, as the session in which it stands does: what they are about then."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from minga.domain.ids import SessionId
from minga.domain.memory import ItemId, Passage
from minga.domain.secrecy import UserName
from minga.memory.ids import item_id
from minga.memory.index import noted, reading, stated
from minga.memory.index.noted import Noted
from minga.storage.database import Transaction


@dataclass(frozen=True, slots=True)
class Move:
    """A session becomes ``copy_id``, without the messages ``gone``; the session of a note becomes ``named`` of it."""

    session_id: SessionId
    copy_id: SessionId
    gone: Collection[str]
    named: Callable[[SessionId], SessionId]


def notes_moved(transaction: Transaction, move: Move, user: UserName) -> dict[SessionId, ItemId]:
    """The sessions of the user's notes that are about passages of the session, about such notes, or about facts whose
    names come from either, each with what the note is about then."""
    stay = [one for one in reading.of_session(transaction, move.session_id) if one.source.message_id not in move.gone]
    ids = {one.id: _moved(one, move.copy_id) for one in stay}
    waiting = [one for one in noted.notes(transaction, None, user) if one.note.about]
    found: dict[SessionId, ItemId] = {}
    while waiting:
        some = [one for one in waiting if one.note.about in ids] or _of_facts(transaction, move, waiting, ids)
        if not some:
            break
        for one in some:
            session_id = one.passage.source.session_id
            found[session_id] = ids[one.note.about]
            parts = reading.of_session(transaction, session_id)
            ids |= {each.id: _moved(each, move.named(session_id)) for each in parts}
        waiting = [one for one in waiting if one.passage.source.session_id not in found]
    return found


def _of_facts(
    transaction: Transaction, move: Move, waiting: Collection[Noted], ids: dict[ItemId, ItemId]
) -> list[Noted]:
    """Those of the notes that are about a fact which has another name now; that name is put into ``ids``."""
    if any(one.note.about.startswith("f") for one in waiting):
        ids |= stated.renamed(transaction, ids, _gone(transaction, move), [move.session_id])
    return [one for one in waiting if one.note.about in ids]


def _gone(transaction: Transaction, move: Move) -> set[ItemId]:
    said = reading.of_session(transaction, move.session_id)
    return {one.id for one in said if one.source.message_id in move.gone}


def _moved(passage: Passage, session_id: SessionId) -> ItemId:
    return item_id(passage.id[0], session_id, passage.source.message_id, str(passage.source.place))
