"""Nothing of one user, or of one project, is recalled for another, unless it was shared."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from keyed import ANA, BEA, Folder
from minga.bootstrap import Minga
from minga.domain.events import Finished
from minga.domain.ids import SessionId
from minga.domain.memory import Note, NoteKind, Question

SECRET = "El sueldo de la gerenta de Quillay es 4.123.000 pesos."
ASKED = ("sueldo gerenta Quillay", "¿cuánto gana la gerenta?", "4.123.000", "salary of the manager", "pesos", "", "el")


def play(folder: Folder, user: str, scene: Callable[[Minga], Awaitable[None]]) -> None:
    async def run() -> None:
        minga = folder.minga(user, MINGA_MEMORY="words")
        try:
            await scene(minga)
        finally:
            await minga.close()

    asyncio.run(run())


async def worked(minga: Minga, prompt: str, cwd: str) -> SessionId:
    turn = await minga.sessions.open(None, prompt, Path(cwd))
    await minga.sessions.append(turn, None, [Finished("Entendido.")])
    return turn.session_id


async def said(minga: Minga, words: str, *places: str) -> list[str]:
    question = Question(words, places or None, datetime.now(UTC), limit=100)
    return [one.passage.text for one in (await minga.memory.recall(question)).recalled]


def test_another_user_recalls_nothing_until_it_is_shared_and_after_it_was_taken_back(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add(ANA, BEA)
    sessions: list[SessionId] = []

    async def ana_works(minga: Minga) -> None:
        sessions.append(await worked(minga, SECRET, "/ana"))
        await minga.notes.add(Note(NoteKind.NOTE, SECRET, "user"), "/ana", "")

    async def bea_asks(minga: Minga) -> None:
        for words in ASKED:
            assert await said(minga, words) == []
        assert await minga.memory.holding("sueldo", None) == []
        assert await minga.memory.facts() == []
        assert await minga.memory.rules() == []
        assert (await minga.memory.counts()).passages == 0

    async def ana_shares(minga: Minga) -> None:
        minga.vault.share(sessions[0], BEA, "read")

    async def bea_reads(minga: Minga) -> None:
        assert await said(minga, ASKED[0]) == [SECRET]

    async def ana_takes_it_back(minga: Minga) -> None:
        minga.vault.unshare(sessions[0], BEA)

    play(folder, "ana", ana_works)
    play(folder, "bea", bea_asks)
    play(folder, "ana", ana_shares)
    play(folder, "bea", bea_reads)
    play(folder, "ana", ana_takes_it_back)
    play(folder, "bea", bea_asks)
    folder.close()


def test_another_project_recalls_nothing_but_what_holds_everywhere(tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    async def scene(minga: Minga) -> None:
        await worked(minga, SECRET, "/clients/quillay/odoo")
        await minga.notes.add(
            Note(NoteKind.NOTE, "El sueldo mínimo se revisa en julio.", "user"), "/clients/quillay", ""
        )
        assert await said(minga, "sueldo", "/clients/lagunas") == ["El sueldo mínimo se revisa en julio."]
        assert set(await said(minga, "sueldo", "/clients/quillay")) == {SECRET, "El sueldo mínimo se revisa en julio."}
        assert await said(minga, "sueldo gerenta", "/clients/quill") == ["El sueldo mínimo se revisa en julio."]

    play(folder, "", scene)
    folder.close()


def test_a_session_that_was_deleted_is_in_no_table_and_no_copy_of_the_file_opens(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    copies: list[bytes] = []

    async def learns(minga: Minga) -> None:
        session = await worked(minga, SECRET, "/ana")
        await worked(minga, "El servidor de Lagunas corre en la sala norte.", "/ana")
        assert await said(minga, "sueldo")
        await minga.memory.close()
        file = minga.settings.memory_file(minga.vault.user)
        copies.append(file.read_bytes())
        await minga.retention.delete(session)
        assert await said(minga, "sueldo") == []
        assert await minga.memory.look(lambda text: "Quillay" in text) == (2, [])
        assert await said(minga, "servidor")

    async def brings_the_copy_back(minga: Minga) -> None:
        file = minga.settings.memory_file(minga.vault.user)
        file.write_bytes(copies[0])
        assert await said(minga, "sueldo") == []
        assert await said(minga, "servidor")

    play(folder, "", learns)
    play(folder, "", brings_the_copy_back)
    folder.close()
