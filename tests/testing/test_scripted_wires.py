"""The shapes on the wire: order of events, documents, tool calls, reasoning, usage."""

import json

import pytest
from scripted_wires import WIRES, ask, calls_in, path_of, send, streamed_text_in, text_in, tools_of

from minga.testing import CallTool, Drip, RunShell, Say, Script, ScriptedServer, Think, Tokens, Wire
from minga.testing.embeddings import VECTOR

LONG = "The quick brown fox jumps over the lazy dog, twice: ñandú, 你好."


@pytest.mark.parametrize("wire", WIRES)
def test_a_text_answer_comes_whole(server: ScriptedServer, wire: Wire) -> None:
    server.script = Script([Say(LONG)])
    reply = ask(server, wire)
    assert reply.status == 200
    assert text_in(wire, reply) == LONG


@pytest.mark.parametrize("wire", WIRES)
def test_a_streamed_answer_adds_up_to_the_text(server: ScriptedServer, wire: Wire) -> None:
    server.script = Script([Say(LONG)])
    reply = ask(server, wire, stream=True)
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert streamed_text_in(wire, reply) == LONG


@pytest.mark.parametrize("wire", WIRES)
def test_parallel_tool_calls_keep_their_order(server: ScriptedServer, wire: Wire) -> None:
    server.script = Script([[RunShell("echo one"), RunShell("echo two")]])
    calls = calls_in(wire, ask(server, wire, tools=tools_of(wire)))
    key = "cmd" if wire == "responses" else "command"
    assert [arguments[key] for _, arguments in calls] == ["echo one", "echo two"]


def test_responses_events_come_in_the_order_of_the_vendor(server: ScriptedServer) -> None:
    server.script = Script([[Think("hm"), Drip(["a", "b"], 0), RunShell("ls")]])
    events = ask(server, "responses", stream=True, tools=tools_of("responses")).events
    assert [name for name, _ in events] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert [data["sequence_number"] for _, data in events] == list(range(20))
    assert all(name == data["type"] for name, data in events)
    final = events[-1][1]["response"]
    done = [data["item"] for name, data in events if name == "response.output_item.done"]
    assert final["output"] == done
    assert [item["type"] for item in done] == ["reasoning", "message", "function_call"]


def test_anthropic_events_come_in_the_order_of_the_vendor(server: ScriptedServer) -> None:
    server.script = Script([[Think("hm"), Drip(["a", "b"], 0), RunShell("ls")]])
    events = ask(server, "anthropic", stream=True, tools=tools_of("anthropic")).events
    assert [data["delta"]["type"] if name == "content_block_delta" else name for name, data in events] == [
        "message_start",
        "content_block_start",
        "ping",
        "thinking_delta",
        "signature_delta",
        "content_block_stop",
        "content_block_start",
        "text_delta",
        "text_delta",
        "content_block_stop",
        "content_block_start",
        "input_json_delta",
        "input_json_delta",
        "input_json_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert [data["index"] for name, data in events if name == "content_block_stop"] == [0, 1, 2]
    pieces = [d["delta"]["partial_json"] for _, d in events if d.get("delta", {}).get("type") == "input_json_delta"]
    assert json.loads("".join(pieces)) == {"command": "ls", "description": "ok"}
    assert events[-2][1]["delta"]["stop_reason"] == "tool_use"


def test_chat_chunks_come_in_the_order_of_the_vendor(server: ScriptedServer) -> None:
    server.script = Script([[Think("hm"), Say("a"), RunShell("ls")]])
    chunks = [data for _, data in ask(server, "chat", stream=True, tools=tools_of("chat")).events]
    assert chunks[-1] == "[DONE]"
    assert chunks[-2]["choices"] == []
    assert chunks[-2]["usage"]["total_tokens"] == 110
    choices = [chunk["choices"][0] for chunk in chunks[:-2]]
    assert [next(iter(choice["delta"]), "end") for choice in choices] == [
        "role",
        "reasoning_content",
        "content",
        "tool_calls",
        "tool_calls",
        "tool_calls",
        "end",
    ]
    assert [choice["finish_reason"] for choice in choices] == [None] * 6 + ["tool_calls"]
    calls = [choice["delta"]["tool_calls"][0] for choice in choices[3:6]]
    assert calls[0]["function"] == {"name": "bash", "arguments": ""}
    assert json.loads("".join(call["function"]["arguments"] for call in calls))["command"] == "ls"


def test_gemini_chunks_end_with_the_reason_and_the_usage(server: ScriptedServer) -> None:
    server.script = Script([[Think("hm"), Say("a"), RunShell("ls")]])
    chunks = [data for _, data in ask(server, "gemini", stream=True, tools=tools_of("gemini")).events]
    parts = [chunk["candidates"][0]["content"]["parts"][0] for chunk in chunks]
    assert parts[0] == {"text": "hm", "thought": True}
    assert parts[1] == {"text": "a"}
    assert parts[2]["functionCall"]["args"] == {"command": "ls", "description": "ok"}
    assert ["finishReason" in chunk["candidates"][0] for chunk in chunks] == [False, False, False, True]
    assert chunks[-1]["usageMetadata"]["totalTokenCount"] == 110


def test_a_chat_stream_reports_usage_only_when_asked(server: ScriptedServer) -> None:
    body = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}).encode()
    assert b'"usage"' not in send(server, "POST", "/v1/chat/completions", body).data


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        ("responses", {"input_tokens": 1000, "output_tokens": 70, "total_tokens": 1070}),
        ("chat", {"prompt_tokens": 1000, "completion_tokens": 70, "total_tokens": 1070}),
        ("anthropic", {"input_tokens": 400, "cache_read_input_tokens": 600, "output_tokens": 70}),
        ("gemini", {"promptTokenCount": 1000, "cachedContentTokenCount": 600, "candidatesTokenCount": 50}),
    ],
)
def test_usage_is_told_in_the_words_of_the_wire(server: ScriptedServer, wire: Wire, expected: dict[str, int]) -> None:
    server.script = Script([[Tokens(input=1000, cached_input=600, output=70, reasoning=20), Say("x")]])
    body = ask(server, wire).json
    usage = body["usageMetadata" if wire == "gemini" else "usage"]
    assert {name: usage[name] for name in expected} == expected


def test_a_freeform_tool_of_responses_gets_text(server: ScriptedServer) -> None:
    server.script = Script([CallTool("apply_patch", {"input": "*** Begin Patch\n*** End Patch\n"})])
    tools = [{"type": "custom", "name": "apply_patch", "format": {}}]
    [item] = ask(server, "responses", tools=tools).json["output"]
    assert (item["type"], item["input"]) == ("custom_tool_call", "*** Begin Patch\n*** End Patch\n")


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("ending", ["/responses", "/chat/completions", "/messages"])
def test_paths_work_with_and_without_the_version(server: ScriptedServer, prefix: str, ending: str) -> None:
    body = json.dumps({"model": "m", "input": "hi", "messages": []}).encode()
    assert send(server, "POST", prefix + ending, body).status == 200


def test_model_lists_have_the_shape_of_each_vendor(server: ScriptedServer) -> None:
    openai = send(server, "GET", "/v1/models").json
    anthropic = send(server, "GET", "/v1/models", headers={"anthropic-version": "2023-06-01"}).json
    gemini = send(server, "GET", "/v1beta/models").json
    assert (openai["object"], openai["data"][0]["object"]) == ("list", "model")
    assert (anthropic["has_more"], anthropic["data"][0]["type"]) == (False, "model")
    assert gemini["models"][0]["name"] == "models/scripted-model"


def test_texts_have_vectors_in_the_form_of_each_vendor(server: ScriptedServer) -> None:
    two = send(server, "POST", "/v1/embeddings", b'{"model": "m", "input": ["a", "b"]}').json
    assert [one["index"] for one in two["data"]] == [0, 1]
    assert len(send(server, "POST", "/v1/embeddings", b'{"input": "a"}').json["data"]) == 1
    assert send(server, "POST", "/v1beta/models/m:embedContent", b"{}").json["embedding"]["values"] == VECTOR
    many = send(server, "POST", "/v1beta/models/m:batchEmbedContents", b'{"requests": [{}, {}]}').json
    assert [one["values"] for one in many["embeddings"]] == [VECTOR, VECTOR]


def test_tokens_can_be_counted_and_the_root_answers(server: ScriptedServer) -> None:
    assert send(server, "POST", "/v1/messages/count_tokens", b"{}").json == {"input_tokens": 100}
    assert send(server, "POST", "/v1beta/models/m:countTokens", b"{}").json == {"totalTokens": 100}
    assert send(server, "HEAD", "/").status == 200
    assert send(server, "GET", "/").status == 200
    assert send(server, "HEAD", "/api/hello").status == 200
    assert send(server, "GET", "/nowhere").status == 404


def test_gemini_streams_under_its_own_path(server: ScriptedServer) -> None:
    assert path_of("gemini", stream=True).endswith(":streamGenerateContent?alt=sse")
    ask(server, "gemini", stream=True)
    [received] = server.requests
    assert received.model_request is not None
    assert (received.model_request.model, received.model_request.stream) == ("m", True)
