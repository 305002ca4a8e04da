"""What an agent saves is nobody's own word: it proposes no rule and ends no value, here and in whatever memory takes it
in from a file."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from minga.bootstrap import Minga, build
from minga.domain.memory import Note, NoteKind
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
