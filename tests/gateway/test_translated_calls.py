"""Whole calls through `minga serve` to a model of another format, byte for byte: what arrives, what comes back, what it
costs."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from serving import Answer, Serving

MODELS = {
    "openai-chat": "gpt-4.1",
    "openai-responses": "gpt-5.1",
    "anthropic": "claude-sonnet-4-5",
    "gemini": "gemini-2.5-pro",
}

PATHS = {"openai-chat": "/v1/chat/completions", "openai-responses": "/v1/responses", "anthropic": "/v1/messages"}

BODIES: dict[str, dict[str, Any]] = {
    "openai-chat": {"messages": [{"role": "user", "content": "hola"}]},
    "openai-responses": {"input": "hola"},
    "anthropic": {"max_tokens": 99, "messages": [{"role": "user", "content": "hola"}]},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "hola"}]}]},
}

TOML = """
name = "of-{wire}"
title = "A model of one format"
auth = "bearer"
key_variables = ["TEST_PROVIDER_KEY"]
models = ["{model}", "{wire}-*"]

[wires]
{wire} = "{url}"
"""


def chat(message: dict[str, Any], finish: str = "stop") -> dict[str, Any]:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    used = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    return {
        "id": "x",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4.1",
        "choices": [choice],
        "usage": used,
    }


def messages(*content: dict[str, Any], stop: str = "end_turn") -> dict[str, Any]:
    told = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": content}
    return {**told, "stop_reason": stop, "stop_sequence": None, "usage": {"input_tokens": 100, "output_tokens": 20}}


def call(arguments: str) -> dict[str, Any]:
    function = {"name": "weather", "arguments": arguments}
    return {"content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]}


def stream(*deltas: dict[str, Any]) -> bytes:
    chunks = [{"id": "x", "model": "m", "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks[-1]["choices"][0]["finish_reason"] = "tool_calls"
    told = [*map(json.dumps, chunks), json.dumps({"choices": [], "usage": chat({})["usage"]}), "[DONE]"]
    return b"".join(f"data: {one}\n\n".encode() for one in told)


@dataclass
class Recorder:
    """Answers each request with ``status`` and ``answer``, which is a stream where it is a list, and keeps what it was
    asked."""

    status: int = 200
    answer: Any = None
    asked: list[Any] = field(default_factory=list)
    url: str = ""


@pytest.fixture(scope="module")
def provider() -> Iterator[Recorder]:
    recorder = Recorder()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            recorder.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            streams = isinstance(recorder.answer, list)
            body = stream(*recorder.answer) if streams else json.dumps(recorder.answer).encode()
            self.send_response(recorder.status)
            self.send_header("content-type", "text/event-stream" if streams else "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield recorder
        server.shutdown()


def serving(root: Path, provider: Recorder) -> Serving:
    made = Serving(root)
    for wire, model in MODELS.items():
        text = TOML.format(wire=wire, model=model, url=provider.url + ("/v1beta" if wire == "gemini" else "/v1"))
        (made.root / "config" / "providers" / f"of-{wire}.toml").write_text(text)
    made.make_keys({"good": {}, "caching": {"caches": True}, "marking": {"marks_prompts": True}})
    return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, provider: Recorder) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("calls"), provider).running() as made:
        yield made


@pytest.fixture(autouse=True)
def fresh(provider: Recorder) -> None:
    provider.status, provider.answer = 200, None
    provider.asked.clear()


def ask(serving: Serving, wire: str, model: str, key: str = "good", **more: Any) -> Answer:
    body = {**BODIES[wire], **more}
    if wire == "gemini":
        return serving.ask(f"/v1beta/models/{model}:generateContent", body, serving.keys[key])
    return serving.ask(PATHS[wire], {"model": model, **body}, serving.keys[key])


def test_arguments_that_are_none_are_told_by_name_and_what_they_cost_is_booked(
    tmp_path: Path, provider: Recorder
) -> None:
    provider.answer = chat(call('{"city": '), "tool_calls")
    with serving(tmp_path, provider).running() as made:
        answers = [ask(made, wire, MODELS["openai-chat"]) for wire in ("anthropic", "gemini")]
    for answer in answers:
        assert answer.status == 502
        assert "the arguments of a call of tool 'weather' are not a JSON object" in str(answer.json())
    [booked] = made.costs("model")
    assert len(provider.asked) == 2  # a model is not asked the same again, nor does it rest
    assert (booked["input_tokens"], booked["output_tokens"]) == (200, 40)
    assert booked["cost_micro_usd"] == 200 * 2 + 40 * 8


def test_a_stream_with_such_arguments_ends_with_an_error_that_names_them_and_its_deployment_does_not_rest(
    tmp_path: Path, provider: Recorder
) -> None:
    with serving(tmp_path, provider).running() as made:
        for begun in ({"content": "let me see " * 20}, {}):  # something has been passed on by then, or nothing
            provider.answer = [begun, {"tool_calls": [{"index": 0, **call("{")["tool_calls"][0]}]}]
            for _ in range(3):
                answer = ask(made, "anthropic", MODELS["openai-chat"], stream=True)
                assert b"the arguments of a call of tool 'weather' are not a JSON object" in answer.body
                assert b"message_stop" not in answer.body
        provider.answer = chat({"content": "well"})
        assert ask(made, "anthropic", MODELS["openai-chat"]).status == 200
    [booked] = made.costs("model")
    assert (booked["input_tokens"], booked["output_tokens"]) == (700, 140)


@pytest.mark.parametrize("wire", ["anthropic", "gemini", "openai-responses"])
def test_a_call_that_the_limit_of_the_answer_cut_is_left_out_and_told(
    served: Serving, provider: Recorder, wire: str
) -> None:
    cut = call('{"city": ')
    provider.answer = chat({**cut, "content": "let me see"}, "length")
    answer = ask(served, wire, MODELS["openai-chat"])
    assert answer.status == 200
    assert answer.headers["x-minga-lost"] == "call-cut(weather)"
    assert "let me see" in str(answer.json())
    assert "weather" not in str(answer.json())
    ends = {"anthropic": "max_tokens", "gemini": "MAX_TOKENS", "openai-responses": "max_output_tokens"}
    assert ends[wire] in str(answer.json())


def test_an_answer_from_memory_tells_what_was_lost_as_the_first_one_did(served: Serving, provider: Recorder) -> None:
    provider.answer = messages({"type": "text", "text": "hola"})
    asked = {"seed": 7, "messages": [{"role": "user", "content": "remember"}]}
    first, second = (ask(served, "openai-chat", MODELS["anthropic"], "caching", **asked) for _ in range(2))
    assert len(provider.asked) == 1
    assert second.headers["x-minga-cache"] == "hit"
    for name in ("x-minga-translated", "x-minga-lost"):
        assert second.headers[name] == first.headers[name]


def test_a_key_that_wants_it_has_its_prompts_marked_for_claude_in_whatever_form_it_asks(
    served: Serving, provider: Recorder
) -> None:
    provider.answer = messages({"type": "text", "text": "hola"})
    rules = "A long rule of the house. " * 400
    asked = {"messages": [{"role": "system", "content": rules}, {"role": "user", "content": "hola"}]}
    answer = ask(served, "openai-chat", MODELS["anthropic"], "marking", **asked)
    assert provider.asked[0]["system"][0]["cache_control"] == {"type": "ephemeral"}
    assert answer.headers["x-minga-prompt-cache"] == "marked 1"


def test_no_marker_that_nobody_set_is_told_as_lost(served: Serving, provider: Recorder) -> None:
    provider.answer = chat({"content": "hola"})
    answer = ask(served, "anthropic", MODELS["openai-chat"], "marking", system="A long rule of the house. " * 400)
    assert answer.status == 200
    assert "x-minga-lost" not in answer.headers
    assert "x-minga-prompt-cache" not in answer.headers


TOO_LONG = {
    "openai-chat": {"error": {"message": "This model's maximum context length is 128000 tokens.", "type": "x"}},
    "anthropic": {"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"}},
    "gemini": {"error": {"code": 400, "message": "The input token count (9) exceeds the maximum number of tokens"}},
}

SAID = {
    "openai-chat": '"code":"context_length_exceeded"',
    "openai-responses": '"code":"context_length_exceeded"',
    "anthropic": "prompt is too long",
}


@pytest.mark.parametrize("target", list(TOO_LONG))
def test_a_conversation_that_is_too_long_is_told_in_the_words_that_the_callers_clis_look_for(
    served: Serving, provider: Recorder, target: str
) -> None:
    provider.status, provider.answer = 400, TOO_LONG[target]
    for wire, words in SAID.items():
        if wire != target:
            answer = ask(served, wire, MODELS[target])
            assert answer.status == 400
            assert words in answer.body.decode()


def test_a_long_conversation_arrives_whole_with_each_call_that_repeats_it(served: Serving, provider: Recorder) -> None:
    provider.answer = chat({"content": "well"})
    said: list[dict[str, Any]] = [{"role": "user", "content": "begin " * 4000}]
    for number in range(6):
        call_ = {"type": "tool_use", "id": f"toolu_{number}", "name": "read", "input": {"n": number}}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{number}", "content": f"línea {number}"}
        said += [{"role": "assistant", "content": [call_]}, {"role": "user", "content": [result]}]
        tools = [{"name": "read", "input_schema": {"type": "object"}}]
        assert ask(served, "anthropic", MODELS["openai-chat"], messages=said, tools=tools).status == 200
    roles = [[one["role"] for one in asked["messages"]] for asked in provider.asked]
    assert roles == [["user", *["assistant", "tool"] * (number + 1)] for number in range(6)]
    assert [one["content"] for one in provider.asked[-1]["messages"] if one["role"] == "tool"] == [
        f"línea {number}" for number in range(6)
    ]
