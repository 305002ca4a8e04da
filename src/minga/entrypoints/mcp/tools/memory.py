"""Memory: search, read, save, correct."""

import asyncio
import importlib
from typing import Annotated

import msgspec

from minga.entrypoints.mcp.fields import Cursor, Everywhere, Item, Limit, told_of
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tool import Tool


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    question: Annotated[str, msgspec.Meta(min_length=1, max_length=2000, description="In words, es or en")]
    everywhere: Everywhere = False
    limit: Limit = 8
    cursor: Cursor = ""


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """``instructs``: it tries to instruct whoever reads it."""

    item: str
    text: str
    said_at: str = ""
    by: str = ""
    session: str = ""
    confidence: float = 0.0
    replaced_by: str = ""
    instructs: bool = False


class Found(msgspec.Struct, frozen=True, omit_defaults=True):
    """``known`` is false where nothing found is likely to answer, ``sure`` where it may only come near. ``about`` the
    texts in it: `DATA`. ``says`` where something may be missing, and why; also on the last page, where pages end before
    what is remembered does."""

    known: bool
    sure: bool
    about: str
    passages: list[Known]
    next_cursor: str = ""
    says: str = ""


class Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item: Item


class Whole(msgspec.Struct, frozen=True, omit_defaults=True):
    """``says`` as in `Found`, ``instructs`` as in `Known`."""

    item: str
    kind: str
    about: str
    text: str
    said: list[Known]
    says: str = ""
    instructs: bool = False


class Save(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000, description="One thing, whole sentences")]
    everywhere: Everywhere = False


class Saved(msgspec.Struct, frozen=True):
    item: str


class Corrected(msgspec.Struct, frozen=True, omit_defaults=True):
    """``says`` where it replaces nothing."""

    item: str
    says: str = ""


class Correct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    item: Item
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000, description="What is true instead")]


async def _holds_everywhere(asked: Save, place: Place) -> str | None:
    """Over HTTP no project is known, so that every note does."""
    if place.cwd is not None and not asked.everywhere:
        return None
    return place.say("Note for every project: {said}?", said=told_of(place.say, asked.text))


async def _replaces(asked: Correct, place: Place) -> str | None:
    """With what stands there now. Raises UnknownItem, AmbiguousItem."""
    found = await asyncio.to_thread(importlib.import_module, "minga.entrypoints.mcp.work.memory")
    item, now = await found.stands(place, asked.item)
    before, after = told_of(place.say, now), told_of(place.say, asked.text)
    return place.say("Correct memory {item}, now {before}, to: {after}?", item=item, before=before, after=after)


TOOLS = (
    Tool(
        "memory_search",
        "Search memory",
        "Find what was said, decided or done in this person's earlier sessions in any AI CLI. Where `known` is false,"
        " nothing answers the question; where `sure` is, what is there may only come near: read before you rely on it.",
        Search,
        Found,
        "memory.search",
    ),
    Tool(
        "memory_read",
        "Read memory",
        "One item of memory whole, with what was said around it.",
        Read,
        Whole,
        "memory.read",
    ),
    Tool(
        "memory_save",
        "Save to memory",
        "Note a lasting fact or decision for later sessions. No secrets, nothing a file already says.",
        Save,
        Saved,
        "memory.save",
        effect="adds",
        consent=_holds_everywhere,
    ),
    Tool(
        "memory_correct",
        "Correct memory",
        "Replace what an item of memory says; the old stays on record as superseded.",
        Correct,
        Corrected,
        "memory.correct",
        effect="changes",
        consent=_replaces,
    ),
)
