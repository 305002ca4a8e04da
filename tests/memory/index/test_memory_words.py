"""Which words of a question look for passages where there are many, and how bounds narrow them."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from memory_filling import START, said, take_in

from minga.domain.ids import SessionId
from minga.domain.memory import Question
from minga.memory.file import MIGRATIONS
from minga.memory.index import candidates, counting, lexical, state
from minga.memory.index.pages import Cache
from minga.memory.recall.words import terms
from minga.storage.database import Transaction, migrate, migrations_in, transact
from minga.storage.sqlite import Sqlite

QUESTION = Question("?", None, START + timedelta(days=99))


@pytest.fixture
def engine(tmp_path: Path) -> Sqlite:
    engine = Sqlite(tmp_path / "memory", bytes(32))
    migrate(engine, migrations_in(MIGRATIONS, "memory"))
    return engine


def found(engine: Sqlite, text: str, question: Question = QUESTION) -> list[int]:
    """Numbers of passages, the best first."""
    return list(transact(engine, lambda t: lexical.by_words(t, terms(text), question), writing=False))


def test_rare_words_look_and_the_most_frequent_one_does_not() -> None:
    counts = {"everywhere": 90_000, "folio": 40, "some": 6000, "caf": 3, "more": 5000, "nowhere": 0}
    assert lexical.rare(counts, 10_000) == (["caf", "folio", "more"], ["some", "everywhere"])
    assert lexical.rare({"everywhere": 90_000}, 10_000) == (["everywhere"], [])
    assert lexical.rare({"nowhere": 0}, 10_000) == ([], [])


def test_a_large_memory_finds_the_passages_that_a_small_one_finds(
    engine: Sqlite, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"folio invoice number{seq}" if seq % 7 == 0 else f"invoice server number{seq}" for seq in range(1, 200)]
    texts[97] = "folio invoice refused certificate"
    with closing(engine):
        entries = [said(seq + 1, text) for seq, text in enumerate(texts)]
        transact(engine, lambda transaction: take_in(transaction, entries), writing=True)
        small = found(engine, "certificate folio invoice")
        monkeypatch.setattr(counting, "MANY", 100)
        monkeypatch.setattr(lexical, "SCORED_MAX", 50)
        large = found(engine, "certificate folio invoice")
        assert large[0] == small[0] == 98
        assert set(large) == {number for number in small if "folio" in texts[number - 1]}
        assert found(engine, "invoice number7")[0] == 7
        assert len(found(engine, "invoice")) == 50
        assert found(engine, "unheard") == []


def test_of_words_in_too_many_passages_the_rarer_one_looks(engine: Sqlite, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is counted to its end."""
    monkeypatch.setattr(counting, "MANY", 10)
    monkeypatch.setattr(lexical, "SCORED_MAX", 12)
    texts = ["invoice" + " folio" * (seq % 3 == 0) + " refused" * (seq % 5 == 0) for seq in range(90)]
    with closing(engine):
        transact(engine, lambda t: take_in(t, [said(seq + 1, text) for seq, text in enumerate(texts)]), writing=True)
        assert set(found(engine, "invoice folio refused")) == {1, 16, 31, 46, 61, 76}
        assert set(found(engine, "invoice folio")) == set(range(55, 91, 3))


@pytest.mark.parametrize("small", [True, False])
def test_bounds_narrow_what_words_find(engine: Sqlite, monkeypatch: pytest.MonkeyPatch, small: bool) -> None:
    if not small:
        monkeypatch.setattr(counting, "MANY", 10)
    entries = [said(seq, "folio", f"s{seq % 2}", f"/work/{seq % 3}") for seq in range(24, 2400, 24)]
    with closing(engine):
        transact(engine, lambda transaction: take_in(transaction, entries), writing=True)
        times = {number: entry.message.at for number, entry in enumerate(entries, 1)}
        since, until = START + timedelta(days=40), START + timedelta(days=70, hours=1)
        bounded = replace(QUESTION, since=since, known_by=until)
        wanted = {number for number, at in times.items() if at and since <= at <= until}
        assert set(found(engine, "folio", bounded)) == wanted
        assert found(engine, "folio", replace(QUESTION, known_by=START)) == []
        assert found(engine, "folio", replace(QUESTION, without=SessionId("s0"))) == []
        assert len(found(engine, "folio", replace(QUESTION, places=("/work/0",)))) == len(entries)
        assert found(engine, "folio", replace(QUESTION, places=("/elsewhere",))) == []


def test_neighbours_are_those_of_the_same_session_in_time(engine: Sqlite) -> None:
    entries = [said(seq, f"text {seq}", f"s{seq % 2}") for seq in (5, 1, 4, 2, 3)]

    def beside(transaction: Transaction) -> dict[int, tuple[int | None, int | None]]:
        return candidates.beside(transaction, Cache(), [1, 2, 3, 4, 5])

    with closing(engine):
        transact(engine, lambda transaction: take_in(transaction, entries), writing=True)
        said_at = dict(enumerate((5, 1, 4, 2, 3), 1))
        named = {
            said_at[number]: tuple(one and said_at[one] for one in pair)
            for number, pair in transact(engine, beside, writing=False).items()
        }
    assert named == {1: (None, 3), 3: (1, 5), 5: (3, None), 2: (None, 4), 4: (2, None)}


def test_messages_taken_in_one_by_one_leave_few_parts_in_which_words_are_looked_up(engine: Sqlite) -> None:
    for seq in range(1, 41):
        entry = said(seq, f"the cellar holds {seq} casks")
        transact(engine, partial(take_in, entries=[entry]), writing=True)
        transact(engine, lexical.merge, writing=True)
    [(parts,)] = engine.execute("SELECT COUNT(DISTINCT segid) FROM words_idx")
    assert parts <= 4
    assert len(found(engine, "cellar")) == 40
    assert len(found(engine, "17")) == 1


def test_what_was_read_of_passages_is_read_again_when_one_comes_or_goes(engine: Sqlite) -> None:
    cache = Cache()

    def after_first() -> int | None:
        return transact(engine, lambda transaction: candidates.beside(transaction, cache, [1]), writing=False)[1][1]

    with closing(engine):
        transact(engine, lambda transaction: take_in(transaction, [said(1, "one"), said(5, "five")]), writing=True)
        assert after_first() == 2
        transact(engine, lambda transaction: take_in(transaction, [said(3, "three")]), writing=True)
        assert after_first() == 3
        transact(engine, lambda transaction: state.forget_messages(transaction, [3]), writing=True)
        assert after_first() == 2
