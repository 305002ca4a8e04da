"""Whatever is in the way of the memory: it answers from what it has, or says what is wrong and how it is mended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from remembered import NOON, Hashing, Written, contents, memory_of, question, texts

from minga.domain.errors import DerivedInTheWay, StoreFull, StoreUnwritable, UnknownUser, UnreadableModel
from minga.domain.meaning import Encoded
from minga.memory.incoming import BadLines, from_file
from minga.memory.memory import Memory
from minga.storage.database import Transaction

PORT = "La base de pruebas del cliente está en el puerto 5433."


def filled(path: Path) -> tuple[Memory, Written]:
    log = Written()
    log.say("one", PORT)
    return memory_of(path, log), log


@pytest.mark.parametrize("is_folder", [True, False])
def test_what_stands_in_the_way_of_the_file_is_named_and_left_alone(tmp_path: Path, is_folder: bool) -> None:
    wrong = tmp_path / "memory"
    if is_folder:
        (wrong / "ana.db").mkdir(parents=True)
    else:
        wrong.write_text("mine")
    memory, _ = filled(wrong / "ana.db")
    with pytest.raises(DerivedInTheWay) as said:
        asyncio.run(memory.recall(question("puerto")))
    assert str(wrong / "ana.db" if is_folder else wrong) in said.value.message
    assert is_folder or wrong.read_text() == "mine"


def test_nothing_is_made_for_a_user_that_there_is_not(tmp_path: Path) -> None:
    memory, log = filled(tmp_path / "memory" / "ana.db")

    def unknown() -> int:
        raise UnknownUser(name="ana")

    log.generation = unknown  # type: ignore[method-assign]
    with pytest.raises(UnknownUser):
        asyncio.run(memory.recall(question("puerto")))
    assert not (tmp_path / "memory").exists()


@pytest.mark.parametrize("wrong", [StoreFull(store="m.db"), StoreUnwritable(store="m.db", detail="no")], ids=range(2))
def test_without_room_it_answers_from_what_it_has_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: StoreFull | StoreUnwritable
) -> None:
    async def scene() -> None:
        memory, log = filled(tmp_path / "m.db")
        assert (await memory.recall(question("puerto"))).behind is None
        log.say("two", "El puerto de la base de producción es 5499.", at=NOON + timedelta(days=1))

        async def full(work: object) -> None:
            raise wrong

        with monkeypatch.context() as context:
            context.setattr(memory._file, "write", full)
            found = await memory.recall(question("puerto de la base"))
            assert [one.passage.text for one in found.recalled] == [PORT]
            assert found.behind is wrong
        assert len(await texts(memory, "puerto de la base")) == 2

    asyncio.run(scene())


def test_clocks_that_jump_keep_nothing_from_being_found_or_forgotten(tmp_path: Path) -> None:
    async def scene() -> None:
        memory, log = filled(tmp_path / "m.db")
        log.say("future", "El puerto del futuro es 6000.", at=datetime(2090, 1, 1, tzinfo=UTC))
        log.say("epoch", "El puerto del comienzo es 1970.", at=datetime(1970, 1, 1, tzinfo=UTC))
        log.say("before", "El puerto de antes es 1969.", at=datetime(1969, 7, 20, tzinfo=UTC))
        log.say("never", "El puerto sin fecha es 1000.", at=None)
        assert len(await texts(memory, "puerto")) == 5
        before = await contents(memory)
        await memory.rebuild()
        assert await contents(memory) == before

    asyncio.run(scene())


def test_vectors_with_wrong_bytes_are_made_again(tmp_path: Path) -> None:
    async def scene() -> None:
        memory, log = filled(tmp_path / "m.db")
        for number in range(200):
            log.say("many", f"El servicio número {number} corre en la máquina {number * 7}.")
        before = await contents(memory)
        await memory.close()
        file = tmp_path / "m.db"
        body = bytearray(file.read_bytes())
        for place in range(8192, len(body), 4096):  # every page but those that say what the file is
            body[place + 1000] ^= 255
        file.write_bytes(body)
        again = memory_of(file, log)
        assert PORT in await texts(again, "puerto de la base de pruebas")
        assert await contents(again) == before

    asyncio.run(scene())


@pytest.mark.parametrize("seed", range(5))
def test_whoever_meets_a_damaged_page_has_the_file_made_anew(tmp_path: Path, seed: int) -> None:
    async def scene() -> None:
        memory, log = filled(tmp_path / "m.db")
        for number in range(300):
            log.say("many", f"El timeout de servicio-{number} es {number * 7} s.")
        before = await contents(memory)
        await memory.close()
        whole = (tmp_path / "m.db").read_bytes()
        asks: list[Callable[[Memory], Awaitable[object]]] = [
            lambda memory: memory.facts(),
            lambda memory: memory.holding("timeout", None),
            lambda memory: memory.picture(None),
            lambda memory: memory.counts(),
            lambda memory: memory.recall(question("timeout de servicio-299")),
            lambda memory: memory.embed(),
            lambda memory: memory.brief(question("¿Cuál es el timeout de servicio-299?"), 400),
        ]
        random = Random(seed)
        for ask in asks:
            body = bytearray(whole)
            place = 4096 * random.randrange(4, len(body) // 4096 - 3)
            body[place : place + 9000] = random.randbytes(9000)
            (tmp_path / "m.db").write_bytes(body)
            again = memory_of(tmp_path / "m.db", log)
            await again.catch_up()
            assert await ask(again) is not None
            await contents(again)  # a page that nothing has met yet is met here
            assert await contents(again) == before
            await again.close()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "said", ["", "   ", "\0\0", "\ud800", "的な質問です", "que de la", "ok", "🙂" * 20], ids=range(8)
)
def test_any_text_can_be_said_and_the_rest_is_found_all_the_same(tmp_path: Path, said: str) -> None:
    async def scene() -> None:
        memory, log = filled(tmp_path / "m.db")
        log.say("odd", said)
        log.say("odd", f"El puerto raro {said} es 7000.")
        assert any("7000" in text for text in await texts(memory, "puerto raro"))

        def rows(transaction: Transaction) -> int:
            return len(transaction.execute("SELECT id FROM passages"))

        before = await memory.read(rows)
        await memory.rebuild()
        assert await memory.read(rows) == before

    asyncio.run(scene())


class Broken(Hashing):
    """A model that is installed, and does not load."""

    def question(self, text: str) -> Encoded:
        raise UnreadableModel(detail="the runtime does not load")


@pytest.mark.parametrize("is_filled", [True, False], ids=["with-vectors", "without"])
def test_with_a_model_that_cannot_be_used_words_are_compared_and_it_is_said(tmp_path: Path, is_filled: bool) -> None:
    async def scene() -> None:
        memory, log = filled(tmp_path / "m.db")
        if is_filled:
            await memory.rebuild()
            await memory.close()
        memory = memory_of(tmp_path / "m.db", log, Broken)
        found = await memory.recall(question("puerto de la base"))
        assert [one.passage.text for one in found.recalled] == [PORT]
        assert found.unread is not None
        assert (found.by_meaning, found.unread.values) == (False, {"detail": "the runtime does not load"})
        brief, by_meaning = await memory.brief(question("¿En qué puerto está la base?"), 400)
        assert ([PORT in one.text for one in brief.pieces], by_meaning) == ([True], False)
        checked = await memory.checkup()
        assert (checked.is_sound, checked.unread) == (False, "the runtime does not load")

    asyncio.run(scene())


def test_a_line_that_is_nested_too_deeply_is_named() -> None:
    with pytest.raises(BadLines) as wrong:
        from_file(b'{"kind": "minga-memory", "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}")
    assert wrong.value.lines == [(1, "no export")]
