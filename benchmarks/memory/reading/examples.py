"""Questions beside passages that answer them or do not: public reading sets, and those written for this project."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

Span: TypeAlias = tuple[int, int]

WRITTEN = Path(__file__).parent / "written"

SUBJECTS = ("odoo", "servers", "accounting", "services", "agreements")

FOLDS = 10
"""Of the written examples, by their line."""


@dataclass(frozen=True, slots=True)
class Example:
    """``before``: what was said just before the passage. ``span``: where the answer stands in it, where that is known.
    ``group``: what is learned from, or held out, together."""

    question: str
    before: str
    passage: str
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
        return Example(asked["question"], "", passage, False, None, group)
    span = _place(passage, asked["answers"][0]) if asked["answers"] else None
    return Example(asked["question"], "", passage, True, span, group) if span else None


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
            yield Example(asked["question"], "", dialogue["context"], is_answered, None, name)


def written(folder: Path = WRITTEN) -> Iterator[Example]:
    """Those of ``folder`` (its README.md), by subject. Their groups are `w:0` to `w:9`."""
    for subject in SUBJECTS:
        with (folder / f"{subject}.jsonl").open(encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                yield from _written(json.loads(line), f"w:{number % FOLDS}")


def _written(one: dict[str, Any], group: str) -> Iterator[Example]:
    passage = one["passage"]
    for question, answer in one["qs"]:
        span = None if answer is None else _span(passage, answer)
        yield Example(question, "", passage, answer is not None, span, group)


def _span(passage: str, answer: str) -> Span:
    start = passage.index(answer)
    return start, start + len(answer)
