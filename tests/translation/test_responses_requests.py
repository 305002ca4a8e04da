"""Requests of OpenAI Responses, in and out. ``codex_*.json``: what Codex 0.169 sent, its long texts cut off."""

from pathlib import Path
from typing import Any

import forms
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.responses import ResponseInputItemParam, ToolParam
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter

from minga.domain.model_calls import Refused
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
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import DIALECT

PNG = "iVBORw0KGgo="
BROKEN = "data:image/png;base64,a!"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
SETTINGS = TypeAdapter(ResponseCreateParamsNonStreaming)
ITEMS, TOOLS = TypeAdapter(list[ResponseInputItemParam]), TypeAdapter(list[ToolParam])
WEATHER = {"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}


def read(asked: dict[str, Any] | bytes) -> tuple[Request, Notes]:
    notes = Notes()
    body = asked if isinstance(asked, bytes) else msgspec.json.encode({"model": "m", **asked})
    return DIALECT.read_request(body, notes), notes


def written(request: Request) -> tuple[dict[str, Any], Notes]:
    """Asserts that the SDK's types take it."""
    notes = Notes()
    told: dict[str, Any] = msgspec.json.decode(DIALECT.write_request(request, notes))
    SETTINGS.validate_python({**told, "input": [], "tools": [], "stream": False}, strict=True)
    ITEMS.validate_python(told["input"])
    TOOLS.validate_python(told.get("tools", []))
    return told, notes


def turns(*items: dict[str, Any]) -> tuple[Turn, ...]:
    return read({"input": list(items)})[0].turns


def test_a_text_is_what_the_person_says() -> None:
    request, notes = read({"input": "hola", "instructions": "Be kind.", "stream": True, "max_output_tokens": 50})
    assert request == Request("m", (Turn("user", (Text("hola"),)),), (Text("Be kind."),), answer_max=50, stream=True)
    assert not notes.found


def test_messages_need_no_type_and_what_stands_before_them_is_the_system_text() -> None:
    request, _ = read(
        {
            "instructions": "A",
            "input": [
                {"role": "developer", "content": "B"},
                {"role": "system", "content": [{"type": "input_text", "text": "C"}]},
                {"role": "user", "content": "hola"},
                {"role": "assistant", "content": "¿qué?"},
                {"role": "developer", "content": "D"},
            ],
        }
    )
    assert request.system == (Text("A"), Text("B"), Text("C"))
    assert request.turns == (
        Turn("user", (Text("hola"),)),
        Turn("assistant", (Text("¿qué?"),)),
        Turn("system", (Text("D"),)),
    )


def test_what_the_model_thinks_says_and_calls_is_one_turn_and_the_results_the_next() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]}
    assert turns(
        {**thought, "encrypted_content": "gAAA", "content": None},
        {
            "type": "message",
            "id": "msg_1",
            "status": "completed",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Voy.", "annotations": [], "logprobs": []}],
        },
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather", "arguments": '{"city":"Iquique"}'},
        {"type": "custom_tool_call", "call_id": "c2", "name": "exec", "namespace": "functions", "input": "ls ñ"},
        {"type": "function_call_output", "call_id": "c1", "output": "18 °C"},
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [
                {"type": "input_text", "text": "out"},
                {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
            ],
        },
    ) == (
        Turn(
            "assistant",
            (
                Thinking("hm", "openai-responses:gAAA", id="rs_1"),
                Text("Voy."),
                ToolCall("c1", "weather", '{"city":"Iquique"}'),
                ToolCall("c2", "exec", "ls ñ", custom=True, namespace="functions"),
            ),
        ),
        Turn(
            "user",
            (
                ToolResult("c1", (Text("18 °C"),)),
                ToolResult("c2", (Text("out"), Media("image", "image/png", PNG)), custom=True),
            ),
        ),
    )


def test_pictures_files_and_sounds_are_read() -> None:
    content = [
        {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "high"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="},
        {"type": "input_file", "file_url": "https://example.com/b.pdf"},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    ]
    assert turns({"role": "user", "content": content})[0].parts == (
        Media("image", url="https://example.com/a.png", detail="high"),
        Media("file", "application/pdf", "JVBERg==", name="a.pdf"),
        Media("file", url="https://example.com/b.pdf"),
        Media("audio", "audio/wav", "AAAA"),
    )


def test_a_refusal_of_the_model_stays_one() -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    assert turns(said) == (Turn("assistant", (Refusal("No."),)),)


def test_a_foreign_signature_comes_back_to_the_part_that_it_belongs_to() -> None:
    signs = {"type": "reasoning", "id": "rs_2_signs", "summary": [], "encrypted_content": "minga.gemini.QUJD"}
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    hidden = {"type": "reasoning", "id": "rs_0_redacted", "summary": [], "encrypted_content": "minga.anthropic.XYZ"}
    assert turns(hidden, call, signs)[0].parts == (
        Thinking("", "anthropic:XYZ", redacted=True, id="rs_0"),
        ToolCall("c1", "f", "{}", signature="gemini:QUJD"),
    )


def test_settings_are_read() -> None:
    request, notes = read(
        {
            "input": "hola",
            "reasoning": {"effort": "high", "summary": "auto"},
            "text": {"format": {"type": "json_schema", "name": "out", "schema": SCHEMA, "strict": True}},
            "tools": [WEATHER],
            "tool_choice": {"type": "function", "name": "weather"},
            "parallel_tool_calls": False,
            "temperature": 0.5,
            "top_p": 1,
            "store": False,
            "include": ["reasoning.encrypted_content"],
            "safety_identifier": "ana",
            "truncation": "disabled",
            "metadata": {},
        }
    )
    assert request.reasoning == Reasoning("high", shown=True)
    assert request.output == OutputForm(msgspec.json.encode(SCHEMA), "out", strict=True)
    assert request.tools == (Tool("weather", schema=msgspec.json.encode(SCHEMA), strict=False),)
    assert request.tool_choice == ToolChoice("named", "weather")
    assert (request.parallel, request.temperature, request.top_p, request.person) == (False, 0.5, 1.0, "ana")
    assert not notes.found


def test_only_the_allowed_tools_are_offered() -> None:
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "weather"}]}
    other = {"type": "custom", "name": "exec", "format": {"type": "text"}}
    request, notes = read({"input": "hola", "tools": [WEATHER, other], "tool_choice": allowed})
    assert [tool.name for tool in request.tools] == ["weather"]
    assert request.tool_choice == ToolChoice("any")
    assert notes.told("changed") == ["responses-allowed-tools"]


def test_tools_that_were_found_by_a_search_and_those_to_be_found_are_offered() -> None:
    found = {"type": "tool_search_output", "tools": [{"type": "namespace", "name": "s", "tools": [WEATHER]}]}
    later = {**WEATHER, "name": "later", "defer_loading": True}
    request, notes = read({"input": [{"role": "user", "content": "a"}, found], "tools": [later]})
    assert [(tool.namespace, tool.name) for tool in request.tools] == [("", "later"), ("s", "weather")]
    assert notes.told("changed") == ["responses-deferred(later)"]


def test_a_marker_for_the_cache_is_kept() -> None:
    text = {"type": "input_text", "text": "a"}
    short = {**text, "prompt_cache_breakpoint": {"mode": "explicit"}}
    long = {**text, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}
    assert turns({"role": "user", "content": [short, long, text]})[0].parts == (
        Text("a", "5m"),
        Text("a", "1h"),
        Text("a"),
    )


def test_what_codex_asks_is_understood() -> None:
    request, notes = read(Path(__file__).with_name("codex_functions.json").read_bytes())
    assert [len(request.system), *(turn.role for turn in request.turns)] == [3, "user", "user", "assistant", "user"]
    assert [type(part) for part in request.turns[2].parts] == [Thinking, Text, ToolCall]
    echo = next(tool for tool in request.tools if tool.name == "echo")
    assert echo.namespace == "mcp__srv"
    assert request.reasoning == Reasoning(shown=True)
    assert notes.told("lost") == [
        "responses-setting(client_metadata)",
        "responses-namespace(multi_agent_v1)",
        "responses-namespace(mcp__srv)",
        "responses-tool(web_search)",
    ]


def test_what_codex_asks_of_a_model_that_writes_code_is_understood() -> None:
    request, notes = read(Path(__file__).with_name("codex_code.json").read_bytes())
    exec_ = request.tools[0]
    assert (exec_.name, exec_.custom, exec_.namespace) == ("exec", True, "functions")
    assert msgspec.json.decode(exec_.format)["syntax"] == "lark"
    called, result = request.turns[2].parts[-1], request.turns[3].parts[0]
    assert isinstance(called, ToolCall)
    assert (called.name, called.custom, called.namespace) == ("exec", True, "functions")
    assert isinstance(result, ToolResult)
    assert (result.custom, len(result.parts)) == (True, 2)
    assert not notes.told("changed")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"input": "a", "previous_response_id": "resp_1"}, "previous_response_id names"),
        ({"input": "a", "conversation": "conv_1"}, "conversation names"),
        ({"input": "a", "prompt": {"id": "p"}}, "prompt names"),
        ({"input": "a", "background": True}, "background"),
        ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0] is of type item_reference"),
        ({"input": [{"id": "msg_1"}]}, "input[0] has no role"),
        ({"input": [{"type": "compaction", "encrypted_content": "x"}]}, "only OpenAI can read"),
        ({"input": [{"type": "telepathy"}]}, "telepathy"),
        ({"input": [{"role": "user", "content": [{"type": "input_smell"}]}]}, "input_smell"),
        ({"input": [{"role": "robot", "content": "a"}]}, "robot"),
        ({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}, "needs a call_id"),
        ({"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": {}}]}, "arguments"),
        ({"input": [{"type": "function_call_output", "output": "x"}]}, "has no call_id"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": 5}]}, "input[0].output"),
        ({"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}]}, "OpenAI's store"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "neither data nor a URL"),
        (
            {
                "input": [
                    {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,a!"}]}
                ]
            },
            "input[0].content[0] is no base64",
        ),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_data": "data:x,y"}]}]}, "not in base64"),
        ({"input": [{"role": "user", "content": [{"type": "summary_text", "text": "a"}]}]}, "is a thought"),
        ({"input": "a", "tools": [{"type": "hammer"}]}, "hammer"),
        ({"input": "a", "text": {"format": {"type": "json_schema", "name": "x"}}}, "without a schema"),
        ({"input": [{"type": "additional_tools", "tools": [{"type": "hammer"}]}]}, "input[0].tools"),
        ({"input": 5}, "input"),
    ],
)
def test_what_cannot_be_done_is_refused_and_says_where(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as refused:
        read(asked)
    assert refused.value.reason == "malformed"
    assert told in refused.value.message


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"input": "a", "prompt_cache_options": {"ttl": "12h"}}, "responses-setting(prompt_cache_options)"),
        ({"input": "a", "include": ["web_search_call.results"]}, "responses-setting(include)"),
        ({"input": "a", "reasoning": {"context": "all_turns"}}, "responses-setting(reasoning.context)"),
        ({"input": "a", "tools": [{"type": "web_search", "filters": {}}]}, "responses-tool(web_search)"),
        (
            {"input": "a", "tool_choice": {"type": "web_search_preview"}},
            "responses-tool(tool_choice.web_search_preview)",
        ),
        ({"input": "a", "tools": [{**WEATHER, "output_schema": {}}]}, "responses-tool-setting(weather.output_schema)"),
        ({"input": [{"type": "web_search_call", "id": "ws_1", "action": {}}]}, "responses-item(web_search_call)"),
        ({"input": [{"role": "assistant", "content": "a", "phase": "commentary"}]}, "responses-phase"),
        ({"input": [{"role": "user", "content": "a", "colour": 1}]}, "unknown-field(input[].colour)"),
        ({"input": "a", "novelty": 1}, "unknown-field(novelty)"),
    ],
)
def test_what_is_lost_is_told(asked: dict[str, Any], told: str) -> None:
    assert told in read(asked)[1].told("lost")


def test_a_request_is_written_as_openai_takes_it() -> None:
    request = Request(
        "gpt-5",
        (
            Turn("user", (Text("mira"), Media("image", "image/png", PNG))),
            Turn(
                "assistant",
                (
                    Thinking("hm", "openai-responses:gAAA", id="rs_7"),
                    Thinking("not its own", "anthropic:sig"),
                    Text("Voy."),
                    ToolCall("c1", "weather", "{}", namespace="srv"),
                    ToolCall("c2", "exec", "ls", custom=True),
                ),
            ),
            Turn("user", (ToolResult("c1", (Text("18"),)), ToolResult("c2", (), custom=True), Text("y?"))),
            Turn("system", (Text("Kürzer."),)),
        ),
        (Text("Be kind."),),
        (Tool("weather", "Weather.", namespace="srv"), Tool("exec", custom=True)),
        ToolChoice("named", "exec"),
        answer_max=5,
        reasoning=Reasoning("low", shown=True),
        output=OutputForm(),
        stream=True,
    )
    told, notes = written(request)
    assert told == {
        "model": "gpt-5",
        "store": False,
        "stream": True,
        "instructions": "Be kind.",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "mira"},
                    {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"},
                ],
            },
            {
                "type": "reasoning",
                "id": "rs_7",
                "summary": [{"type": "summary_text", "text": "hm"}],
                "encrypted_content": "gAAA",
            },
            {"role": "assistant", "content": "Voy."},
            {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}", "namespace": "srv"},
            {"type": "custom_tool_call", "call_id": "c2", "name": "exec", "input": "ls"},
            {"type": "function_call_output", "call_id": "c1", "output": "18"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": ""},
            {"role": "user", "content": "y?"},
            {"role": "developer", "content": "Kürzer."},
        ],
        "tools": [
            {
                "type": "namespace",
                "name": "srv",
                "description": "srv",
                "tools": [
                    {
                        "type": "function",
                        "name": "weather",
                        "description": "Weather.",
                        "parameters": {"type": "object", "properties": {}},
                        "strict": False,
                    }
                ],
            },
            {"type": "custom", "name": "exec"},
        ],
        "tool_choice": {"type": "custom", "name": "exec"},
        "text": {"format": {"type": "json_object"}},
        "max_output_tokens": 16,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
    }
    assert notes.told("lost") == ["responses-thought"]
    assert notes.told("changed") == ["responses-answer-max"]


def test_nothing_of_reasoning_is_said_where_the_caller_says_nothing_of_it() -> None:
    """Models without reasoning refuse to give encrypted reasoning."""
    assert written(Request("gpt-4.1", (Turn("user", (Text("hola"),)),)))[0] == {
        "model": "gpt-4.1",
        "store": False,
        "stream": False,
        "input": [{"role": "user", "content": "hola"}],
    }


def test_what_openai_cannot_be_told_is_a_loss() -> None:
    result = ToolResult("c1", (Text("ay", "5m"),), is_error=True)
    request = Request(
        "gpt-5",
        (Turn("user", (result, Media("audio", "audio/wav", "AAAA"), Text("a"))),),
        top_k=3,
        seed=1,
        stop=("X",),
        reasoning=Reasoning(budget_tokens=1000),
        person="p" * 65,
    )
    told, notes = written(request)
    assert sorted(notes.told("lost")) == [
        "responses-cache",
        "responses-media(audio)",
        "responses-sampling(seed)",
        "responses-sampling(stop)",
        "responses-sampling(top_k)",
        "responses-thinking-budget",
        "responses-tool-error",
    ]
    assert notes.told("changed") == ["responses-person"]
    assert len(told["safety_identifier"]) == 64


def test_a_schema_that_is_no_text_is_refused() -> None:
    with pytest.raises(Refused, match="utf-8"):
        read(b'{"model":"m","input":"a","tools":[{"type":"function","name":"f","parameters":{"a":"\xff"}}]}')


def test_a_message_of_which_nothing_can_be_said_is_left_out() -> None:
    sound = Media("audio", "audio/wav", "AAAA")
    request = Request("m", (Turn("user", (ToolResult("c1", (sound,)),)), Turn("user", (sound,))))
    told, notes = written(request)
    assert told["input"] == [{"type": "function_call_output", "call_id": "c1", "output": ""}]
    assert notes.told("lost") == ["responses-media(audio)"]


@st.composite
def requests(draw: st.DrawFn) -> Request:
    """What the format can say. No signature is on a call here."""
    said = draw(forms.conversations(signed="openai-responses", errors=False))
    offered = draw(forms.tools())
    spaces = st.sampled_from(("", "mcp__srv"))
    tools = [msgspec.structs.replace(tool, strict=draw(st.booleans())) for tool in offered]
    custom = [Tool("patch", "Patches.", custom=True, format=b'{"type":"text"}', namespace=draw(spaces))]
    return Request(
        "m",
        tuple(Turn(turn.role, tuple(_sayable(part) for part in turn.parts)) for turn in said),
        tuple(draw(st.lists(forms.texts(), max_size=2))),
        (*tools, *draw(st.sampled_from(([], custom)))),
        draw(
            st.sampled_from((None, ToolChoice("auto"), ToolChoice("none"), ToolChoice("any"), ToolChoice("named", "f")))
        ),
        draw(st.none() | st.booleans()),
        draw(st.none() | st.integers(16, 10**6)),
        draw(st.none() | st.floats(0, 2)),
        reasoning=draw(st.sampled_from((None, Reasoning("high"), Reasoning(shown=True)))),
        output=draw(st.sampled_from((None, OutputForm(), OutputForm(b'{"type":"object"}', "x", "y", strict=True)))),
        stream=draw(st.booleans()),
        person=draw(st.sampled_from(("", "ana"))),
    )


def _sayable(part: Any) -> Any:
    match part:
        case ToolCall():
            return msgspec.structs.replace(part, signature="")
        case Thinking():
            return msgspec.structs.replace(part, signature="openai-responses:QUJD", id="rs_1")
        case ToolResult():
            return msgspec.structs.replace(part, name="", parts=tuple(_sayable(one) for one in part.parts))
        case Media(kind="file", data=str(data)) if data:
            return msgspec.structs.replace(part, name="a.pdf")
        case Media(kind="image"):
            media_type = part.media_type if part.data else ""
            return msgspec.structs.replace(part, media_type=media_type)
        case _:
            return part


def _joined(turns_: tuple[Turn, ...]) -> list[tuple[str, list[Any]]]:
    """Neighbours of one role together."""
    joined: list[tuple[str, list[Any]]] = []
    for turn in turns_:
        if joined and joined[-1][0] == turn.role:
            joined[-1][1].extend(turn.parts)
        else:
            joined.append((turn.role, list(turn.parts)))
    return joined


@settings(max_examples=40, deadline=None)
@given(requests())
def test_what_is_written_is_read_as_it_was(request: Request) -> None:
    told, notes = written(request)
    back, _ = read(msgspec.json.encode(told))
    assert not notes.found
    assert _joined(back.turns) == _joined(request.turns)
    no_schema = b'{"type":"object","properties":{}}'
    tools = [
        tool if tool.custom or tool.schema != b"{}" else msgspec.structs.replace(tool, schema=no_schema)
        for tool in request.tools
    ]
    wanted = msgspec.structs.replace(request, tools=tuple(tools), turns=back.turns)
    assert back == wanted


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_request_is_read_or_refused(data: st.DataObject) -> None:
    whole = Path(__file__).with_name("codex_code.json").read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    put = data.draw(st.sampled_from((b"", b"null", b"{", b"[]", b'"', b"\xff", b"-1", b'"type":1,')))
    try:
        request, _ = read(whole[:at] + put + whole[at + data.draw(st.integers(0, 30)) :])
    except Refused:
        return
    assert isinstance(request, Request)


@pytest.mark.parametrize(
    "turn",
    [
        Turn("assistant", (ToolCall("c1", "f", "{}", cache="5m"),)),
        Turn("user", (ToolResult("c1", (Text("a"),), cache="1h"),)),
    ],
    ids=["call", "result"],
)
def test_a_cache_marker_on_a_call_and_on_its_result_is_told_of(turn: Turn) -> None:
    assert written(Request("m", (turn,)))[1].told("lost") == ["responses-cache"]


def test_of_a_file_by_its_address_the_name_and_type_are_told_of() -> None:
    file = Media("file", "application/pdf", url="https://example.com/a.pdf", name="a.pdf")
    told, notes = written(Request("m", (Turn("user", (file,)),)))
    assert told["input"][0]["content"] == [{"type": "input_file", "file_url": "https://example.com/a.pdf"}]
    assert notes.told("lost") == ["responses-file(name)", "responses-file(media type)"]
