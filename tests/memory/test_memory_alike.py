"""What was said again in the same words is kept as a further place of what was said first, and takes no row of its own
where questions look."""

import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from remembered import NOON, Written, contents, memory_of, question, texts

from minga.domain.ids import SessionId
from minga.domain.memory import LogMessage, Note, NoteKind, Passage
from minga.memory.index import alike, lexical
from minga.memory.memory import Memory
from minga.memory.passages import passages_of

SAID = "La base de pruebas del cliente está en el puerto 5433 y se abre de día."
SAME = (
    SAID,
    "¡la base de PRUEBAS del cliente está en el puerto `5433`, y se abre de día!",
    "Hola, la base de pruebas del cliente esta en el puerto 5433 y se abre de dia. Gracias.",
)
OTHERS = (
    SAID.replace("5433", "5434"),
    SAID.replace("se abre", "no se abre"),
    SAID.replace("de día", "de noche"),
    SAID.replace("está", "estaba"),
)


def group(text: str, project: str = "/src", role: str = "user", note: Note | None = None) -> bytes | None:
    log = Written()
    made = log.say("one", text, role, project=project)  # type: ignore[arg-type]
    object.__setattr__(made, "note", note)
    [passage] = passages_of(made)
    return alike.group_of(b"key", passage)


@pytest.mark.parametrize("text", SAME, ids=range(len(SAME)))
def test_case_accents_marks_and_courtesy_make_no_other_text(text: str) -> None:
    assert group(text) == group(SAID) != None  # noqa: E711 - not both None


@pytest.mark.parametrize("text", OTHERS, ids=range(len(OTHERS)))
def test_another_figure_negation_word_or_tense_makes_another_text(text: str) -> None:
    assert group(text) != group(SAID)


def test_who_says_it_where_and_as_what_makes_another_text() -> None:
    assert len({group(SAID), group(SAID, "/other"), group(SAID, role="assistant")}) == 3
    assert group(SAID, note=Note(NoteKind.NOTE, SAID)) is None


def test_a_short_answer_stands_for_itself() -> None:
    assert group("Sí, en el puerto 5433.") is None


LOG = (
    ("one", SAME[0]),
    ("two", SAME[1]),
    ("two", "¿Y el de producción?"),
    ("three", SAME[2]),
    ("three", OTHERS[0]),
    ("four", SAID),
)


def written(order: list[int]) -> Written:
    log = Written()
    for number in order:
        session, text = LOG[number]
        made = log.say(session, text, at=NOON + timedelta(days=number))
        object.__setattr__(made.message, "id", f"{session}-{number}")  # the same id in any order
    return log


@settings(max_examples=10, deadline=None)
@given(st.permutations(range(len(LOG))), st.integers(0, len(LOG)), st.sampled_from(["one", "two", "three", "four"]))
def test_in_any_order_whatever_was_forgotten_it_is_what_a_new_one_makes(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], cut: int, forgotten: str
) -> None:
    async def scene() -> None:
        folder = tmp_path_factory.mktemp("alike")
        log = written(list(order))
        later = log.messages[cut:]
        del log.messages[cut:]
        memory = memory_of(folder / "a.db", log)
        await memory.catch_up()
        log.messages += later
        assert await contents(memory) == await contents(memory_of(folder / "b.db", written(list(range(len(LOG))))))
        log.messages = [one for one in log.messages if one.session_id != forgotten]
        log.closed.add(SessionId(forgotten))
        log.rights += 1
        assert await contents(memory) == await contents(memory_of(folder / "c.db", log))

    asyncio.run(scene())


async def rows(memory: Memory) -> tuple[int, int, int]:
    """Passages, those in full-text search, those with a vector."""
    held = await contents(memory)
    return len(held["passages"]), len(held["words"]), len(held["vectors"])


def test_its_words_are_said_in_each_of_its_sessions(tmp_path: Path) -> None:
    async def scene() -> None:
        memory = memory_of(tmp_path / "m.db", written(list(range(len(LOG)))))
        await memory.catch_up()
        items = [one.id for one in await memory.passages("t")]
        names = (frozenset({("5433",)}), frozenset({("prueb", "client"), ("zarz",)}), frozenset({("zarz",)}))
        heard = await memory.read(partial(lexical.said_in_session, items=items, names=names))
        of = {one.source.session_id: heard[one.id] for one in await memory.passages("t")}
        assert of == dict.fromkeys(("one", "two", "three", "four"), frozenset({0, 1}))
        assert await memory.read(partial(lexical.said_in_session, items=items, names=())) == {}

    asyncio.run(scene())


def ids(found: list[Passage]) -> list[str]:
    return [one.source.session_id for one in found]


def test_it_takes_one_row_and_names_all_its_places(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written(list(range(len(LOG))))
        memory = memory_of(tmp_path / "m.db", log)
        assert await rows(memory) == (6, 3, 3)
        counts = await memory.counts()
        assert (counts.passages, counts.again, counts.vectors) == (6, 3, 3)
        assert (await memory.checkup()).is_sound
        [first] = [one for one in await memory.passages("t") if one.source.session_id == "one"]
        assert ids(await memory.alike(first.id)) == ["one", "two", "three", "four"]
        cited = (await memory.why(first)).cited
        assert [(one.span.passage.source.session_id, one.standing) for one in cited] == [
            (session, "verified") for session in ("one", "two", "three", "four")
        ]
        assert len(await memory.holding("pruebas 5433", None)) == 4
        shown, _ = await memory.timeline("pruebas 5433", None, NOON, NOON + timedelta(days=9), 9)
        assert ids(shown) == ["one", "two", "three", "four"]

    asyncio.run(scene())


def test_where_the_first_is_forgotten_the_next_one_is_found(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written(list(range(len(LOG))))
        memory = memory_of(tmp_path / "m.db", log)
        await contents(memory)
        log.messages = [one for one in log.messages if one.session_id != "one"]
        log.closed.add(SessionId("one"))
        log.rights += 1
        found = (await memory.recall(question("puerto de la base de pruebas 5433"))).recalled
        assert found[0].passage.source.session_id == "two"
        assert await rows(memory) == (5, 3, 3)

    asyncio.run(scene())


@pytest.mark.parametrize("by_meaning", [True, False])
def test_what_was_said_again_lately_is_found_lately(tmp_path: Path, by_meaning: bool) -> None:
    async def scene() -> None:
        log = written(list(range(len(LOG))))
        memory = memory_of(tmp_path / "m.db", log, *([] if by_meaning else [lambda: None]))
        asked = question("puerto de la base de pruebas 5433", since=NOON + timedelta(hours=1))
        found = [one.passage.source.session_id for one in (await memory.recall(asked)).recalled]
        assert "four" in found
        assert "one" not in found
        asked = question("puerto de la base de pruebas 5433", since=NOON + timedelta(days=6))
        assert not (await memory.recall(asked)).recalled

    asyncio.run(scene())


def test_what_corrects_one_of_them_corrects_what_was_said_before(tmp_path: Path) -> None:
    async def scene() -> None:
        log = written(list(range(len(LOG))))
        memory = memory_of(tmp_path / "m.db", log)
        await memory.catch_up()
        [second] = [one for one in await memory.passages("t") if one.text == SAME[1]]
        corrected: LogMessage = log.say("note-1", "Ahora es 5499.", at=NOON + timedelta(days=2))
        object.__setattr__(corrected, "note", Note(NoteKind.CORRECTION, "Ahora es 5499.", "project", second.id))
        found = (await memory.recall(question("puerto de la base de pruebas 5433"))).recalled
        [first] = [one for one in found if one.passage.source.session_id == "one"]
        assert first.superseded_by
        later = await memory.recall(question("puerto de la base de pruebas 5433", since=NOON + timedelta(days=5)))
        assert [one.superseded_by for one in later.recalled if one.passage.source.session_id == "four"] == [None]
        assert SAID in await texts(memory, "puerto de la base de pruebas")

    asyncio.run(scene())


def test_what_was_said_again_lately_is_found_in_the_other_language_too(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        for day in (0, 5):
            said = "Bring the umbrella, the blue one of Ana, to the warehouse customs of San Antonio."
            log.say(f"day{day}", said, at=NOON + timedelta(days=day))
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        asked = question("¿Qué hay en la aduana?", since=NOON + timedelta(days=4))
        assert [one.passage.source.session_id for one in (await memory.recall(asked)).recalled] == ["day5"]

    asyncio.run(scene())


NEARLY = (
    ("one", SAID),
    ("two", SAID.replace("día.", "día, ojo.")),
    ("three", SAID.replace("día.", "día, eso.")),
    ("four", OTHERS[0]),
    ("five", OTHERS[1]),
)


def nearly() -> Written:
    log = Written()
    for day, (session, text) in enumerate(NEARLY):
        log.say(session, text, at=NOON + timedelta(days=day))
    return log


def test_what_was_said_in_nearly_the_same_words_is_told_once_with_all_its_places(tmp_path: Path) -> None:
    async def scene() -> None:
        memory = memory_of(tmp_path / "m.db", nearly())
        found = (await memory.recall(question("puerto de la base de pruebas 5433 de día"))).recalled
        [told] = [one for one in found if one.again]
        near = [*await memory.passages(told.passage.id), *await memory.resembling(told.passage)]
        assert sorted(ids(near)) == ["one", "three", "two"]
        assert {one.id for one in near} == {told.passage.id, *told.again}
        assert {"four", "five"} <= {one.passage.source.session_id for one in found}
        cited = (await memory.why(told.passage)).cited
        assert [(one.span.passage.source.session_id, one.standing) for one in cited] == [
            (session, "verified") for session in ("one", "two", "three")
        ]

    asyncio.run(scene())


@pytest.mark.parametrize("forgotten", ["one", "two", "three"])
def test_where_one_of_nearly_the_same_is_forgotten_the_others_stay(tmp_path: Path, forgotten: str) -> None:
    async def scene() -> None:
        log = nearly()
        memory = memory_of(tmp_path / "m.db", log)
        await contents(memory)
        log.messages = [one for one in log.messages if one.session_id != forgotten]
        log.closed.add(SessionId(forgotten))
        log.rights += 1
        found = (await memory.recall(question("puerto de la base de pruebas 5433 de día"))).recalled
        [told] = [one for one in found if one.again]
        cited = [one.span.passage.source.session_id for one in (await memory.why(told.passage)).cited]
        assert cited == [one for one in ("one", "two", "three") if one != forgotten]

    asyncio.run(scene())
