"""`minga memory forget` and what models said of sessions: found by every word of it and by its id, one's own only."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from keyed import ANA, Folder
from minga.bootstrap import Minga
from minga.domain.digests import Claimed, Digest
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Fact, Note, NoteKind
from minga.domain.transcript import Message, TextPart, Workspace
from minga.entrypoints.cli.memory import show
from minga.entrypoints.cli.memory_forget import forget
from minga.entrypoints.cli.memory_why import why
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.ids import uuid7_source
from minga.memory.ids import item_id
from minga.memory.index import digested
from minga.memory.index.digested import DigestCounts
from minga.sessions.digests import Digests
from minga.sessions.transcripts import insert_messages, insert_session, set_head
from minga.settings import read
from minga.storage.database import Transaction
from minga.storage.derived import Damaged
from minga.storage.sqlite import Sqlite

QUOTE = "el plazo para ceder una factura es de 8 días"
MORE = "El inventario de la bodega se hace el lunes."


def play(folder: Folder, scene: Callable[[Minga], Awaitable[None]], user: str = "") -> None:
    async def run() -> None:
        minga = folder.minga(user, MINGA_MEMORY="words")
        try:
            await scene(minga)
        finally:
            await minga.close()

    asyncio.run(run())


async def read_by_a_model(
    minga: Minga, headline: str = "Se fijó un plazo", subject: str = "ceder una factura", predicate: str = "plazo"
) -> SessionId:
    """A session of two messages, with a digest that claims something of the first."""
    clock = SystemClock()
    new_id = uuid7_source(clock)
    of = SessionId(new_id())
    said = Message(new_id(), "", clock.now(), "user", (TextPart(f"Marcela dijo que {QUOTE}."),), AgentName("codex"))
    more = Message(
        new_id(),
        said.id,
        clock.now(),
        "user",
        (TextPart(MORE),),
        AgentName("codex"),
    )

    def put(transaction: Transaction) -> None:
        insert_session(transaction, minga.vault, of, "", Workspace("/src"), 1)
        insert_messages(transaction, minga.vault, of, [said, more])
        set_head(transaction, of, more.id, None)

    await minga.database.write(put)
    claim = Claimed(said.id, QUOTE, subject, predicate, "8 días", single=True)
    digest = Digest(of, said.id, more.id, "gpt", headline, "Marcela lo dijo.", (claim,))
    assert await Digests(minga.database, clock, new_id, minga.vault).add(digest)
    return of


def forgotten(folder: Folder, *arguments: str) -> tuple[int, dict[str, Any], str]:
    """How it ended, its proof, and what it complained of."""
    desk = Desk(read(folder.environment()), load("en"))
    done = CliRunner().invoke(forget, [*arguments, "--everywhere", "--yes", "--json"], obj=desk, standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.return_value, json.loads(done.stdout or "{}"), done.stderr


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    monkeypatch.setenv("MINGA_MEMORY", "words")
    return Folder(tmp_path)


def test_a_word_that_only_a_claim_holds_is_forgotten_with_its_digest(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        await read_by_a_model(minga, subject="", predicate="decisión")

    async def nothing_is_left(minga: Minga) -> None:
        await minga.memory.catch_up()
        assert (await minga.memory.counts()).digests == 0
        assert len(await minga.history.latest(9)) == 1

    play(folder, scene)
    code, proof, _ = forgotten(folder, "--topic", "decisión")
    assert (code, proof["forgotten"], len(proof["facts"])) == (0, 0, 1)
    play(folder, nothing_is_left)


def test_a_topic_of_a_span_of_time_takes_no_digest_of_a_session_outside_it(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        await read_by_a_model(minga)

    async def digests(minga: Minga) -> None:
        await minga.memory.catch_up()
        left.append((await minga.memory.counts()).digests)

    left: list[int] = []
    play(folder, scene)
    assert forgotten(folder, "--topic", "fijó", "--until", "2026-01-01")[0] == 1
    play(folder, digests)
    assert forgotten(folder, "--topic", "fijó", "--since", "2026-01-01")[0] == 0
    play(folder, digests)
    assert left == [1, 0]


def test_what_models_claimed_of_a_session_is_shown_to_go_with_any_message_of_it(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        await read_by_a_model(minga)
        await minga.memory.catch_up()
        facts.extend(await minga.memory.facts())

    async def later(minga: Minga) -> None:
        await minga.memory.catch_up()
        assert await minga.memory.facts() == []

    facts: list[Fact] = []
    play(folder, scene)
    code, proof, _ = forgotten(folder, "--topic", "inventario")
    assert (code, proof["forgotten"], proof["facts"]) == (0, 1, [one.id for one in facts])
    assert facts
    play(folder, later)


def test_what_a_model_said_to_another_stays_theirs_and_the_proof_is_given(folder: Folder) -> None:
    folder.add(ANA)
    me = folder.vault().user

    async def of_ana(minga: Minga) -> None:
        await read_by_a_model(minga, "El forastero y su plazo")
        for (one,) in await minga.database.read(lambda transaction: transaction.execute("SELECT id FROM sessions")):
            if minga.vault.access(one) == "own":
                minga.vault.share(one, me, "read")

    async def own(minga: Minga) -> None:
        await read_by_a_model(minga, "Otro forastero")

    play(folder, own)
    play(folder, of_ana, ANA)
    code, proof, complaint = forgotten(folder, "--topic", "forastero")
    assert code == 1
    places = {one["name"]: one["found"] for one in proof["proofs"]["forastero"]["places"]}
    assert len(places["memory"]) == 1
    assert "belongs to somebody else" in complaint


def test_what_somebody_else_said_is_not_counted_as_forgotten_nor_what_is_known_from_it(folder: Folder) -> None:
    folder.add(ANA)
    me = folder.vault().user

    async def of_ana(minga: Minga) -> None:
        minga.vault.share(await read_by_a_model(minga), me, "read")

    async def own(minga: Minga) -> None:
        await minga.notes.add(Note(NoteKind.NOTE, MORE), "/src", "/src")

    play(folder, own)
    play(folder, of_ana, ANA)
    code, proof, complaint = forgotten(folder, "--topic", "ceder")
    assert (code, proof["forgotten"], proof["facts"]) == (1, 0, [])
    assert "belongs to somebody else" in complaint


def test_a_session_in_short_is_shown_and_forgotten_by_the_id_by_which_it_is_told(folder: Folder) -> None:
    async def scene(minga: Minga) -> None:
        items.append(item_id("d", await read_by_a_model(minga)))

    async def the_session_stays(minga: Minga) -> None:
        await minga.memory.catch_up()
        assert (await minga.memory.counts()).digests == 0
        assert len(await minga.history.latest(9)) == 1

    items: list[str] = []
    play(folder, scene)
    [item] = items
    desk = Desk(read(folder.environment()), load("en"))
    shown = CliRunner().invoke(show, [item[:10]], obj=desk, standalone_mode=False).stdout
    assert shown.startswith(f"{item}  Se fijó un plazo\n")
    assert QUOTE in shown
    assert shown.endswith("In short, by gpt: Marcela lo dijo.\n")
    told = CliRunner().invoke(why, [item], obj=desk, standalone_mode=False)
    assert (told.return_value, told.stdout.count("  verified\n")) == (0, 2)
    code, proof, _ = forgotten(folder, item)
    assert (code, proof["forgotten"], len(proof["facts"]), list(proof["proofs"])) == (0, 0, 1, ["Se fijó un plazo"])
    play(folder, the_session_stays)


class Killed(BaseException):
    """In the place of a kill."""


@pytest.mark.parametrize("after", [1, 2])
def test_killed_when_a_file_has_its_new_key_no_digest_stands_under_it(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    made: list[object] = []

    def change_key(engine: Sqlite, key: bytes) -> None:
        really(engine, key)
        made.append(engine)
        if len(made) == after:
            raise Killed

    async def scene(minga: Minga) -> None:
        session = await read_by_a_model(minga)
        await minga.memory.catch_up()
        await minga.search.catch_up()
        with pytest.raises(Killed):
            await minga.retention.delete(session)

    async def nothing_is_readable(minga: Minga) -> None:
        with suppress(Damaged):  # nothing opens it any more
            assert await minga.memory.read(digested.count) == DigestCounts(0, 0, 0, 0)

    really = Sqlite.change_key
    monkeypatch.setattr(Sqlite, "change_key", change_key)
    play(folder, scene)
    play(folder, nothing_is_readable)


def test_however_many_digests_go_each_file_is_written_anew_once(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []

    def change_key(engine: Sqlite, key: bytes) -> None:
        made.append(key)
        really(engine, key)

    async def scene(minga: Minga) -> None:
        session = await read_by_a_model(minga)
        clock = SystemClock()
        more = Digest(session, "m1", "m2", "gpt", "Otra lectura", "Lo mismo.", ())
        assert await Digests(minga.database, clock, uuid7_source(clock), minga.vault).add(more)
        await minga.memory.catch_up()
        await minga.search.catch_up()
        await minga.retention.delete(session)
        assert await minga.memory.read(digested.count) == DigestCounts(0, 0, 0, 0)

    really = Sqlite.change_key
    monkeypatch.setattr(Sqlite, "change_key", change_key)
    play(folder, scene)
    assert len(made) == 2
