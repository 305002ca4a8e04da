"""The live view takes what an agent says in pieces: it shows all of it, once, and keeps little of it."""

import io
import tracemalloc
from datetime import UTC, datetime

import pytest

from minga.domain.events import AttemptStarted, Event, Finished, Recorded, Text
from minga.domain.ids import AgentName, AttemptId, SessionId, TurnId
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.rich_view import LINE_HELD, SAID_KEPT, RichView
from minga.entrypoints.cli.words import load

PIECE = "lorem ipsum, dolor sit amet. "


class Counted(io.StringIO):
    """Output of which only the length is kept."""

    length = 0

    def write(self, text: str) -> int:
        self.length += len(text)
        return len(text)


def show(out: io.StringIO, *events: Event, label: str = "", is_terminal: bool = False) -> RichView:
    console = Console(file=out, highlight=False, width=100, force_terminal=is_terminal, color_system=None)
    view = RichView(console, load("en"), label=label)
    tell(view, *events)
    return view


def tell(view: RichView, *events: Event) -> None:
    for event in events:
        view.show(Recorded(SessionId("s"), TurnId("t"), 1, datetime(2026, 1, 1, tzinfo=UTC), None, event))


def shown(*events: Event, label: str = "") -> str:
    out = io.StringIO()
    show(out, *events, label=label)
    return out.getvalue()


@pytest.mark.parametrize("count", [1, LINE_HELD // len(PIECE), 1000])
@pytest.mark.parametrize("after", ["", "\n", "\nthe end", "\n\n"])
def test_a_line_in_pieces_is_shown_as_it_was_said_however_long_it_is(count: int, after: str) -> None:
    said = PIECE * count + after
    events = [*[Text(PIECE)] * count, *map(Text, after), Finished(said)]
    assert shown(*events) == said + ("" if said.endswith("\n") else "\n")


@pytest.mark.parametrize("after", ["", "\n"])
def test_a_long_line_of_one_of_several_runs_is_broken_and_nothing_of_it_lost(after: str) -> None:
    said = "x" * (2 * LINE_HELD)
    lines = shown(Text(said), Text(after), Text("end"), label="codex").splitlines()
    assert all(line.startswith("codex    ") for line in lines)
    assert "".join(line[9:] for line in lines) == said
    assert "" not in [line[9:] for line in lines]


def test_a_line_that_never_ends_is_shown_as_it_grows() -> None:
    out = Counted()
    view = show(out)
    for count in range(1, 1001):
        tell(view, Text(PIECE))
        assert count * len(PIECE) - LINE_HELD <= out.length <= count * len(PIECE)


def test_a_spinner_is_never_drawn_behind_a_line_that_has_not_ended() -> None:
    out = io.StringIO()
    view = show(out, AttemptStarted(AttemptId("a"), AgentName("codex"), "1", "acp", False), is_terminal=True)
    tell(view, Text("x" * (LINE_HELD + 1)))
    assert "x" * (LINE_HELD + 1) + "\n" in out.getvalue()
    view.pause()


def test_what_the_view_keeps_of_an_endless_answer_is_bounded() -> None:
    view = show(Counted())
    tracemalloc.start()
    try:
        for _ in range(3000):
            tell(view, Text("x" * 10_000))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 10 * SAID_KEPT


@pytest.mark.parametrize("size", [1, 1000, SAID_KEPT // 2, SAID_KEPT, 3 * SAID_KEPT])
@pytest.mark.parametrize("piece", [7, 10**6])
def test_an_answer_that_was_said_is_not_shown_twice_and_one_that_was_not_is(size: int, piece: int) -> None:
    answer = "".join(chr(33 + index % 90) for index in range(size))
    pieces = [Text(answer[at : at + piece]) for at in range(0, size, piece)]
    assert shown(Text("first this.\n"), *pieces, Text("\n"), Finished(f"{answer}\n")) == f"first this.\n{answer}\n"
    assert shown(Text("this.\n"), Finished(f"{answer[:-1]}ñ")) == f"this.\n{answer[:-1]}ñ\n"
