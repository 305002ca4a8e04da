"""Replay's comparison: what a CLI leaves out, changes, moves or doubles is named."""

from collections.abc import Callable

import pytest

from minga.domain.events import ToolKind
from minga.domain.transcript import Called, ImagePart, Item, Said, ToolCallPart, ToolResultPart
from minga.pipeline.compared import differences
from minga.testing import Message, ToolResult, ToolUse

MARKER = "go on"

ITEMS: list[Item] = [
    Said("user", "¿qué hay aquí?"),
    Said("assistant", "miro"),
    Called(
        ToolCallPart("c1", "shell", ToolKind.SHELL, '{"command": ["ls"]}'),
        ToolResultPart("c1", True, "a.txt\n"),
        joins=True,
    ),
    Said("assistant", "un archivo"),
    Said("user", "y ahora"),
    Said("assistant", "nada más"),
]


def request() -> list[Message]:
    """How a CLI would send ``ITEMS``, with words of its own around them."""
    return [
        Message("system", "you are an agent"),
        Message("user", "<context>Linux</context>"),
        Message("user", "¿qué hay aquí?"),
        Message("assistant", "miro", (ToolUse("x1", "shell", {"command": ["ls"]}),)),
        Message("tool", result=ToolResult("x1", "a.txt\n")),
        Message("assistant", "un archivo"),
        Message("user", "y ahora"),
        Message("assistant", "nada más"),
        Message("user", MARKER),
    ]


def test_a_whole_history_has_no_differences() -> None:
    assert differences(ITEMS, request(), MARKER) == []


def test_texts_of_one_side_may_stand_in_one_message() -> None:
    items: list[Item] = [Said("user", "one"), Said("user", "two"), Said("assistant", "three")]
    joined = [Message("user", "one\n\ntwo"), Message("assistant", "three"), Message("user", MARKER)]
    assert differences(items, joined, MARKER) == []


def test_a_short_text_within_the_words_of_the_cli_is_not_there_twice() -> None:
    items: list[Item] = [Said("user", "write"), Said("assistant", "ok")]
    reminder = Message("user", "<reminder>do not write files; write less</reminder>")
    asked = [reminder, Message("user", "write"), Message("assistant", "ok"), Message("user", MARKER)]
    assert differences(items, asked, MARKER) == []
    twice = [Message("user", "write\n  write "), *asked]
    assert differences(items, twice, MARKER) == ["there twice: 'write'"]


def without(place: int) -> Callable[[list[Message]], list[Message]]:
    return lambda messages: messages[:place] + messages[place + 1 :]


def instead(place: int, message: Message) -> Callable[[list[Message]], list[Message]]:
    return lambda messages: [*messages[:place], message, *messages[place + 1 :]]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without(2), "missing or out of order: user text '¿qué hay aquí?'"),
        (without(5), "missing or out of order: assistant text 'un archivo'"),
        (without(4), "missing: the result of tool call shell"),
        (instead(3, Message("assistant", "miro")), "missing or out of order: tool call shell"),
        (
            instead(3, Message("assistant", "miro", (ToolUse("x1", "shell", {"command": ["rm"]}),))),
            "missing or out of order: tool call shell",
        ),
        (instead(4, Message("tool", result=ToolResult("x1", "b.txt"))), "changed: the result of tool call shell"),
        (
            lambda messages: [*messages[:5], messages[6], messages[5], *messages[7:]],
            "out of order: user text 'y ahora'",
        ),
        (lambda messages: [*messages[:6], messages[5], *messages[6:]], "there twice: 'un archivo'"),
        (
            lambda messages: [
                *messages[:4],
                Message("assistant", "", (ToolUse("x2", "shell", {"command": ["ls"]}),)),
                *messages[4:],
            ],
            "2 tool calls reached the model, 1 were written",
        ),
    ],
)
def test_every_loss_is_named(change: Callable[[list[Message]], list[Message]], said: str) -> None:
    told = differences(ITEMS, change(request()), MARKER)
    assert any(said in one for one in told), told


def test_a_picture_that_does_not_arrive_is_named() -> None:
    items: list[Item] = [Said("user", "look", images=(ImagePart("image/png", b"x"),)), Said("assistant", "seen")]
    bare = [Message("user", "look"), Message("assistant", "seen"), Message("user", MARKER)]
    assert differences(items, bare, MARKER) == ["1 of 1 pictures are missing"]
    shown = [Message("user", "look", pictures=1), *bare[1:]]
    assert differences(items, shown, MARKER) == []
