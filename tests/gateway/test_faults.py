"""Each fault of a provider, on each wire, whole or streamed: the caller gets an error in its words, the book one entry.

Every cell of the matrix has a provider of its own, so that none rests because another failed.
"""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import pytest
from faulty_provider import PLAYED, FaultyProvider, faulty_provider
from serving import ASKED, Answer, Serving, asked

from warm import Warm

SILENCE_S = 1.5


@dataclass(frozen=True)
class Seen:
    """What the caller sees. ``broken``: a stream of status 200 whose last event is an error."""

    status: int
    broken: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Cell:
    fault: str
    wire: str
    stream: bool

    @property
    def name(self) -> str:
        return f"{self.fault}-{self.wire}-{'stream' if self.stream else 'whole'}"


NO_ANSWER = Seen(502)
BROKEN = Seen(200, broken=True)

EXPECTED: dict[str, tuple[Seen, Seen]] = {
    "refused-connection": (NO_ANSWER, NO_ANSWER),
    "reset-before-headers": (NO_ANSWER, NO_ANSWER),
    "reset-after-headers": (NO_ANSWER, NO_ANSWER),
    "garbage-status": (NO_ANSWER, NO_ANSWER),
    "garbage-body": (NO_ANSWER, NO_ANSWER),
    "500": (Seen(500), Seen(500)),
    "529": (Seen(529), Seen(529)),
    "429": (Seen(429, headers=(("retry-after", "7"),)), Seen(429, headers=(("retry-after", "7"),))),
    "silence-before": (NO_ANSWER, NO_ANSWER),
    "dies-within": (NO_ANSWER, BROKEN),
    "broken-event": (NO_ANSWER, BROKEN),
    "silence-within": (NO_ANSWER, BROKEN),
    "no-end": (NO_ANSWER, BROKEN),
    "gzip-bomb": (NO_ANSWER, NO_ANSWER),
    "endless-headers": (NO_ANSWER, NO_ANSWER),
    "too-short": (NO_ANSWER, NO_ANSWER),
    "redirect": (NO_ANSWER, NO_ANSWER),
}
"""Fault -> what is seen of a whole answer, and of a stream."""

CELLS = [Cell(fault, wire, stream) for fault in EXPECTED for wire in ASKED for stream in (False, True)]
GONE = [Cell("endless", wire, stream=True) for wire in ASKED]


@dataclass(frozen=True)
class Outcome:
    """Of every cell: what came, and its line in the book."""

    answers: Mapping[str, Answer | Exception]
    booked: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def provider() -> Iterator[FaultyProvider]:
    with faulty_provider() as server:
        yield server


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, warm: Warm, provider: FaultyProvider) -> Outcome:
    serving = Serving(tmp_path_factory.mktemp("faults"), warm)
    serving.environment["MINGA_GATEWAY_SILENCE_S"] = str(SILENCE_S)
    for cell in (*CELLS, *GONE):
        _provide(serving, cell, provider.url)
    key = serving.key()
    with serving.running():
        with ThreadPoolExecutor(24) as threads:
            answers = list(threads.map(lambda cell: _ask(serving, cell, key, provider), CELLS))
        for cell in GONE:
            _leave(serving, cell, key, provider)
    booked = {str(one["provider"]): one for one in serving.costs("provider")}
    return Outcome({cell.name: answer for cell, answer in zip(CELLS, answers, strict=True)}, booked)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_a_fault_is_told_in_the_callers_words_and_booked_once(outcome: Outcome, cell: Cell) -> None:
    answer = outcome.answers[cell.name]
    assert isinstance(answer, Answer), answer
    seen = EXPECTED[cell.fault][cell.stream]
    assert answer.status == seen.status, answer.body
    for name, value in seen.headers:
        assert answer.headers[name] == value
    if seen.broken:
        assert b"word" in answer.body
        _, last = answer.body.rstrip().rsplit(b"data: ", 1)
        assert b"}\n\ndata: {" in answer.body or b"\n\nevent: " in answer.body
        assert _is_error(cell.wire, json.loads(last), in_stream=True), last
    else:
        assert _is_error(cell.wire, answer.json(), in_stream=False), answer.body
    booked = outcome.booked[cell.name]
    assert (booked["calls"], booked["failed"], booked["estimated"]) == (1, 1, int(seen.broken))
    assert (booked["output_tokens"] > 0) == seen.broken, "what had come counts, what never came does not"


@pytest.mark.parametrize("cell", GONE, ids=lambda cell: cell.name)
def test_an_endless_answer_ends_when_its_caller_goes_away(outcome: Outcome, cell: Cell) -> None:
    booked = outcome.booked[cell.name]
    assert (booked["calls"], booked["failed"], booked["estimated"]) == (1, 1, 1)
    assert booked["output_tokens"] > 0


def test_every_fault_that_can_be_played_is_in_the_matrix() -> None:
    assert {cell.fault for cell in (*CELLS, *GONE)} == {*PLAYED, "refused-connection"}


def _provide(serving: Serving, cell: Cell, url: str) -> None:
    base = f"{url}/{cell.fault}/{cell.wire}" if cell.fault in PLAYED else "http://127.0.0.1:9"
    toml = f'name = "{cell.name}"\ntitle = "A faulty one"\nauth = "none"\n[wires]\n{cell.wire} = "{base}"\n'
    (serving.root / "config" / "providers" / f"{cell.name}.toml").write_text(toml)


def _call(cell: Cell) -> tuple[str, dict[str, object]]:
    path, body = asked(cell.wire, stream=cell.stream)
    if cell.wire == "gemini":
        return path.replace("/models/", f"/models/{cell.name}%2F"), body
    return path, {**body, "model": f"{cell.name}/a-model"}


def _ask(serving: Serving, cell: Cell, key: str, provider: FaultyProvider) -> Answer | Exception:
    path, body = _call(cell)
    try:
        with serving.opened(path, body, key) as response:
            first = response.read(1)
            if cell.stream:
                provider.seen[cell.fault, cell.wire].set()
            given = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, given, first + response.read())
    except (OSError, HTTPException) as wrong:  # told by the cell's test
        return wrong


def _leave(serving: Serving, cell: Cell, key: str, provider: FaultyProvider) -> None:
    path, body = _call(cell)
    with serving.opened(path, body, key) as response:
        assert response.read(9)
    [call] = [one for one in provider.asked if (one.fault, one.wire) == (cell.fault, cell.wire)]
    assert call.gone.wait(30), "the gateway has closed the connection"


def _is_error(wire: str, told: Any, *, in_stream: bool) -> bool:
    if wire == "anthropic":
        return bool(told["type"] == "error" and told["error"]["type"] and told["error"]["message"])
    if wire == "openai-responses" and in_stream:
        return bool(told["type"] == "error" and told["code"] and told["message"])
    if wire == "gemini":
        return bool(told["error"]["code"] and told["error"]["status"] and told["error"]["message"])
    return bool(told["error"]["message"] and told["error"]["type"])
