"""Requests of Anthropic's Messages become the form; what it cannot hold is told, what nobody else can do is refused."""

import json
from typing import Any

import pytest
from messages_examples import CODING, PNG

from minga.domain.model_calls import Refused
from minga.providers.translation.form import (
    Media,
    OutputForm,
    Reasoning,
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


def read(**fields: object) -> tuple[Request, Notes]:
    notes = Notes()
    return DIALECT.read_request(json.dumps({**_least(), **fields}).encode(), notes), notes


def read_blocks(*blocks: dict[str, Any], role: str = "user") -> tuple[tuple[object, ...], Notes]:
    request, notes = read(messages=[{"role": role, "content": [*blocks, {"type": "text", "text": "."}]}])
    return request.turns[0].parts[:-1], notes


def _least() -> dict[str, object]:
    return {"model": "m", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}


def test_a_request_of_a_coding_agent_is_read_whole() -> None:
    request, notes = read(**CODING)
    assert request == Request(
        model="claude-opus-5",
        system=(Text("You write code."), Text("The project.", "1h")),
        turns=(
            Turn("user", (Text("List the files."),)),
            Turn(
                "assistant",
                (
                    Thinking("I look.", "anthropic:c2ln"),
                    Thinking("", "anthropic:ZW5j", redacted=True),
                    Thinking("", "gemini:Zm9y"),
                    Text("Looking."),
                    ToolCall("toolu_1", "Bash", '{"command": "ls"}'),
                    ToolCall("toolu_2", "Bash", "{}"),
                ),
            ),
            Turn(
                "user",
                (
                    ToolResult("toolu_1", (Text("a.txt"),)),
                    ToolResult("toolu_2", (Text("no"), Media("image", "image/png", PNG)), is_error=True),
                    Text("Go on."),
                    Media("image", url="https://example.com/a.png"),
                ),
            ),
            Turn("system", (Text("Be brief."),)),
        ),
        tools=(
            Tool(
                "Bash",
                "Runs a command",
                b'{"type": "object", "properties": {"command": {"type": "string"}}}',
                strict=True,
                cache="5m",
            ),
        ),
        tool_choice=ToolChoice("any"),
        parallel=False,
        answer_max=32000,
        top_k=5,
        stop=("END",),
        reasoning=Reasoning("high", None, shown=True),
        stream=True,
        person="user_1",
    )
    assert notes.told("lost") == ["anthropic-only(eager_input_streaming)"]
    assert len(notes.found) == 1


@pytest.mark.parametrize(
    ("setting", "effort", "read_as"),
    [
        ({"type": "enabled", "budget_tokens": 2048}, None, Reasoning("", 2048)),
        ({"type": "enabled", "budget_tokens": 2048, "display": "omitted"}, "max", Reasoning("max", 2048, shown=False)),
        ({"type": "adaptive"}, None, Reasoning("", -1)),
        ({"type": "disabled"}, None, Reasoning("none")),
        (None, "low", Reasoning("low")),
        (None, None, None),
    ],
    ids=["budget", "budget and effort", "adaptive", "disabled", "effort", "nothing"],
)
def test_how_much_to_think(setting: object, effort: str | None, read_as: Reasoning | None) -> None:
    request, notes = read(thinking=setting, output_config={"effort": effort})
    assert request.reasoning == read_as
    assert not notes.found


@pytest.mark.parametrize("place", ["output_config", "output_format"], ids=["now", "in the beta"])
def test_an_answer_by_a_schema(place: str) -> None:
    told = {"type": "json_schema", "schema": {"type": "object"}}
    request, _ = read(**{place: {"format": told} if place == "output_config" else told})
    assert request.output == OutputForm(b'{"type": "object"}', strict=True)


def test_documents() -> None:
    parts, notes = read_blocks(
        {"type": "document", "title": "a", "source": {"type": "text", "media_type": "text/plain", "data": "Ñu"}},
        {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}},
        {"type": "document", "source": {"type": "url", "url": "https://example.com/a.pdf"}},
    )
    assert parts == (
        Media("file", "text/plain", "w5F1", name="a"),
        Media("file", "application/pdf", "JVBERi0="),
        Media("file", "application/pdf", url="https://example.com/a.pdf"),
    )
    assert not notes.found


def test_a_marker_of_the_whole_request_is_one_of_its_last_part() -> None:
    request, _ = read(cache_control={"type": "ephemeral"})
    assert request.turns[-1].parts == (Text("Hello", "5m"),)


LOST: dict[str, tuple[dict[str, object], str]] = {
    "web search": (
        {"tools": [{"type": "web_search_20260318", "name": "web_search", "max_uses": 3}]},
        "anthropic-server-tool(web_search_20260318)",
    ),
    "a computer": (
        {"tools": [{"type": "computer_toolset_20260801"}]},
        "anthropic-server-tool(computer_toolset_20260801)",
    ),
    "MCP servers": ({"mcp_servers": [{"name": "a"}]}, "anthropic-server-tool(mcp_servers)"),
    "a tier": ({"service_tier": "auto"}, "anthropic-only(service_tier)"),
    "management of the context": ({"context_management": {"edits": []}}, "anthropic-only(context_management)"),
    "a task budget": ({"output_config": {"task_budget": {"total": 1}}}, "anthropic-only(output_config.task_budget)"),
    "effort without thoughts": (
        {"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}},
        "anthropic-effort-unused(low)",
    ),
    "an unknown field": ({"mood": "good"}, "unknown-field(mood)"),
    "an unknown field of a tool": (
        {"tools": [{"name": "a", "input_schema": {}, "colour": 1}]},
        "unknown-field(tools[].colour)",
    ),
}


@pytest.mark.parametrize("case", list(LOST))
def test_what_the_form_cannot_hold_is_told(case: str) -> None:
    fields, told = LOST[case]
    assert read(**fields)[1].told("lost") == [told]


CHANGED: dict[str, tuple[dict[str, object], str]] = {
    "tools to be searched": (
        {"tools": [{"name": "a", "input_schema": {}, "defer_loading": True}]},
        "anthropic-tool-search(defer_loading)",
    ),
    "thoughts between tools": ({"thinking": {"type": "between_tools"}}, "anthropic-thinking-between-tools"),
}


@pytest.mark.parametrize("case", list(CHANGED))
def test_what_is_said_in_another_way_is_told(case: str) -> None:
    fields, told = CHANGED[case]
    assert read(**fields)[1].told("changed") == [told]


def test_blocks_of_tools_at_anthropic_are_lost() -> None:
    call = {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {"query": "x"}}
    found = {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": []}
    parts, notes = read_blocks(call, found, role="assistant")
    assert parts == ()
    assert notes.told("lost") == [
        "anthropic-server-tool(server_tool_use)",
        "anthropic-server-tool(web_search_tool_result)",
    ]


def test_search_results_and_documents_of_parts_become_text() -> None:
    parts, notes = read_blocks(
        {
            "type": "search_result",
            "title": "T",
            "source": "https://example.com",
            "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
            "cache_control": {"type": "ephemeral"},
        },
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "three"}]}},
    )
    assert parts == (Text("T\nhttps://example.com\n\none\ntwo", "5m"), Text("three"))
    assert notes.told("changed") == ["anthropic-search-result", "anthropic-document-parts"]


def test_a_search_of_tools_tells_the_tool_that_it_found() -> None:
    result = {
        "type": "tool_result",
        "tool_use_id": "t",
        "content": [{"type": "tool_reference", "tool_name": "mcp__a__b"}],
    }
    parts, notes = read_blocks(result)
    assert parts == (ToolResult("t", (Text("Tool mcp__a__b is there to be called."),)),)
    assert notes.told("changed") == ["anthropic-tool-search(tool_reference)"]


def test_signatures_of_calls_and_texts_come_back_to_what_they_sign() -> None:
    carried = {"type": "thinking", "thinking": ""}
    parts, _ = read_blocks(
        {**carried, "signature": "minga.next.gemini.QQ=="},
        {"type": "tool_use", "id": "a", "name": "b", "input": {}},
        {"type": "text", "text": "x"},
        {**carried, "signature": "minga.last.gemini.Qg=="},
        {**carried, "signature": "minga.alone.gemini.Qw=="},
        role="assistant",
    )
    assert parts == (
        ToolCall("a", "b", "{}", signature="gemini:QQ=="),
        Text("x", signature="gemini:Qg=="),
        Text("", signature="gemini:Qw=="),
    )


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "no messages": ({"messages": []}, "messages: there is nothing to answer to"),
    "no model": ({"model": None}, "$.model"),
    "a wrong type": ({"messages": [{"role": "user", "content": 1}]}, "$.messages[0].content"),
    "an unknown role": ({"messages": [{"role": "tool", "content": "x"}]}, "$.messages[0].role"),
    "a container": ({"container": "cont_1"}, "container: it lies at Anthropic"),
    "a thread": ({"thread": {"id": "x"}}, "thread: it lies at Anthropic"),
    "an unknown type of a tool": ({"tools": [{"type": "magic_1", "name": "x"}]}, "tools[0].type: 'magic_1'"),
    "a tool without a schema": ({"tools": [{"name": "x"}]}, "tools[0]: a tool has a name and an input_schema"),
    "a tool of a wrong type": ({"tools": [{"name": 1}]}, "(in tools[0])"),
    "a choice of no tool": ({"tool_choice": {"type": "tool", "name": "x"}}, "there is no tool 'x'"),
    "a schema that is none": (
        {"output_format": {"type": "json_schema", "schema": 1}},
        "output_config.format.schema: a JSON Schema is an object",
    ),
}

REFUSED_BLOCKS: dict[str, tuple[str, dict[str, object], str]] = {
    "an unknown type": ("user", {"type": "hologram"}, "Invalid value 'hologram'"),
    "a call by the user": (
        "user",
        {"type": "tool_use", "id": "a", "name": "b", "input": {}},
        "messages[0].content[0]: a block of type 'tool_use' cannot stand in a message of role 'user'",
    ),
    "a result by the model": ("assistant", {"type": "tool_result", "tool_use_id": "a"}, "of role 'assistant'"),
    "thoughts of the user": ("user", {"type": "thinking", "thinking": "", "signature": ""}, "of role 'user'"),
    "invalid base64": (
        "user",
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "!!"}},
        "messages[0].content[0].source.data: this is no base64",
    ),
    "a stored file": ("user", {"type": "image", "source": {"type": "file", "file_id": "f"}}, "stored at Anthropic"),
    "a stored upload": ("user", {"type": "container_upload", "file_id": "f"}, "stored at Anthropic"),
    "arguments that are no object": (
        "assistant",
        {"type": "tool_use", "id": "a", "name": "b", "input": [1]},
        "messages[0].content[0].input: the input of a tool is an object",
    ),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_is_no_request_is_refused_by_its_place(case: str) -> None:
    fields, told = REFUSED[case]
    with pytest.raises(Refused) as refused:
        read(**fields)
    assert refused.value.reason == "malformed"
    assert told in refused.value.message


@pytest.mark.parametrize("case", list(REFUSED_BLOCKS))
def test_what_is_no_block_is_refused_by_its_place(case: str) -> None:
    role, block, told = REFUSED_BLOCKS[case]
    with pytest.raises(Refused) as refused:
        read_blocks(block, role=role)
    assert told in refused.value.message


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"[" * 100_000, b'{"a":"\xff"}'], ids=["none", "list", "half", "deep", "bytes"]
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(Refused, match="no request of Anthropic's Messages"):
        DIALECT.read_request(body, Notes())


def test_that_arguments_are_to_come_early_is_told_of() -> None:
    tool = {"name": "look", "input_schema": {"type": "object"}, "eager_input_streaming": True}
    assert read(tools=[tool])[1].told("lost") == ["anthropic-only(eager_input_streaming)"]


@pytest.mark.parametrize("content", ["", []], ids=["text", "blocks"])
def test_a_message_that_says_nothing_is_told_of(content: object) -> None:
    asked = {"role": "user", "content": "Hello"}
    request, notes = read(messages=[asked, {"role": "assistant", "content": content}, asked])
    assert [turn.role for turn in request.turns] == ["user", "user"]
    assert notes.told("changed") == ["empty-part(assistant)"]
