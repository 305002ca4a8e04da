"""Homes of the six CLIs full of sessions, made by the very writers that Minga migrates with: the same seed, the same
bytes.

What stands in them is like what CLIs store: a question, an answer, a few tool calls with results of a line to a file,
and what the model used (Claude Code and Codex, as other tools read that). Many sessions of about half a megabyte, and
one that holds a fifth of all.
"""

import random
import sqlite3
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from minga.agents.facts import Facts
from minga.agents.login import person_home
from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, NativeId
from minga.domain.transcript import Called, Item, Said, ToolCallPart, ToolResultPart
from minga.sessions.formats.claude import ClaudeFormat
from minga.sessions.formats.codex import CodexFormat
from minga.sessions.formats.copilot import CopilotFormat
from minga.sessions.formats.format import Format, Target
from minga.sessions.formats.gemini import GeminiFormat
from minga.sessions.formats.opencode import DATABASE, OpenCodeFormat
from minga.sessions.formats.qwen import QwenFormat

FORMATS: dict[str, Callable[[], Format]] = {
    "claude": ClaudeFormat,
    "codex": CodexFormat,
    "copilot": CopilotFormat,
    "gemini": GeminiFormat,
    "opencode": OpenCodeFormat,
    "qwen": QwenFormat,
}

FIRST = NativeId("11111111-1111-4111-8111-111111111111")
START = datetime(2026, 9, 1, 12, tzinfo=UTC)
MODELS = {"claude": "claude-sonnet-4-5", "codex": "gpt-5.1-codex"}
"""Where a file has what the model used, one with a list price; else any."""

MEDIUM = 500_000
LARGE_SHARE = 0.2
LARGE_MAX = 100_000_000
"""Bytes of native form; the writers make a session in one piece."""

RESULT_SIZES = (80, 300, 1_200, 4_000, 12_000)
RESULT_WEIGHTS = (30, 30, 20, 15, 5)
"""Characters of a tool's result, and how often: most are some lines, some are files."""

WIDE_SHARE = 0.05
"""Of texts with a character beyond U+FFFF."""

TEXT = """
la prueba del módulo falla con un error que no había visto antes return self None import from the a of in para
función archivo línea commit branch año señal def class async await config.toml src/app.py tests/test_app.py
assert value index error: warning: ok TODO -> == != {} [] () expected found café naïve
"""
WORDS = TEXT.split()


@dataclass(frozen=True, slots=True)
class Home:
    """``size`` in bytes of native form: of the files, or of the JSON in OpenCode's rows."""

    agent: AgentName
    folder: Path
    size: int
    sessions: int


def fill(facts: Facts, environment: Mapping[str, str], cwd: Path, size: int) -> Home:
    """Fill the home that ``environment`` gives the CLI with sessions of about ``size`` bytes in all."""
    chance = random.Random(f"{facts.name} {size}")
    text = " ".join(chance.choices(WORDS, k=200_000))
    made = sessions = 0
    large = min(int(size * LARGE_SHARE), LARGE_MAX)
    while made < size:
        wanted = large if not sessions else chance.randint(MEDIUM // 5, MEDIUM * 9 // 5)
        items = list(conversation(chance, text, min(wanted, size - made)))
        native_id = NativeId(str(uuid.UUID(int=chance.getrandbits(128), version=4)))
        made += put(facts, environment, cwd, items, native_id, START + timedelta(minutes=sessions))
        sessions += 1
    return Home(AgentName(facts.name), person_home(facts, environment), made, sessions)


def conversation(chance: random.Random, text: str, size: int) -> Iterator[Item]:
    """Turns of about ``size`` bytes in all, in the form that writers take; ``text`` is what the words are cut from."""
    at, number = START, 0

    def some(characters: int) -> str:
        start = chance.randrange(len(text) - characters)
        wide = " 🦙" if chance.random() < WIDE_SHARE else ""
        return text[start : start + characters] + wide

    while size > 0:
        at += timedelta(seconds=40)
        yield Said("user", some(chance.randint(20, 400)), at)
        for _ in range(chance.randint(1, 4)):
            yield Said("assistant", some(chance.randint(40, 600)), at, "bench-model")
            number += 1
            call = ToolCallPart(f"call_{number}", "Bash", ToolKind.SHELL, '{"command":"git status && ls -la src"}')
            output = some(chance.choices(RESULT_SIZES, RESULT_WEIGHTS)[0])
            yield Called(call, ToolResultPart(call.call_id, True, output), at, "bench-model", joins=True)
            size -= len(output) + 2_000
        yield Said("assistant", some(chance.randint(100, 900)), at, "bench-model")
        size -= 1_500


def turns(number: int) -> list[Item]:
    """A conversation of exactly ``number`` items, always the same."""
    chance = random.Random(number)
    text = " ".join(chance.choices(WORDS, k=50_000))
    return list(conversation(chance, text, number * 10_000))[:number]


def put(
    facts: Facts,
    environment: Mapping[str, str],
    cwd: Path,
    items: Sequence[Item],
    native_id: NativeId = FIRST,
    at: datetime = START,
) -> int:
    """Put one session into the home that ``environment`` gives the CLI; return its size in bytes of native form."""
    native = FORMATS[facts.name]()
    home = person_home(facts, environment)
    target = Target(native_id, home, cwd, facts.name, "1.0.0", MODELS.get(facts.name, "bench-model"), at)
    draft = native.draft(items, target)
    if native.agent == "opencode":
        return _insert(home / DATABASE, msgspec.json.decode(draft.content))
    content = COUNTED.get(native.agent, bytes)(draft.content)
    path = home / draft.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return len(content)


def _count_claude(content: bytes) -> bytes:
    """The writer says that nothing was used, as Minga must not book a history twice; the CLI says what was."""
    return content.replace(b'"input_tokens":0', b'"input_tokens":812').replace(
        b'"output_tokens":0', b'"output_tokens":96'
    )


def _count_codex(content: bytes) -> bytes:
    """A line of usage after each answer, with a total that grows."""
    lines, total = [], 0
    for line in content.splitlines(keepends=True):
        lines.append(line)
        if b'"type":"agent_message"' in line:
            total += 1_000
            used = {"input_tokens": 900, "cached_input_tokens": 400, "output_tokens": 100, "total_tokens": 1_000}
            all_used = {name: count * total // 1_000 for name, count in used.items()}
            info = {"total_token_usage": all_used, "last_token_usage": used, "model_context_window": 272_000}
            stamp = msgspec.json.decode(line)["timestamp"]
            event = {"timestamp": stamp, "type": "event_msg", "payload": {"type": "token_count", "info": info}}
            lines.append(msgspec.json.encode(event) + b"\n")
    began = f"{START:%Y-%m-%dT%H:%M:%S.000Z}"
    model = {"timestamp": began, "type": "turn_context", "payload": {"model": MODELS["codex"]}}
    return b"".join([lines[0], msgspec.json.encode(model) + b"\n", *lines[1:]])


COUNTED: dict[str, Callable[[bytes], bytes]] = {"claude": _count_claude, "codex": _count_codex}

TABLES = """
CREATE TABLE IF NOT EXISTS session (id text PRIMARY KEY, project_id text NOT NULL, parent_id text, slug text NOT NULL,
  directory text NOT NULL, title text NOT NULL, version text NOT NULL, agent text, model text,
  time_created integer NOT NULL, time_updated integer NOT NULL);
CREATE TABLE IF NOT EXISTS message (id text PRIMARY KEY, session_id text NOT NULL, time_created integer NOT NULL,
  time_updated integer NOT NULL, data text NOT NULL);
CREATE TABLE IF NOT EXISTS part (id text PRIMARY KEY, message_id text NOT NULL, session_id text NOT NULL,
  time_created integer NOT NULL, time_updated integer NOT NULL, data text NOT NULL);
CREATE INDEX IF NOT EXISTS message_session_time_created_id_idx ON message (session_id, time_created, id);
CREATE INDEX IF NOT EXISTS part_message_id_id_idx ON part (message_id, id);
CREATE INDEX IF NOT EXISTS part_session_idx ON part (session_id);
"""
"""OpenCode's own tables and indexes, as far as a session needs them."""


def _insert(path: Path, session: dict[str, Any]) -> int:
    """Fill the database as ``opencode import`` does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    info = session["info"]
    size = 0
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(TABLES)
        moments = info["time"]["created"], info["time"]["updated"]
        row = info["id"], "global", None, info["slug"], info["directory"], info["title"], info["version"], "build"
        database.execute(
            "INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, _json(info["model"]), *moments)
        )
        for message in session["messages"]:
            own = message["info"]
            at, data = own["time"]["created"], _json({name: own[name] for name in own if name not in IDS})
            database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", (own["id"], info["id"], at, at, data))
            size += len(data.encode())
            for part in message["parts"]:
                data = _json({name: part[name] for name in part if name not in IDS})
                ids = part["id"], own["id"], info["id"]
                database.execute("INSERT INTO part VALUES (?, ?, ?, ?, ?, ?)", (*ids, at, at, data))
                size += len(data.encode())
    return size


IDS = frozenset({"id", "sessionID", "messageID"})
"""Fields of the exported form that are columns of their own."""


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
