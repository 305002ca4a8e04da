"""A call of the gateway, there and back, with a tool that the deployment does not know."""

import json

from minga.domain.model_calls import ModelCall
from minga.providers.translation.calls import translate

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
