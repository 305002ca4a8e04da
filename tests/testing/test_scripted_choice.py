"""Which turn answers which request, tool calls made to fit, and what the record keeps."""

import gzip
import http.client
import json
import zlib
from typing import Any

import pytest
from scripted_wires import WIRES, ask, body_of, calls_in, path_of, send, text_in, tools_of

from minga.testing import (
    CallMcp,
    CallTool,
    Fail,
    ModelRequest,
    Rule,
    RunShell,
    Say,
    Script,
    ScriptedServer,
    Turn,
    Wire,
    WriteFile,
)


def chat_tool(name: str, **properties: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {key: {"type": kind} for key, kind in properties.items()}}
    return {"type": "function", "function": {"name": name, "parameters": {**schema, "required": list(properties)}}}


def model_request(server: ScriptedServer, index: int = -1) -> ModelRequest:
    found = server.requests[index].model_request
    assert found is not None
    return found


def test_turns_are_used_in_order_and_then_the_default(server: ScriptedServer) -> None:
    server.script = Script([Say("one"), Say("two")], default=Say("rest"))
    assert [text_in("chat", ask(server, "chat")) for _ in range(4)] == ["one", "two", "rest", "rest"]
    assert [received.answered_by for received in server.requests] == ["turn 0", "turn 1", "default", "default"]


def test_a_retry_after_a_failure_gets_the_next_turn(server: ScriptedServer) -> None:
    server.script = Script([Fail(503), Say("now")])
    assert [ask(server, "chat").status for _ in range(2)] == [503, 200]


@pytest.mark.parametrize("wire", WIRES)
def test_a_tool_call_waits_for_a_request_that_offers_the_tool(server: ScriptedServer, wire: Wire) -> None:
    server.script = Script([RunShell("ls")])
    assert text_in(wire, ask(server, wire)) == "ok"
    assert len(calls_in(wire, ask(server, wire, tools=tools_of(wire)))) == 1
    assert [received.answered_by for received in server.requests] == ["default", "turn 0"]


def test_an_unoffered_tool_is_called_on_demand(server: ScriptedServer) -> None:
    server.script = Script([CallTool("nothing", {"x": 1}, call_id="mine", unoffered=True)])
    reply = ask(server, "chat")
    assert calls_in("chat", reply) == [("nothing", {"x": 1})]
    assert reply.json["choices"][0]["message"]["tool_calls"][0]["id"] == "mine"


def test_a_title_call_uses_up_nothing(server: ScriptedServer) -> None:
    server.script = Script([Say("the answer")])
    title: dict[str, Any] = {
        "messages": [{"role": "system", "content": "Make a title"}, {"role": "user", "content": "hello"}]
    }
    assert text_in("chat", ask(server, "chat", **title)) == "ok"
    assert model_request(server).is_side_call
    assert text_in("chat", ask(server, "chat")) == "the answer"
    assert [request.user_texts for request in server.conversation] == [("hello",)]


def test_a_classifier_gets_json_that_fits_its_schema(server: ScriptedServer) -> None:
    schema = {
        "type": "OBJECT",
        "properties": {"why": {"type": "STRING"}, "choice": {"type": "STRING", "enum": ["flash", "pro"]}},
        "required": ["why", "choice"],
    }
    reply = ask(server, "gemini", generationConfig={"responseSchema": schema})
    assert json.loads(text_in("gemini", reply)) == {"why": "ok", "choice": "flash"}


def test_rules_serve_side_calls_only_when_they_say_so(server: ScriptedServer) -> None:
    rule = Rule([Say("A title")], side_calls=True, repeat=True)
    server.script = Script([Say("the answer")], rules=[rule])
    probe: dict[str, Any] = {"max_tokens": 1}
    assert text_in("anthropic", ask(server, "anthropic", **probe)) == "A title"
    assert text_in("anthropic", ask(server, "anthropic")) == "the answer"
    assert text_in("anthropic", ask(server, "anthropic", **probe)) == "A title"


def test_two_conversations_have_rules_of_their_own(server: ScriptedServer) -> None:
    server.script = Script(
        rules=[
            Rule([Say("a1"), Say("a2")], last_user_contains="alpha"),
            Rule([Say("b1")], last_user_contains="beta"),
        ]
    )
    said = [text_in("chat", ask(server, "chat", text)) for text in ("alpha", "beta", "alpha", "beta")]
    assert said == ["a1", "b1", "a2", "ok"]


@pytest.mark.parametrize(
    ("rule", "answered"),
    [
        (Rule([Say("x")], wire="chat"), True),
        (Rule([Say("x")], wire="gemini"), False),
        (Rule([Say("x")], model="m"), True),
        (Rule([Say("x")], model="other"), False),
        (Rule([Say("x")], offers_tool="bash"), True),
        (Rule([Say("x")], offers_tool="Bash"), False),
        (Rule([Say("x")], has_tool_result=False), True),
        (Rule([Say("x")], has_tool_result=True), False),
    ],
)
def test_a_rule_answers_only_what_meets_its_conditions(server: ScriptedServer, rule: Rule, answered: bool) -> None:
    server.script = Script(rules=[rule])
    ask(server, "chat", tools=tools_of("chat"))
    assert (server.requests[0].answered_by == "rule 0 turn 0") == answered


def conversation_after_a_tool_call(wire: Wire) -> dict[str, Any]:
    """A prompt, a tool call by the model, and the tool's result, as each wire carries them."""
    match wire:
        case "responses":
            return {
                "instructions": "be good",
                "input": [
                    {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "count"}]},
                    {"type": "function_call", "call_id": "c1", "name": "exec_command", "arguments": "{}"},
                    {"type": "function_call_output", "call_id": "c1", "output": "42"},
                ],
            }
        case "chat":
            call = {"id": "c1", "type": "function", "function": {"name": "bash", "arguments": "{}"}}
            return {
                "messages": [
                    {"role": "system", "content": "be good"},
                    {"role": "user", "content": "count"},
                    {"role": "assistant", "content": None, "tool_calls": [call]},
                    {"role": "tool", "tool_call_id": "c1", "content": "42"},
                ]
            }
        case "anthropic":
            return {
                "system": [{"type": "text", "text": "be good"}],
                "messages": [
                    {"role": "user", "content": "count"},
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "Bash", "input": {}}]},
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "42"}]},
                ],
            }
        case "gemini":
            answer = {"functionResponse": {"id": "c1", "name": "run_shell_command", "response": {"output": "42"}}}
            return {
                "systemInstruction": {"parts": [{"text": "be good"}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "count"}]},
                    {"role": "model", "parts": [{"functionCall": {"name": "run_shell_command", "args": {}}}]},
                    {"role": "user", "parts": [answer]},
                ],
            }


@pytest.mark.parametrize("wire", WIRES)
def test_the_record_tells_the_conversation_of_every_wire(server: ScriptedServer, wire: Wire) -> None:
    server.script = Script(rules=[Rule([Say("done")], last_user_contains="count", has_tool_result=True)])
    ask(server, wire, tools=tools_of(wire), **conversation_after_a_tool_call(wire))
    request = model_request(server)
    assert request.system_text == "be good"
    assert request.user_texts == ("count",)
    assert [(result.call_id, result.text) for result in request.tool_results] == [("c1", "42")]
    assert len(request.tool_names) == 1
    assert server.requests[0].answered_by == "rule 0 turn 0"


def test_the_last_user_text_begins_after_the_last_finished_answer(server: ScriptedServer) -> None:
    messages = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "answer"},
        {"role": "user", "content": "context"},
        {"role": "user", "content": "second"},
    ]
    ask(server, "chat", messages=messages)
    assert model_request(server).last_user_text == "context\nsecond"
    assert model_request(server).assistant_texts == ("answer",)


@pytest.mark.parametrize(
    ("name", "schema", "expected"),
    [
        ("shell", {"command": {"type": "array"}}, {"command": ["bash", "-lc", "ls"]}),
        ("exec_command", {"cmd": {"type": "string"}}, {"cmd": "ls"}),
        ("run_shell_command", {"command": {"type": "string"}}, {"command": "ls"}),
    ],
)
def test_a_command_takes_the_form_that_the_offered_shell_wants(
    server: ScriptedServer, name: str, schema: dict[str, Any], expected: dict[str, Any]
) -> None:
    server.script = Script([RunShell("ls")])
    tool = {"type": "function", "name": name, "parameters": {"type": "object", "properties": schema}}
    assert calls_in("responses", ask(server, "responses", tools=[tool])) == [(name, expected)]


@pytest.mark.parametrize("name", ["mcp__srv__echo", "mcp_srv_echo", "srv-echo", "srv_echo"])
def test_an_mcp_tool_is_found_under_the_name_of_each_cli(server: ScriptedServer, name: str) -> None:
    server.script = Script([CallMcp("srv", "echo", {"text": "x"})])
    tools = [chat_tool("bash", command="string"), chat_tool(name, text="string")]
    assert calls_in("chat", ask(server, "chat", tools=tools)) == [(name, {"text": "x"})]


def test_an_mcp_tool_in_a_namespace_is_called_with_it(server: ScriptedServer) -> None:
    server.script = Script([CallMcp("srv", "echo", {"text": "x"})])
    inner = {"type": "function", "name": "echo", "parameters": {}}
    tools = [{"type": "namespace", "name": "mcp__srv", "tools": [inner]}]
    [item] = ask(server, "responses", tools=tools).json["output"]
    assert (item["name"], item["namespace"]) == ("echo", "mcp__srv")
    assert model_request(server).tool_names == ("mcp__srv/echo",)


@pytest.mark.parametrize(
    ("step", "script"),
    [
        (RunShell('echo "a"'), 'text(await tools.exec_command({"cmd": "echo \\"a\\""}));\n'),
        (CallMcp("srv", "echo", {"text": "x"}), 'text(await tools.mcp__srv__echo({"text": "x"}));\n'),
    ],
)
def test_codex_code_mode_gets_a_script(server: ScriptedServer, step: Turn, script: str) -> None:
    server.script = Script([step])
    added = {
        "type": "additional_tools",
        "role": "developer",
        "tools": [{"type": "namespace", "name": "functions", "tools": [{"type": "custom", "name": "exec"}]}],
    }
    said = body_of("responses")["input"]
    [item] = ask(server, "responses", input=[added, *said]).json["output"]
    assert (item["type"], item["namespace"], item["input"]) == ("custom_tool_call", "functions", script)


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        (chat_tool("Write", file_path="string", content="string"), {"file_path": "/w/a", "content": "x\n"}),
        (chat_tool("write", filePath="string", content="string"), {"filePath": "/w/a", "content": "x\n"}),
        (chat_tool("create", path="string", file_text="string"), {"path": "/w/a", "file_text": "x\n"}),
        (
            chat_tool("apply_patch", patchText="string"),
            {"patchText": "*** Begin Patch\n*** Add File: /w/a\n+x\n*** End Patch\n"},
        ),
        (chat_tool("bash", command="string"), {"command": "printf %s 'x\n' > /w/a"}),
    ],
)
def test_a_file_is_written_with_the_tool_that_is_there(
    server: ScriptedServer, tool: dict[str, Any], expected: dict[str, Any]
) -> None:
    server.script = Script([WriteFile("/w/a", "x\n")])
    [(name, arguments)] = calls_in("chat", ask(server, "chat", tools=[tool]))
    assert (name, arguments) == (tool["function"]["name"], expected)


def test_the_record_keeps_method_path_headers_and_body(server: ScriptedServer) -> None:
    body = json.dumps(body_of("chat", "hi", user="u1")).encode()
    send(server, "POST", "/v1/chat/completions?x=1", body, {"Authorization": "Bearer k"})
    [received] = server.requests
    assert (received.method, received.path, received.wire) == ("POST", "/v1/chat/completions?x=1", "chat")
    assert received.headers["authorization"] == "Bearer k"
    assert received.body["user"] == "u1"
    assert (received.status, received.finished, received.aborted) == (200, True, False)


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_compressed_bodies_are_understood(server: ScriptedServer, encoding: str, pack: Any) -> None:
    body = pack(json.dumps(body_of("chat", "packed")).encode())
    assert send(server, "POST", "/v1/chat/completions", body, {"content-encoding": encoding}).status == 200
    assert model_request(server).user_texts == ("packed",)


def test_a_body_in_chunks_is_understood(server: ScriptedServer) -> None:
    body = json.dumps(body_of("chat", "in chunks")).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", "/v1/chat/completions", iter([body[:20], body[20:]]), encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert server.requests[0].headers["transfer-encoding"] == "chunked"
    assert model_request(server).user_texts == ("in chunks",)


def test_a_new_script_starts_at_its_first_turn_and_forgetting_clears_the_record(server: ScriptedServer) -> None:
    server.script = Script([Say("one")])
    assert text_in("chat", ask(server, "chat")) == "one"
    server.script = Script([Say("two")])
    assert text_in("chat", ask(server, "chat")) == "two"
    server.forget()
    assert server.requests == ()
    assert text_in("chat", ask(server, "chat")) == "two"


def test_a_taken_port_is_reported_to_the_caller(server: ScriptedServer) -> None:
    with pytest.raises(OSError, match="address already in use"), ScriptedServer(port=server.port):
        pass


def test_the_answer_paths_of_all_wires_are_told_apart(server: ScriptedServer) -> None:
    for wire in WIRES:
        assert send(server, "POST", path_of(wire, stream=False), json.dumps(body_of(wire)).encode()).status == 200
    assert [received.wire for received in server.requests] == list(WIRES)
