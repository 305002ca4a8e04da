"""The vendors' SDKs, each to a model of every format: what they ask arrives, what is answered comes back whole."""

from collections.abc import Iterator

import pytest
from sdk_callers import CALLERS, SYSTEM, Caller
from serving import Serving

from minga.testing import CallTool, CutStream, Fail, Say, Script, ScriptedServer, Think, Tokens
from warm import Warm

WIRES = ("openai-chat", "openai-responses", "anthropic", "gemini")

PATHS = {"gemini": "/v1beta"}

TOML = """
name = "{name}"
title = "A model of one format"
auth = "bearer"
key_variables = ["TEST_PROVIDER_KEY"]
models = ["{model}"]

[wires]
{wire} = "{url}"
"""


def provide(serving: Serving, wire: str, url: str, name: str, model: str) -> None:
    """A provider of one format, with one model."""
    text = TOML.format(wire=wire, name=name, model=model, url=f"{url}{PATHS.get(wire, '/v1')}")
    (serving.root / "config" / "providers" / f"{name}.toml").write_text(text)


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, warm: Warm, upstream: ScriptedServer) -> Iterator[Serving]:
    made = Serving(tmp_path_factory.mktemp("translated"), warm)
    for wire in WIRES:
        provide(made, wire, upstream.url, f"of-{wire}", f"{wire}-model")
        for breaking in CALLERS:  # each of its own: one that broke often rests
            provide(made, wire, upstream.url, f"{breaking}-breaks-{wire}", f"{breaking}-breaks-{wire}")
    made.make_keys({"good": {}})
    with made.running():
        yield made


@pytest.fixture(autouse=True)
def fresh(upstream: ScriptedServer) -> None:
    upstream.script = Script(default=Say("hola a ti"))
    upstream.forget()


@pytest.fixture(params=WIRES)
def model(request: pytest.FixtureRequest) -> str:
    return f"{request.param}-model"


@pytest.fixture(params=WIRES)
def caller(request: pytest.FixtureRequest, served: Serving) -> Caller:
    made: Caller = CALLERS[request.param](served.url, served.keys["good"])
    return made


pytestmark = pytest.mark.usefixtures("shows")


@pytest.fixture
def shows(request: pytest.FixtureRequest, caller: Caller, model: str, shown: dict[str, str]) -> Iterator[None]:
    """Notes that this pair has done what the test says."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed == failed:
        pair = f"{type(caller).__name__} {model.removesuffix('-model')}"
        name = request.node.name.partition("[")[0]
        shown[pair] = " ".join(sorted({*shown.get(pair, "").split(), name}))


@pytest.fixture(params=[False, True], ids=["whole", "stream"])
def stream(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_what_is_asked_arrives_and_the_answer_comes_back_with_its_tokens(
    caller: Caller, model: str, stream: bool, upstream: ScriptedServer
) -> None:
    upstream.script = Script(default=[Think("let me see"), Say("hola ñandú 🦤"), Tokens(120, 40, 30, 5)])
    said = caller.ask(model, "¿qué tal?", stream=stream)
    assert said.text == "hola ñandú 🦤"
    assert (said.asked, said.cached, said.answered) == (120, 40, 30)
    [asked] = [one.model_request for one in upstream.requests if one.model_request]
    assert (asked.system_text, asked.user_texts, asked.stream) == (SYSTEM, ("¿qué tal?",), stream)


def test_a_picture_arrives(caller: Caller, model: str, upstream: ScriptedServer) -> None:
    assert caller.ask(model, "look", stream=False, picture=True).text == "hola a ti"
    [asked] = [one.model_request for one in upstream.requests if one.model_request]
    assert sum(message.pictures for message in asked.messages) == 1


def test_parallel_tool_calls_go_round(caller: Caller, model: str, stream: bool, upstream: ScriptedServer) -> None:
    calls = [
        CallTool("weather", {"city": "Arica ☀"}, call_id="call_1"),
        CallTool("tides", {"city": "Iquique"}, call_id="call_2"),
    ]
    upstream.script = Script([[Think("I must look"), Say("wait"), *calls], Say("sun, and the tide is low")])
    said = caller.ask(model, "how is it?", stream=stream, tools=("weather", "tides"))
    assert said.calls == [("weather", {"city": "Arica ☀"}), ("tides", {"city": "Iquique"})]
    assert said.text == "wait"
    last = caller.give(model, said, ["sunny", "low"], stream=stream)
    assert last.text == "sun, and the tide is low"
    asked = upstream.conversation[-1]
    assert asked.tool_names == ("weather", "tides")
    assert [one.text for one in asked.tool_results] == ["sunny", "low"]
    used = [call for message in asked.messages for call in message.calls]
    assert [(one.name, one.input) for one in used] == list(said.calls)
    assert [one.call_id for one in used] == [one.call_id for one in asked.tool_results]


def test_an_error_of_the_provider_is_an_exception_of_the_callers_sdk(
    caller: Caller, model: str, stream: bool, upstream: ScriptedServer
) -> None:
    upstream.script = Script(default=Fail(400, message="the prompt is too long"))
    with pytest.raises(caller.failure, match="the prompt is too long"):  # type: ignore[attr-defined]
        caller.ask(model, "hola", stream=stream)


def test_a_stream_that_breaks_is_an_exception_and_no_short_answer(
    caller: Caller, model: str, upstream: ScriptedServer, request: pytest.FixtureRequest
) -> None:
    upstream.script = Script(default=[CutStream("half an ans")])
    its_own = f"{request.node.callspec.params['caller']}-breaks-{model.removesuffix('-model')}"
    with pytest.raises(Exception, match="broke"):
        caller.ask(its_own, "hola", stream=True)


def test_thoughts_that_another_family_signed_do_not_go_to_the_callers_own(
    caller: Caller, model: str, stream: bool, upstream: ScriptedServer, request: pytest.FixtureRequest
) -> None:
    """A conversation that comes back to its own family after a model of another one took part in it."""
    own = f"{request.node.callspec.params['caller']}-model"
    upstream.script = Script([[Think("I must look"), CallTool("weather", {"city": "Arica"}, call_id="call_1")]])
    said = caller.ask(model, "how is it?", stream=stream, tools=("weather",))
    assert caller.give(own, said, ["sunny"], stream=stream).text == "ok"
    [*_, last] = upstream.requests
    assert "minga." not in str(last.body)
    assert "bWluZ2Eu" not in str(last.body)
    assert last.model_request is not None
    assert [one.text for one in last.model_request.tool_results] == ["sunny"]
