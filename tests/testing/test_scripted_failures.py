"""Refusals in each vendor's words, and answers that break."""

import http.client
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from scripted_wires import WIRES, ask, body_of, path_of, streamed_text_in, text_in

from minga.testing import CutStream, Drip, Endless, Fail, Garbage, Say, Script, ScriptedServer, Slow, Wire


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503, 529])
def test_every_error_class_comes_with_its_status_and_a_message(server: ScriptedServer, wire: Wire, status: int) -> None:
    server.script = Script(default=Fail(status))
    for stream in (False, True):
        reply = ask(server, wire, stream=stream)
        assert reply.status == status
        assert reply.json["error"]["message"]


@pytest.mark.parametrize(
    ("status", "openai", "anthropic", "gemini"),
    [
        (400, "context_length_exceeded", "invalid_request_error", "INVALID_ARGUMENT"),
        (401, "invalid_api_key", "authentication_error", "UNAUTHENTICATED"),
        (404, "model_not_found", "not_found_error", "NOT_FOUND"),
        (429, "rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"),
        (529, "server_error", "overloaded_error", "INTERNAL"),
    ],
)
def test_errors_use_the_words_of_the_vendor(
    server: ScriptedServer, status: int, openai: str, anthropic: str, gemini: str
) -> None:
    server.script = Script(default=Fail(status))
    assert ask(server, "responses").json["error"]["code"] == openai
    assert ask(server, "chat").json["error"]["code"] == openai
    assert ask(server, "anthropic").json["error"]["type"] == anthropic
    assert ask(server, "gemini").json["error"]["status"] == gemini


def test_a_rate_limit_says_when_it_ends(server: ScriptedServer) -> None:
    server.script = Script(default=Fail(429, retry_after_s=20))
    chat = ask(server, "chat").headers
    assert (chat["retry-after"], chat["x-ratelimit-reset-requests"]) == ("20", "20s")
    anthropic = ask(server, "anthropic").headers
    reset = datetime.fromisoformat(anthropic["anthropic-ratelimit-requests-reset"])
    assert anthropic["retry-after"] == "20"
    assert timedelta(seconds=15) < reset - datetime.now(UTC) <= timedelta(seconds=20)
    assert int(anthropic["anthropic-ratelimit-unified-reset"]) == int(reset.timestamp())
    details = ask(server, "gemini").json["error"]["details"]
    assert details[1]["retryDelay"] == "20s"


def test_a_reset_time_reaches_the_body_and_the_headers(server: ScriptedServer) -> None:
    resets_at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=2)
    server.script = Script(default=Fail(429, resets_at=resets_at, error_type="usage_limit_reached"))
    error = ask(server, "responses").json["error"]
    assert (error["type"], error["resets_at"]) == ("usage_limit_reached", int(resets_at.timestamp()))
    headers = ask(server, "anthropic").headers
    assert "retry-after" not in headers
    assert abs(int(headers["anthropic-ratelimit-unified-reset"]) - resets_at.timestamp()) <= 1


@pytest.mark.parametrize("wire", WIRES)
def test_a_failure_after_text_is_an_error_in_the_stream(server: ScriptedServer, wire: Wire) -> None:
    server.script = Script([[Say("part"), Fail(529)]])
    reply = ask(server, wire, stream=True)
    assert reply.status == 200
    last = reply.data.decode().replace("\r\n", "\n").strip().split("\n\n")[-1]
    data = json.loads(last.partition("data: ")[2] or last)
    error = data["response"]["error"] if wire == "responses" else data["error"]
    assert error["message"] == "Overloaded"


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
def test_a_cut_answer_ends_before_it_is_complete(server: ScriptedServer, wire: Wire, stream: bool) -> None:
    server.script = Script([CutStream("the beginning")])
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", path_of(wire, stream=stream), json.dumps(body_of(wire, stream=stream)))
    response = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as cut:
        response.read()
    connection.close()
    assert response.status == 200
    assert (b"the beginning" in cut.value.partial) == stream
    assert server.requests[0].finished


@pytest.mark.parametrize(
    ("wire", "last_event"),
    [
        ("responses", "response.completed"),
        ("chat", "[DONE]"),
        ("anthropic", "message_stop"),
        ("gemini", "finishReason"),
    ],
)
def test_a_clean_cut_ends_the_http_answer_but_not_the_wire(server: ScriptedServer, wire: Wire, last_event: str) -> None:
    server.script = Script([CutStream("the beginning", clean=True), Say("x")])
    cut, whole = ask(server, wire, stream=True), ask(server, wire, stream=True)
    assert streamed_text_in(wire, cut) == "the beginning"
    assert last_event not in cut.data.decode()
    assert last_event in whole.data.decode()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("stream", [False, True])
def test_garbage_is_sent_as_it_is(server: ScriptedServer, wire: Wire, stream: bool) -> None:
    server.script = Script([Garbage(b"\xff\x00<html>")])
    reply = ask(server, wire, stream=stream)
    assert (reply.status, reply.data) == (200, b"\xff\x00<html>")


@pytest.mark.parametrize("wire", WIRES)
def test_an_endless_answer_stops_at_its_limit(server: ScriptedServer, wire: Wire) -> None:
    server.script = Script(default=Endless("0123456789", characters=25))
    assert streamed_text_in(wire, ask(server, wire, stream=True)) == "0123456789012345678901234"
    assert text_in(wire, ask(server, wire)) == "0123456789012345678901234"


@pytest.mark.parametrize("steps", [[Endless(pause_s=0.01)], [Slow(30), Say("late")]])
def test_a_client_that_goes_away_is_recorded_as_aborted(
    server: ScriptedServer, steps: list[Endless] | list[Slow | Say]
) -> None:
    server.script = Script([steps])
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", path_of("chat", stream=True), json.dumps(body_of("chat", stream=True)))
    if isinstance(steps[0], Endless):
        connection.getresponse().read(1000)
    else:
        _until_received(server)
    connection.sock.close()
    connection.close()
    deadline = time.monotonic() + 30
    while not server.requests[0].finished and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.requests[0].aborted


def _until_received(server: ScriptedServer) -> None:
    deadline = time.monotonic() + 30
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.01)


def test_the_server_ends_at_once_while_an_answer_is_still_waiting() -> None:
    with ScriptedServer(Script([Slow(60)])) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("POST", path_of("chat", stream=True), json.dumps(body_of("chat", stream=True)))
        _until_received(server)
        began = time.monotonic()
    connection.close()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("wire", WIRES)
def test_slow_waits_before_the_status_line_and_drip_between_pieces(server: ScriptedServer, wire: Wire) -> None:
    server.script = Script([[Slow(0.1), Drip(["a", "b", "c"], pause_s=0.05)]])
    began = time.monotonic()
    assert streamed_text_in(wire, ask(server, wire, stream=True)) == "abc"
    assert time.monotonic() - began >= 0.25


@pytest.mark.parametrize("wire", WIRES)
def test_a_body_that_is_no_json_is_refused_in_the_words_of_the_vendor(server: ScriptedServer, wire: Wire) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", path_of(wire, stream=False), b"{not json")
    response = connection.getresponse()
    error = json.loads(response.read())["error"]
    connection.close()
    assert response.status == 400
    assert "JSON" in error["message"]
