"""What rules find in the labelled sentences of ``sample.json``, beside what they should find."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import Extraction, ItemId, Passage, Source
from minga.domain.secrecy import UserName
from minga.domain.transcript import Role
from minga.memory.extraction.extract import extract
from minga.memory.extraction.hygiene import is_boilerplate

SAMPLE = Path(__file__).with_name("sample.json")
AT = datetime(2026, 1, 7, 15, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Score:
    right: int
    found: int
    wanted: int
    wrong: tuple[str, ...]

    @property
    def precision(self) -> float:
        return self.right / self.found

    @property
    def recall(self) -> float:
        return self.right / self.wanted


def passage(text: str, role: Role = "user", done: str = "") -> Passage:
    source = Source(SessionId("s"), "m", 0, AT, AgentName("claude"), role)
    return Passage(ItemId("t1"), "turn", text, done, source, "p", "es", UserName("u"))


def extracted(text: str, role: Role = "user", done: str = "") -> Extraction:
    return extract(passage(text, role, done))


def score(about: str) -> Score:
    right = found = wanted = 0
    wrong: list[str] = []
    for one in json.loads(SAMPLE.read_text()):
        if one["about"] == about:
            got, expected = set(_got(one)), set(map(tuple, _expected(one)))
            right, found, wanted = right + len(got & expected), found + len(got), wanted + len(expected)
            wrong += [f"{one['text']}: {got} for {expected}"] if got != expected else []
    return Score(right, found, wanted, tuple(wrong))


def _expected(one: dict[str, Any]) -> list[tuple[Any, ...]]:
    match one["about"]:
        case "proposals":
            return [(number,) for number in range(one["proposals"])]
        case "junk":
            return [("junk",)] if one["junk"] else []
        case about:
            return one[about]


def _got(one: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    made = extracted(one["text"], one["role"])
    match one["about"]:
        case "proposals":
            yield from ((number,) for number in range(len(made.proposals)))
        case "statements":
            yield from ((each.predicate, each.value) for each in made.statements)
        case "mentions":
            yield from ((str(each.entity.kind), each.entity.name) for each in made.mentions)
        case _:
            yield from [("junk",)] if is_boilerplate(one["text"]) else []
