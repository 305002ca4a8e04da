"""Requests of Chat Completions: read, written, and refused."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from forms import conversations, tools
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolUnionParam
from openai.types.chat.completion_create_params import CompletionCreateParams
from pydantic import TypeAdapter

from minga.domain.model_calls import Refused
from minga.providers.translation.chat import DIALECT
from minga.providers.translation.form import (
    Media,
    OutputForm,
    Part,
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
from minga.providers.translation.notes import Notes

MODEL = "qwen3-coder"
PIXEL = "iVBORw0KGgo="

_WHOLE: TypeAdapter[Any] = TypeAdapter(CompletionCreateParams)
_MESSAGE: TypeAdapter[Any] = TypeAdapter(ChatCompletionMessageParam)
_TOOL: TypeAdapter[Any] = TypeAdapter(ChatCompletionToolUnionParam)

USER = {"role": "user", "content": "What is in /etc?"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "list_files", "arguments": '{"path":"/etc"}'}}


def read(*messages: Mapping[str, object], **fields: object) -> tuple[Request, Notes]:
    notes = Notes()
    body = json.dumps({"model": MODEL, "messages": messages, **fields}).encode()
    return DIALECT.read_request(body, notes), notes


def written(*turns: Turn, **fields: Any) -> tuple[dict[str, Any], Notes]:
    """As the types of OpenAI's SDK have it; those are lazy about what is inside."""
    notes = Notes()
    request = Request(**{"model": MODEL, "turns": turns, **fields})
    told = json.loads(DIALECT.write_request(request, notes))
    _WHOLE.validate_python(told)
    for message in told["messages"]:
        for inside in ("content", "tool_calls"):
            checked = _MESSAGE.validate_python(message)
            if not isinstance(checked.get(inside), str | None):
                list(checked[inside])
    for tool in told.get("tools", ()):
        _TOOL.validate_python(tool)
    return told, notes


def refused(*messages: Mapping[str, object], **fields: object) -> str:
    with pytest.raises(Refused) as caught:
        read(*messages, **fields)
    assert caught.value.reason == "malformed"
    return caught.value.message


def test_a_run_of_an_agent_is_read() -> None:
    asked, notes = read(
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Use tools."}]},
        USER,
        {"role": "assistant", "content": "I look.", "reasoning_content": "A listing.", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "hosts"},
        {"role": "user", "content": "Go on."},
        {"role": "system", "content": "Time is short."},
        tools=[{"type": "function", "function": {"name": "list_files", "parameters": {"type": "object"}}}],
        tool_choice="required",
        parallel_tool_calls=False,
        max_completion_tokens=100,
        max_tokens=50,
        stop="END",
        reasoning_effort="low",
        stream=True,
        stream_options={"include_usage": True},
        safety_identifier="person-1",
    )
    assert asked == Request(
        MODEL,
        (
            Turn("user", (Text("What is in /etc?"),)),
            Turn(
                "assistant",
                (
                    Thinking("A listing."),
                    Text("I look."),
                    ToolCall("call_1", "list_files", '{"path":"/etc"}'),
                ),
            ),
            Turn("user", (ToolResult("call_1", (Text("hosts"),)), Text("Go on."))),
            Turn("system", (Text("Time is short."),)),
        ),
        system=(Text("Be brief."), Text("Use tools.")),
        tools=(Tool("list_files", schema=b'{"type": "object"}'),),
        tool_choice=ToolChoice("any"),
        parallel=False,
        answer_max=100,
        stop=("END",),
        reasoning=Reasoning("low"),
        stream=True,
        person="person-1",
    )
    assert not notes.found


def test_usage_in_a_stream_is_wanted_only_where_it_is_asked_for() -> None:
    assert read(USER, stream=True)[0].usage_wanted is False


def test_pictures_files_and_sound_are_read() -> None:
    cached = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    parts = [
        {"type": "text", "text": "See", **cached},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.jpg"}},
        {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "mp3"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0=", "filename": "a.pdf"}},
        {"type": "text", "text": "!", "prompt_cache_breakpoint": {"mode": "explicit"}},
    ]
    asked, notes = read({"role": "user", "content": parts})
    assert asked.turns[0].parts == (
        Text("See", cache="1h"),
        Media("image", "image/png", PIXEL, detail="low"),
        Media("image", url="https://example.com/a.jpg"),
        Media("audio", "audio/mpeg", "UklGRg=="),
        Media("file", "application/pdf", "JVBERi0=", name="a.pdf"),
        Text("!", cache="5m"),
    )
    assert not notes.found


def test_functions_of_the_old_form_are_read() -> None:
    asked, _ = read(
        USER,
        {"role": "assistant", "content": None, "function_call": {"name": "look", "arguments": "{}"}},
        {"role": "function", "name": "look", "content": "hosts"},
        functions=[{"name": "look", "description": "Looks", "parameters": None}],
        function_call={"name": "look"},
    )
    call = asked.turns[1].parts[0]
    assert isinstance(call, ToolCall)
    assert call.name == "look"
    assert asked.turns[2].parts == (ToolResult(call.id, (Text("hosts"),), "look"),)
    assert (asked.tools, asked.tool_choice) == ((Tool("look", "Looks"),), ToolChoice("named", "look"))


def test_custom_tools_are_read_and_written_with_their_grammar() -> None:
    grammar = {"definition": "start: /a+/", "syntax": "lark"}
    tool = {"type": "custom", "custom": {"name": "patch", "format": {"type": "grammar", "grammar": grammar}}}
    call = {"id": "call_1", "type": "custom", "custom": {"name": "patch", "input": "*** Begin"}}
    choice = {"type": "custom", "custom": {"name": "patch"}}
    asked, notes = read(USER, {"role": "assistant", "tool_calls": [call]}, tools=[tool], tool_choice=choice)
    assert asked.tools[0].custom
    assert json.loads(asked.tools[0].format) == {"type": "grammar", **grammar}
    assert asked.turns[1].parts == (ToolCall("call_1", "patch", "*** Begin", custom=True),)
    told, _ = written(*asked.turns, tools=asked.tools, tool_choice=asked.tool_choice)
    assert (told["tools"], told["tool_choice"]) == ([tool], choice)
    assert told["messages"][1]["tool_calls"] == [call]
    assert not notes.found


def test_a_format_of_a_custom_tool_that_is_no_grammar_is_refused() -> None:
    with pytest.raises(Refused, match="patch"):
        written(Turn("user", (Text("a"),)), tools=(Tool("patch", custom=True, format=b'"lark"'),))


def test_of_the_tools_only_those_are_left_that_are_allowed() -> None:
    given = [{"type": "function", "function": {"name": name}} for name in ("look", "write")]
    allowed = {"mode": "auto", "tools": [{"type": "function", "function": {"name": "look"}}]}
    asked, notes = read(USER, tools=given, tool_choice={"type": "allowed_tools", "allowed_tools": allowed})
    assert ([one.name for one in asked.tools], asked.tool_choice) == (["look"], ToolChoice("auto"))
    assert notes.told("changed") == ["chat-allowed-tools"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"response_format": {"type": "json_object"}}, OutputForm()),
        ({"response_format": {"type": "text"}}, None),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {}, "strict": True}}},
            OutputForm(b"{}", "a", strict=True),
        ),
    ],
    ids=["any object", "text", "schema"],
)
def test_the_form_of_the_answer_is_read(fields: dict[str, object], expected: OutputForm | None) -> None:
    assert read(USER, **fields)[0].output == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"reasoning": {"effort": "high", "exclude": True}}, Reasoning("high", shown=False)),
        ({"reasoning": {"max_tokens": 2000}}, Reasoning(budget_tokens=2000)),
        ({"thinking": {"type": "disabled"}}, Reasoning("none")),
        ({"enable_thinking": False}, Reasoning("none")),
        ({"enable_thinking": True, "thinking_budget": 300}, Reasoning(budget_tokens=300)),
        ({"enable_thinking": True}, Reasoning(budget_tokens=-1)),
        ({"thinking": {"type": "enabled"}}, Reasoning(budget_tokens=-1)),
        ({"thinking": {"type": "enabled"}, "reasoning_effort": "low"}, Reasoning("low")),
        ({"reasoning": {"enabled": True}}, Reasoning(budget_tokens=-1)),
        ({"reasoning": {"enabled": True, "exclude": True}}, Reasoning(budget_tokens=-1, shown=False)),
    ],
    ids=[
        "openrouter",
        "openrouter budget",
        "deepseek",
        "qwen",
        "qwen budget",
        "qwen on",
        "deepseek on",
        "deepseek effort",
        "openrouter on",
        "openrouter on and hidden",
    ],
)
def test_how_much_to_think_is_read_from_what_each_server_has_for_it(
    fields: dict[str, object], expected: Reasoning | None
) -> None:
    assert read(USER, **fields)[0].reasoning == expected


def test_a_switch_of_thoughts_with_an_unknown_word_is_told() -> None:
    request, notes = read(USER, thinking={"type": "sometimes"})
    assert request.reasoning is None
    assert notes.told("lost") == ["chat-field(thinking.type)"]


def test_what_only_this_format_has_is_told() -> None:
    _, notes = read(
        {**USER, "name": "ana"},
        {"role": "assistant", "content": "Yes", "annotations": [{"type": "url_citation"}], "prefix": True},
        n=2,
        logprobs=True,
        store=False,
        metadata={"a": "b"},
        web_search_options={"search_context_size": "low"},
        modalities=["text"],
        unheard_of={"a": [1]},
        tools=[{"type": "function", "function": {"name": "f", "parameters": {}}, "odd": 1}],
    )
    assert sorted(notes.told("lost")) == [
        "chat-field(logprobs)",
        "chat-field(web_search_options)",
        "chat-history-field(annotations)",
        "chat-name(messages[].name)",
        "unknown-field(messages[].prefix)",
        "unknown-field(tools[].odd)",
        "unknown-field(unheard_of)",
    ]
    assert notes.told("changed") == ["chat-choices(n=2)"]


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ({"role": "user", "content": [{"type": "video_url", "video_url": {"url": "x"}}]}, "content[0].type"),
        ({"role": "boss", "content": "x"}, "messages[1].role"),
        ({"role": "user", "content": 3}, "messages[1].content"),
        ({"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}, "content[0].file"),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,a*b"}}]},
            "messages[1].content[0].image_url",
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:image/png,abc"}}]},
            "image_url",
        ),
        ({"role": "user", "content": [{"type": "file", "file": {"file_data": "JVBERi0"}}]}, "content[0].file"),
        ({"role": "user", "content": [{"type": "file", "file": {"file_data": "JV=BERi0"}}]}, "content[0].file"),
        ({"role": "user", "content": [{"type": "file", "file": {"file_data": "JVBERi0ñ"}}]}, "content[0].file"),
        (
            {"role": "system", "content": [{"type": "image_url", "image_url": {"url": "https://a.example/"}}]},
            "messages[1]",
        ),
        ({"role": "tool", "content": "x"}, "tool_call_id"),
        ({"role": "tool", "tool_call_id": "a", "content": [{"type": "refusal", "refusal": "no"}]}, "messages[1]"),
        ({"role": "function", "name": "f", "content": "x"}, "messages[1]"),
        ({"role": "assistant", "audio": {"id": "audio_1"}}, "messages[1].audio"),
        ({"role": "assistant", "tool_calls": [{"id": "a", "type": "function"}]}, "messages[1].tool_calls[0]"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_message_that_cannot_be_read_is_refused_by_its_place(message: dict[str, object], place: str) -> None:
    assert place in refused(USER, message)


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": "none"}}]},
        {"tools": [{"type": "web_search"}]},
        {"tool_choice": "maybe"},
        {"function_call": "maybe"},
        {"messages": None},
        {"response_format": {"type": "xml"}},
    ],
    ids=["parameters", "tool", "choice", "old choice", "messages", "format"],
)
def test_a_setting_that_cannot_be_read_is_refused(fields: dict[str, object]) -> None:
    assert refused(USER, **fields)


def test_a_run_of_an_agent_is_written() -> None:
    told, notes = written(
        Turn("user", (Text("Look"), Media("image", "image/png", PIXEL, detail="low"))),
        Turn(
            "assistant", (Thinking("Hm."), Text("I look."), ToolCall("c1", "look", "{}"), ToolCall("c2", "look", "{}"))
        ),
        Turn("user", (ToolResult("c1", (Text("a"),)), ToolResult("c2", ()), Text("Go on."))),
        Turn("assistant", (Refusal("No."),)),
        system=(Text("Be brief."),),
        tools=(Tool("look", "Looks", b'{"type":"object"}', strict=True),),
        tool_choice=ToolChoice("named", "look"),
        parallel=True,
        answer_max=9,
        top_k=5,
        stop=("END",),
        output=OutputForm(b'{"type":"object"}'),
        stream=True,
        person="p",
    )
    assert told == {
        "model": MODEL,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "low"}},
                ],
            },
            {
                "role": "assistant",
                "content": "I look.",
                "reasoning_content": "Hm.",
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}},
                    {"id": "c2", "type": "function", "function": {"name": "look", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "a"},
            {"role": "tool", "tool_call_id": "c2", "content": ""},
            {"role": "user", "content": "Go on."},
            {"role": "assistant", "content": None, "refusal": "No."},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "look",
                    "description": "Looks",
                    "parameters": {"type": "object"},
                    "strict": True,
                },
            }
        ],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "parallel_tool_calls": True,
        "max_tokens": 9,
        "top_k": 5,
        "stop": ["END"],
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}},
        "stream": True,
        "stream_options": {"include_usage": True},
        "user": "p",
    }
    assert not notes.found


def test_openais_own_models_get_their_own_fields() -> None:
    parts = (Thinking("Hm."), Text("Yes"))
    told, notes = written(Turn("assistant", parts), model="gpt-5", answer_max=9, top_k=5, person="p")
    assert told == {
        "model": "gpt-5",
        "messages": [{"role": "assistant", "content": "Yes"}],
        "max_completion_tokens": 9,
        "safety_identifier": "p",
    }
    assert sorted(notes.told("lost")) == ["chat-thoughts", "chat-top-k"]


def test_pictures_of_a_result_follow_in_what_the_person_says() -> None:
    picture = Media("image", "image/png", PIXEL)
    results = (ToolResult("c1", (Text("a"), picture), "look"), ToolResult("c2", (Text("b"),)))
    told, notes = written(Turn("user", (*results, Text("Go on."))))
    assert [one["role"] for one in told["messages"]] == ["tool", "tool", "user"]
    assert [one["type"] for one in told["messages"][2]["content"]] == ["text", "image_url", "text"]
    assert notes.told("changed") == ["chat-result-media(look)"]


@pytest.mark.parametrize(
    ("part", "note"),
    [
        (Text("a", cache="5m"), "chat-cache-marker(text)"),
        (Media("image", url="https://a.example/", cache="5m"), "chat-cache-marker(image)"),
        (Media("file", url="https://a.example/", name="a.pdf"), "chat-media-url(file)"),
        (Media("file", "text/plain", "aG9sYQ=="), "chat-text-file(text/plain)"),
        (ToolResult("c1", (), "look", is_error=True), "chat-result-error(look)"),
        (ToolResult("c1", (), cache="5m"), "chat-cache-marker(tool results)"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_a_user_cannot_say_in_this_format_is_told(part: Part, note: str) -> None:
    _, notes = written(Turn("user", (part,)))
    assert notes.told("lost") + notes.told("changed") == [note]


@pytest.mark.parametrize(
    ("parts", "note"),
    [
        ((Thinking("a", "anthropic:c2ln"),), "chat-signatures"),
        ((Thinking("", "anthropic:c2ln", redacted=True),), "chat-signatures"),
        ((ToolCall("c", "f", "{}", signature="gemini:c2ln"),), "chat-signatures"),
        ((ToolCall("c", "f", "{}", namespace="files"),), "chat-namespace(files)"),
        ((ToolCall("c", "f", "{}", cache="5m"),), "chat-cache-marker(tool calls)"),
        ((Text("a"), Media("image", "image/png", PIXEL)), "chat-assistant-media(image)"),
        ((ToolCall("c", "f", "{}"), Text("a")), "chat-order"),
    ],
    ids=["signature", "redacted", "signed call", "namespace", "cache", "picture", "order"],
)
def test_what_an_assistant_cannot_say_in_this_format_is_told(parts: tuple[Part, ...], note: str) -> None:
    _, notes = written(Turn("assistant", parts))
    assert notes.told("lost") + notes.told("changed") == [note]


@pytest.mark.parametrize(
    ("reasoning", "effort", "notes_told"),
    [
        (Reasoning("high"), "high", []),
        (Reasoning(budget_tokens=0), "none", ["chat-thought-budget(0)"]),
        (Reasoning(budget_tokens=4000), "low", ["chat-thought-budget(4000)"]),
        (Reasoning(budget_tokens=9000), "medium", ["chat-thought-budget(9000)"]),
        (Reasoning(budget_tokens=30000), "high", ["chat-thought-budget(30000)"]),
        (Reasoning(budget_tokens=-1), None, ["chat-thought-budget(-1)"]),
        (Reasoning("low", shown=True), "low", ["chat-shown-thoughts"]),
    ],
    ids=["effort", "none", "low", "medium", "high", "any", "shown"],
)
def test_how_much_to_think_is_written_as_an_effort(
    reasoning: Reasoning, effort: str | None, notes_told: list[str]
) -> None:
    told, notes = written(Turn("user", (Text("a"),)), reasoning=reasoning)
    assert told.get("reasoning_effort") == effort
    assert notes.told("lost") + notes.told("changed") == notes_told


def test_gemini_gets_its_own_signatures_back() -> None:
    signed = ToolCall("c1", "f", "{}", signature="gemini:c2ln")
    told, notes = written(Turn("assistant", (signed,)), model="gemini-3-flash")
    assert told["messages"][0]["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "c2ln"}}
    assert read(*told["messages"])[0].turns[0].parts == (signed,)
    assert not notes.found


def test_foreign_signatures_come_back_from_the_caller_and_own_ones_go_to_the_server() -> None:
    details = [
        {"type": "reasoning.text", "text": "One", "signature": "minga.anthropic.c2ln", "index": 0},
        {"type": "reasoning.text", "text": "Two", "signature": "b3du", "format": "anthropic-claude-v1", "index": 1},
        {"type": "reasoning.encrypted", "data": "ZW5j", "index": 2},
    ]
    message = {"role": "assistant", "content": "Yes", "reasoning": "OneTwo", "reasoning_details": details}
    asked, _ = read(message)
    assert asked.turns[0].parts == (
        Thinking("One", "anthropic:c2ln"),
        Thinking("Two", "openai-chat:anthropic-claude-v1|b3du"),
        Thinking("", "openai-chat:ZW5j", redacted=True),
        Text("Yes"),
    )
    told, notes = written(*asked.turns)
    assert told["messages"][0]["reasoning_details"] == [
        {"type": "reasoning.text", "text": "One", "index": 0},
        details[1],
        details[2],
    ]
    assert notes.told("lost") == ["chat-signatures"]


def _told_here(part: Part) -> Part:
    """A result does not name its tool here, a picture by its address has no type, and a file must have a name."""
    match part:
        case ToolResult():
            return msgspec.structs.replace(part, name="")
        case Media(kind="image") if part.url:
            return Media("image", url=part.url)
        case Media(kind="file"):
            return msgspec.structs.replace(part, name="document.pdf")
        case _:
            return part


@st.composite
def requests(draw: st.DrawFn) -> Request:
    turns = draw(conversations(result_media=False, errors=False))
    given = draw(tools())
    said = st.one_of(st.none(), st.floats(0, 1))
    return Request(
        draw(st.sampled_from((MODEL, "deepseek-chat"))),
        tuple(Turn(turn.role, tuple(map(_told_here, turn.parts))) for turn in turns),
        system=tuple(draw(st.lists(st.builds(Text, st.text("ab", min_size=1)), max_size=2))),
        tools=given,
        tool_choice=draw(st.sampled_from((None, ToolChoice("any"), ToolChoice("named", given[0].name))))
        if given
        else None,
        answer_max=draw(st.one_of(st.none(), st.integers(1, 10**6))),
        temperature=draw(said),
        top_p=draw(said),
        stop=draw(st.sampled_from(((), ("a",), ("a", "b")))),
        seed=draw(st.one_of(st.none(), st.integers(0, 99))),
        reasoning=draw(st.sampled_from((None, Reasoning("high")))),
        output=draw(st.sampled_from((None, OutputForm(), OutputForm(b'{"a":1}', "a", "A", strict=False)))),
        stream=draw(st.booleans()),
        person=draw(st.sampled_from(("", "ana"))),
    )


@given(requests())
@settings(max_examples=50, deadline=None)
def test_what_is_written_reads_back_as_it_was(request: Request) -> None:
    notes = Notes()
    back = DIALECT.read_request(DIALECT.write_request(request, notes), notes)
    assert msgspec.structs.replace(back, usage_wanted=True) == request
    assert not notes.found


_VALID = json.dumps(
    {
        "model": MODEL,
        "messages": [
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": f"data:a;base64,{PIXEL}"}}]},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "hosts"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}, "odd": 1}],
        "stop": ["a"],
    }
).encode()


@given(st.integers(0, len(_VALID) - 1), st.integers(0, 8), st.binary(max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(start: int, length: int, instead: bytes) -> None:
    body = _VALID[:start] + instead + _VALID[start + length :]
    with suppress(Refused):
        assert isinstance(DIALECT.read_request(body, Notes()), Request)
