"""What stands beside conversations, across forms: counts of tokens, embeddings, lists of models."""

import base64
import json
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import anthropic
import openai
import pytest
from anthropic.types import MessageTokensCount, ModelInfo
from google import genai
from openai.types import CreateEmbeddingResponse, Model
from openai.types.responses import InputTokenCountResponse
from serving import Serving

TOML = """
name = "{name}"
title = "A provider of a test's"
auth = "{auth}"
key_variables = ["TEST_PROVIDER_KEY"]
models = ["{name}-*"]

[wires]
{wires}
"""

OPENAI = [{"id": "alpha-1", "object": "model", "created": 1700000000, "owned_by": "alpha"}]
CLAUDE = [
    {
        "type": "model",
        "id": "beta-1",
        "display_name": "Beta One",
        "created_at": "2026-01-02T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": 200000,
        "max_tokens": 64000,
    }
]
GEMINI = [{"name": "models/gamma-1", "displayName": "Gamma One", "inputTokenLimit": 1000, "outputTokenLimit": 10}]

VECTORS = [[0.6, 0.8], [1.0, 0.0], [0.0, 1.0]]


@dataclass
class Provider:
    """Speaks all forms a little. ``asked``: path and body of each POST; ``told``: of embeddings, whether with usage."""

    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    usage: bool = True
    length: float = 1.0
    refuses: bool = False
    counts: bool = False

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, object]:
        self.asked.append((path, body))
        if self.refuses:
            return 400, {"error": {"message": "too many texts", "code": 400}}
        if path.endswith(":batchEmbedContents"):
            values = [{"values": [one * self.length for one in VECTORS[at]]} for at in range(len(body["requests"]))]
            return 200, {"embeddings": values, **({"usageMetadata": {"promptTokenCount": 7}} if self.usage else {})}
        if path.endswith("/embeddings"):
            texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
            data = [{"object": "embedding", "index": at, "embedding": VECTORS[at]} for at in range(len(texts))]
            used = {"usage": {"prompt_tokens": 5, "total_tokens": 5}} if self.usage else {}
            return 200, {"object": "list", "data": data[::-1], "model": body["model"], **used}
        if self.counts and path.endswith((":countTokens", "/messages/count_tokens")):
            return 200, {"totalTokens": 1234, "input_tokens": 1234}
        return 404, {"error": {"message": f"no {path}"}}

    def models(self, path: str) -> object:
        if "/a/" in path:
            return {"object": "list", "data": OPENAI}
        return {"data": CLAUDE, "has_more": False} if "/b/" in path else {"models": GEMINI}


@contextmanager
def providing() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.say(200, provider.models(self.path))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self.say(*provider.answer(self.path, body))

        def say(self, status: int, told: object) -> None:
            body = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Not to the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        provider.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield provider
        server.shutdown()


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with providing() as made:
        yield made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Serving]:
    """``alpha`` speaks OpenAI's forms, ``beta`` Anthropic's, ``gamma`` Gemini's; ``down`` is not there."""
    made = Serving(tmp_path_factory.mktemp("beside"))
    url = provider.url
    wires = {
        "alpha": f'openai-chat = "{url}/a/v1"\nopenai-embeddings = "{url}/a/v1"',
        "beta": f'anthropic = "{url}/b/v1"',
        "gamma": f'gemini = "{url}/c/v1beta"',
        "down": 'openai-chat = "http://127.0.0.1:9/v1"',
    }
    for name, lines in wires.items():
        file = made.root / "config" / "providers" / f"{name}.toml"
        file.write_text(TOML.format(name=name, auth="bearer", wires=lines))
    made.make_keys({"ana": {}, "counts": {"requests_per_minute": 100}, "spare": {}})
    with made.running():
        yield made


@pytest.fixture
def plain(provider: Provider) -> Provider:
    provider.asked.clear()
    provider.usage, provider.length, provider.refuses = True, 1.0, False
    provider.counts = False
    return provider


HOLA = "hola, ¿qué tal? " * 100
COUNTED: dict[str, tuple[str, dict[str, Any], str]] = {
    "anthropic": (
        "/v1/messages/count_tokens",
        {"model": "alpha-1", "messages": [{"role": "user", "content": HOLA}]},
        "input_tokens",
    ),
    "gemini": (
        "/v1beta/models/beta-1:countTokens",
        {"contents": [{"role": "user", "parts": [{"text": HOLA}]}]},
        "totalTokens",
    ),
    "openai-responses": ("/v1/responses/input_tokens", {"model": "beta-1", "input": HOLA}, "input_tokens"),
}


@pytest.mark.parametrize("wire", list(COUNTED))
def test_tokens_are_counted_for_a_model_whose_provider_speaks_another_form(
    served: Serving, plain: Provider, wire: str
) -> None:
    path, body, place = COUNTED[wire]
    answer = served.ask(path, body, served.keys["counts"])
    assert answer.status == 200, answer.body
    assert answer.headers["x-minga-tokens"] == "estimated"
    assert answer.json()[place] >= 601, "as o200k counts the text, 6 tokens a hundred times, and one for its end"
    assert answer.json()[place] <= 2 * 601


EXACT: dict[str, tuple[str, dict[str, Any], str, str, dict[str, Any]]] = {
    "anthropic to gemini": (
        "/v1/messages/count_tokens",
        {"model": "gamma-1", "system": "sé breve", "messages": [{"role": "user", "content": "hola"}]},
        "input_tokens",
        "/c/v1beta/models/gamma-1:countTokens",
        {
            "generateContentRequest": {
                "model": "models/gamma-1",
                "systemInstruction": {"parts": [{"text": "sé breve"}]},
                "contents": [{"role": "user", "parts": [{"text": "hola"}]}],
                "generationConfig": {"maxOutputTokens": 1},
            }
        },
    ),
    "gemini to anthropic": (
        "/v1beta/models/beta-1:countTokens",
        {"generateContentRequest": {"contents": [{"role": "user", "parts": [{"text": "hola"}]}]}},
        "totalTokens",
        "/b/v1/messages/count_tokens",
        {"model": "beta-1", "messages": [{"role": "user", "content": [{"type": "text", "text": "hola"}]}]},
    ),
}


@pytest.mark.parametrize("case", list(EXACT))
def test_a_provider_that_can_count_is_asked_in_its_own_form(served: Serving, plain: Provider, case: str) -> None:
    plain.counts = True
    path, body, place, asked_at, asked = EXACT[case]
    answer = served.ask(path, body, served.keys["counts"])
    assert (answer.status, answer.headers["x-minga-tokens"]) == (200, "exact"), answer.body
    assert answer.json() == {place: 1234}
    [(sent_to, sent)] = plain.asked
    assert sent_to == asked_at
    assert sent == asked


def test_counts_are_booked_as_calls_that_cost_nothing(served: Serving) -> None:
    path, body, _ = COUNTED["anthropic"]
    assert served.ask(path, body, served.keys["spare"]).status == 200
    assert served.ask(path, {"model": "alpha-1"}, served.keys["spare"]).status == 400
    served.stop()
    try:
        booked = [one for one in served.costs("key") if one["key"] == "spare"]
    finally:
        served.start()
    assert [(one["calls"], one["cost_micro_usd"], one["unpriced"]) for one in booked] == [(2, 0, 0)]


WRONG = {
    "no messages": ("/v1/messages/count_tokens", {"model": "alpha-1"}, "messages"),
    "stored": ("/v1/responses/input_tokens", {"model": "beta-1", "previous_response_id": "resp_1"}, "previous_resp"),
    "cached": ("/v1beta/models/beta-1:countTokens", {"contents": [], "cachedContent": "x"}, "cachedContent"),
    "cached within": (
        "/v1beta/models/beta-1:countTokens",
        {"generateContentRequest": {"contents": [], "cachedContent": "x"}},
        "cachedContent",
    ),
    "tokens to Gemini": ("/v1/embeddings", {"model": "gamma-1", "input": [1, 2, 3]}, "send the text"),
    "lists of tokens": ("/v1/embeddings", {"model": "gamma-1", "input": [[1], [2]]}, "send the text"),
    "nothing to embed": ("/v1/embeddings", {"model": "gamma-1", "input": []}, "no text"),
    "no input": ("/v1/embeddings", {"model": "gamma-1"}, "input"),
    "a picture": (
        "/v1beta/models/alpha-1:embedContent",
        {"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": ""}}]}},
        "inlineData",
    ),
    "sizes": (
        "/v1beta/models/alpha-1:batchEmbedContents",
        {"requests": [{"content": {"parts": [{"text": "a"}]}, "outputDimensionality": size} for size in (1, 2)]},
        "outputDimensionality",
    ),
}


@pytest.mark.parametrize("case", list(WRONG))
def test_what_cannot_be_counted_or_embedded_there_is_refused_with_its_place(
    served: Serving, plain: Provider, case: str
) -> None:
    path, body, named = WRONG[case]
    answer = served.ask(path, body, served.keys["ana"])
    assert answer.status == 400, answer.body
    assert named in answer.json()["error"]["message"]
    assert plain.asked == []


def test_openais_sdk_embeds_with_a_model_of_gemini(served: Serving, plain: Provider) -> None:
    client = openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.keys["ana"])
    made = client.embeddings.with_raw_response.create(model="gamma-1", input=["uno", "dos"], dimensions=2, user="ana")
    found = made.parse()
    assert [[round(one, 6) for one in each.embedding] for each in found.data] == VECTORS[:2]
    assert (found.usage.prompt_tokens, found.usage.total_tokens) == (7, 7)
    assert made.headers["x-minga-tokens"] == "exact"
    assert made.headers["x-minga-lost"] == "embedding-option(user)"
    assert made.headers["x-minga-translated"] == "openai-embeddings gemini"
    [(path, body)] = plain.asked
    assert path == "/c/v1beta/models/gamma-1:batchEmbedContents"
    assert body["requests"][1] == {
        "model": "models/gamma-1",
        "content": {"parts": [{"text": "dos"}]},
        "outputDimensionality": 2,
    }


@pytest.mark.parametrize("encoding", ["float", "base64"])
def test_vectors_come_as_they_are_asked_for_and_of_length_one(served: Serving, plain: Provider, encoding: str) -> None:
    plain.length = 5.0
    plain.usage = False
    body = {"model": "gamma-1", "input": "uno", "encoding_format": encoding}
    answer = served.ask("/v1/embeddings", body, served.keys["ana"])
    assert answer.headers["x-minga-changed"] == "embedding-normalized"
    assert answer.headers["x-minga-tokens"] == "estimated"
    found = answer.json()["data"][0]["embedding"]
    numbers = array("f", base64.b64decode(found)).tolist() if encoding == "base64" else found
    assert numbers == pytest.approx(VECTORS[0])
    if encoding == "float":
        CreateEmbeddingResponse.model_validate(answer.json(), strict=True)
    assert answer.json()["usage"]["prompt_tokens"] > 0


def test_geminis_sdk_embeds_with_a_model_of_openai(served: Serving, plain: Provider) -> None:
    client = genai.Client(api_key=served.keys["ana"], http_options={"base_url": served.url})
    found = client.models.embed_content(
        model="alpha-1", contents=["uno", "dos"], config={"output_dimensionality": 2, "task_type": "CLUSTERING"}
    )
    assert found.embeddings is not None
    assert [one.values for one in found.embeddings] == VECTORS[:2], "in the order of the texts"
    [(path, body)] = plain.asked
    assert path == "/a/v1/embeddings"
    assert body == {"model": "alpha-1", "input": ["uno", "dos"], "dimensions": 2, "encoding_format": "float"}


def test_one_content_of_gemini_gets_one_vector_and_is_told_what_was_lost(served: Serving, plain: Provider) -> None:
    asked = {"content": {"parts": [{"text": "uno"}, {"text": "dos"}]}, "taskType": "RETRIEVAL_QUERY", "title": "t"}
    answer = served.ask("/v1beta/models/alpha-1:embedContent", asked, served.keys["ana"])
    assert answer.json() == {
        "embedding": {"values": VECTORS[0]},
        "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5},
    }
    assert answer.headers["x-minga-lost"] == "embedding-task(taskType), embedding-task(title)"
    assert answer.headers["x-minga-changed"] == "embedding-parts"
    assert plain.asked[0][1]["input"] == ["uno\ndos"]


def test_an_error_of_the_provider_is_told_in_the_callers_form(served: Serving, plain: Provider) -> None:
    plain.refuses = True
    body = {"content": {"parts": [{"text": "uno"}]}}
    to_openai = served.ask("/v1/embeddings", {"model": "gamma-1", "input": "uno"}, served.keys["ana"])
    to_gemini = served.ask("/v1beta/models/alpha-1:embedContent", body, served.keys["ana"])
    assert (to_openai.status, to_gemini.status) == (400, 400)
    assert to_openai.json()["error"] == {
        "message": "too many texts",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
    assert to_gemini.json()["error"] == {"code": 400, "message": "too many texts", "status": "INVALID_ARGUMENT"}


def test_every_sdk_lists_the_models_of_every_provider(served: Serving) -> None:
    key = served.keys["ana"]
    asked = openai.OpenAI(base_url=f"{served.url}/v1", api_key=key)
    assert [one.id for one in asked.models.list()] == ["alpha-1", "beta-1", "gamma-1"]
    claude = anthropic.Anthropic(base_url=served.url, api_key=key)
    assert [one.id for one in claude.models.list()] == ["beta-1", "alpha-1", "gamma-1"]
    google = genai.Client(api_key=key, http_options={"base_url": served.url})
    assert [one.name for one in google.models.list()] == ["models/gamma-1", "models/alpha-1", "models/beta-1"]


def test_every_sdk_gets_one_model_of_any_provider(served: Serving) -> None:
    key = served.keys["ana"]
    found = openai.OpenAI(base_url=f"{served.url}/v1", api_key=key).models.retrieve("beta/beta-1")
    assert (found.id, found.owned_by, found.created) == ("beta-1", "beta", 1767312000)
    claude = anthropic.Anthropic(base_url=served.url, api_key=key).models.retrieve("gamma-1")
    assert (claude.display_name, claude.max_input_tokens, claude.max_tokens) == ("Gamma One", 1000, 10)
    google = genai.Client(api_key=key, http_options={"base_url": served.url})
    one = google.models.get(model="beta-1")
    assert (one.name, one.display_name, one.input_token_limit) == ("models/beta-1", "Beta One", 200000)
    with pytest.raises(openai.NotFoundError, match="nope"):
        openai.OpenAI(base_url=f"{served.url}/v1", api_key=key).models.retrieve("nope")


def test_what_is_told_fits_the_vendors_types_strictly(served: Serving) -> None:
    key = served.keys["ana"]
    for one in served.ask("/v1/models", None, key, method="GET").json()["data"]:
        Model.model_validate(one, strict=True)
    listed = served.ask("/v1/models", None, key, {"anthropic-version": "2023-06-01"}, method="GET").json()
    for one in listed["data"]:
        ModelInfo.model_validate_json(json.dumps(one), strict=True)
    counted = {wire: served.ask(path, body, key).json() for wire, (path, body, _) in COUNTED.items()}
    MessageTokensCount.model_validate(counted["anthropic"], strict=True)
    InputTokenCountResponse.model_validate(counted["openai-responses"], strict=True)


def test_a_list_names_who_was_asked_where_none_answers(tmp_path: Path) -> None:
    made = Serving(tmp_path)
    made.provide("http://127.0.0.1:9", "down")
    made.make_keys({"ana": {}})
    with made.running():
        answer = made.ask("/v1/models", None, made.keys["ana"], method="GET")
    assert answer.status == 502
    assert "down" in answer.json()["error"]["message"]
