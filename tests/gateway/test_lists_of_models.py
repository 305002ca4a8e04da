"""`GET /v1/models` in front of several providers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from serving import Serving

from warm import Warm

SHAPES = {
    "openai": ("/v1/models", {}, "data", "id"),
    "anthropic": ("/v1/models", {"anthropic-version": "2023-06-01"}, "data", "id"),
    "gemini": ("/v1beta/models", {}, "models", "name"),
}


@contextmanager
def listing(status: int, *names: str) -> Iterator[str]:
    """A provider that lists these, in each form; its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            models = [{"id": name, "name": name} for name in names]
            body = json.dumps({"data": models, "models": models, "kept": names[0]}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not to the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory, warm: Warm) -> Iterator[Serving]:
    made = Serving(Path(tmp_path_factory.mktemp("lists")), warm)
    with listing(200, "gpt-1", "gpt-2") as one, listing(200, "gpt-2", "own-1") as two, listing(500, "no") as broken:
        for name, url in (("a1", one), ("b2", two), ("c3", broken), ("d4", "http://127.0.0.1:9")):
            made.provide(url, name)
        made.make_keys({"ana": {}, "once": {"requests_per_minute": 1}})
        with made.running():
            yield made


@pytest.mark.parametrize("form", list(SHAPES))
def test_the_models_of_all_providers_that_answer_are_listed_once_each(serving: Serving, form: str) -> None:
    path, headers, place, name = SHAPES[form]
    answer = serving.ask(path, None, serving.keys["ana"], headers, method="GET")
    assert answer.status == 200
    assert [model[name] for model in answer.json()[place]] == ["gpt-1", "gpt-2", "own-1"]
    assert answer.json()["kept"] == "gpt-1", "the rest is as the first provider has it"
    assert answer.headers["content-length"] == str(len(answer.body))


def test_a_list_is_one_call_of_its_key(serving: Serving) -> None:
    statuses = [serving.ask("/v1/models", None, serving.keys["once"], method="GET").status for _ in range(2)]
    assert statuses == [200, 429]


def test_a_later_page_is_that_of_the_provider_that_answers(serving: Serving) -> None:
    answer = serving.ask("/v1/models?after=gpt-0", None, serving.keys["ana"], method="GET")
    assert [model["id"] for model in answer.json()["data"]] == ["gpt-1", "gpt-2"]
