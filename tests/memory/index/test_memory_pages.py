"""Vectors in pages: found as by comparing all of them, taken out without a trace, made again where they are damaged."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from memory_filling import START, directions, embed, said, take_in

from minga.domain.errors import StoreFull
from minga.domain.ids import SessionId
from minga.domain.meaning import Encoded
from minga.domain.memory import LogKey, LogMessage, Question
from minga.domain.secrecy import UserName
from minga.memory.file import MIGRATIONS, MemoryFile
from minga.memory.index import candidates, counting, meaning, near, pages, state
from minga.memory.index.pages import Cache
from minga.memory.memory import Memory
from minga.storage.database import Transaction, migrate, migrations_in, transact
from minga.storage.sqlite import Sqlite

COUNT = 3200


def asked(**bounds: object) -> Question:
    return replace(Question("what?", None, START + timedelta(days=999)), **bounds)  # type: ignore[arg-type]


def opened(path: Path) -> Sqlite:
    """Not encrypted, so that a test sees what stands in the file."""
    engine = Sqlite(path)
    migrate(engine, migrations_in(MIGRATIONS, "memory"))
    return engine


@pytest.fixture(scope="module")
def rows() -> np.ndarray:  # type: ignore[type-arg]
    return directions(COUNT, seed=1)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, rows: np.ndarray) -> Iterator[Sqlite]:  # type: ignore[type-arg]
    """Two projects, twenty sessions; more vectors than are compared one by one."""
    with closing(opened(tmp_path_factory.mktemp("pages") / "memory")) as engine:
        entries = [
            said(seq, f"text {seq}", f"s{seq % 20}", "/work/a" if seq % 20 else "/work/b")
            for seq in range(1, COUNT + 1)
        ]
        transact(engine, lambda transaction: take_in(transaction, entries), writing=True)
        transact(engine, lambda transaction: embed(transaction, rows), writing=True)
        yield engine


def exact(rows: np.ndarray, vector: np.ndarray, among: np.ndarray) -> set[int]:  # type: ignore[type-arg]
    order = among[np.argsort(-(rows[among] @ vector), kind="stable")]
    return {int(one) + 1 for one in order[:200]}


@pytest.mark.parametrize("bounds", ["none", "project", "time", "without"])
def test_the_nearest_passages_are_found_as_if_all_were_compared(
    filled: Sqlite,
    rows: np.ndarray,  # type: ignore[type-arg]
    bounds: str,
) -> None:
    numbers = np.arange(COUNT)
    question, among = {
        "none": (asked(), numbers),
        "project": (asked(places=("/work/b",)), numbers[numbers % 20 == 19]),
        "time": (asked(since=START + timedelta(hours=500), known_by=START + timedelta(hours=3100)), numbers[499:3100]),
        "without": (asked(without=SessionId("s3")), numbers[numbers % 20 != 2]),
    }[bounds]
    cache, shares = Cache(), []
    for vector in directions(8, seed=2) * 0.3 + rows[10:18]:
        found = transact(filled, lambda t, v=vector: candidates.ByMeaning(t, cache, v, question).best, writing=False)  # type: ignore[misc]
        wanted = exact(rows, vector, among)
        assert found.keys() <= {int(one) + 1 for one in among}
        shares.append(len(wanted & found.keys()) / len(wanted))
    assert np.mean(shares) >= 0.98


def test_pages_that_another_process_has_changed_are_read_again(filled: Sqlite, rows: np.ndarray) -> None:  # type: ignore[type-arg]
    cache = Cache()
    question = asked(places=("/work/c",))

    def find(transaction: Transaction) -> dict[int, float]:
        return candidates.ByMeaning(transaction, cache, rows[0], question).best

    assert transact(filled, find, writing=False) == {}
    with closing(Sqlite(Path(filled.name))) as other:
        new = [said(COUNT + 1, "new", "new", "/work/c"), said(COUNT + 2, "newer", "new", "/work/c")]
        transact(other, lambda transaction: take_in(transaction, new), writing=True)
        transact(other, lambda transaction: embed(transaction, rows[:2]), writing=True)
        assert len(transact(filled, find, writing=False)) == 2
        transact(other, lambda transaction: state.forget_messages(transaction, [COUNT + 2]), writing=True)
        assert len(transact(filled, find, writing=False)) == 1
        transact(other, lambda transaction: state.forget_session(transaction, SessionId("new")), writing=True)
    assert transact(filled, find, writing=False) == {}


@pytest.mark.parametrize("compared_at_most", [60, 1000])
def test_pages_that_were_joined_are_as_those_that_are_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compared_at_most: int
) -> None:
    """Several pages of a project, of which one changes, grows, or goes; more vectors than are compared, or fewer."""
    monkeypatch.setattr(pages, "PAGE_LENGTH", 20)
    monkeypatch.setattr(near, "EXACT_MAX", compared_at_most)
    monkeypatch.setattr(counting, "CANDIDATES", 5)
    rows, cache = directions(240, seed=5), Cache()
    with closing(opened(tmp_path / "memory")) as engine:

        def found(kept: Cache, *places: str) -> dict[int, float]:
            question = asked(places=places or None)
            return transact(engine, lambda t: candidates.ByMeaning(t, kept, rows[3], question).best, writing=False)

        def changed(work: Callable[[Transaction], object]) -> dict[int, float]:
            transact(engine, work, writing=True)
            for places in ((), ("/work/a",), ("/work/b",)):
                assert found(cache, *places) == found(Cache(), *places)
            return found(cache)

        said_now = [said(seq, f"t{seq}", f"s{seq % 9}", f"/work/{'ab'[seq % 9 > 5]}") for seq in range(1, 241)]
        changed(lambda t: take_in(t, said_now[:200]))
        before = changed(lambda t: embed(t, rows[:200]))
        assert 4 in before
        assert 4 not in changed(lambda t: state.forget_messages(t, [4]))
        changed(lambda t: take_in(t, said_now[200:]))
        assert changed(lambda t: embed(t, rows[200:])) != before
        assert changed(lambda t: state.forget_session(t, SessionId("s7")))


def test_nothing_of_a_passage_that_was_taken_out_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "memory"
    rows = directions(60, seed=3)
    with closing(opened(path)) as engine:
        entries = [said(seq, f"word{seq}secret" if seq == 30 else "plain", f"s{seq % 3}") for seq in range(1, 61)]
        transact(engine, lambda transaction: take_in(transaction, entries), writing=True)
        transact(engine, lambda transaction: embed(transaction, rows), writing=True)
        [(body,)] = engine.execute("SELECT body FROM vectors WHERE number = 30")
        [(records,)] = engine.execute("SELECT records FROM pages")
        record = next(
            records[at : at + 72] for at in range(0, len(records), 72) if records[at : at + 4] == b"\x1e\0\0\0"
        )
        traces = [b"word30secret", body[:32], record[24:]]
    before = path.read_bytes()
    assert all(trace in before for trace in traces)
    with closing(opened(path)) as engine:
        transact(engine, lambda transaction: state.forget_messages(transaction, [30]), writing=True)
        assert engine.execute("SELECT COUNT(*) FROM vectors") == [(58,)]
        assert engine.execute("SELECT number FROM missing") == [(33,)]  # said just after it: its vector had it before
    after = path.read_bytes()
    assert not any(trace in after for trace in traces)


class Words:
    """An encoder whose vectors tell how long a text is."""

    name = "length"

    def __init__(self, dimensions: int, *, with_states: bool = False) -> None:
        self.dimensions = dimensions
        self._with_states = with_states

    def question(self, text: str) -> Encoded:
        vector = directions(1, len(text), self.dimensions)[0].tobytes()
        return Encoded(vector, vector if self._with_states else b"")

    def passages(self, texts: Sequence[tuple[str, str]]) -> list[Encoded]:
        return [self.question(text) for _, text in texts]


class Said:
    """A log of given messages."""

    user = UserName("")

    def __init__(self, entries: list[LogMessage]) -> None:
        self._entries = entries

    async def complete(self) -> None: ...

    async def newest(self) -> int:
        return self._entries[-1].seq

    async def keys(self, after: int, session_id: SessionId | None = None) -> list[LogKey]:
        kept = [one for one in self._entries if one.seq > after and session_id in (None, one.session_id)]
        return [LogKey(one.seq, one.session_id, one.message.id) for one in kept]

    async def holds(self, key: LogKey) -> bool:
        return any(one.seq == key.seq for one in self._entries)

    async def read(self, keys: list[LogKey]) -> list[LogMessage]:
        wanted = {key.seq for key in keys}
        return [one for one in self._entries if one.seq in wanted]

    def readable(self) -> frozenset[SessionId]:
        return frozenset(one.session_id for one in self._entries)

    def may_read(self, session_id: SessionId) -> bool:
        return session_id in self.readable()

    def generation(self) -> int:
        return 0


def remembered(path: Path, dimensions: int = 64, *, with_states: bool = False) -> tuple[Memory, MemoryFile]:
    """States are those of a model of 384 dimensions."""
    encoder = Words(384 if with_states else dimensions, with_states=with_states)
    file = MemoryFile(path, lambda: bytes(32), lambda: True)
    log = Said([said(seq, "one two three four "[: seq + 3]) for seq in range(1, 8)])
    return Memory(file, log, lambda: encoder), file  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("damage", ["UPDATE pages SET records = substr(records, 2)", "UPDATE pages SET crc = 1"])
def test_a_damaged_page_is_made_again_and_told(tmp_path: Path, damage: str) -> None:
    async def scenario() -> None:
        memory, file = remembered(tmp_path / "memory")
        assert (await memory.recall(asked())).by_meaning
        await file.write(lambda transaction: transaction.execute(damage))
        await file.close()
        memory, file = remembered(tmp_path / "memory")
        told = []
        found = await memory.recall(asked(), told.append)
        assert found.by_meaning
        assert found.waiting == 0
        assert len(found.recalled) == 6  # two say nearly the same
        assert ("damaged", 7) in [(one.reason, one.total) for one in told]
        await file.close()

    asyncio.run(scenario())


WRONG = (
    "UPDATE vectors SET body = substr(body, 2) WHERE number = 3",
    "UPDATE vectors SET body = body || x'00' WHERE number = 1",
    "UPDATE vectors SET body = CASE number WHEN 1 THEN substr(body, 2) ELSE body || x'00' END WHERE number < 3",
    "UPDATE tokens SET body = body || x'00' WHERE number = 2",
    "UPDATE tokens SET body = CASE number WHEN 1 THEN substr(body, 2) ELSE body || x'00' END WHERE number < 3",
)


@pytest.mark.parametrize("damage", WRONG)
def test_vectors_and_tokens_of_a_wrong_length_are_found_told_and_made_again(tmp_path: Path, damage: str) -> None:
    async def scenario() -> None:
        memory, file = remembered(tmp_path / "memory", with_states=True)
        before = await memory.recall(asked())
        assert (await memory.checkup()).is_sound
        await file.write(lambda transaction: transaction.execute(damage))
        await file.close()
        memory, file = remembered(tmp_path / "memory", with_states=True)
        found = await memory.checkup()
        assert (found.is_sound, found.misfit > 0) == (False, True)
        told = []
        after = await memory.recall(asked(), told.append)
        assert (after.by_meaning, after.waiting) == (True, 0)
        assert [one.passage.id for one in after.recalled] == [one.passage.id for one in before.recalled]
        assert ("damaged", found.misfit) in [(one.reason, one.total) for one in told]
        assert (await memory.checkup()).is_sound
        await file.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("damage", WRONG)
def test_with_vectors_and_tokens_of_a_wrong_length_that_cannot_be_mended_words_answer(
    tmp_path: Path, damage: str
) -> None:
    """Where nothing can be written, and where there is no model any more."""

    async def full(_: object) -> None:
        raise StoreFull(store="memory")

    async def scenario() -> None:
        question = replace(asked(), words="one two three?")
        memory, file = remembered(tmp_path / "memory", with_states=True)
        await memory.recall(question)
        await file.write(lambda transaction: transaction.execute(damage))
        await file.close()
        memory, file = remembered(tmp_path / "memory", with_states=True)
        found = await memory.checkup()
        file.write = full  # type: ignore[method-assign, assignment]
        cannot = await memory.recall(question)
        assert (cannot.by_meaning, isinstance(cannot.behind, StoreFull), len(cannot.recalled)) == (False, True, 6)
        encoder, memory._encoder = memory._encoder, lambda: None
        without = await memory.recall(question)
        assert (without.by_meaning, without.behind, without.recalled) == (False, None, cannot.recalled)
        memory._encoder = encoder
        assert isinstance((await memory.recall(question)).behind, StoreFull)  # it is found again
        del file.write
        assert (await memory.recall(question)).by_meaning
        assert found.misfit
        assert (await memory.checkup()).is_sound
        await file.close()

    asyncio.run(scenario())


ASTRAY = "DELETE FROM passages WHERE number = 3", "INSERT INTO vectors SELECT 99, page, body FROM vectors LIMIT 1"


def test_a_vector_and_words_without_a_passage_disturb_no_question(tmp_path: Path) -> None:
    async def scenario() -> None:
        memory, file = remembered(tmp_path / "memory", with_states=True)
        before = await memory.recall(asked())
        for damage in ASTRAY:
            await file.write(lambda transaction, damage=damage: transaction.execute(damage))
        await file.close()
        memory, file = remembered(tmp_path / "memory", with_states=True)
        found = {one.passage.text for one in (await memory.recall(asked())).recalled}
        assert found == {one.passage.text for one in before.recalled} - {"one tw"}
        assert (await memory.checkup()).astray == 2
        await file.close()

    asyncio.run(scenario())


def test_what_was_read_of_passages_is_read_again_when_their_vectors_go(tmp_path: Path) -> None:
    ways: dict[str, Callable[[Transaction], object]] = {
        "dropped": lambda transaction: pages.drop(transaction, [1]),
        "taken out": lambda transaction: pages.make_again(transaction, range(1, 6)),
        "another encoder": lambda transaction: meaning.set_encoder(transaction, "another"),
    }
    for name, way in ways.items():
        with closing(opened(tmp_path / name)) as engine, closing(Sqlite(tmp_path / name)) as other:
            cache = Cache()

            def read(cache: Cache = cache, engine: Sqlite = engine) -> list[int]:
                rows = transact(engine, lambda t: candidates.described(t, cache, range(1, 6)), writing=False)
                return [len(row.tokens.lengths) for row in rows]

            transact(other, lambda t: take_in(t, [said(seq, f"text {seq}") for seq in range(1, 6)]), writing=True)
            transact(other, lambda t: embed(t, directions(5, 4)), writing=True)
            other.execute("INSERT INTO tokens SELECT number, zeroblob(64) FROM vectors")
            assert read() == [1] * 5
            transact(other, way, writing=True)
            assert read() == [0] * 5, name


def test_a_brief_comes_also_where_a_page_and_a_vector_are_damaged(tmp_path: Path) -> None:
    async def scenario() -> None:
        memory, file = remembered(tmp_path / "memory")
        await memory.recall(asked())
        for damage in ("UPDATE pages SET crc = 1", WRONG[0]):
            await file.write(lambda transaction, damage=damage: transaction.execute(damage))
        await file.close()
        memory, file = remembered(tmp_path / "memory")
        brief, by_meaning = await memory.brief(asked(), 500)
        assert by_meaning
        assert brief.pieces
        await file.close()

    asyncio.run(scenario())


def test_what_has_no_passage_is_not_made_again(tmp_path: Path) -> None:
    async def scenario() -> None:
        memory, file = remembered(tmp_path / "memory")
        await memory.recall(asked())
        for damage in ("UPDATE pages SET crc = 1", "INSERT INTO vectors SELECT 99, page, x'00' FROM vectors LIMIT 1"):
            await file.write(lambda transaction, damage=damage: transaction.execute(damage))
        await file.close()
        memory, file = remembered(tmp_path / "memory")
        assert (await memory.recall(asked())).waiting == 0
        assert (await memory.checkup()).is_sound
        await file.close()

    asyncio.run(scenario())


def test_vectors_of_other_dimensions_are_made_again(tmp_path: Path) -> None:
    """The same name, another number of dimensions: never an empty answer without a word."""

    async def scenario() -> None:
        memory, file = remembered(tmp_path / "memory")
        await memory.recall(asked())
        await file.close()
        memory, file = remembered(tmp_path / "memory", dimensions=96)
        found = await memory.recall(asked())
        assert (found.by_meaning, found.waiting, len(found.recalled)) == (True, 0, 6)
        lengths = await file.read(lambda transaction: transaction.execute("SELECT DISTINCT length(body) FROM vectors"))
        assert lengths == [(96,)]
        await file.close()

    asyncio.run(scenario())


def test_an_encoder_that_breaks_its_word_is_refused(tmp_path: Path) -> None:
    async def scenario() -> None:
        memory, file = remembered(tmp_path / "memory")
        memory._encoder = lambda: replace_dimensions(Words(64), 32)
        with pytest.raises(ValueError, match="not of 32 numbers"):
            await memory.recall(asked())
        await file.close()

    def replace_dimensions(encoder: Words, told: int) -> Words:
        class Wrong(Words):
            def question(self, text: str) -> Encoded:
                return encoder.question(text)

        return Wrong(told)

    asyncio.run(scenario())


def test_what_has_no_vector_is_counted(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "memory")) as engine:
        entries = [said(seq, f"text {seq}") for seq in range(1, 6)]
        transact(engine, lambda transaction: take_in(transaction, entries), writing=True)
        assert transact(engine, meaning.waiting, writing=False) == 5
        transact(engine, lambda transaction: embed(transaction, directions(3, 4)), writing=True)
        assert transact(engine, meaning.waiting, writing=False) == 2
        transact(engine, lambda transaction: state.forget_messages(transaction, [1, 5]), writing=True)
        assert transact(engine, meaning.waiting, writing=False) == 1
        transact(engine, lambda transaction: meaning.set_encoder(transaction, "another"), writing=True)
        assert transact(engine, meaning.waiting, writing=False) == 3


def test_a_turn_keeps_lengths() -> None:
    turn = near.space("unknown", 384).turn
    assert np.allclose(turn.T @ turn, np.eye(384), atol=1e-5)
