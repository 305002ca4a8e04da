"""The vendors' SDKs for Node, each to a model of every format, as in test_translated_sdks.py.

One process of Node does all; `tests/gateway/npm/main.mjs` says in which order.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sdk_callers import SYSTEM
from serving import Serving
from test_translated_sdks import WIRES, provide

from clis import missing
from minga.testing import CallTool, CutStream, Fail, Rule, Say, Script, ScriptedServer, Think, Tokens
from minga.testing.conversation import ModelRequest

FOLDER = Path(__file__).parent / "npm"

CALLERS = ("Chat", "Responses", "Messages", "Gemini")

CALLS = [["weather", {"city": "Arica ☀"}], ["tides", {"city": "Iquique"}]]

TWO_CALLS = [Think("I must look"), Say("wait"), *(CallTool(name, given) for name, given in CALLS)]

GREETING = [Think("let me see"), Say("hola ñandú 🦤"), Tokens(120, 40, 30, 5)]

SCRIPT = Script(
    rules=[
        Rule(
            [GREETING],
            "¿qué tal?",
            side_calls=True,
            repeat=True,
        ),
        Rule([TWO_CALLS], "how is it?", has_tool_result=False, repeat=True),
        Rule([Say("sun, and the tide is low")], "how is it?", has_tool_result=True, repeat=True),
        Rule([Fail(400, message="the prompt is too long")], "fail", side_calls=True, repeat=True),
        Rule([Say("a dot")], "look", side_calls=True, repeat=True),
        Rule([[CutStream("half an ans")]], "break", side_calls=True, repeat=True),
    ]
)

VERSIONS = json.loads((FOLDER / "package.json").read_text("utf-8"))["dependencies"]


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None or not all((FOLDER / "node_modules" / name / "package.json").exists() for name in VERSIONS):
        missing("the SDKs for Node are not installed: run `make npm-sdks`, with Node 20")
    return found


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer(SCRIPT) as server:
        yield server


@pytest.fixture(scope="module")
def heard(
    node: str, tmp_path_factory: pytest.TempPathFactory, upstream: ScriptedServer, shown: dict[str, str]
) -> Mapping[str, Mapping[str, Any]]:
    """What the SDKs have heard, by caller and format."""
    serving = Serving(tmp_path_factory.mktemp("npm"))
    for wire in WIRES:
        provide(serving, wire, upstream.url, f"of-{wire}", f"{wire}-model")
        for caller in CALLERS:  # each of its own: one that broke often rests
            provide(serving, wire, upstream.url, f"{caller.lower()}-breaks-{wire}", f"{caller}-breaks-{wire}")
    serving.make_keys({"good": {}})
    with serving.running():
        done = subprocess.run(
            [node, FOLDER / "main.mjs", serving.url, serving.keys["good"], *WIRES],
            env={"PATH": os.environ["PATH"], "HOME": serving.environment["HOME"]},
            capture_output=True,
            timeout=120,
        )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    shown["versions"] = ", ".join(f"{name} {version}" for name, version in VERSIONS.items())
    found: Mapping[str, Mapping[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(params=[f"{caller} {wire}" for caller in CALLERS for wire in WIRES])
def pair(request: pytest.FixtureRequest, shown: dict[str, str]) -> Iterator[str]:
    """Notes that this pair has done what the test says."""
    failed = request.session.testsfailed
    yield request.param
    if request.session.testsfailed == failed:
        name = request.node.name.partition("[")[0]
        shown[request.param] = " ".join(sorted({*shown.get(request.param, "").split(), name}))


def asked(upstream: ScriptedServer, pair: str, text: str) -> Sequence[ModelRequest]:
    """What arrived of this pair with this text: whole first, then streams."""
    caller, _, wire = pair.partition(" ")
    requests = [one.model_request for one in upstream.requests if one.model_request]
    found = [one for one in requests if one.model == f"{wire}-model" and f"{caller}: {text}" in one.user_texts]
    assert {one.wire for one in found} == {wire.removeprefix("openai-")}
    return found


def test_what_is_asked_arrives_and_the_answer_comes_back_with_its_tokens(
    pair: str, heard: Mapping[str, Mapping[str, Any]], upstream: ScriptedServer
) -> None:
    for kind in ("whole", "stream"):
        said = heard[pair][f"text {kind}"]
        assert said["text"] == "hola ñandú 🦤", kind
        assert said["tokens"] == [120, 40, 30], kind
    whole, stream = asked(upstream, pair, "¿qué tal?")
    assert (whole.system_text, stream.system_text) == (SYSTEM, SYSTEM)
    assert (whole.stream, stream.stream) == (False, True)


def test_a_picture_arrives(pair: str, heard: Mapping[str, Mapping[str, Any]], upstream: ScriptedServer) -> None:
    assert heard[pair]["picture"]["text"] == "a dot"
    [request] = asked(upstream, pair, "look")
    assert sum(message.pictures for message in request.messages) == 1


def test_parallel_tool_calls_go_round(
    pair: str, heard: Mapping[str, Mapping[str, Any]], upstream: ScriptedServer
) -> None:
    for kind in ("whole", "stream"):
        said = heard[pair][f"tools {kind}"]
        assert (said["text"], said["calls"]) == ("wait", CALLS), kind
        assert said["last"] == "sun, and the tide is low", kind
    for request in asked(upstream, pair, "how is it?")[1::2]:
        assert request.tool_names == ("weather", "tides")
        assert [one.text for one in request.tool_results] == ["sunny", "low"]
        calls = [call for message in request.messages for call in message.calls]
        assert [[one.name, one.input] for one in calls] == CALLS
        assert [one.call_id for one in calls] == [one.call_id for one in request.tool_results]


def test_an_error_of_the_provider_is_an_error_of_the_callers_sdk(
    pair: str, heard: Mapping[str, Mapping[str, Any]]
) -> None:
    for kind in ("whole", "stream"):
        wrong = heard[pair][f"error {kind}"]
        assert wrong["status"] == 400, kind
        assert wrong["error"] in ("BadRequestError", "ApiError"), kind
        assert "the prompt is too long" in wrong["message"], kind


def test_a_stream_that_breaks_is_an_error_and_no_short_answer(
    pair: str, heard: Mapping[str, Mapping[str, Any]]
) -> None:
    assert "broke" in heard[pair]["broken"].get("message", "")
