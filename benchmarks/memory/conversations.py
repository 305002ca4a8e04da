"""What retrieval is measured on: conversations of turns, and questions with the turns that answer them."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"

CHILE = "-03:00"
DAY_S = 86_400

_TURN_ID = re.compile(r"D:?(\d+):(\d+)")

LOCOMO_KINDS = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}


@dataclass(frozen=True, slots=True)
class Turn:
    """``session`` counts from 0, ``position`` within it. ``text`` is what is indexed. ``at``: in days."""

    name: str
    session: int
    position: int
    role: str
    speaker: str
    text: str
    project: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Query:
    """``evidence``: places of turns in the conversation. ``known_by``: in days, only what was said until then."""

    name: str
    text: str
    kind: str
    evidence: tuple[int, ...]
    known_by: float = math.inf


@dataclass(frozen=True, slots=True)
class Conversation:
    name: str
    turns: tuple[Turn, ...]
    queries: tuple[Query, ...]


def locomo(file: Path) -> list[Conversation]:
    """The ten conversations. A question whose evidence names no turn that exists is left out."""
    return [_locomo(one) for one in json.loads(file.read_text("utf-8"))]


def corpus(part: str) -> Conversation:
    """One part of our own corpus; all its sessions are searched together."""
    folder = CORPUS / part
    turns = tuple(_corpus_turns(folder))
    places = {turn.name: place for place, turn in enumerate(turns)}
    asked = json.loads((folder / "questions.json").read_text("utf-8"))
    queries = (
        Query(
            one["id"],
            one["question"],
            one["kind"],
            tuple(places[name] for name in one["evidence"]),
            _days(f"{one['as_of']}T23:59:59{CHILE}") if "as_of" in one else math.inf,
        )
        for one in asked
    )
    return Conversation(part, turns, tuple(queries))


def _corpus_turns(folder: Path) -> Iterator[Turn]:
    for session, path in enumerate(sorted((folder / "sessions").glob("*.json"))):
        held = json.loads(path.read_text("utf-8"))
        for position, turn in enumerate(held["turns"]):
            name, at = f"{held['id']}:{position}", _days(turn["at"])
            yield Turn(name, session, position, turn["role"], "", turn["text"], held["project"], at)


def _days(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() / DAY_S


def _locomo(held: dict[str, Any]) -> Conversation:
    talk = held["conversation"]
    sessions = sorted(int(name[8:]) for name in talk if re.fullmatch(r"session_\d+", name))
    turns = [
        Turn(one["dia_id"], session, position, "user", one["speaker"], _locomo_text(one))
        for session in sessions
        for position, one in enumerate(talk[f"session_{session}"])
    ]
    places = {turn.name: place for place, turn in enumerate(turns)}
    queries = []
    for number, one in enumerate(held["qa"]):
        names = [f"D{int(a)}:{int(b)}" for text in one["evidence"] for a, b in _TURN_ID.findall(text)]
        evidence = tuple(dict.fromkeys(places[name] for name in names if name in places))
        if evidence:
            kind = LOCOMO_KINDS[one["category"]]
            queries.append(Query(f"{held['sample_id']}/{number}", one["question"], kind, evidence))
    return Conversation(held["sample_id"], tuple(turns), tuple(queries))


def _locomo_text(turn: dict[str, Any]) -> str:
    caption = turn.get("blip_caption")
    return f"{turn['speaker']}: {turn['text']}" + (f" [image: {caption}]" if caption else "")
