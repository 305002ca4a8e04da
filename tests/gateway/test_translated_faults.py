"""Faults of a provider that speaks another format than its caller, in all twelve directions: a stream ends as the
caller's format says, or with an error in its words, never as if it were whole when it is not."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import pytest
from faulty_provider import ERRORS, PLAYED, SPOKEN, Asked, FaultyProvider, Play, event, faulty_provider
from serving import ASKED, Answer, Serving, asked

from stream_order import told

SILENCE_S = 1.5

WHOLE: dict[str, dict[str, Any]] = {
    "openai-chat": {
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "word "}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 30, "total_tokens": 39},
    },
    "openai-responses": {
        "id": "r",
        "status": "completed",
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "word "}]}],
        "usage": {"input_tokens": 9, "output_tokens": 30, "total_tokens": 39},
    },
    "anthropic": {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "text", "text": "word "}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 9, "output_tokens": 30},
    },
    "gemini": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "word "}]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 30, "totalTokenCount": 39},
    },
}


def _error_within(asked: Asked) -> None:
    asked.head()
    asked.words(10)
    told = ERRORS[asked.wire] if asked.wire != "openai-responses" else {"type": "error", **ERRORS[asked.wire]}
    asked.send(event(told), event(SPOKEN[asked.wire][1]))


def _dies_after_the_end(asked: Asked) -> None:
    """All has been said, but not that nothing more comes."""
    asked.head(b"Content-Length: 99999")
    asked.words(10)
    asked.send(*(event(one) for one in SPOKEN[asked.wire][2]))
    asked.seen.wait(30)


def _whole_instead(asked: Asked) -> None:
    body = json.dumps(WHOLE[asked.wire]).encode()
    asked.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n")
    asked.send(f"Content-Length: {len(body)}\r\n\r\n".encode(), body)


def _in_pieces(asked: Asked) -> None:
    """Bytes one by one, ends of lines of two bytes, and between the events what means nothing."""
    begin, word, end = SPOKEN[asked.wire]
    between = b': a comment\r\n\r\nevent: "}\x00\xff\r\n\r\nretry: 9\r\n\r\n'
    asked.head()
    for one in b"".join(event(one).replace(b"\n", b"\r\n") + between for one in (*begin, word, word, *end)):
        asked.send(bytes([one]))


OWN: dict[str, Play] = {
    "error-within": _error_within,
    "dies-after-the-end": _dies_after_the_end,
    "whole-instead": _whole_instead,
    "in-pieces": _in_pieces,
}

SAID = {"dies-after-the-end": "word " * 10, "whole-instead": "word ", "in-pieces": "word word "}
"""Fault -> what arrives in spite of it."""

BROKEN = ("dies-within", "broken-event", "silence-within", "no-end", "error-within")
REFUSED = {"garbage-body": 502, "gzip-bomb": 502, "too-short": 502, "500": 500, "429": 429}


@dataclass(frozen=True)
class Cell:
    fault: str
    caller: str
    wire: str
    stream: bool = True

    @property
    def name(self) -> str:
        return f"{self.fault}-{self.caller}-{self.wire}-{'stream' if self.stream else 'whole'}"


PAIRS = [(caller, wire) for caller in ASKED for wire in ASKED if caller != wire]
STREAMS = [Cell(fault, *pair) for fault in (*BROKEN, *SAID) for pair in PAIRS]
REFUSALS = [Cell(fault, *pair, stream) for fault in REFUSED for pair in PAIRS for stream in (False, True)]
GONE = [Cell("endless", *pair) for pair in PAIRS]


@dataclass(frozen=True)
class Outcome:
    answers: Mapping[str, Answer | Exception]
    booked: Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def provider() -> Iterator[FaultyProvider]:
    with faulty_provider({**PLAYED, **OWN}) as server:
        yield server


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, provider: FaultyProvider) -> Outcome:
    serving = Serving(tmp_path_factory.mktemp("translated-faults"))
    serving.environment["MINGA_GATEWAY_SILENCE_S"] = str(SILENCE_S)
    for cell in (*STREAMS, *REFUSALS, *GONE):
        _provide(serving, cell, provider.url)
    key = serving.key()
    with serving.running():
        with ThreadPoolExecutor(24) as threads:
            cells = [*STREAMS, *REFUSALS]
            answers = list(threads.map(lambda cell: _ask(serving, cell, key, provider), cells))
            list(threads.map(lambda cell: _leave(serving, cell, key), GONE))
        for call in provider.asked:
            assert call.fault != "endless" or call.gone.wait(30), "the gateway has closed the connection"
    booked = {str(one["provider"]): one for one in serving.costs("provider")}
    return Outcome({cell.name: answer for cell, answer in zip(cells, answers, strict=True)}, booked)


def _answer(outcome: Outcome, cell: Cell) -> Answer:
    answer = outcome.answers[cell.name]
    assert isinstance(answer, Answer), answer
    return answer


@pytest.mark.parametrize("cell", [cell for cell in STREAMS if cell.fault in BROKEN], ids=lambda cell: cell.name)
def test_a_broken_stream_ends_with_an_error_in_the_callers_words(outcome: Outcome, cell: Cell) -> None:
    answer = _answer(outcome, cell)
    assert answer.status == 200, answer.body
    said = told(cell.caller, answer.body)
    assert said.last == "failed"
    assert said.text.startswith("word ")
    booked = outcome.booked[cell.name]
    assert (booked["calls"], booked["failed"], booked["estimated"]) == (1, 1, 1)
    assert booked["output_tokens"] > 0


@pytest.mark.parametrize("cell", [cell for cell in STREAMS if cell.fault in SAID], ids=lambda cell: cell.name)
def test_an_answer_that_came_whole_is_told_whole(outcome: Outcome, cell: Cell) -> None:
    answer = _answer(outcome, cell)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    said = told(cell.caller, answer.body)
    assert (said.last, said.text.rstrip(".")) == ("whole", SAID[cell.fault])
    booked = outcome.booked[cell.name]
    assert (booked["calls"], booked["failed"]) == (1, 0)
    if cell.fault == "whole-instead":
        assert (booked["input_tokens"], booked["output_tokens"], booked["estimated"]) == (9, 30, 0)


@pytest.mark.parametrize("cell", REFUSALS, ids=lambda cell: cell.name)
def test_an_answer_that_never_came_is_an_error_of_the_callers_format(outcome: Outcome, cell: Cell) -> None:
    answer = _answer(outcome, cell)
    assert (answer.status, answer.headers["content-type"]) == (REFUSED[cell.fault], "application/json")
    error = answer.json()["error"]
    assert error["message"]
    assert error["status" if cell.caller == "gemini" else "type"]
    assert ("type" in answer.json()) == (cell.caller == "anthropic")
    if cell.fault == "429":
        assert answer.headers["retry-after"] == "7"
    booked = outcome.booked[cell.name]
    assert (booked["calls"], booked["failed"], booked["output_tokens"]) == (1, 1, 0)


@pytest.mark.parametrize("cell", GONE, ids=lambda cell: cell.name)
def test_an_endless_answer_ends_when_its_caller_goes_away(outcome: Outcome, cell: Cell) -> None:
    booked = outcome.booked[cell.name]
    assert (booked["calls"], booked["failed"], booked["estimated"]) == (1, 1, 1)
    assert booked["output_tokens"] > 0


def _provide(serving: Serving, cell: Cell, url: str) -> None:
    base = f"{url}/{cell.fault}/{cell.wire}@{cell.caller}"
    toml = f'name = "{cell.name}"\ntitle = "A faulty one"\nauth = "none"\n[wires]\n{cell.wire} = "{base}"\n'
    (serving.root / "config" / "providers" / f"{cell.name}.toml").write_text(toml)


def _call(cell: Cell) -> tuple[str, dict[str, object]]:
    path, body = asked(cell.caller, stream=cell.stream)
    if cell.caller == "gemini":
        return path.replace("/models/gemini-2.5-pro", f"/models/{cell.name}%2Fa-model"), body
    return path, {**body, "model": f"{cell.name}/a-model"}


def _ask(serving: Serving, cell: Cell, key: str, provider: FaultyProvider) -> Answer | Exception:
    path, body = _call(cell)
    try:
        with serving.opened(path, body, key) as response:
            first = response.read(1)
            if cell.stream:
                provider.seen[cell.fault, f"{cell.wire}@{cell.caller}"].set()
            given = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, given, first + response.read())
    except (OSError, HTTPException) as wrong:  # told by the cell's test
        return wrong


def _leave(serving: Serving, cell: Cell, key: str) -> None:
    path, body = _call(cell)
    with serving.opened(path, body, key) as response:
        assert response.read(9)
