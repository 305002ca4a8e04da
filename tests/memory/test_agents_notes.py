"""What an agent saves is nobody's own word: it proposes no rule and ends no value, here and in whatever memory takes it
in from a file."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from mcp_peer import Peer, server, talking
from minga.bootstrap import Minga, build
from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage
from minga.memory.exchange import Content, to_jsonl, to_markdown
from minga.memory.incoming import from_file
from minga.pipeline.remembering import place_of
from minga.pipeline.taking_in import take_in
from minga.settings import read

OWN = "The timeout of billing-service is 30 s."
OTHER = "The timeout of billing-service is 45 s."
RULE = "Always run the tests before you commit."


def use(root: Path, work: Callable[[Minga], Awaitable[Any]]) -> Any:
    folders = {"HOME": str(root), "MINGA_HOME": str(root / "home"), "MINGA_CONFIG": str(root / "config")}

    async def run() -> Any:
        minga = build(read({**folders, "MINGA_MEMORY": "words", "PATH": os.defpath}))
        try:
            return await work(minga)
        finally:
            await minga.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """Of a memory in which the person said one thing, and an agent another thing and what sounds like a rule."""
    root = tmp_path_factory.mktemp("agents")

    async def work(minga: Minga) -> Content:
        place = await place_of(root)
        await minga.notes.add(Note(NoteKind.NOTE, OWN), *place)
        await minga.notes.add(Note(NoteKind.NOTE, OTHER, by="agent"), *place)
        await minga.notes.add(Note(NoteKind.NOTE, RULE, by="agent"), *place)
        await minga.memory.catch_up()
        return await minga.memory.content(None, with_passages=False)

    content: Content = use(root, work)
    return content


def values(content: Content) -> dict[str, bool]:
    """Of the timeout: whether each still holds."""
    return {one.value: one.valid_to is None for one in content.facts if "timeout" in one.predicate}


def test_an_agents_note_proposes_no_rule_and_ends_no_value_of_the_persons(content: Content) -> None:
    assert content.rules == []
    assert values(content) == {"30 s": True}


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, str], Content]:
    """What took the place of what, where an agent corrects all: two notes of the person's, one of which another agent
    says in the same words, a value, and a note of an agent's; then the person corrects one of these."""
    root = tmp_path_factory.mktemp("corrected")

    async def work(minga: Minga) -> tuple[Mapping[str, str], Content]:
        place = await place_of(root)
        texts: dict[ItemId, str] = {}
        said: list[Passage] = []

        async def say(note: Note) -> Passage:
            session = await minga.notes.add(note, *place)
            await minga.memory.catch_up()
            said.append(await minga.memory.note(session))
            texts[said[-1].id] = note.text
            return said[-1]

        async def wrong(item: Passage | Fact, text: str, by: Literal["person", "agent"]) -> Passage:
            now = datetime.now(UTC)
            return await say(replace(await minga.memory.correction(item, text, now, now), by=by))

        own = await say(Note(NoteKind.NOTE, OWN))
        (fact,) = (await minga.memory.content(None, with_passages=False)).facts
        same = [await say(Note(NoteKind.NOTE, "The key lies in the drawer.", by=by)) for by in ("person", "agent")]
        other = await say(Note(NoteKind.NOTE, "The printer is in the hall.", by="agent"))
        for item, text in ((own, "No: 45 s."), (fact, "46 s"), (same[1], "It does not."), (other, "It is upstairs.")):
            last = await wrong(item, text, "agent")
        await wrong(last, "It is sold.", "person")
        newer = {one: (await minga.memory.why(one)).superseded_by for one in said}
        found = {f"{one.source.role}: {one.text}": texts[there] for one, there in newer.items() if there}
        return found, await minga.memory.content(None, with_passages=False)

    found: tuple[Mapping[str, str], Content] = use(root, work)
    return found


def test_what_an_agent_corrects_without_a_person_takes_the_place_of_an_agents_words_only(
    corrected: tuple[Mapping[str, str], Content],
) -> None:
    found, content = corrected
    assert found == {
        "assistant: The key lies in the drawer.": "It does not.",
        "assistant: The printer is in the hall.": "It is upstairs.",
        "assistant: It is upstairs.": "It is sold.",
    }
    assert values(content) == {"30 s": True}


@pytest.mark.parametrize("write", [to_jsonl, to_markdown])
def test_a_file_tells_an_agents_note_from_the_persons_own(
    content: Content, write: Callable[[Content], str], tmp_path: Path
) -> None:
    file = from_file(write(content).encode())
    assert {one.note.text: one.note.by for one in file.notes} == {OWN: "person", OTHER: "agent", RULE: "agent"}

    async def work(minga: Minga) -> Content:
        await take_in(minga.memory, minga.notes, file, tmp_path, here=True)
        await minga.memory.catch_up()
        return await minga.memory.content(None, with_passages=False)

    there = use(tmp_path, work)
    assert {one.note.text: one.note.by for one in there.notes} == {OWN: "person", OTHER: "agent", RULE: "agent"}
    assert there.rules == []
    assert values(there) == values(content)


@pytest.mark.parametrize("words", ["The backup server is at port 8080.", "The spare key lies in the drawer."])
def test_an_agents_later_correction_stands_beside_the_persons(words: str, tmp_path: Path) -> None:
    """Of an agent's own words: and whoever reads is told whose word each note is."""

    async def work(minga: Minga) -> tuple[Any, Any, Any, ItemId | None, ItemId]:
        wrong = await minga.memory.note(
            await minga.notes.add(Note(NoteKind.NOTE, words, by="agent"), str(tmp_path), "")
        )
        settings = read({"MINGA_MCP_CONSENT": "client"})
        async with talking(server(settings, tmp_path, minga=minga)) as peer:
            await peer.begin()
            first = await _called(peer, "memory_correct", item=wrong.id, text="No: 7171.")
            now = datetime.now(UTC)
            said = await minga.memory.correction(wrong, "No: 9090.", now, now)
            own = await minga.memory.note(await minga.notes.add(said, str(tmp_path), ""))
            later = await _called(peer, "memory_correct", item=wrong.id, text="No: 7070.")
            known = await _called(peer, "memory_search", question=f"{words} No 9090 7070", everywhere=True)
        return first, later, known, (await minga.memory.why(wrong)).superseded_by, own.id

    first, later, known, newer, own = use(tmp_path, work)
    assert first.get("says", "") == ""
    assert later["says"].startswith("No person accepted this correction here: ")
    assert newer == own
    by = {one["text"]: one["by"] for one in known["passages"]}
    assert by["No: 9090."] == "note · person"
    assert by["No: 7070."] == by[words] == "note · agent"


async def _called(peer: Peer, name: str, **arguments: Any) -> Any:
    answer = await peer.answer(peer.ask("tools/call", {"name": name, "arguments": arguments}))
    return answer["result"]["structuredContent"]
