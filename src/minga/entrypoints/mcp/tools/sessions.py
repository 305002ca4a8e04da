"""Earlier sessions: search and read. `asking` goes on with one."""

from typing import Annotated

import msgspec

from minga.entrypoints.mcp.fields import Cursor, Limit, Session
from minga.entrypoints.mcp.tool import Tool


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: Annotated[
        str, msgspec.Meta(max_length=500, description='All must occur; "phrase", begin*; empty: newest')
    ] = ""
    agent: str = ""
    file: Annotated[str, msgspec.Meta(max_length=500, description="Changed in the session")] = ""
    limit: Limit = 10


class Hit(msgspec.Struct, frozen=True, omit_defaults=True):
    session: str
    text: str
    at: str
    agent: str
    by: str


class Found(msgspec.Struct, frozen=True):
    about: str
    found: list[Hit]


class Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    session: Session
    limit: Limit = 20
    cursor: Cursor = ""


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    by: str
    text: str
    at: str = ""
    done: list[str] = []


class Conversation(msgspec.Struct, frozen=True, omit_defaults=True):
    """``done`` of a message: what its tools were called with."""

    session: str
    title: str
    about: str
    messages: list[Said]
    next_cursor: str = ""


TOOLS = (
    Tool(
        "session_search",
        "Search sessions",
        "Find earlier conversations by exact words, agent or file; memory_search answers questions.",
        Search,
        Found,
        "sessions.search",
    ),
    Tool(
        "session_read",
        "Read a session",
        "A conversation as it went, page by page.",
        Read,
        Conversation,
        "sessions.read",
    ),
)
