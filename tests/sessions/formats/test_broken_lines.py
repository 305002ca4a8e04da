"""A line that cannot be read costs what it says, and nothing of what came before it or comes after it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from minga.domain.events import ToolKind
from minga.domain.ids import NativeId
from minga.domain.transcript import Called, Item, Message, Said, TextPart, ToolCallPart, ToolResultPart
from minga.sessions.formats.claude import ClaudeFormat
from minga.sessions.formats.codex import CodexFormat
from minga.sessions.formats.copilot import CopilotFormat
from minga.sessions.formats.format import Format, Head, NativeFile, Read, SetAside, Target
from minga.sessions.formats.gemini import GeminiFormat
from minga.sessions.formats.qwen import QwenFormat

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ID = NativeId("11111111-1111-4111-8111-111111111111")

ITEMS: tuple[Item, ...] = (
    Said("user", "first question", START),
    Said("assistant", "first answer", START),
    Said("user", "second question", START),
    Said("assistant", "I look", START),
    Called(
        ToolCallPart("toolu_1", "Bash", ToolKind.SHELL, '{"command":"ls"}'),
        ToolResultPart("toolu_1", True, "a.txt"),
        START,
        joins=True,
    ),
    Said("assistant", "second answer", START),
    Said("user", "third question", START),
    Said("assistant", "third answer", START),
)
TEXTS = [item.text for item in ITEMS if isinstance(item, Said)]

FORMATS: tuple[Callable[[], Format], ...] = (ClaudeFormat, CodexFormat, CopilotFormat, GeminiFormat, QwenFormat)


def _lineage(reads: list[Read]) -> list[str]:
    """What was said from the head to the root, in order."""
    messages = {read.id: read for read in reads if isinstance(read, Message)}
    heads = [read.message_id for read in reads if isinstance(read, Head)]
    at = heads[-1] if heads else list(messages)[-1]
    line: list[Message] = []
    while at in messages:
        line.insert(0, messages[at])
        at = messages[at].parent
    return [part.text for message in line for part in message.parts if isinstance(part, TextPart)]


def _said_in(lines: list[bytes]) -> str:
    """What counts in ``lines``: Codex repeats for its own screen what was said."""
    return b"\n".join(line for line in lines if b'"event_msg"' not in line).decode()


def _file(native: Format, folder: Path) -> NativeFile:
    target = Target(ID, folder, folder, "program", "1.0.0", "m", START)
    draft = native.draft(ITEMS, target)
    path = folder / draft.path
    path.parent.mkdir(parents=True)
    path.write_bytes(draft.content)
    return NativeFile(native.agent, ID, path, len(draft.content), 0)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("many", [1, 2])
def test_what_came_before_a_broken_line_stays_in_the_conversation(
    tmp_path: Path, form: Callable[[], Format], many: int
) -> None:
    file = _file(form(), tmp_path)
    lines = file.path.read_bytes().splitlines()
    for number in range(1, len(lines) - many):
        broken = lines[number : number + many]
        cut = [line[: len(line) // 2] for line in broken]
        file.path.write_bytes(b"\n".join([*lines[:number], *cut, *lines[number + many :]]) + b"\n")
        reads = list(form().read(file))
        kept = _said_in([*lines[:number], *lines[number + many :]])
        assert _lineage(reads) == [text for text in TEXTS if text in kept], (number, broken)
        assert sum(isinstance(read, SetAside) for read in reads) >= many


@pytest.mark.parametrize("form", [ClaudeFormat, QwenFormat])
@pytest.mark.parametrize("uuid", [None, 7, ""])
def test_a_message_without_an_id_cuts_nothing_off(tmp_path: Path, form: Callable[[], Format], uuid: object) -> None:
    file = _file(form(), tmp_path)
    lines = [json.loads(line) for line in file.path.read_text("utf-8").splitlines()]
    number = next(place for place, line in enumerate(lines) if "first answer" in json.dumps(line))
    lines[number]["uuid"] = uuid
    file.path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert _lineage(list(form().read(file))) == [text for text in TEXTS if text != "first answer"]


@pytest.mark.parametrize("form", [ClaudeFormat, QwenFormat])
def test_a_parent_in_no_line_stays_unknown_where_all_lines_can_be_read(
    tmp_path: Path, form: Callable[[], Format]
) -> None:
    file = _file(form(), tmp_path)
    lines = [json.loads(line) for line in file.path.read_text("utf-8").splitlines()]
    number = next(place for place, line in enumerate(lines) if "third question" in json.dumps(line))
    lines[number]["parentUuid"] = "99999999-9999-4999-8999-999999999999"
    file.path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert _lineage(list(form().read(file))) == TEXTS[-2:]
