"""One conversation of many steps, each answered by a model of another format: the calls, their results and the thoughts
stay where they belong, also with the family that comes back to it."""

import json
from collections.abc import Iterator
from itertools import cycle

import pytest
from sdk_callers import CALLERS
from serving import ASKED, Serving

from minga.testing import CallTool, Say, Script, ScriptedServer, Think
from minga.testing.anthropic import SIGNATURE

STEPS = 10


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, upstream: ScriptedServer) -> Iterator[Serving]:
    made = Serving(tmp_path_factory.mktemp("families"))
    for wire in ASKED:
        url = f"{upstream.url}{'/v1beta' if wire == 'gemini' else '/v1'}"
        toml = f'name = "of-{wire}"\ntitle = "A model"\nauth = "none"\n[wires]\n{wire} = "{url}"\n'
        (made.root / "config" / "providers" / f"of-{wire}.toml").write_text(toml)
    made.make_keys({"good": {}})
    with made.running():
        yield made


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("wire", list(ASKED))
def test_a_long_loop_of_tools_goes_round_all_families(
    served: Serving, upstream: ScriptedServer, wire: str, stream: bool
) -> None:
    places = [(f"Arica {step}", f"Ñuñoa {step}") for step in range(STEPS)]
    calls = [[CallTool("weather", {"city": city}) for city in both] for both in places]
    upstream.script = Script([*([Think("let me see"), *both] for both in calls), Say("done")])
    upstream.forget()
    caller = CALLERS[wire](served.url, served.keys["good"])
    models = cycle(f"of-{one}/m" for one in ASKED)
    said = caller.ask(next(models), "how is it?", stream=stream, tools=("weather",))
    for step in range(STEPS):
        assert [given["city"] for _, given in said.calls] == list(places[step])
        said = caller.give(next(models), said, [f"sun {step}", f"rain {step}"], stream=stream)
    assert said.text == "done"
    asked = upstream.conversation[-1]
    used = [call for message in asked.messages for call in message.calls]
    assert [call.input["city"] for call in used] == [city for both in places for city in both]
    assert [one.text for one in asked.tool_results] == [
        f"{one} {step}" for step in range(STEPS) for one in ("sun", "rain")
    ]
    assert [one.call_id for one in asked.tool_results] == [call.call_id for call in used]
    bodies = [(one.path, json.dumps(one.body)) for one in upstream.requests if one.model_request]
    assert len(bodies) == STEPS + 1
    assert not [body for _, body in bodies if "minga." in body or "bWluZ2Eu" in body], "marks stay with the caller"
    own = [body.count(SIGNATURE) for path, body in bodies if path.endswith("/messages")]
    assert own == [0, 1, 2][: len(own)], "its own thoughts come back to it, signed"
    assert not [path for path, body in bodies if SIGNATURE in body and not path.endswith("/messages")]
