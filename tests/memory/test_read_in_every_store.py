"""A search reads the best passages wherever the log lies, and only those that its user may read."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keyed import ANA, BEA, Folder
from minga.bootstrap import Minga
from minga.domain.events import Finished
from minga.domain.ids import SessionId
from minga.domain.meaning import Excerpt
from minga.domain.memory import Question, Recollection
from minga.infrastructure import e5
from minga.infrastructure.e5_reader import E5Reader

pytestmark = pytest.mark.skipif(not e5.is_installed(), reason="minga[memory] is not installed")

ASKED = "¿A qué puerto hay que conectarse para usar la base de staging?"
ANSWER = "La base de datos de staging escucha en el puerto 5433."
OWN = "La impresora de la bodega de Bea está en 192.168.40.55."
NEAR_MISS = "¿Quién instaló la impresora de la bodega?"


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    url = request.getfixturevalue("postgres_cluster")() if request.param == "postgres" else ""
    made = Folder(tmp_path, url)
    made.add(ANA, BEA)
    return made


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Excerpt]:
    """All that was read together with a question."""
    really, seen = E5Reader.answers, list[Excerpt]()

    def answers(reader: E5Reader, question: str, excerpts: Sequence[Excerpt]) -> list[float]:
        seen.extend(excerpts)
        return really(reader, question, excerpts)

    monkeypatch.setattr(E5Reader, "answers", answers)
    return seen


def play(folder: Folder, user: str, scene: Callable[[Minga], Awaitable[None]]) -> None:
    async def run() -> None:
        minga = folder.minga(user)
        try:
            await scene(minga)
        finally:
            await minga.close()

    asyncio.run(run())


async def worked(minga: Minga, prompt: str, answer: str) -> SessionId:
    turn = await minga.sessions.open(None, prompt, Path("/src"))
    await minga.sessions.append(turn, None, [Finished(answer)])
    return turn.session_id


async def searched(minga: Minga, words: str) -> Recollection:
    return await minga.memory.recall(Question(words, None, datetime.now(UTC), is_read=True))


def test_what_is_shared_is_read_and_told_and_nothing_else_of_another_user_is(
    folder: Folder, read: list[Excerpt]
) -> None:
    sessions: list[SessionId] = []

    async def ana_works(minga: Minga) -> None:
        sessions.append(await worked(minga, "Anota dónde escucha la base.", ANSWER))
        await worked(minga, "Anota el sueldo de la gerenta.", "La gerenta de staging gana 4.123.000 pesos.")
        found = await searched(minga, ASKED)
        assert (found.recalled[0].passage.text, found.is_known, found.unread) == (ANSWER, True, None)
        assert ANSWER in [one.text for one in read]
        minga.vault.share(sessions[0], BEA, "read")

    async def bea_reads(minga: Minga) -> None:
        read.clear()
        await worked(minga, "Anota dónde está la impresora.", OWN)
        found = await searched(minga, ASKED)
        assert (found.recalled[0].passage.text, found.is_known, found.unread) == (ANSWER, True, None)
        assert found.recalled[0].passage.owner == ANA
        assert not (await searched(minga, NEAR_MISS)).is_sure
        assert ANSWER in [one.text for one in read]
        assert not any("4.123.000" in f"{one.text} {one.before}" for one in read)

    async def ana_takes_it_back(minga: Minga) -> None:
        minga.vault.unshare(sessions[0], BEA)

    async def bea_asks(minga: Minga) -> None:
        read.clear()
        found = await searched(minga, ASKED)
        assert ANSWER not in [one.passage.text for one in found.recalled]
        assert not found.is_known
        assert read
        assert not any("5433" in f"{one.text} {one.before}" for one in read)

    play(folder, "ana", ana_works)
    play(folder, "bea", bea_reads)
    play(folder, "ana", ana_takes_it_back)
    play(folder, "bea", bea_asks)
    folder.close()
