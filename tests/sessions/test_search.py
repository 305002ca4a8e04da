"""Finding words in past sessions: what is found, in which order, and what is never found again."""

import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.events import AttemptStarted, Text, ToolCall, ToolKind, ToolResult
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.transcript import Message, TextPart, Workspace
from minga.sessions.search_words import excerpt, fold, terms_of
from shelf import NOON, Play, Shelf, changed


@pytest.mark.parametrize(
    "words", ["migracion postgresql", "MIGRACIÓN", "ñandu", unicodedata.normalize("NFD", "migración"), "migr*"]
)
def test_case_and_accents_do_not_count(play: Play, words: str) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("a", "La Migración del Ñandú a PostgreSQL", "listo")
        await shelf.bring("b", unicodedata.normalize("NFD", "La migración del ñandú a PostgreSQL"))
        await shelf.bring("c", "otra cosa", "nada")
        found = await shelf.find(words)
        assert {one.session_id for one in found} == {"a", "b"}
        for one in found:
            begin, end = one.marks[0]
            assert fold(one.excerpt[begin:end])[:4] in ("migr", "nand")

    play(scene)


def test_all_words_must_stand_in_one_message(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("a", "write a validator", "for the RUT")
        await shelf.bring("b", "write a RUT validator")
        assert [one.session_id for one in await shelf.find("rut validator")] == ["b"]

    play(scene)


def test_quoted_words_stand_side_by_side_and_a_star_begins_a_word(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("a", "validator of RUT")
        await shelf.bring("b", "RUT validator")
        assert await shelf.texts('"rut validator"') == ["RUT validator"]
        assert await shelf.texts("“rut validator”") == ["RUT validator"]
        assert len(await shelf.find("valid*")) == 2
        assert len(await shelf.find("valid")) == 0
        assert await shelf.texts('"rut val"*') == ["RUT validator"]

    play(scene)


@pytest.mark.parametrize(
    "words",
    [
        "AND",
        "NOT rut",
        "rut OR",
        "rut)",
        "(",
        '"',
        '""',
        "*",
        "said:rut",
        "^rut",
        "NEAR(rut",
        "-rut",
        "rut + 1",
        "s1 p1",
    ],
)
def test_nothing_that_is_typed_is_taken_for_a_language(play: Play, words: str) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("a", "the RUT and not")
        expected = {"-rut", "(rut", "^rut", "rut)"} & {words}
        assert len(await shelf.find(words)) == (1 if expected or words in ("AND", "NOT rut") else 0)

    play(scene)


@given(st.text())
def test_any_text_is_cut_into_terms(text: str) -> None:
    for term in terms_of(text):
        assert '"' not in term.text
        assert "\0" not in term.text
        assert term.tokens


def test_own_turns_are_found_with_what_their_tools_gave_back(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        attempt = AttemptId("x")
        await shelf.run(
            "look at the invoice",
            AttemptStarted(attempt, AgentName("qwen"), "1", "acp", resumed=False),
            ToolCall("1", "shell", ToolKind.SHELL, "cat", '{"command": "cat factura.xml"}'),
            ToolResult("1", True, "<Emisor>ACME</Emisor>"),
            Text("It is of ACME."),
            agent="qwen",
        )
        await shelf.sessions.open(None, "running invoice", Path("/"))
        [asked] = await shelf.find("invoice")
        assert (asked.role, asked.agent, asked.excerpt) == ("person", "qwen", "look at the invoice")
        assert [one.role for one in await shelf.find("emisor")] == ["tool"]
        assert [one.role for one in await shelf.find("factura.xml")] == ["agent"]

    play(scene)


def test_what_is_said_later_and_what_a_cli_adds_to_a_message_is_found_at_once(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("a", "first")
        assert len(await shelf.find("first")) == 1
        half = Message("m", "", NOON, "assistant", (TextPart("half"),), AgentName("codex"))
        whole = Message("m", "", NOON, "assistant", (TextPart("whole"),), AgentName("codex"))
        for message, word in ((half, "half"), (whole, "whole")):
            await shelf.put((await shelf.find("first"))[0].session_id, [message], Workspace("/src"))
            assert await shelf.texts(word) == [word]
        assert await shelf.texts("half") == []

    play(scene)


def test_the_best_comes_first_and_of_equals_the_newest(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("long", "deploy " + "and so much else " * 40)
        await shelf.bring("old", "deploy it now")
        await shelf.bring("new", "deploy it now")
        assert [one.session_id for one in await shelf.find("deploy")] == ["new", "old", "long"]
        assert [one.session_id for one in await shelf.find("deploy", limit=1)] == ["new"]

    play(scene)


def test_bounds_of_cli_project_time_file_and_cost(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        shelf.costs = {"a": (2_000_000, True), "b": (500_000, True), "c": (100, False)}  # type: ignore[dict-item]
        await shelf.bring("a", "the word", changed("lib/rut.py"), cwd="/src/one", agent="codex")
        await shelf.bring("b", "the word", changed("/etc/other.py"), cwd="/src/two", agent="qwen")
        await shelf.bring("c", "the word", cwd="/srcs", remote="git@github.com:acme/rut.git", agent="qwen")

        async def ids(words: str = "word", **bounds: object) -> str:
            return "".join(sorted({one.session_id for one in await shelf.find(words, **bounds)}))

        minute = timedelta(minutes=1)
        for words in ("word", ""):
            assert await ids(words, agent="qwen") == "bc"
            assert await ids(words, agent="nobody") == ""
            assert await ids(words, project="/src") == "ab"
            assert await ids(words, project="/src/two/") == "b"
            assert await ids(words, project="acme/rut") == "c"
            assert await ids(words, project="https://github.com/acme/rut") == "c"
            assert await ids(words, project="cme/rut") == ""
            assert await ids(words, since=NOON + 3 * minute) == "bc"
            assert await ids(words, until=NOON + 3 * minute) == "a"
            assert await ids(words, file="rut.py") == "a"
            assert await ids(words, file="lib/rut.py") == "a"
            assert await ids(words, file="/src/one/lib/rut.py") == "a"
            assert await ids(words, file="/etc/other.py") == "b"
            assert await ids(words, file="ut.py") == ""
            assert await ids(words, cost_micro_usd_min=500_000) == "ab"
            assert await ids(words, cost_micro_usd_max=500_000) == "b"
            assert await ids(words, cost_micro_usd_max=500_000, agent="codex") == ""

    play(scene)


@pytest.mark.parametrize(("looked_at", "named"), [(100, 200), (1, 200), (1, 0)])
@pytest.mark.parametrize("noted", [2000, 0])
def test_sessions_that_fit_are_found_however_they_are_looked_for(
    play: Play, monkeypatch: pytest.MonkeyPatch, looked_at: int, named: int, noted: int
) -> None:
    monkeypatch.setattr("minga.sessions.search_query.LOOKED_AT", looked_at)
    monkeypatch.setattr("minga.sessions.search_query.SESSIONS_NAMED", named)
    monkeypatch.setattr("minga.sessions.search_bounds.SESSIONS_NOTED", noted)
    monkeypatch.setattr("minga.sessions.search_bounds.PLACES_NAMED", noted)

    async def scene(shelf: Shelf) -> None:
        shelf.costs = {"a": (100, True), "b": (100, False), "c": (5, True)}  # type: ignore[dict-item]
        for name in "abcd":
            await shelf.bring(name, "the word", changed("rut.py") if name in "ab" else "nothing", cwd=f"/src/{name}")

        async def ids(**bounds: object) -> str:
            return "".join(sorted({one.session_id for one in await shelf.find("word", **bounds)}))

        assert await ids(file="rut.py") == "ab"
        assert await ids(file="rut.py", cost_micro_usd_max=100) == "a"
        assert await ids(file="rut.py", project="/src/b") == "b"
        assert await ids(cost_micro_usd_min=50, agent="codex") == "ab"
        assert await ids(project="/src", file="rut.py", agent="qwen") == ""
        assert len(await shelf.find("", file="rut.py")) == 2

    play(scene)


def test_if_more_fit_than_are_compared_the_newest_are_and_it_is_said(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minga.sessions.search_query.RANKED", 5)

    async def scene(shelf: Shelf) -> None:
        await shelf.bring("old", *["deploy"] * 3)
        await shelf.bring("new", *["deploy and much else"] * 3)
        findings = await shelf.findings("deploy", limit=2)
        assert [one.session_id for one in findings.found] == ["old", "old"]
        assert findings.ranked == 5
        assert (await shelf.findings("deploy", limit=6)).ranked is None
        assert (await shelf.findings("much", limit=2)).ranked is None
        assert (await shelf.findings("", agent="codex", limit=2)).ranked is None

    play(scene)


def test_a_search_finds_what_was_said_in_all_the_years_and_within_two_dates(play: Play) -> None:
    async def scene(shelf: Shelf) -> None:
        days = timedelta(days=1)
        shelf.costs = {"s2": (1_000_000, True)}  # type: ignore[dict-item]
        for number in range(6):
            await shelf.bring(f"s{number}", "one word", changed("rut.py"))
            shelf.clock.advance((200 * days).total_seconds())
        undated = Message("m", "", None, "user", (TextPart("a word without a time"),), AgentName("codex"))
        await shelf.put((await shelf.find("word"))[0].session_id, [undated], Workspace("/src"))
        assert len(await shelf.find("word")) == 7
        within = await shelf.find("word", since=NOON + 350 * days, until=NOON + 650 * days)
        assert [one.session_id for one in within] == ["s3", "s2"]
        assert [one.session_id for one in await shelf.find("word", file="rut.py", until=NOON + 1 * days)] == ["s0"]
        assert [one.session_id for one in await shelf.find("word", cost_micro_usd_min=1)] == ["s2"]
        assert [one.session_id for one in await shelf.find("", limit=2)] == ["s5", "s5"]

    play(scene)


@pytest.mark.parametrize("second", [-86_400, 0, 253_402_300_799])
def test_what_has_an_odd_time_is_found(play: Play, second: int) -> None:
    async def scene(shelf: Shelf) -> None:
        await shelf.bring("a", "the word")
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
        odd = Message("m", "", at, "user", (TextPart("an odd word"),), AgentName("codex"))
        await shelf.put(SessionId("a"), [odd], Workspace("/src"))
        assert {one.at for one in await shelf.find("word")} == {NOON + timedelta(minutes=1), at}
        await shelf.search.forget(SessionId("a"))
        assert await shelf.find("word") == []

    play(scene)


def test_an_excerpt_shows_where_most_words_stand_together() -> None:
    text = "deploy " + "x " * 300 + "the deploy failed on Monday " + "y " * 300
    cut = excerpt(text, terms_of("deploy failed"))
    assert [cut.text[begin:end] for begin, end in cut.marks] == ["deploy", "failed"]
    assert cut.text.startswith("…")
    assert cut.text.endswith("…")
    assert len(cut.text) < 300


@given(st.text())
def test_folding_keeps_the_length_so_that_places_fit_the_text(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert len(fold(composed)) == len(composed)
