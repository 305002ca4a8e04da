"""Passages and vectors written straight into the tables of a memory, without a store and without an encoder."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Extraction, LogMessage
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, TextPart
from minga.memory.index import meaning, near, writing
from minga.memory.index.meaning import Made
from minga.memory.index.writing import Digested
from minga.memory.passages import passages_of
from minga.storage.database import Transaction

KEY = bytes(32)
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def said(seq: int, text: str, session: str = "s1", project: str = "/work/a") -> LogMessage:
    at = START + timedelta(hours=seq)
    message = Message(f"m{seq}", "", at, "user", (TextPart(text),), AgentName("claude"))
    return LogMessage(seq, SessionId(session), message, AgentName("claude"), project, project, UserName("eva"))


def take_in(transaction: Transaction, entries: Sequence[LogMessage]) -> None:
    for entry in entries:
        writing.add(transaction, entry, [Digested(one, Extraction()) for one in passages_of(entry)], KEY)


def embed(transaction: Transaction, rows: npt.NDArray[np.float32]) -> None:
    """Passages without a vector get these, in the order of their numbers."""
    waiting = sorted(number for number, _ in meaning.next_texts(transaction, len(rows)))
    made = [Made(number, row.astype("<f4").tobytes(), b"") for number, row in zip(waiting, rows, strict=True)]
    meaning.add(transaction, made, near.stored)


def directions(count: int, seed: int, dimensions: int = 384) -> npt.NDArray[np.float32]:
    """Of length 1, in clusters."""
    random = np.random.default_rng(seed)
    middles = random.normal(size=(max(1, count // 60), dimensions))
    rows = middles[random.integers(0, len(middles), count)] + 0.8 * random.normal(size=(count, dimensions))
    unit: npt.NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit
