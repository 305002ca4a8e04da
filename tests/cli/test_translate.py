"""`minga translate`: what a person gives it, what it tells of it, and what it says to what is none of it."""

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest
from program import Program

FORMATS = ("anthropic", "chat", "responses", "gemini")

ANTHROPIC: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 1000,
    "top_k": 5,
    "system": "Sé breve.",
    "messages": [
        {"role": "user", "content": "¿Cuánto es 2 + 2?"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "I add.", "signature": "c2lnbmVk"},
                {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 2, "b": 2}},
                {"type": "tool_use", "id": "toolu_2", "name": "add", "input": {"a": 0, "b": 4}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "4"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "4"},
            ],
        },
    ],
    "tools": [{"name": "add", "description": "Adds.", "input_schema": {"type": "object", "properties": {}}}],
}

REQUESTS: dict[str, dict[str, Any]] = {
    "anthropic": ANTHROPIC,
    "chat": {"model": "gpt-5.1", "messages": [{"role": "user", "content": "¿Qué hora es?"}]},
    "responses": {"model": "gpt-5.1", "store": False, "input": "¿Qué hora es?"},
    "gemini": {"contents": [{"role": "user", "parts": [{"text": "¿Qué hora es?"}]}]},
}

PLACE = {"anthropic": "messages", "chat": "messages", "responses": "input", "gemini": "contents"}

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1790000000,
    "model": "gpt-5.1",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Las tres."}}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}

CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1790000000, "model": "gpt-5.1"}


def chunk(delta: dict[str, str], finish_reason: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return b"data: " + json.dumps({**CHUNK, "choices": [choice]}).encode() + b"\n\n"


SAID = chunk({"role": "assistant", "content": "Las "}) + chunk({"content": "tres."})
STREAM = SAID + chunk({}, "stop") + b"data: [DONE]\n\n"
DEEP = b'{"model": "m", "messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def translate(minga: Program, source: str, target: str, given: object, *options: str, **settings: Any) -> Any:
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    return minga.run("translate", "--from", source, "--to", target, *options, input=body, **settings)


@pytest.mark.parametrize("target", FORMATS)
@pytest.mark.parametrize("source", FORMATS)
def test_a_request_becomes_one_of_the_other_format(minga: Program, source: str, target: str) -> None:
    done = translate(minga, source, target, REQUESTS[source], "--model", "some-model")
    assert (done.code, done.err) == (0, "")
    told = json.loads(done.out)
    assert PLACE[target] in told
    assert ("¿Cuánto es 2 + 2?" if source == "anthropic" else "¿Qué hora es?") in json.dumps(told, ensure_ascii=False)
    assert target == "gemini" or told["model"] == "some-model"


def test_an_answer_is_found_out_and_translated(minga: Program) -> None:
    told = json.loads(translate(minga, "chat", "anthropic", ANSWER).out)
    assert (told["content"], told["stop_reason"]) == ([{"type": "text", "text": "Las tres."}], "end_turn")
    assert (told["usage"]["input_tokens"], told["usage"]["output_tokens"]) == (9, 3)
    back = json.loads(translate(minga, "anthropic", "gemini", told, "--kind", "answer").out)
    assert back["candidates"][0]["content"]["parts"] == [{"text": "Las tres."}]


@pytest.mark.parametrize(
    ("target", "last"),
    [("anthropic", '"type":"message_stop"'), ("responses", '"type":"response.completed"'), ("gemini", '"STOP"')],
)
def test_a_stream_is_translated_event_by_event(minga: Program, target: str, last: str) -> None:
    done = translate(minga, "chat", target, STREAM)
    assert (done.code, done.err) == (0, "")
    events = [json.loads(line[6:]) for line in done.out.splitlines() if line.startswith("data: ")]
    assert len(events) >= 3
    assert last in json.dumps(events[-1], separators=(",", ":"))
    assert "tres." in done.out
    again = translate(minga, target, "chat", done.out.encode())
    assert again.out.endswith("data: [DONE]\n\n")


def test_a_stream_with_other_line_ends_a_mark_and_no_last_blank_line_is_one_too(minga: Program) -> None:
    odd = b"\xef\xbb\xbf" + STREAM.rstrip().replace(b"\n", b"\r\n")
    assert translate(minga, "chat", "gemini", odd).out == translate(minga, "chat", "gemini", STREAM).out != ""


def test_an_error_keeps_its_meaning_with_its_status(minga: Program) -> None:
    fault = {"error": {"message": "Too many.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
    done = translate(minga, "chat", "anthropic", fault, "--status", "429")
    assert json.loads(done.out)["error"] == {"type": "rate_limit_error", "message": "Too many."}
    page = translate(minga, "gemini", "chat", b"<html>Bad gateway</html>", "--kind", "error", "--status", "502")
    assert "Bad gateway" in json.loads(page.out)["error"]["message"]


def test_what_was_kept_and_lost_is_explained_beside_the_translation(minga: Program) -> None:
    done = translate(minga, "anthropic", "responses", ANTHROPIC, "--explain", "--model", "gpt-5.1")
    assert "input" in json.loads(done.out)
    kept, *notes = done.err.splitlines()
    assert kept == "Kept: the system text, 3 turns, 1 text, 2 tool calls, 2 tool results, 1 tool, 1 setting."
    assert "Lost: responses-thought: A thought that OpenAI did not sign cannot be given to its models" in done.err
    assert all(note.startswith(("Lost: ", "Changed: ")) for note in notes)
    assert any("(top_k): " in note for note in notes)


def test_it_is_explained_in_spanish(minga: Program) -> None:
    spanish = {"MINGA_LANGUAGE": "es"}
    done = translate(minga, "anthropic", "responses", ANTHROPIC, "--explain", "--model", "gpt-5.1", env=spanish)
    assert done.err.startswith(
        "Se conserva: el texto de sistema, 3 turnos, 1 texto, 2 llamadas a herramientas, 2 resultados de herramientas, "
        "1 herramienta, 1 ajuste.\n"
    )
    assert "Se pierde: responses-thought: Un pensamiento que OpenAI no firmó" in done.err
    plain = translate(minga, "chat", "chat", REQUESTS["chat"], "--explain", env=spanish)
    assert plain.err.endswith("Nada cambió ni se perdió.\n")
    translate(minga, "chat", "gemini", b"[1]", env=spanish).refused(2, "no es un objeto JSON ni un flujo de eventos")
    translate(minga, "chat", "gemini", {}, env=spanish).refused(2, "como petición de 'chat'", "Revisa --from")


def test_a_program_gets_all_of_it_as_one_object(minga: Program) -> None:
    [told] = translate(minga, "anthropic", "gemini", ANTHROPIC, "--json", "--model", "gemini-2.5-pro").lines()
    assert told.keys() == {"kind", "translation", "whole", "kept", "changed", "lost"}
    assert (told["kind"], told["whole"]) == ("request", True)
    assert told["kept"] == {
        "system": 1, "turn": 3, "text": 1, "tool_call": 2, "tool_result": 2, "tool": 1, "setting": 2
    }  # fmt: skip
    assert [one["kind"] for one in told["lost"]] == ["gemini-foreign-thoughts"]
    assert told["lost"][0].keys() == {"kind", "what", "meaning", "effect"}
    [stream] = translate(minga, "chat", "gemini", STREAM, "--json").lines()
    assert stream["translation"].startswith("data: {")


def test_a_local_server_is_said_to_get_what_it_takes(minga: Program) -> None:
    moving = {"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lGODlhAQABAAAAACw="}}
    asked = {"model": "gpt-oss", "messages": [{"role": "user", "content": [{"type": "text", "text": "This?"}, moving]}]}
    vendor = translate(minga, "chat", "chat", asked)
    local = translate(minga, "chat", "chat", asked, "--provider", "ollama", "--explain")
    assert "R0lGOD" in vendor.out
    assert "R0lGOD" not in local.out
    assert "Lost: media-left-out (image/gif): " in local.err
    assert local.err.startswith("Kept: 1 turn, 1 text.\n")


def test_a_file_is_read_and_a_dash_is_standard_input(minga: Program) -> None:
    (minga.work / "request.json").write_text(json.dumps(ANTHROPIC))
    options = ("translate", "--from", "anthropic", "--to", "gemini", "--model", "gemini-2.5-pro")
    named, piped = minga.run(*options, "request.json"), minga.run(*options, "-", input=json.dumps(ANTHROPIC).encode())
    assert named.code == piped.code == 0
    assert named.out == piped.out != ""


def test_nothing_is_stored(minga: Program) -> None:
    assert translate(minga, "chat", "gemini", REQUESTS["chat"]).code == 0
    assert not minga.store.exists()


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        (b"", ["it is empty"]),
        (b" \n", ["it is empty"]),
        (b"\x89PNG\r\n\x1a\n\x00\xff", ["neither a JSON object nor a stream of events"]),
        (b"{", ["neither a JSON object nor a stream of events"]),
        (b"[1]", ["neither a JSON object nor a stream of events", "array"]),
        ('{"model":"x"}'.encode("utf-16"), ["neither a JSON object nor a stream of events"]),
        (DEEP, ["nested too deeply"]),
        (b"{}", ["as request of 'chat'", "`messages`", "Check --from"]),
        (json.dumps(REQUESTS["gemini"]).encode(), ["as request of 'chat'", "Check --from"]),
        (json.dumps({"choices": 1}).encode(), ["as answer of 'chat'"]),
        (b"data: {nonsense\n\ndata: [DONE]\n\n", ["as stream of 'chat'"]),
        (b"event: message_start\ndata: {}\n\n", ["as stream of 'chat'", "no event of this stream"]),
        (SAID + b"data: nonsense\n\n" + STREAM, ["as stream of 'chat'"]),
    ],
    ids=range(13),
)
def test_what_cannot_be_translated_is_refused_and_nothing_is_printed(
    minga: Program, given: bytes, texts: list[str]
) -> None:
    done = translate(minga, "chat", "anthropic", given)
    done.refused(2, *texts)
    assert done.out == ""


def test_what_only_the_vendor_could_do_is_refused_with_its_name(minga: Program) -> None:
    done = translate(minga, "responses", "anthropic", {**REQUESTS["responses"], "previous_response_id": "resp_1"})
    done.refused(2, "previous_response_id")
    assert done.out == ""


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (["--from", "chat", "--to", "gemini", "nowhere.json"], ["'nowhere.json' cannot be read: No such file"]),
        (["--from", "chat", "--to", "gemini", "."], ["'.' cannot be read: Is a directory"]),
        (["--from", "chat", "--to", "gemini", "huge.json"], ["more than 256 MB"]),
        (["--from", "openai", "--to", "gemini", "request.json"], ["'openai' is not one of 'anthropic', 'chat'"]),
        (["--from", "chat", "--to", "xml", "request.json"], ["'xml' is not one of 'anthropic', 'chat'"]),
        (["--from", "chat", "request.json"], ["Missing option '--to'", "minga translate --help"]),
        (["--from", "chat", "--to", "gemini", "--kind", "x", "request.json"], ["'x' is not one of 'request'"]),
        (["--from", "chat", "--to", "gemini", "--status", "200", "request.json"], ["200 is not in the range"]),
        (
            ["--from", "chat", "--to", "gemini", "--status", "429", "request.json"],
            ["--status is not for this: request"],
        ),
        (
            ["--from", "chat", "--to", "gemini", "--kind", "error", "--provider", "ollama", "request.json"],
            ["--provider"],
        ),
        (["--from", "gemini", "--to", "chat", "--kind", "request", "request.json"], ["does not name its model"]),
    ],
    ids=range(11),
)
def test_what_is_wrong_on_the_command_line_of_a_translation_is_said(
    minga: Program, arguments: list[str], texts: list[str]
) -> None:
    (minga.work / "request.json").write_text(json.dumps(REQUESTS["chat"]))
    with (minga.work / "huge.json").open("wb") as huge:
        huge.truncate(256 * 1024 * 1024 + 1)
    done = minga.run("translate", *arguments)
    done.refused(2, *texts)
    assert done.out == ""


@pytest.mark.parametrize("cut", [SAID, STREAM[: len(SAID) + 40]], ids=["between-events", "within-one"])
def test_a_stream_that_was_cut_is_translated_as_far_as_it_goes_and_told(minga: Program, cut: bytes) -> None:
    done = translate(minga, "chat", "anthropic", cut)
    assert done.code == 1
    assert "tres." in done.out
    assert "message_stop" not in done.out
    assert done.err.startswith("minga: The stream stops before its end")
    assert "\n  → " in done.err
    as_json = translate(minga, "chat", "anthropic", cut, "--json")
    assert (as_json.code, json.loads(as_json.out)["whole"]) == (1, False)


def test_a_stream_that_ends_with_an_error_is_whole(minga: Program) -> None:
    fault = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy."}}\n\n'
    done = translate(minga, "anthropic", "chat", fault)
    assert (done.code, done.err) == (0, "")
    assert "Busy." in done.out


def test_a_reader_that_leaves_ends_it_quietly(minga: Program, tmp_path: Path) -> None:
    large = {**REQUESTS["chat"], "messages": [{"role": "user", "content": "x" * 99}] * 5000}
    (tmp_path / "large.json").write_text(json.dumps(large))
    verb = f"{' '.join(minga.command)} translate --from chat --to gemini"
    script = f'{verb} {tmp_path}/large.json | head -n 1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", script], env=minga.environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("{\n141\n", "")


def test_at_a_terminal_a_translation_cannot_act_on_it_and_a_file_must_be_named(minga: Program) -> None:
    asked = {**REQUESTS["chat"], "messages": [{"role": "user", "content": "\u202eevil\x9b2J"}]}
    (minga.work / "request.json").write_text(json.dumps(asked))
    command = [*minga.command, "translate", "--from", "chat", "--to", "responses"]
    master, slave = pty.openpty()
    settings: dict[str, Any] = {"cwd": minga.work, "env": minga.environment, "stdin": slave}
    shown = subprocess.run([*command, "request.json"], stdout=slave, stderr=subprocess.PIPE, **settings)
    assert shown.returncode == 0, shown.stderr
    assert rb"\u202eevil\x9b2J" in os.read(master, 10_000)
    nameless = subprocess.run(command, capture_output=True, **settings)
    assert (nameless.returncode, nameless.stdout) == (2, b"")
    assert b"Name a file, or give one on standard input." in nameless.stderr
    os.close(master)
    os.close(slave)
