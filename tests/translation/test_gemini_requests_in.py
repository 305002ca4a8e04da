"""Requests of generateContent as they are read."""

from typing import Any

import msgspec
import pytest
from gemini_speech import HELLO, model, read, refused, user

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
)


def test_a_whole_conversation_is_read() -> None:
    request = read(
        {
            "systemInstruction": {"role": "user", "parts": [{"text": "Be brief."}]},
            "contents": [
                {
                    "role": "user",
                    "parts": [{"text": "Look:"}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw=="}}],
                },
                {
                    "role": "model",
                    "parts": [
                        {"text": "I should read it.", "thought": True},
                        {
                            "functionCall": {"id": "a1", "name": "read", "args": {"path": "x.py"}},
                            "thoughtSignature": "c2ln",
                        },
                        {"functionCall": {"name": "list", "args": {}}},
                    ],
                },
                {
                    "role": "user",
                    "parts": [
                        {"functionResponse": {"id": "a1", "name": "read", "response": {"output": "print()"}}},
                        {"functionResponse": {"name": "list", "response": {"error": "no such place"}}},
                        {"text": "go on"},
                    ],
                },
            ],
            "tools": [
                {
                    "functionDeclarations": [
                        {"name": "read", "description": "Reads.", "parametersJsonSchema": {"type": "object"}},
                        {"name": "list"},
                    ]
                }
            ],
            "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
            "generationConfig": {"maxOutputTokens": 99, "topK": 40.0, "stopSequences": ["END"], "temperature": 0},
        }
    )
    assert request == Request(
        "",
        (
            user("Look:", Media("image", "image/png", data="iVBORw==")),
            model(
                Thinking("I should read it."),
                ToolCall("a1", "read", '{"path": "x.py"}', signature="gemini:c2ln"),
                ToolCall("gemini-call-2", "list", "{}"),
            ),
            user(
                ToolResult("a1", (Text("print()"),), "read"),
                ToolResult("gemini-call-2", (Text("no such place"),), "list", is_error=True),
                "go on",
            ),
        ),
        system=(Text("Be brief."),),
        tools=(Tool("read", "Reads.", b'{"type": "object"}'), Tool("list")),
        tool_choice=ToolChoice("auto"),
        answer_max=99,
        temperature=0,
        top_k=40,
        stop=("END",),
    )


def test_snake_case_is_read_as_camel_case() -> None:
    request = read(
        {
            "system_instruction": {"parts": {"text": "Be brief."}},
            "contents": {"parts": [{"inline_data": {"mime_type": "image/png", "data": "iVBORw=="}}]},
            "tools": [{"function_declarations": [{"name": "f", "parameters_json_schema": {"max_items": 1}}]}],
            "tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["f"]}},
            "generation_config": {"response_mime_type": "application/json", "thinking_config": {"thinking_budget": 7}},
        }
    )
    assert request.system == (Text("Be brief."),)
    assert request.turns == (user(Media("image", "image/png", data="iVBORw==")),)
    assert request.tools == (Tool("f", "", b'{"max_items":1}'),)
    assert request.tool_choice == ToolChoice("named", "f")
    assert (request.output, request.reasoning) == (OutputForm(), Reasoning(budget_tokens=7))


def test_pieces_of_a_stream_that_a_client_kept_are_joined() -> None:
    pieces = [
        {"text": "h", "thought": True},
        {"text": "m", "thought": True},
        {"text": "", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "I "},
        {"text": "look."},
        {"functionCall": {"id": "1", "name": "f", "args": {}}},
        {"text": ""},
    ]
    contents = [*HELLO["contents"], *({"role": "model", "parts": [piece]} for piece in pieces)]
    assert read({"contents": contents}).turns == (
        user("hello"),
        model(Thinking("hm", "gemini:c2ln"), "I look.", ToolCall("1", "f", "{}")),
    )


def test_unknown_fields_are_named_and_the_rest_is_read() -> None:
    body = {
        **HELLO,
        "wish": 1,
        "tools": [{"functionDeclarations": [{"name": "f", "colour": 2, "parametersJsonSchema": {}}]}],
    }
    assert read(body, "unknown-field(wish) unknown-field(tools[].functionDeclarations[].colour)").tools == (Tool("f"),)


def test_results_without_ids_go_to_the_calls_of_their_name_in_order() -> None:
    call = {"functionCall": {"name": "f", "args": {}}}
    result = {"functionResponse": {"name": "f", "response": {"output": "1"}}}
    named = {"functionResponse": {"id": "made-up", "name": "g", "response": {"output": "2"}}}
    turns = read(
        {
            "contents": [
                *HELLO["contents"],
                {"role": "model", "parts": [call, {"functionCall": {"name": "g"}}, call]},
                {"role": "function", "parts": [result, named, result]},
            ]
        }
    ).turns
    assert [part.id for part in turns[1].parts if isinstance(part, ToolCall)] == [f"gemini-call-{n}" for n in (1, 2, 3)]
    results = [part.call_id for part in turns[2].parts if isinstance(part, ToolResult)]
    assert results == ["gemini-call-1", "gemini-call-2", "gemini-call-3"]


@pytest.mark.parametrize(
    ("response", "text"),
    [
        ({"output": {"a": 1}}, '{"a": 1}'),
        ({"output": ["x", "y"]}, "x|y"),
        ({"temperature": 20, "unit": "C"}, '{"temperature": 20, "unit": "C"}'),
        ({"result": "fine"}, '{"result": "fine"}'),
        ({}, ""),
    ],
    ids=["object", "texts", "own-fields", "result", "empty"],
)
def test_a_response_of_any_shape_is_read(response: dict[str, Any], text: str) -> None:
    call = {"role": "model", "parts": [{"functionCall": {"name": "f"}}]}
    result = {"role": "user", "parts": [{"functionResponse": {"name": "f", "response": response}}]}
    part = read({"contents": [call, result]}).turns[1].parts[0]
    assert isinstance(part, ToolResult)
    assert "|".join(one.text for one in part.parts if isinstance(one, Text)) == text


def test_geminis_own_schemas_become_json_schemas() -> None:
    own = {
        "type": "OBJECT",
        "properties": {
            "when": {"type": "STRING", "format": "enum", "enum": ["now"], "nullable": True},
            "many": {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "1"},
            "nullable": {"anyOf": [{"type": "NUMBER"}, {"type": "BOOLEAN"}], "example": 2},
        },
        "propertyOrdering": ["when"],
        "required": ["when"],
    }
    request = read(
        {
            **HELLO,
            "tools": [{"functionDeclarations": [{"name": "f", "parameters": own}]}],
            "generationConfig": {"responseMimeType": "application/json", "responseSchema": {"type": "ARRAY"}},
        },
        "gemini-schema(propertyOrdering)",
    )
    assert msgspec.json.decode(request.tools[0].schema) == {
        "type": "object",
        "properties": {
            "when": {"type": ["string", "null"], "enum": ["now", None]},
            "many": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
            "nullable": {"anyOf": [{"type": "number"}, {"type": "boolean"}], "examples": [2]},
        },
        "required": ["when"],
    }
    assert request.output == OutputForm(b'{"type":"array"}', strict=True)


ONLY_GEMINIS: dict[str, tuple[dict[str, Any], str]] = {
    "safety": ({"safetySettings": []}, "gemini-settings(safetySettings)"),
    "labels": ({"labels": {"a": "b"}}, "gemini-settings(labels)"),
    "server-tools": (
        {"tools": [{"googleSearch": {}}, {"codeExecution": {}}]},
        "gemini-tools(googleSearch) gemini-tools(codeExecution)",
    ),
    "candidates": ({"generationConfig": {"candidateCount": 2}}, "gemini-settings(candidateCount)"),
    "modalities": (
        {"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}},
        "gemini-settings(responseModalities)",
    ),
    "mime-type": (
        {"generationConfig": {"responseMimeType": "text/x.enum"}},
        "gemini-settings(responseMimeType text/x.enum)",
    ),
    "speech": ({"generationConfig": {"speechConfig": {}}}, "gemini-settings(speechConfig)"),
    "validated": ({"toolConfig": {"functionCallingConfig": {"mode": "VALIDATED"}}}, "gemini-validated"),
    "answer-schema": (
        {"tools": [{"functionDeclarations": [{"name": "f", "response": {"type": "STRING"}}]}]},
        "gemini-tools(response)",
    ),
}


@pytest.mark.parametrize(("more", "lost"), ONLY_GEMINIS.values(), ids=ONLY_GEMINIS)
def test_what_only_gemini_has_is_noted(more: dict[str, Any], lost: str) -> None:
    assert read({**HELLO, **more}, lost).turns == (user("hello"),)


def test_parts_that_only_gemini_has_are_noted() -> None:
    parts = [
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK"}},
        {"text": "one"},
    ]
    lost = "gemini-parts(executableCode) gemini-parts(codeExecutionResult)"
    assert read({"contents": [{"role": "model", "parts": parts}]}, lost).turns == (model("one"),)


def test_only_the_allowed_functions_are_declared() -> None:
    declared = [{"functionDeclarations": [{"name": name} for name in "abc"]}]
    config = {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["a", "c"]}}
    request = read({**HELLO, "tools": declared, "toolConfig": config}, "gemini-allowed")
    assert (request.tools, request.tool_choice) == ((Tool("a"), Tool("c")), ToolChoice("any"))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"{", "this is no request"),
        (b'{"labels":' + b"[" * 100_000, "nested too deeply"),
        ({"contents": []}, "contents is empty"),
        ({"contents": [{"role": "system", "parts": [{"text": "a"}]}]}, "contents[0] has the role 'system'"),
        ({"contents": [{"parts": [{"text": 7}]}]}, "$.contents[0].parts[0].text"),
        ({"contents": [{"parts": [{"text": "a"}, {"hologram": {}}]}]}, "contents[0].parts[1]: the part has none of"),
        ({"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "no!"}}]}]}, "is not base64"),
        ({"contents": [{"parts": [{"inlineData": {"data": "QUJD"}}]}]}, "no mimeType"),
        ({"contents": [{"parts": [{"fileData": {"fileUri": "gs://b/o"}}]}]}, "Google's store"),
        ({"contents": [{"parts": [{"functionResponse": {"name": "f", "response": {}}}]}]}, "without its functionCall"),
        ({"contents": [{"parts": [{"functionCall": {"name": "f", "args": [1]}}]}]}, "not a JSON object"),
        ({"contents": [{"parts": [{"functionCall": {"args": {}}}]}]}, "has no name"),
        ({**HELLO, "cachedContent": "cachedContents/1"}, "cachedContent"),
        ({**HELLO, "toolConfig": {"functionCallingConfig": {"mode": "SOMETIMES"}}}, "SOMETIMES"),
        ({**HELLO, "generationConfig": {"thinkingConfig": {"thinkingLevel": "HUGE"}}}, "HUGE"),
        ({**HELLO, "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"items": 1}}]}]}, "a schema is"),
    ],
    ids=[
        "json", "deep", "empty", "role", "type", "unknown-part", "base64", "mime-type", "store", "result", "arguments",
        "nameless", "cache", "mode", "level", "schema",
    ],
)  # fmt: skip
def test_what_is_no_request_is_refused_by_its_place(body: Any, named: str) -> None:
    assert named in refused(body)


@pytest.mark.parametrize("mode", ["NONE", "MODE_UNSPECIFIED", None])
def test_names_of_functions_that_no_mode_needs_are_told_of(mode: str | None) -> None:
    config = {"functionCallingConfig": {"mode": mode, "allowedFunctionNames": ["f"]}}
    hello = {"role": "user", "parts": [{"text": "Hello"}]}
    read({"contents": [hello], "toolConfig": config}, "gemini-allowed-unused")
