"""The form becomes requests that Anthropic takes: checked against the types of its SDK."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from anthropic.types import MessageCreateParams
from pydantic import TypeAdapter

from minga.domain.model_calls import Refused
from minga.providers import longest_answers
from minga.providers.translation.form import (
    Media,
    OutputForm,
    Reasoning,
    Refusal,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
    Turn,
)
from minga.providers.translation.messages import DIALECT
from minga.providers.translation.notes import Notes

SDK: TypeAdapter[Any] = TypeAdapter(MessageCreateParams)
HELLO = (Turn("user", (Text("Hello"),)),)
TOOLS = (Tool("look", schema=b'{"type":"object"}'),)


def written(notes: Notes | None = None, **fields: Any) -> dict[str, Any]:
    request = Request(**{"model": "claude-x", "turns": HELLO, "answer_max": 4096, **fields})
    body: dict[str, Any] = json.loads(DIALECT.write_request(request, notes or Notes()))
    _exhaust(SDK.validate_python(body))
    return body


def _exhaust(value: Any) -> None:
    """The SDK's types have iterables, which are only checked when they are read."""
    if isinstance(value, Mapping):
        for one in value.values():
            _exhaust(one)
    elif isinstance(value, list | Iterator) or type(value).__name__ == "ValidatorIterator":
        for one in value:
            _exhaust(one)


def test_the_check_finds_what_is_no_request() -> None:
    with pytest.raises(ValueError, match="ImageBlockParam"):
        _exhaust(SDK.validate_python({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": [1]}]}))


def test_a_conversation_with_tools() -> None:
    turns = (
        Turn("system", (Text("Be kind."),)),
        Turn("user", (Text("Look."), Media("image", "image/png", "iVBORw0KGgo=", cache="5m"))),
        Turn("assistant", (Thinking("Hm.", "anthropic:c2ln"), Thinking("", "anthropic:ZW5j", redacted=True))),
        Turn("assistant", (Text("I do."), ToolCall("t1", "look", '{"at": "ñ"}'), ToolCall("t2", "look", ""))),
        Turn("user", (Text("And?"),)),
        Turn(
            "user",
            (
                ToolResult("t1", (Text("blue"),), "look"),
                ToolResult("t2", (Text("red"), Media("file", "text/plain", "w5F1", name="a")), is_error=True),
            ),
        ),
    )
    notes = Notes()
    body = written(notes, turns=turns, system=(Text("You look.", "1h"),), tools=TOOLS, stream=True, person="p")
    assert body == {
        "model": "claude-x",
        "max_tokens": 4096,
        "stream": True,
        "metadata": {"user_id": "p"},
        "system": [
            {"type": "text", "text": "You look.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {"type": "text", "text": "Be kind."},
        ],
        "tools": [{"name": "look", "input_schema": {"type": "object"}}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look."},
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="},
                        "cache_control": {"type": "ephemeral"},
                    },
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                    {"type": "redacted_thinking", "data": "ZW5j"},
                    {"type": "text", "text": "I do."},
                    {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "ñ"}},
                    {"type": "tool_use", "id": "t2", "name": "look", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": "blue"},
                    {
                        "type": "tool_result",
                        "tool_use_id": "t2",
                        "is_error": True,
                        "content": [
                            {"type": "text", "text": "red"},
                            {
                                "type": "document",
                                "title": "a",
                                "source": {"type": "text", "media_type": "text/plain", "data": "Ñu"},
                            },
                        ],
                    },
                    {"type": "text", "text": "And?"},
                ],
            },
        ],
    }
    assert notes.told("changed") == ["arguments-mended(look)"]


def test_an_answer_without_a_limit_may_be_as_long_as_the_model_can() -> None:
    body = written(model="claude-opus-4-5-20251101", answer_max=None)
    assert body["max_tokens"] == longest_answers.of("claude-opus-4-5-20251101")


def test_a_system_message_in_the_middle_stays_there() -> None:
    turns = (*HELLO, Turn("assistant", (Text("Hi"),)), Turn("user", (Text("So?"),)), Turn("system", (Text("Now."),)))
    body = written(turns=turns)
    assert body["messages"][-1] == {"role": "system", "content": [{"type": "text", "text": "Now."}]}


@pytest.mark.parametrize(
    ("reasoning", "fields"),
    [
        (Reasoning("none"), {"thinking": {"type": "disabled"}}),
        (Reasoning("", 0), {"thinking": {"type": "disabled"}}),
        (Reasoning("high"), {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
        (Reasoning("minimal"), {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}}),
        (Reasoning("", -1, shown=True), {"thinking": {"type": "adaptive", "display": "summarized"}}),
        (
            Reasoning("", 2000, shown=False),
            {"thinking": {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}},
        ),
        (Reasoning("", 10), {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (Reasoning("", 9000), {"thinking": {"type": "enabled", "budget_tokens": 4095}}),
        (Reasoning(shown=False), {}),
    ],
    ids=["none", "no budget", "effort", "minimal", "as it likes", "budget", "small", "large", "hidden"],
)
def test_how_much_to_think(reasoning: Reasoning, fields: dict[str, object]) -> None:
    body = written(reasoning=reasoning)
    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == fields


@pytest.mark.parametrize(
    ("choice", "parallel", "told"),
    [
        (ToolChoice("auto"), None, {"type": "auto"}),
        (ToolChoice("any"), False, {"type": "any", "disable_parallel_tool_use": True}),
        (ToolChoice("named", "look"), True, {"type": "tool", "name": "look", "disable_parallel_tool_use": False}),
        (ToolChoice("none"), False, {"type": "none"}),
        (None, False, {"type": "auto", "disable_parallel_tool_use": True}),
        (None, True, None),
    ],
    ids=["auto", "any", "named", "none", "one by one", "unsaid"],
)
def test_which_tool_to_call(choice: ToolChoice | None, parallel: bool | None, told: dict[str, object] | None) -> None:
    assert written(tools=TOOLS, tool_choice=choice, parallel=parallel).get("tool_choice") == told


def test_an_answer_by_a_schema() -> None:
    body = written(output=OutputForm(b'{"type":"object"}', "n"))
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": {"type": "object"}}}


CALLED = (*HELLO, Turn("assistant", (ToolCall("t", "look", "{}"),)), Turn("user", (ToolResult("t", (Text("x"),)),)))

TOLD: dict[str, tuple[dict[str, Any], str, str]] = {
    "seed": ({"seed": 1}, "lost", "anthropic-no-field(seed)"),
    "penalty": ({"presence_penalty": 0.5, "frequency_penalty": 0.0}, "lost", "anthropic-no-field(presence_penalty)"),
    "any JSON": ({"output": OutputForm()}, "lost", "anthropic-no-field(output without a schema)"),
    "detail": (
        {"turns": (Turn("user", (Media("image", url="https://a.b/c", detail="high"),)),)},
        "lost",
        "anthropic-no-field(detail)",
    ),
    "a sound": (
        {"turns": (Turn("user", (Text("x"), Media("audio", "audio/wav", "QQ=="))),)},
        "lost",
        "anthropic-media(audio/wav)",
    ),
    "a picture": (
        {"turns": (Turn("user", (Text("x"), Media("image", "image/bmp", "QQ=="))),)},
        "lost",
        "anthropic-media(image/bmp)",
    ),
    "foreign thoughts": (
        {"turns": (*HELLO, Turn("assistant", (Thinking("x", "gemini:QQ=="), Text("y"))), *HELLO)},
        "lost",
        "anthropic-thoughts-foreign",
    ),
    "sampling": ({"reasoning": Reasoning("low"), "temperature": 0.2}, "lost", "anthropic-sampling(temperature)"),
    "a hot model": ({"temperature": 1.5}, "changed", "anthropic-temperature"),
    "least effort": ({"reasoning": Reasoning("minimal")}, "changed", "anthropic-effort(minimal)"),
    "a small budget": ({"reasoning": Reasoning("", 5)}, "changed", "anthropic-budget"),
    "a short answer": (
        {"reasoning": Reasoning("", 5), "answer_max": 500},
        "changed",
        "anthropic-thinking-off(short answer)",
    ),
    "a forced tool": (
        {"reasoning": Reasoning("", 2000), "tools": TOOLS, "tool_choice": ToolChoice("any")},
        "changed",
        "anthropic-thinking-off(forced tool)",
    ),
    "a call of another model": (
        {"reasoning": Reasoning("", 2000), "tools": TOOLS, "turns": CALLED},
        "changed",
        "anthropic-thinking-off(call without thoughts)",
    ),
    "blank text": ({"turns": (Turn("user", (Text("x"), Text(" \n"))),)}, "lost", "anthropic-blank(text)"),
    "blank stop": ({"stop": ("\n", "END")}, "lost", "anthropic-blank(stop)"),
    "a refusal": ({"turns": (*HELLO, Turn("assistant", (Refusal("No."),)), *HELLO)}, "changed", "anthropic-refusal"),
}


@pytest.mark.parametrize("case", list(TOLD))
def test_what_messages_cannot_say_is_told(case: str) -> None:
    fields, effect, told = TOLD[case]
    notes = Notes()
    written(notes, **fields)
    assert notes.told("lost") + notes.told("changed") == [told]
    assert notes.told("lost" if effect == "lost" else "changed") == [told]


def test_a_model_that_likes_to_think_may_go_on_after_the_call_of_another() -> None:
    notes = Notes()
    body = written(notes, reasoning=Reasoning("high"), tools=TOOLS, turns=CALLED)
    assert body["thinking"] == {"type": "adaptive"}
    assert not notes.found


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a tool of free text": ({"tools": (Tool("patch", custom=True),)}, "tool 'patch' takes free text"),
    "a call of free text": (
        {"turns": (*HELLO, Turn("assistant", (ToolCall("t", "patch", "x", custom=True),)))},
        "tool 'patch' takes free text",
    ),
    "broken arguments": (
        {"turns": (*HELLO, Turn("assistant", (ToolCall("t", "look", '{"a"'),)))},
        "the arguments of a call of tool 'look' are not a JSON object; mend the call with id 't'",
    ),
    "nothing to say": ({"turns": (Turn("user", (Text(" "),)),)}, "nothing is left to ask"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_cannot_be_asked_is_refused(case: str) -> None:
    fields, told = REFUSED[case]
    with pytest.raises(Refused) as refused:
        written(**fields)
    assert refused.value.reason == "malformed"
    assert told in refused.value.message


def test_the_name_of_a_schema_is_told_of() -> None:
    notes = Notes()
    written(notes, output=OutputForm(b'{"type":"object"}', "answer"))
    assert notes.told("lost") == ["anthropic-no-field(output.name)"]
