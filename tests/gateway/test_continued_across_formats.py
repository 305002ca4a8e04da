"""A stream that breaks off and is gone on with by a deployment of another format: to the caller it is one answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sdk_callers import CALLERS
from serving import ASKED, Answer, Serving, asked

from minga.testing import CutStream, Say, Script, ScriptedServer, Think, Tokens
from stream_order import told

WAYS = [(caller, first, second) for caller in ASKED for first in ASKED for second in ASKED if first != second]

BY_SDK = [way for way in WAYS if way[0] == way[1]]

TOML = 'name = "{name}"\ntitle = "A model"\nauth = "none"\n[wires]\n{wire} = "{url}{path}"\n'


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Each way, by bytes and by SDK, has a first deployment of its own: one that broke off may rest."""
    made = Serving(tmp_path_factory.mktemp("continued"))
    routes = []
    cut = Script(default=[Think("first thought"), CutStream("hola ", clean=False)])
    more = Script(default=[Think("second thought"), Say("a ti"), Tokens(50, 0, 7)])
    with ScriptedServer(cut) as first_server, ScriptedServer(more) as second_server:

        def provide(name: str, wire: str, server: ScriptedServer) -> None:
            path = "/v1beta" if wire == "gemini" else "/v1"
            text = TOML.format(name=name, wire=wire, url=server.url, path=path)
            (made.root / "config" / "providers" / f"{name}.toml").write_text(text)

        for wire in ASKED:
            provide(f"second-{wire}", wire, second_server)
        for caller, first, second in WAYS:
            for by in ("bytes", "sdk") if caller == first else ("bytes",):
                name = f"{by}-{caller}-{first}-{second}"
                provide(name, first, first_server)
                routes.append(f'[[routes]]\nmodel = "{name}"\nto = ["{name}/m"]\nthen = ["second-{second}/m"]\n')
        (made.root / "config" / "gateway.toml").write_text("".join(routes))
        made.make_keys({"continues": {"continues_streams": True}})
        with made.running():
            yield made


def _ask(served: Serving, way: tuple[str, str, str]) -> Answer:
    path, body = asked(way[0], stream=True)
    model = f"bytes-{'-'.join(way)}"
    if way[0] == "gemini":
        path = path.replace("gemini-2.5-pro", model)
    else:
        body = {**body, "model": model}
    return served.ask(path, body, served.keys["continues"])


@pytest.fixture(scope="module")
def answers(served: Serving) -> dict[tuple[str, str, str], Answer]:
    with ThreadPoolExecutor(8) as threads:
        return dict(zip(WAYS, threads.map(lambda way: _ask(served, way), WAYS), strict=True))


@pytest.mark.parametrize("way", WAYS, ids=" ".join)
def test_both_halves_are_one_answer_in_the_callers_order(
    answers: dict[tuple[str, str, str], Answer], way: tuple[str, str, str]
) -> None:
    answer = answers[way]
    assert answer.status == 200, answer.body
    said = told(way[0], answer.body)
    assert (said.text, said.last) == ("hola a ti", "whole"), answer.body
    assert (b"goes on" in answer.body) == (way[0] != "gemini"), "Google's SDK understands no comments"


@pytest.mark.parametrize("way", BY_SDK, ids=" ".join)
def test_the_sdk_hears_one_answer(served: Serving, way: tuple[str, str, str]) -> None:
    caller = CALLERS[way[0]](served.url, served.keys["continues"])
    assert caller.ask(f"sdk-{'-'.join(way)}", "hola", stream=True).text == "hola a ti"
