"""What a caller learns of its input from a server that speaks like Anthropic's and tells none."""

import json

from serving import Serving, asked

from minga.testing import Garbage, Script, ScriptedServer

COMPATIBLE = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","usage":{"input_tokens":0}}}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","usage":{"input_tokens":31,"output_tokens":7}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
"""As servers stream that translate from another form: the figures stand at the end."""


def test_a_stream_begins_with_an_estimate_and_ends_with_what_the_provider_tells(
    serving: Serving, provider: ScriptedServer
) -> None:
    key = serving.key()
    path, body = asked("anthropic", stream=True)
    with serving.running():
        told = serving.ask(path, body, key)
        provider.script = Script(default=Garbage(COMPATIBLE))
        silent = serving.ask(path, body, key)
    assert "x-minga-input-tokens" not in told.headers
    assert _started(told.body)["input_tokens"] == 60
    assert silent.headers["x-minga-input-tokens"] == "estimated"
    assert 20 < _started(silent.body)["input_tokens"] < 80, "the request has some 120 bytes"
    assert silent.body.endswith(COMPATIBLE.split(b"\n\n", 1)[1]), "the end is the provider's"
    [booked] = serving.costs()
    assert (booked["input_tokens"], booked["output_tokens"], booked["estimated"]) == (60 + 31, 10 + 7, 0)


def _started(stream: bytes) -> dict[str, int]:
    first = json.loads(stream.split(b"data: ", 1)[1].split(b"\n", 1)[0])
    assert first["type"] == "message_start"
    used: dict[str, int] = first["message"]["usage"]
    return used
