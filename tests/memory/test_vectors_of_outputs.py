"""What a tool gave back has a vector of its call and itself, whatever came first, where it tells something."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from remembered import NOON, Written, contents, memory_of

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogMessage
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, Part, Role, TextPart, ToolCallPart, ToolResultPart
from minga.memory.index import meaning
from minga.memory.memory import Memory

pytestmark = pytest.mark.anyio

LONG = "The shelf holds boxes of spare parts for pumps. " * 40


def entry(number: int, role: Role, *parts: Part) -> LogMessage:
    """``number``: in the order of time."""
    agent = AgentName("codex")
    message = Message(f"m{number}", "", NOON + timedelta(minutes=number), role, parts, agent)
    return LogMessage(number, SessionId("s"), message, agent, "/src", "/src", UserName("ana"))


def worked() -> list[LogMessage]:
    return [
        entry(1, "user", TextPart("The build server is slow.")),
        entry(2, "assistant", TextPart("The disk may be slow."), ToolCallPart("1", "bash", ToolKind.OTHER, "df -h")),
        entry(3, "tool", ToolResultPart("1", True, "/dev/sdb1 196G 183G 99% /var/lib/docker")),
        entry(4, "assistant", ToolCallPart("2", "bash", ToolKind.OTHER, "uptime")),
        entry(5, "tool", ToolResultPart("2", True, "load average: 41.2")),
    ]


async def encoded(memory: Memory) -> list[tuple[str, str]]:
    """What is given to the encoder, in the order of what was taken in."""
    await memory.catch_up()
    return [texts for _, texts in reversed(await memory.read(lambda t: meaning.next_texts(t, 100)))]


async def test_it_is_encoded_with_its_call_after_what_was_said_with_that(tmp_path: Path) -> None:
    log = Written()
    log.messages += worked()
    assert await encoded(memory_of(tmp_path / "m.db", log)) == [
        ("", "The build server is slow."),
        ("The build server is slow.", "The disk may be slow."),
        ("The disk may be slow.", "bash: df -h /dev/sdb1 196G 183G 99% /var/lib/docker"),
        ("", "bash: uptime load average: 41.2"),
    ]


@pytest.mark.parametrize(
    ("output", "has_vector"), [("ok", True), (LONG, False), (f"{LONG} ValueError: no folios left", True)]
)
async def test_a_long_one_has_a_vector_only_where_it_tells_of_an_error(
    tmp_path: Path, output: str, has_vector: bool
) -> None:
    log = Written()
    log.messages.append(entry(1, "tool", ToolResultPart("1", True, output)))
    assert bool(await encoded(memory_of(tmp_path / "m.db", log))) is has_vector


@pytest.mark.parametrize("late", range(5))
async def test_whatever_comes_in_last_the_vectors_are_the_same(tmp_path: Path, late: int) -> None:
    whole, parted = Written(), Written()
    whole.messages += worked()
    order = [*(one for one in worked() if one.seq != late + 1), worked()[late]]
    memory = memory_of(tmp_path / "parted.db", parted)
    for seq, one in enumerate(order, 1):
        parted.messages.append(replace(one, seq=seq))
        await memory.catch_up()
        await memory.embed()
    assert await contents(memory) == await contents(memory_of(tmp_path / "whole.db", whole))
