"""A call of the gateway, there and back: what only both ways together can lose."""

import json

import pytest

from minga.domain.model_calls import ModelCall, Wire
from minga.providers.translation.calls import is_needed, translate
from minga.providers.translation.form import Answer, ToolCall

BODY = {
    "model": "gpt-5.3-codex",
    "stream": True,
    "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "mend it"}]}],
    "tools": [{"type": "custom", "name": "apply_patch", "description": "patches", "format": {"type": "text"}}],
}

PATCH = '*** Begin Patch\n*** Add File: ñ.txt\n+"hola"\n*** End Patch\n'


def event(name: str, **data: object) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def test_codex_gets_its_free_text_tool_called_by_a_model_of_anthropic() -> None:
    call = ModelCall(
        "openai-responses", "POST", "/responses", "", "m", True, False, None, (), json.dumps(BODY).encode()
    )
    translation = translate(call, "anthropic", "claude-opus-5", "anthropic", 0)
    [tool] = json.loads(translation.call.body)["tools"]
    assert tool["name"] == "apply_patch"
    assert tool["input_schema"]["required"] == ["input"]
    arguments = json.dumps({"input": PATCH})
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-5", "content": []}
    usage = {"input_tokens": 5, "output_tokens": 1}
    stream = translation.stream()
    told = stream.feed(
        event("message_start", message=message | {"stop_reason": None, "stop_sequence": None, "usage": usage})
        + event(
            "content_block_start",
            index=0,
            content_block={"type": "tool_use", "id": "toolu_1", "name": "apply_patch", "input": {}},
        )
    )
    for start in range(0, len(arguments), 7):
        piece = arguments[start : start + 7]
        told += stream.feed(
            event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": piece})
        )
    told += stream.feed(
        event("content_block_stop", index=0)
        + event("message_delta", delta={"stop_reason": "tool_use", "stop_sequence": None}, usage={"output_tokens": 9})
        + event("message_stop")
    )
    told += stream.finish()
    events = [json.loads(line[6:]) for line in told.decode().splitlines() if line.startswith("data: {")]
    deltas = [one["delta"] for one in events if one["type"] == "response.custom_tool_call_input.delta"]
    assert "".join(deltas) == PATCH
    assert len(deltas) > 3
    [item] = events[-1]["response"]["output"]
    assert (item["type"], item["name"], item["call_id"]) == ("custom_tool_call", "apply_patch", "toolu_1")
    assert item["input"] == PATCH
    assert ("x-minga-changed", "custom-tool(apply_patch)") in translation.headers(())


CALLED = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def asked(wire: Wire, path: str, body: object, *headers: tuple[str, str]) -> ModelCall:
    return ModelCall(wire, "POST", path, "", "m", False, False, None, headers, json.dumps(body).encode())


def chat_answer(**message: object) -> bytes:
    said = {"role": "assistant", "content": "so", **message}
    choice = {"index": 0, "message": said, "finish_reason": "stop"}
    return json.dumps({"id": "c", "object": "chat.completion", "model": "m", "choices": [choice]}).encode()


def test_thoughts_that_nobody_signed_do_not_go_to_the_family_of_the_caller() -> None:
    ask = {"role": "user", "content": "hola"}
    body = {"model": "m", "max_tokens": 9, "messages": [ask]}
    told = translate(asked("anthropic", "/messages", body), "openai-chat", "m", "p", 0).whole(
        200, chat_answer(reasoning_content="I think")
    )
    content = json.loads(told)["content"]
    assert [one["type"] for one in content] == ["thinking", "text"]
    history = {**body, "messages": [ask, {"role": "assistant", "content": content}, ask]}
    back = asked("anthropic", "/messages", history)
    assert is_needed(back, "anthropic")
    sent = json.loads(translate(back, "anthropic", "claude-x", "anthropic", 0).call.body)
    assert [one["type"] for one in sent["messages"][1]["content"]] == ["text"]
    again = json.loads(translate(back, "openai-chat", "m", "p", 0).call.body)
    assert again["messages"][1]["reasoning_content"] == "I think"
    assert "reasoning_details" not in again["messages"][1]


def test_a_call_that_nobody_signed_is_known_when_it_comes_back_to_gemini() -> None:
    ask = {"role": "user", "parts": [{"text": "hola"}]}
    tools = [{"functionDeclarations": [{"name": "f"}]}]
    call = asked("gemini", "/models/m:generateContent", {"contents": [ask], "tools": tools})
    answer = json.loads(translate(call, "openai-chat", "m", "p", 0).whole(200, chat_answer(tool_calls=[CALLED])))
    content = answer["candidates"][0]["content"]
    result = {"role": "user", "parts": [{"functionResponse": {"id": "t1", "name": "f", "response": {"output": "x"}}}]}
    back = asked("gemini", "/models/m:generateContent", {"contents": [ask, content, result], "tools": tools})
    assert is_needed(back, "gemini")
    sent = json.loads(translate(back, "gemini", "gemini-3-pro", "google", 0).call.body)
    [signed] = [part for part in sent["contents"][1]["parts"] if "functionCall" in part]
    assert signed["thoughtSignature"] == "skip_thought_signature_validator"


@pytest.mark.parametrize("text", ['see "minga.pipeline.attempts"', '{"a": "minga.gemini.x"}'])
def test_what_a_person_says_of_minga_is_no_signature(text: str) -> None:
    assert not is_needed(
        asked("anthropic", "/messages", {"messages": [{"role": "user", "content": text}]}), "anthropic"
    )


def test_tools_of_one_name_in_two_namespaces_stay_apart() -> None:
    tools = [{"type": "namespace", "name": name, "tools": [{"type": "function", "name": "f"}]} for name in ("a", "b")]
    translation = translate(
        asked("openai-responses", "/responses", {"model": "m", "input": "x", "tools": tools}),
        "openai-responses", "gpt-5.1", "openai", 0,
    )  # fmt: skip
    call = ToolCall("1", "f", "{}", namespace="a")
    assert translation.restore.answer(Answer("r", "m", (call,), "tool-calls")).parts == (call,)


def test_a_stream_of_gemini_that_is_one_list_is_one() -> None:
    call = asked(
        "gemini", "/models/m:streamGenerateContent", {"contents": [{"role": "user", "parts": [{"text": "a"}]}]}
    )
    [told] = json.loads(translate(call, "openai-chat", "m", "p", 0).whole(200, chat_answer()))
    assert told["candidates"][0]["content"]["parts"] == [{"text": "so"}]


def test_a_header_for_what_is_new_at_the_vendor_is_told_as_lost() -> None:
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "a"}]}
    call = asked("anthropic", "/messages", body, ("anthropic-beta", "context-1m-2025-08-07"))
    translation = translate(call, "openai-chat", "m", "p", 0)
    assert ("x-minga-lost", "vendor-header(anthropic-beta)") in translation.headers(())
