"""What a stream of each format is, strictly: the order of its events, and whether its last one says that it is whole or
that it failed. A stream that was just cut has neither."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from minga.providers.translation.sse import events_of

Json = dict[str, Any]
Last = Literal["whole", "failed", "cut"]


@dataclass
class Told:
    """What a caller hears: text, thoughts, and calls by id, name and arguments."""

    last: Last = "cut"
    text: str = ""
    thought: str = ""
    calls: list[list[str]] = field(default_factory=list)
    used: Json | None = None


def told(wire: str, stream: bytes) -> Told:
    """Asserts the order."""
    assert not stream or stream.endswith((b"\n\n", b"\r\n\r\n"))
    return _READ[wire]([(name, data) for name, data in events_of(stream)])


def _chat(events: Sequence[tuple[str, bytes]]) -> Told:
    found = Told()
    reason = ""
    for place, (name, data) in enumerate(events):
        assert not name
        assert found.last == "cut", "nothing comes after the last event"
        if data == b"[DONE]":
            assert reason, "an end has a reason"
            found.last = "whole"
            continue
        chunk = json.loads(data)
        if "error" in chunk:
            assert chunk["error"]["message"]
            found.last = "failed"
            continue
        assert chunk["object"] == "chat.completion.chunk"
        assert {"id", "created", "model", "choices"} <= set(chunk)
        for choice in chunk["choices"]:
            assert not reason, "nothing is said after the reason"
            assert choice["index"] == 0
            assert ("role" in choice["delta"]) == (place == 0)
            _chat_delta(choice["delta"], found)
            reason = choice["finish_reason"] or ""
        if not chunk["choices"]:
            assert reason, "usage comes after the reason"
            assert found.used is None
            found.used = chunk["usage"]
    return found


def _chat_delta(delta: Json, found: Told) -> None:
    found.text += (delta.get("content") or "") + (delta.get("refusal") or "")
    found.thought += delta.get("reasoning_content") or ""
    for call in delta.get("tool_calls", ()):
        function = call.get("function", {})
        if call["index"] == len(found.calls):
            assert call["type"] == "function"
            found.calls.append([call["id"], function["name"], ""])
        assert call["index"] < len(found.calls), "calls are numbered as they come"
        found.calls[call["index"]][2] += function.get("arguments", "")


def _messages(events: Sequence[tuple[str, bytes]]) -> Told:
    found = Told()
    index, kind, state = 0, "", "new"
    for name, data in events:
        event = json.loads(data)
        assert event["type"] == name
        assert found.last == "cut", "nothing comes after the last event"
        if name == "error":
            assert event["error"]["type"]
            found.last = "failed"
            continue
        match name:
            case "message_start":
                assert state == "new"
                assert event["message"]["content"] == []
                state = "begun"
            case "content_block_start":
                assert (state, event["index"], kind) == ("begun", index, "")
                kind = event["content_block"]["type"]
                if kind == "tool_use":
                    found.calls.append([event["content_block"]["id"], event["content_block"]["name"], ""])
            case "content_block_delta":
                assert event["index"] == index
                _block_delta(event["delta"], kind, found)
            case "content_block_stop":
                assert event["index"] == index
                assert kind
                index, kind = index + 1, ""
            case "message_delta":
                assert (state, kind) == ("begun", "")
                assert event["delta"]["stop_reason"]
                found.used = event["usage"]
                state = "ending"
            case "message_stop":
                assert state == "ending"
                found.last = "whole"
            case "ping":
                pass
            case _:
                raise AssertionError(name)
    return found


def _block_delta(delta: Json, kind: str, found: Told) -> None:
    match delta["type"]:
        case "text_delta":
            assert kind == "text"
            found.text += delta["text"]
        case "thinking_delta":
            assert kind == "thinking"
            found.thought += delta["thinking"]
        case "input_json_delta":
            assert kind == "tool_use"
            found.calls[-1][2] += delta["partial_json"]
        case "signature_delta":
            assert kind == "thinking"
        case _:
            raise AssertionError(delta)


def _gemini(events: Sequence[tuple[str, bytes]]) -> Told:
    found = Told()
    for name, data in events:
        assert not name
        assert found.last == "cut", "nothing comes after the last event"
        event = json.loads(data)
        if "error" in event:
            assert event["error"]["code"]
            found.last = "failed"
            continue
        [candidate] = event["candidates"]
        for part in candidate["content"]["parts"]:
            if part.get("thought"):
                found.thought += part.get("text", "")
            else:
                found.text += part.get("text", "")
            if call := part.get("functionCall"):
                assert isinstance(call["args"], dict)
                found.calls.append([call.get("id", ""), call["name"], json.dumps(call["args"])])
        if candidate.get("finishReason"):
            found.last = "whole"
            found.used = event.get("usageMetadata")
    return found


def _responses(events: Sequence[tuple[str, bytes]]) -> Told:
    found = Told()
    items: dict[int, Json] = {}
    done: dict[int, Json] = {}
    for number, (name, data) in enumerate(events):
        event = json.loads(data)
        assert event["type"] == name
        assert found.last == "cut", "nothing comes after the last event"
        if name == "error":
            assert event["message"]
            found.last = "failed"
            continue
        assert event["sequence_number"] == number
        assert (name == "response.created") == (number == 0)
        place = event.get("output_index", -1)
        if name == "response.output_item.added":
            assert place == len(items)
            items[place] = event["item"]
            if event["item"]["type"] == "function_call":
                found.calls.append([event["item"]["call_id"], event["item"]["name"], ""])
        elif place >= 0:
            assert place in items
            assert place not in done
            if "item_id" in event:
                assert event["item_id"] == items[place]["id"]
        if name == "response.output_item.done":
            assert event["item"]["id"] == items[place]["id"]
            done[place] = event["item"]
        elif name == "response.output_text.delta" or name == "response.refusal.delta":
            found.text += event["delta"]
        elif name == "response.reasoning_summary_text.delta":
            found.thought += event["delta"]
        elif name == "response.function_call_arguments.delta":
            [at] = [at for at, call in enumerate(found.calls) if call[0] == items[place]["call_id"]]
            found.calls[at][2] += event["delta"]
        elif name in ("response.completed", "response.incomplete"):
            assert set(done) == set(items), "every item that began is told whole"
            assert event["response"]["output"] == [done[at] for at in sorted(done)]
            found.last, found.used = "whole", event["response"].get("usage")
        elif name == "response.failed":
            assert event["response"]["error"]["message"]
            found.last = "failed"
    return found


_READ: Mapping[str, Callable[[Sequence[tuple[str, bytes]]], Told]] = {
    "openai-chat": _chat,
    "openai-responses": _responses,
    "anthropic": _messages,
    "gemini": _gemini,
}
