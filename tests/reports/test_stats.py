"""What sessions took and cost: the figures are those of the ledger, of the CLIs and of the events."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from minga.domain.events import (
    AttemptStarted,
    Failed,
    HandedOver,
    Notice,
    PermissionAnswered,
    PermissionRequested,
    ToolCall,
    ToolKind,
    ToolResult,
    Usage,
)
from minga.domain.failure import Failure, FailureCode
from minga.domain.ids import AgentName, AttemptId, SessionId
from minga.domain.transcript import Message, TextPart, ToolCallPart, ToolResultPart, Workspace
from minga.ledger.book import Ledger, Meter
from minga.ledger.prices import PriceTable
from minga.reports.figures import Asked, Dimension, Figures
from minga.reports.lines import lines_of
from minga.reports.stats import Statistics
from minga.storage.database import Database
from shelf import NOON, Shelf

CODEX = AgentName("codex")
SMALL = Usage("gpt-5-codex", 100, 20, 0, 30)
LARGE = Usage("a model without a price", 1000, 0, 7, 300)


class Office(Shelf):
    """A shelf with its ledger and its reports."""

    def __init__(self, database: Database, folder: Path) -> None:
        super().__init__(database, folder)
        self.ledger = Ledger(database, self.clock)
        self.statistics = Statistics(database, self.vault)

    async def report(self, *by: Dimension, **span: object) -> dict[tuple[str, ...], Figures]:
        groups = await self.statistics.report(Asked(by, **span))  # type: ignore[arg-type]
        return {tuple(group.key.values()): group.figures for group in groups}

    async def work(self, *usages: Usage, agent: AgentName = CODEX, failure: Failure | None = None) -> SessionId:
        """A turn with its entry in the ledger."""
        turn = await self.run("x", *usages, agent=agent)
        meter = Meter(AttemptId(f"{turn.id}-{agent}"), agent, PriceTable(), uses_model=True)
        for usage in usages:
            meter.note(usage)
        await self.ledger.book(turn, meter.total(failure))
        return turn.session_id

    async def import_past(self, name: str, messages: list[Message]) -> SessionId:
        """As `Bringing` does it: each model call is booked."""
        session_id = SessionId(name)
        costs = []
        for message in messages:
            if message.usage is not None:
                meter = Meter(AttemptId(f"{name}:{message.id}"), message.agent, PriceTable(), uses_model=True)
                meter.note(message.usage)
                costs.append((meter.total(None), message.at))
        await self.ledger.book_past(session_id, costs)
        await self.put(session_id, messages, Workspace("/src/brought"))
        return session_id


Play = Callable[[Callable[[Office], Awaitable[None]]], None]


@pytest.fixture
def play(database: Database, tmp_path: Path) -> Play:
    def run(scene: Callable[[Office], Awaitable[None]]) -> None:
        async def whole() -> None:
            office = Office(database, tmp_path)
            try:
                await scene(office)
            finally:
                await office.search.close()

        asyncio.run(whole())

    return run


def _past(*usages: Usage) -> list[Message]:
    """A question and an answer for each usage, two minutes apart; each answer edits a file."""
    messages: list[Message] = []
    for number, usage in enumerate(usages):
        at = NOON + timedelta(minutes=10 * number)
        call = ToolCallPart(f"c{number}", "Edit", ToolKind.EDIT, '{"old_string": "a\\nb", "new_string": "a\\nc\\nd"}')
        answer = (TextPart("done"), call)
        result = ToolResultPart(call.call_id, True, "")
        model, later = usage.model, at + timedelta(minutes=2)
        messages += [
            Message(f"q{number}", "", at, "user", (TextPart("do it"),), CODEX),
            Message(f"a{number}", "", at + timedelta(minutes=1), "assistant", answer, CODEX, model, usage),
            Message(f"r{number}", "", later, "tool", (result,), CODEX),
        ]
    return messages


@pytest.mark.parametrize("by", [(), ("user",), ("project",), ("agent",), ("model",), ("agent", "model", "day")])
def test_the_sums_are_those_of_the_ledger_to_the_token(play: Play, by: tuple[Dimension, ...]) -> None:
    async def scene(office: Office) -> None:
        await office.work(SMALL, SMALL)
        await office.work(LARGE, agent=AgentName("qwen"))
        await office.import_past("brought", _past(SMALL, LARGE, SMALL))
        total = Figures()
        for figures in (await office.report(*by)).values():
            total.add(figures)
        columns = "input_tokens", "cached_input_tokens", "cache_write_tokens", "output_tokens", "cost_micro_usd"
        sums = ", ".join(f"COALESCE(SUM({name}), 0)" for name in columns)
        rows = await office.database.read(lambda t: t.execute(f"SELECT {sums} FROM usage_entries"))
        assert [getattr(total, name) for name in columns] == [int(value) for value in rows[0]]
        assert total.calls_of_unknown_cost == 2
        assert len(total.session_ids) == 3
        assert total.turns == 5

    play(scene)


def test_a_session_that_was_brought_in_has_the_usage_that_its_cli_noted(play: Play) -> None:
    async def scene(office: Office) -> None:
        await office.import_past("brought", _past(SMALL, SMALL, SMALL))
        await office.import_past("brought", _past(SMALL, SMALL, SMALL))
        [figures] = (await office.report("project")).values()
        assert (figures.input_tokens, figures.cached_input_tokens, figures.output_tokens) == (300, 60, 90)
        assert (figures.turns, figures.duration_ms, figures.tools["edit"]) == (3, 3 * 120_000, 3)
        assert (figures.lines_added, figures.lines_removed) == (6, 3)

    play(scene)


def test_time_waiting_tools_errors_and_fallbacks_are_those_of_the_events(play: Play) -> None:
    async def scene(office: Office) -> None:
        attempt = AttemptId("x")
        await office.run(
            "x",
            ToolCall("1", "shell", ToolKind.SHELL, "ls", ""),
            PermissionRequested("p", "1", ToolKind.SHELL, "ls", ""),
            PermissionAnswered("p", allowed=True, by="person", reason=""),
            ToolResult("1", True, ""),
            HandedOver(CODEX, AgentName("qwen"), "limit", "brief", ()),
            Notice("waiting 60 s until the limit of codex resets"),
            AttemptStarted(attempt, CODEX, "", "", resumed=False),
        )
        await office.work(SMALL, failure=Failure(FailureCode.RATE_LIMITED, "x"))
        found = await office.report("agent")
        figures = found[("codex",)]
        assert (figures.turns, figures.duration_ms) == (2, 2 * 3_600_000)
        assert figures.waiting_ms == 2 * 60_000
        assert dict(figures.tools) == {"shell": 1}
        assert dict(figures.errors) == {"rate-limited": 1}
        assert figures.fallbacks == 1

    play(scene)


def test_lines_of_which_nobody_said_how_many_are_unknown_and_not_zero(play: Play) -> None:
    async def scene(office: Office) -> None:
        whole = '{"file_path": "a.py", "content": "x"}'
        await office.run("x", ToolCall("1", "Write", ToolKind.EDIT, "", whole), ToolResult("1", True, ""))
        await office.run("x", ToolCall("2", "Edit", ToolKind.EDIT, "", whole), ToolResult("2", False, "refused"))
        [figures] = (await office.report()).values()
        assert figures.edits_of_unknown_size == 1
        assert figures.fields()["lines_added"] is None

    play(scene)


def test_only_the_time_that_was_asked_for_and_what_may_be_read_counts(play: Play) -> None:
    async def scene(office: Office) -> None:
        first = await office.work(SMALL)
        office.clock.advance(48 * 3600)
        await office.work(SMALL, SMALL)
        days = await office.report("day")
        assert {day: figures.input_tokens for (day,), figures in days.items()} == {"2026-11-22": 100, "2026-11-24": 200}
        since = await office.report(since=NOON + timedelta(days=1))
        assert [figures.input_tokens for figures in since.values()] == [200]
        office.vault.closed.add(first)
        assert [figures.input_tokens for figures in (await office.report()).values()] == [200]

    play(scene)


def test_a_failed_turn_is_a_turn(play: Play) -> None:
    async def scene(office: Office) -> None:
        await office.run("x", end=Failed(Failure(FailureCode.CRASHED, "x")))
        [figures] = (await office.report()).values()
        assert figures.turns == 1

    play(scene)


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ('{"patch": "*** Begin Patch\\n*** Update File: a\\n@@\\n-x\\n+y\\n+z\\n*** End Patch"}', (2, 1)),
        ('"--- a/x\\n+++ b/x\\n@@ -1 +1 @@\\n-x\\n+y"', (1, 1)),
        ('{"oldString": "a", "newString": "a\\nb"}', (1, 0)),
        ('{"edits": [{"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": ""}]}', (1, 2)),
        ('{"old_string": "a", "new_string": "b", "replace_all": true}', None),
        ('{"content": "x"}', None),
        ("no JSON", None),
        ("", None),
    ],
)
def test_an_edit_says_its_lines_or_nothing(arguments: str, lines: tuple[int, int] | None) -> None:
    assert lines_of(arguments) == lines
