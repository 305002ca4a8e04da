"""Does a search that reads tell what is known from what only comes near, and what answers from the rest?

Asked are the questions of `reading/chats.jsonl`: 48 chats of made-up projects that no reader learned from; half of the
questions only come near, and those that have an answer are asked once more without the chat that has it, unless other
chats tell it, an earlier value of it or a part of it (``left``: 46 of 288, judged by language models that read the
passages which a reader thought best). On them `minga.memory.judging` was chosen, with its two thresholds; so the
figures here are not of questions that are held out, those of the section `spanish` are.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.memory import scores
from benchmarks.memory.filled import Filled, Memories, turn_of
from benchmarks.memory.parts import CHANGED, CHILE, Asked
from benchmarks.memory.reading.figures import area
from benchmarks.memory.section import Rows, Say, Section
from minga.domain.ids import SessionId
from minga.domain.meaning import Reader
from minga.domain.memory import Recollection
from minga.infrastructure.e5_reader import E5Reader
from minga.memory.judging import KNOWN_FROM, READ, SURE_FROM, is_to_be_read, judged, speaking
from minga.memory.weighing import read_best

CHATS = Path(__file__).parent / "reading" / "chats.jsonl"
PART = "chats"

BEGINS_AT = "T14:00:00"
TURN = timedelta(minutes=3)

LOST = (0.02, 0.04, 0.05, 0.1, 0.2)
"""Shares of the questions with an answer that fall below."""

FIRST = (1, 3, 5, 10)
QUICK_EVERY = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """``right``: of the passages in the order of recall, and as they are told, which ones are of the turn that answers.
    ``answers``: of the same in the order of recall, nothing where nothing was read."""

    asked: Asked
    right: tuple[bool, ...]
    told: tuple[bool, ...]
    answers: tuple[float, ...]
    is_known: bool
    is_sure: bool


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    with TemporaryDirectory(prefix="minga-chats-") as folder:
        write(CHATS, Path(folder) / PART)
        own = Memories(Path(folder), say, QUICK_EVERY if is_quick else 1, Path(folder))
        try:
            filled, reader = await own.filled(PART), E5Reader(own.timed.installed)
            say(f"{len(filled.part.asked)} questions of chats")
            alone = [one for one in filled.part.asked if one.rests_on_one]
            return section(
                [await _outcome(filled, reader, one) for one in filled.part.asked],
                [await _outcome(filled, reader, one, min(one.sessions)) for one in alone],
            )
        finally:
            await own.close()


def section(outcomes: Sequence[Outcome], missing: Sequence[Outcome]) -> Section:
    """``missing``: of the questions that have an answer, without the chat that has it."""
    with_one, without = ([one for one in outcomes if one.asked.is_answerable is is_so] for is_so in (True, False))
    figures = {
        "known of answerable": scores.share(one.is_known for one in with_one).value,
        "unknown of none": scores.share(not one.is_known for one in without).value,
        "sure of answerable": scores.share(one.is_sure for one in with_one).value,
        "not sure of none": scores.share(not one.is_sure for one in without).value,
        "unknown of missing": scores.share(not one.is_known for one in missing).value,
        "not sure of missing": scores.share(not one.is_sure for one in missing).value,
    }
    rows = (
        _said(with_one, without, missing),
        _thresholds("Those without an answer", with_one, without),
        _thresholds("Those whose chat is left out", with_one, missing),
        _order(with_one),
    )
    return Section("What reading tells", rows, (), (), figures)


async def _outcome(filled: Filled, reader: Reader, asked: Asked, without: str = "") -> Outcome:
    """``without``: a chat that is left out."""
    question = replace(filled.part.question(asked, READ), without=SessionId(without) if without else None)
    found = await filled.memory.recall(question)
    if not is_to_be_read(asked.words, found.recalled):
        right = _right(found, asked)
        return Outcome(asked, right, right, (), found.is_known, found.is_known)
    read = await read_best(filled.memory.read, reader, question, found)
    told = judged(asked.words, found, read)
    answers = tuple(read[one.passage.id] for one in found.recalled)
    return Outcome(asked, _right(found, asked), _right(told, asked), answers, told.is_known, told.is_sure)


def _right(found: Recollection, asked: Asked) -> tuple[bool, ...]:
    return tuple(turn_of(one.passage) in asked.evidence for one in found.recalled)


def _said(with_one: Sequence[Outcome], without: Sequence[Outcome], missing: Sequence[Outcome]) -> Rows:
    heads = ("questions", "known for sure", "known, not for sure", "unknown")
    rows = [
        (
            title,
            str(scores.share(one.is_sure for one in some)),
            str(scores.share(one.is_known and not one.is_sure for one in some)),
            str(scores.share(not one.is_known for one in some)),
        )
        for title, some in (("with an answer", with_one), ("without", without), ("its chat left out", missing))
    ]
    return Rows("48 chats, as a search says it", heads, tuple(rows))


def _thresholds(whose: str, with_one: Sequence[Outcome], without: Sequence[Outcome]) -> Rows:
    """What would be caught, of those that are read, at which threshold."""
    rows = []
    for title, how in (("all ten, by their places", speaking), ("the best of ten alone", max)):
        right, wrong = (np.asarray([how(one.answers) for one in some if one.answers]) for some in (with_one, without))
        least = [float(np.quantile(right, lost)) for lost in LOST]
        cells = (f"{(wrong < one).mean():.0%} (from {one:.2f})" for one in least)
        rows.append((title, f"{area(right, wrong):.3f}", *cells))
    heads = ("by", "area", *(f"below where {lost:.0%} with an answer are" for lost in LOST))
    title = f"{whose} that fall below; chosen are {KNOWN_FROM} for known and {SURE_FROM} for sure"
    return Rows(title, heads, tuple(rows))


def _order(with_one: Sequence[Outcome]) -> Rows:
    ways = (("as recalled", [one.right for one in with_one]), ("as read", [one.told for one in with_one]))
    rows = [
        (title, *(f"{scores.share(any(each[:first]) for each in some).value:.0%}" for first in FIRST))
        for title, some in ways
    ]
    return Rows("What answers is among the first", ("order", *map(str, FIRST)), tuple(rows))


def write(chats: Path, folder: Path) -> None:
    """As a part of the corpus."""
    (folder / "sessions").mkdir(parents=True)
    asked: list[dict[str, Any]] = []
    for number, line in enumerate(chats.read_text("utf-8").splitlines()):
        name, chat = f"c{number:02}", json.loads(line)
        (folder / "sessions" / f"{name}.json").write_text(json.dumps(_session(name, chat)), "utf-8")
        asked += _questions(name, chat)
    (folder / "questions.json").write_text(json.dumps(asked), "utf-8")


def _session(name: str, chat: dict[str, Any]) -> dict[str, Any]:
    start = datetime.fromisoformat(f"{chat['date']}{BEGINS_AT}{CHILE}")
    turns = [
        {"at": (start + number * TURN).isoformat(), "role": ("user", "assistant")[number % 2], "text": text}
        for number, text in enumerate(chat["turns"])
    ]
    own = {"id": name, "project": chat["project"], "started": start.isoformat(), "turns": turns}
    return own | {"language": "es", "agent": "codex", "user": "ana"}


def _questions(name: str, chat: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number, (words, place, answer) in enumerate(chat["qs"]):
        own = {"id": f"{name}-{number}", "language": "es", "question": words, "answer": answer or ""}
        kind = CHANGED if number in chat.get("left", ()) else "direct" if answer else "none"
        yield own | {"kind": kind, "evidence": [f"{name}:{place}"] if answer else []}
