"""The branches of a session: the ends that its conversation has, and at which of them it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from minga.domain.errors import SessionBusy, UnknownBranch
from minga.domain.ids import AgentName, SessionId
from minga.domain.secrecy import Vault
from minga.domain.transcript import Message, TextPart, Transcript
from minga.sessions.store import may_write
from minga.sessions.telling import tell
from minga.sessions.transcripts import read_transcript, set_head
from minga.storage.database import Database, Transaction

WORDS_LENGTH = 72

CANDIDATES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Branch:
    """``leaf`` is its last message, said in ``agent`` at ``at``; ``words`` the last text of either side, cut; ``asked``
    how often the person spoke along it, ``apart`` how often since it left the branch at which the session stands.
    ``stands``: the session stands here."""

    leaf: str
    agent: AgentName
    at: datetime | None
    words: str
    asked: int
    apart: int
    stands: bool


class Branches:
    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    async def of(self, session_id: SessionId) -> list[Branch]:
        """Every branch, in the order of their last messages in the store. Raises UnknownSession."""
        return branches(
            await self._database.read(lambda transaction: read_transcript(transaction, self._vault, session_id))
        )

    async def switch(self, session_id: SessionId, leaf: str) -> Branch:
        """Let the session stand at the end of the branch whose id begins with ``leaf``.

        Raises UnknownBranch, SessionBusy, UnknownSession, ReadOnlySession.
        """

        def work(transaction: Transaction) -> Branch:
            transaction.hold(session_id)
            may_write(self._vault, session_id)
            if transaction.execute("SELECT 1 FROM turns WHERE session_id = ? AND state = 'running'", (session_id,)):
                raise SessionBusy(session=session_id)
            tell(transaction, self._vault, session_id)
            known = branches(read_transcript(transaction, self._vault, session_id))
            chosen = _named(session_id, known, leaf)
            set_head(transaction, session_id, chosen.leaf, None)
            return chosen

        return await self._database.write(work)


def branches(transcript: Transcript) -> list[Branch]:
    """The branches of a transcript; the one at which it stands may end before a leaf."""
    here = [message.id for message in transcript.lineage()]
    ends = transcript.leaves()
    if transcript.head and all(leaf.id != transcript.head for leaf in ends):
        ends += transcript.lineage()[-1:]
    return [_branch(transcript, leaf, frozenset(here), stands=leaf.id == transcript.head) for leaf in ends]


def _branch(transcript: Transcript, leaf: Message, here: frozenset[str], *, stands: bool) -> Branch:
    line = transcript.lineage(leaf.id)
    asked = [message for message in line if message.role == "user" and _text(message)]
    words = next((text for message in reversed(line) if message.role != "tool" and (text := _text(message))), "")
    shown = words if len(words) <= WORDS_LENGTH else words[: WORDS_LENGTH - 1] + "…"
    apart = sum(message.id not in here for message in asked)
    agent = next((message.agent for message in reversed(line) if message.agent), AgentName(""))
    return Branch(leaf.id, agent, leaf.at, shown, len(asked), apart, stands)


def _text(message: Message) -> str:
    return " ".join(" ".join(part.text for part in message.parts if isinstance(part, TextPart)).split())


def _named(session_id: SessionId, known: Sequence[Branch], name: str) -> Branch:
    fits = [one for one in known if one.leaf == name] or [one for one in known if name and one.leaf.startswith(name)]
    if len(fits) != 1:
        leaves = ", ".join(one.leaf for one in (fits or known)[:CANDIDATES_SHOWN])
        raise UnknownBranch(leaf=name, session=session_id, candidates=leaves)
    return fits[0]
