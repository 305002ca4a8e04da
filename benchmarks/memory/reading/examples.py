"""Questions beside passages that answer them or do not: public reading sets, and those written for this project."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

from minga.domain.meaning import Excerpt
from minga.domain.rules import folded
from minga.memory.recall.words import terms

Span: TypeAlias = tuple[int, int]

WRITTEN = Path(__file__).parent / "written"

SUBJECTS = ("odoo", "servers", "accounting", "services", "agreements")

CHATS = ("shops", "offices", "operations", "programs", "fields", "houses", "teams", "figures")

NEAR = {True: 1, False: 2}
"""So many turns of a chat that do not answer stand beside a question that another turn answers, or none."""

NAME_LENGTH = 4
"""Parts of a project's name that are shorter are no names of a company."""

FOLDS = 10
"""Of the written examples, by their line."""


@dataclass(frozen=True, slots=True)
class Example:
    """``span``: where the answer stands in the passage, where that is known. ``group``: what is learned from, or held
    out, together."""

    question: str
    excerpt: Excerpt
    is_answered: bool
    span: Span | None
    group: str


def public(file: Path) -> Iterator[Example]:
    """Of a set in the form of SQuAD 2.0, or in that form with dialogues instead of articles, of which no place is
    kept: the answers of these are often put together from several turns."""
    data = json.loads(file.read_text("utf-8"))["data"]
    return _dialogues(data["dialogues"], file.stem) if isinstance(data, dict) else _articles(data, file.stem)


def _articles(articles: Sequence[dict[str, Any]], name: str) -> Iterator[Example]:
    for number, article in enumerate(articles):
        group = f"sq:{article.get('title', number)}:{name}"
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                made = _asked(asked, paragraph["context"], group)
                if made is not None:
                    yield made


def _asked(asked: dict[str, Any], passage: str, group: str) -> Example | None:
    """None where it shall have an answer, and the passage does not have it."""
    if asked.get("is_impossible"):
        return Example(asked["question"], Excerpt(passage), False, None, group)
    span = _place(passage, asked["answers"][0]) if asked["answers"] else None
    return Example(asked["question"], Excerpt(passage), True, span, group) if span else None


def _place(passage: str, answer: dict[str, Any]) -> Span | None:
    """Where a translation lost the answer it is an empty text at -1: what is learned then is the passage's end. So it
    was when the reader was trained; without these was not tried."""
    text, start = answer["text"], answer["answer_start"]
    if passage[start : start + len(text)] != text:
        start = passage.find(text)
        if start < 0:
            return None
    return start, start + len(text)


def _dialogues(dialogues: Sequence[dict[str, Any]], name: str) -> Iterator[Example]:
    for dialogue in dialogues:
        for asked in dialogue["qas"]:
            is_answered = not asked["is_impossible"] and bool(asked["answers"])
            yield Example(asked["question"], Excerpt(dialogue["context"]), is_answered, None, name)


def written(folder: Path = WRITTEN) -> Iterator[Example]:
    """Those of ``folder`` (its README.md), by subject. Their groups are `w:0` to `w:9`."""
    for subject in SUBJECTS:
        for number, one in enumerate(_lines(folder / f"{subject}.jsonl")):
            yield from _of_passage(one, f"w:{number % FOLDS}")
    for subject in CHATS:
        chats = _lines(folder / f"{subject}.jsonl")
        projects = list(dict.fromkeys(one["project"] for one in chats))
        for number, one in enumerate(chats):
            other = projects[(projects.index(one["project"]) + 1 + number) % len(projects)]
            yield from _of_chat(one, other, f"w:{number % FOLDS}")


def _lines(file: Path) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _of_passage(one: dict[str, Any], group: str) -> Iterator[Example]:
    passage = one["passage"]
    for question, answer in one["qs"]:
        span = None if answer is None else _span(passage, answer)
        yield Example(question, Excerpt(passage), answer is not None, span, group)


def _of_chat(chat: dict[str, Any], other: str, group: str) -> Iterator[Example]:
    """Each question beside the turn that answers it, and beside turns that come near and do not: the same turn said in
    the ``other`` project is one, where the question names its own."""
    project, day, turns = chat["project"], date.fromisoformat(chat["date"]), chat["turns"]
    excerpts = [Excerpt(turn, before, project, day) for before, turn in zip(["", *turns], turns, strict=False)]
    for question, place, answer in chat["qs"]:
        near = [one for one in _nearest(question, turns) if one != place]
        for one in near[: NEAR[answer is not None]]:
            yield Example(question, excerpts[one], False, None, group)
        if answer is not None:
            own = excerpts[place]
            yield Example(question, own, True, _span(own.text, answer), group)
            if other != project and _names(question, project):
                yield Example(question, replace(own, project=other), False, None, group)


def _nearest(question: str, turns: Sequence[str]) -> list[int]:
    """Places of turns, first those that share the most words with the question."""
    wanted = frozenset(terms(question))
    return sorted(range(len(turns)), key=lambda one: len(wanted & frozenset(terms(turns[one]))), reverse=True)


def _names(question: str, project: str) -> bool:
    name = folded(project)
    called = {folded(one) for one in re.findall(r"\w+", question) if one[0].isupper()}
    return name in folded(question) or any(one in called for one in name.split() if len(one) >= NAME_LENGTH)


def _span(passage: str, answer: str) -> Span:
    start = passage.index(answer)
    return start, start + len(answer)
