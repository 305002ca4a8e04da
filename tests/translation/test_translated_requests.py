"""Requests on their whole way from the caller's format to the deployment's, and what is told of it."""

import json
from itertools import permutations
from typing import Any

import pytest

from minga.domain.model_calls import ModelCall, Refused, Wire
from minga.providers.translation.calls import translate
from minga.providers.translation.notes import Notes

ASKED: dict[Wire, dict[str, Any]] = {
    "openai-chat": {"model": "m", "messages": [{"role": "user", "content": "hola"}]},
    "openai-responses": {"model": "m", "input": "hola"},
    "anthropic": {"model": "m", "max_tokens": 99, "messages": [{"role": "user", "content": "hola"}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hola"}]}]},
}

MODELS: dict[Wire, str] = {
    "openai-chat": "gpt-4.1",
    "openai-responses": "gpt-5.1",
    "anthropic": "claude-sonnet-4-5",
    "gemini": "gemini-2.5-pro",
}


def told(wire: Wire, target: Wire, model: str = "", /, **more: Any) -> tuple[dict[str, Any], Notes]:
    """What the deployment gets."""
    body = json.dumps({**ASKED[wire], **more}).encode()
    call = ModelCall(wire, "POST", "/", "", "m", False, False, None, (), body)
    translation = translate(call, target, model or MODELS[target], "p", 0)
    sent: dict[str, Any] = json.loads(translation.call.body)
    return sent, translation.notes


def form(schema: object) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}}


PERSON = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}}}


def test_claude_gets_the_schema_of_an_answer_as_it_takes_it_every_object_closed() -> None:
    inner = {"type": "array", "items": {"$ref": "#/$defs/p"}}
    schema = {"type": "object", "properties": {"all": inner}, "required": ["all"], "$defs": {"p": PERSON}}
    sent, notes = told("openai-chat", "anthropic", **form(schema))
    age = {"type": "integer", "description": "(minimum: 0)"}
    person = {"type": "object", "properties": {"name": {"type": "string"}, "age": age}, "additionalProperties": False}
    assert sent["output_config"]["format"]["schema"] == {
        "type": "object",
        "properties": {"all": {"type": "array", "items": person}},
        "required": ["all"],
        "additionalProperties": False,
    }
    assert notes.told("changed") == ["schema-closed", "schema-widened(answer: minimum)"]


def test_an_answer_that_may_hold_any_names_is_described_to_claude() -> None:
    schema = {
        "type": "object",
        "properties": {"counts": {"type": "object", "additionalProperties": {"type": "integer"}}},
    }
    sent, notes = told("openai-chat", "anthropic", **form(schema))
    assert "output_config" not in sent
    assert json.dumps(schema) in sent["system"][-1]["text"]
    assert notes.told("changed") == ["output-described"]


@pytest.mark.parametrize("model", ["claude-3-5-haiku-20241022", "claude-3-7-sonnet-20250219", "claude-opus-4-20250514"])
def test_claude_models_that_are_held_to_no_schema_are_told_it(model: str) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": PERSON, "strict": True}}]
    sent, notes = told("openai-chat", "anthropic", model, tools=tools, **form(PERSON))
    assert "output_config" not in sent
    assert "strict" not in sent["tools"][0]
    assert json.dumps(PERSON) in sent["system"][-1]["text"]
    assert notes.told("changed") == ["output-described"]
    assert notes.told("lost") == ["strictness-lost(f)"]


def test_openai_models_of_before_schemas_are_told_it_and_answer_with_json() -> None:
    output = {"output_config": {"format": {"type": "json_schema", "schema": PERSON}}}
    sent, notes = told("anthropic", "openai-chat", "gpt-4-turbo", **output)
    assert sent["response_format"] == {"type": "json_object"}
    assert json.dumps(PERSON) in sent["messages"][0]["content"]
    assert notes.told("changed") == ["output-described"]


def test_a_wish_for_json_without_a_schema_reaches_claude_in_words() -> None:
    sent, notes = told("openai-chat", "anthropic", response_format={"type": "json_object"})
    assert sent["system"] == [{"type": "text", "text": "Answer with one JSON object and nothing else."}]
    assert (notes.told("changed"), notes.told("lost")) == (["output-described"], [])


@pytest.mark.parametrize("closed", [True, False], ids=["closed", "open"])
def test_arguments_are_kept_to_their_schema_by_claude_only_where_it_can(closed: bool) -> None:
    parameters = {**PERSON, **({"additionalProperties": False} if closed else {})}
    tools = [{"type": "function", "function": {"name": "f", "parameters": parameters, "strict": True}}]
    sent, notes = told("openai-chat", "anthropic", tools=tools)
    assert sent["tools"][0].get("strict", False) is closed
    assert notes.told("lost") == ([] if closed else ["strictness-lost(f)"])


def of_person(wire: Wire, *parts: object) -> dict[str, Any]:
    name, inner = ("contents", "parts") if wire == "gemini" else ("messages", "content")
    return {name: [{"role": "user", inner: parts}]}


@pytest.mark.parametrize("model", ["gpt-4.1", "deepseek-chat"])
def test_what_stands_in_a_text_file_reaches_models_that_take_no_files(model: str) -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "ñandú"}
    document = {"type": "document", "source": source, "title": "birds.txt"}
    sent, notes = told("anthropic", "openai-chat", model, **of_person("anthropic", document))
    assert sent["messages"] == [{"role": "user", "content": "birds.txt:\nñandú"}]
    assert (notes.told("lost"), notes.told("changed")) == ([], ["media-as-text(text/plain)"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [("image/jpg", "image/jpeg"), ("IMAGE/PNG", "image/png"), ("image/webp; q=1", "image/webp")],
    ids=["jpg", "capitals", "parameter"],
)
def test_a_picture_arrives_however_its_type_is_written(written: str, meant: str) -> None:
    picture = {"inlineData": {"mimeType": written, "data": "iVBORw0KGgo="}}
    sent, notes = told("gemini", "anthropic", **of_person("gemini", picture))
    source = {"type": "base64", "media_type": meant, "data": "iVBORw0KGgo="}
    assert sent["messages"][0]["content"] == [{"type": "image", "source": source}]
    assert notes.told("lost") == []


def test_the_name_of_a_picture_is_told_as_lost() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo=", "displayName": "cat.png"}}
    for target in ("openai-chat", "openai-responses", "anthropic"):
        sent, notes = told("gemini", target, **of_person("gemini", picture))
        assert "iVBORw0KGgo=" in json.dumps(sent)
        assert notes.told("lost") == ["picture-name"]


NAMED: dict[Wire, Any] = {
    "openai-chat": {"tool_choice": {"type": "function", "function": {"name": "f"}}},
    "openai-responses": {"tool_choice": {"type": "function", "name": "f"}},
    "anthropic": {"tool_choice": {"type": "tool", "name": "f"}},
    "gemini": {"toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f"]}}},
}

DEMANDED: dict[Wire, Any] = {
    "openai-chat": {"tool_choice": "required"},
    "openai-responses": {"tool_choice": "required"},
    "anthropic": {"tool_choice": {"type": "any"}},
    "gemini": {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
}

CROSS = pytest.mark.parametrize(("wire", "target"), [*permutations(MODELS, 2)])


@CROSS
def test_a_choice_where_there_are_no_tools_is_refused_or_told(wire: Wire, target: Wire) -> None:
    with pytest.raises(Refused, match="tool"):
        told(wire, target, **NAMED[wire])
    sent, notes = told(wire, target, **DEMANDED[wire])
    assert not {"tool_choice", "toolConfig"} & set(sent)
    assert "tool-choice-lost(any, without tools)" in notes.told("lost")


@pytest.mark.parametrize("wire", ["openai-chat", "openai-responses"])
def test_a_tool_without_a_name_is_refused(wire: Wire) -> None:
    function = {"name": "", "parameters": {}}
    tool = {"type": "function", **({"function": function} if wire == "openai-chat" else function)}
    with pytest.raises(Refused, match="no name"):
        told(wire, "anthropic", tools=[tool])


def test_a_part_that_is_two_things_at_once_is_refused_at_its_place() -> None:
    part = {"text": "look", "inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}
    with pytest.raises(Refused, match=r"contents\[0\]\.parts\[0\]: the part says several things"):
        told("gemini", "anthropic", **of_person("gemini", part))


def test_a_refusal_as_the_output_of_a_tool_is_refused_at_its_place() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": [{"type": "refusal", "refusal": "no"}]}
    with pytest.raises(Refused, match=r"input\[2\]\.output holds a refusal"):
        told("openai-responses", "anthropic", input=[{"role": "user", "content": "hola"}, call, output])


@pytest.mark.parametrize("wire", ["openai-chat", "openai-responses"])
def test_of_two_names_of_the_person_the_one_that_is_left_out_is_told(wire: Wire) -> None:
    sent, notes = told(wire, "anthropic", user="ana", safety_identifier="a-1")
    assert sent["metadata"] == {"user_id": "a-1"}
    assert [one for one in notes.told("lost") if one.endswith("(user)")]


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("claude-3-haiku-20240307", 4096),
        ("claude-3-5-haiku-20241022", 8192),
        ("claude-3-7-sonnet-20250219", 64_000),
        ("claude-opus-4-20250514", 32_000),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", 32_000),
        ("claude-sonnet-4-20250514", 64_000),
        ("claude-opus-5-5", 128_000),
    ],
)
def test_claude_is_asked_for_no_longer_answer_than_the_model_gives(model: str, most: int) -> None:
    assert told("openai-chat", "anthropic", model)[0]["max_tokens"] == most
    assert told("openai-chat", "anthropic", model, max_tokens=500_000)[0]["max_tokens"] == most


CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(("schema", "kept"), [(CLOSED, True), (PERSON, False)], ids=["closed", "open"])
def test_an_answer_that_its_own_provider_would_hold_to_a_schema_is_held_by_openai_too(schema: Any, kept: bool) -> None:
    claude = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    gemini = {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": schema}}
    asked: list[tuple[Wire, Any]] = [("anthropic", claude), ("gemini", gemini)]
    for wire, more in asked:
        sent, notes = told(wire, "openai-chat", **more)
        assert sent["response_format"]["json_schema"]["strict"] is kept
        assert ("strictness-lost(answer)" in notes.told("lost")) is not kept


def test_gemini_holds_every_answer_to_its_schema_so_nothing_is_lost() -> None:
    sent, notes = told("anthropic", "gemini", output_config={"format": {"type": "json_schema", "schema": PERSON}})
    assert sent["generationConfig"]["responseJsonSchema"] == PERSON
    assert notes.told("lost") == []


SERVICE = {
    "moderation": {"model": "omni-moderation-latest"},
    "prompt_cache_key": "k",
    "prompt_cache_options": {"mode": "explicit", "ttl": "30m"},
    "prompt_cache_retention": "24h",
    "service_tier": "flex",
    "store": True,
    "metadata": {"a": "b"},
    "safety_identifier": "ana",
    "user": "benja",
}


def test_settings_that_both_formats_of_openai_have_are_passed_on() -> None:
    sent, notes = told("openai-chat", "openai-responses", **SERVICE, verbosity="low")
    assert {name: sent[name] for name in SERVICE} == SERVICE
    assert sent["text"]["verbosity"] == "low"
    assert not notes.found
    sent, notes = told("openai-responses", "openai-chat", **SERVICE, text={"verbosity": "low"})
    assert {name: sent[name] for name in SERVICE} == SERVICE
    assert sent["verbosity"] == "low"
    assert not notes.found


def test_metadata_of_what_is_not_stored_and_what_chat_completions_lack_are_told_as_lost() -> None:
    asked = {"metadata": {"a": "b"}, "service_tier": "ultrafast", "prompt_cache_options": {"prewarm": True}}
    sent, notes = told("openai-responses", "openai-chat", **asked)
    assert not asked.keys() & sent.keys()
    assert notes.told("lost") == [
        "responses-setting(prompt_cache_options)",
        "service-setting(metadata)",
        "service-setting(service_tier)",
    ]


@pytest.mark.parametrize(
    ("target", "model"), [("anthropic", ""), ("gemini", ""), ("openai-chat", "deepseek-chat"), ("openai-chat", "m")]
)
def test_only_openai_s_models_get_settings_of_its_service(target: Wire, model: str) -> None:
    sent, notes = told("openai-responses", target, model, **SERVICE)
    assert not (SERVICE.keys() - {"user", "metadata"}) & sent.keys()
    lost = {f"service-setting({name})" for name in SERVICE if name != "safety_identifier"}
    assert lost <= {*notes.told("lost")}
