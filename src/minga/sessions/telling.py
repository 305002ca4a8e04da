"""Brings Minga's own turns into the transcript, once each, as soon as they have ended."""

from contextlib import suppress

from minga.domain.errors import UnknownSession
from minga.domain.ids import SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import ImagePart
from minga.sessions.history import past_turns
from minga.sessions.own_turns import messages_of
from minga.sessions.transcripts import head_of, insert_messages, set_head
from minga.storage.database import Database, Transaction


def tell(transaction: Transaction, vault: Vault, session_id: SessionId) -> str:
    """Tell the turns that have ended and are not in the transcript yet; return where the session stands then.

    A turn follows the message that its session stood at when it was opened. Raises UnknownSession.
    """
    where = "session_id = ? AND in_transcript = 0 AND state <> 'running' ORDER BY number"
    for past in past_turns(transaction, vault, session_id, where, (session_id,)):
        [(parent,)] = transaction.execute("SELECT parent FROM turns WHERE id = ?", (past.turn.id,))
        pictures = [
            ImagePart(media_type, vault.open(session_id, bytes(body), f"pictures:{past.turn.id}:{number}"))
            for number, media_type, body in transaction.execute(
                "SELECT number, media_type, body FROM pictures WHERE turn_id = ? ORDER BY number", (past.turn.id,)
            )
        ]
        messages = messages_of(past, parent, pictures)
        insert_messages(transaction, vault, session_id, messages, past.turn.id)
        transaction.execute("UPDATE turns SET in_transcript = 1 WHERE id = ?", (past.turn.id,))
        set_head(transaction, session_id, messages[-1].id, None)
    return head_of(transaction, session_id)


def untold(transaction: Transaction) -> list[SessionId]:
    """Sessions with ended turns that are not in the transcript yet."""
    rows = transaction.execute(
        "SELECT DISTINCT session_id FROM turns WHERE in_transcript = 0 AND state <> 'running' ORDER BY session_id"
    )
    return [SessionId(row[0]) for row in rows]


async def tell_waiting(database: Database, vault: Vault) -> None:
    """Tell the ended turns of all sessions that the vault's user may read. Raises StoreError."""
    waiting = await database.read(untold)
    mine = [session_id for session_id in waiting if vault.access(session_id) is not None]
    for session_id in mine:
        with suppress(UnknownSession):  # deleted since
            await database.write(lambda transaction, one=session_id: tell(transaction, vault, one))  # type: ignore[misc]
