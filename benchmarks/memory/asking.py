"""What does `minga memory ask` answer, and what does it say is unknown?

A model reads what is recalled, so a model is needed, and none is at hand where this runs. So the replies of one were
recorded (`asked/replies.jsonl`): a language model of 2026 was given just the texts that `ask` sends, a hundred of them
one after another, and told that questions with and without an answer are both frequent. Each is kept by the digest of
its text: where recall brings back something else, the text is another one, its reply is not there, and the question is
counted as not measured, never as the old answer. Everything behind the model is the code that a user runs: what is
recalled, what is sent, and what of the reply is believed.

``python -m benchmarks.memory.asking FOLDER`` writes what has no reply yet, to be read by a model, ``--all`` all that is
sent, each below the key of its reply, to be looked at; ``--take FILE`` takes the replies in, each a line of JSON:
``key``, and the model's ``answer`` and ``quotes``, or ``reply`` as it came.
"""

import argparse
import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.memory import scores
from benchmarks.memory.filled import Memories, turn_of
from benchmarks.memory.parts import HELD_OUT, Asked
from benchmarks.memory.section import Aim, Rows, Say, Section
from minga.domain.answers import Answer
from minga.domain.ids import SessionId
from minga.pipeline import answering
from minga.pipeline.own_calls import Told

REPLIES = Path(__file__).parent / "asked" / "replies.jsonl"

DIGEST = 16
"""Digits of a text's SHA-256."""

LOT = 80_000
"""Characters of one file of texts, the last one more."""


MEASURED = 0.95
"""The share of the questions that must have a reply: else the figures are of others than those that are asked now."""


class NoReply(Exception):
    """No reply was recorded for this text."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The model: replies by the digests of the texts. ``missing`` gathers the texts that have none."""

    replies: dict[str, str]
    missing: dict[str, str]

    async def ask(self, system: str, text: str, answer_max: int) -> Told:
        """Raises NoReply."""
        key = digest(system, text)
        if key not in self.replies:
            self.missing[key] = text
            raise NoReply
        return Told(self.replies[key], None, 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """``answer`` None: no reply is recorded."""

    asked: Asked
    without: str
    answer: Answer | None

    @property
    def is_unknown(self) -> bool:
        return self.answer is not None and self.answer.refusal is not None

    @property
    def cites_evidence(self) -> bool:
        quotes = self.answer.quotes if self.answer else ()
        return any(turn_of(one.passage) in self.asked.evidence for one in quotes)


def digest(system: str, text: str) -> str:
    return hashlib.sha256(f"{system}\n{text}".encode()).hexdigest()[:DIGEST]


def recorded(file: Path = REPLIES) -> Recorded:
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return Recorded({one["key"]: one["reply"] for one in map(json.loads, lines)}, {})


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    return section(await outcomes(memories, HELD_OUT[:1] if is_quick else HELD_OUT, recorded(), say))


async def outcomes(memories: Memories, parts: Sequence[str], model: Recorded, say: Say) -> list[Outcome]:
    """Of each question, and of those with an answer that rests on one session once more without it."""
    found = []
    for name in parts:
        asked = memories.part(name).asked
        say(f"{len(asked)} questions of part {name}: a model's answers")
        found += [await _outcome(memories, name, one, model) for one in asked]
        found += [await _outcome(memories, name, one, model, min(one.sessions)) for one in asked if one.rests_on_one]
    return found


async def _outcome(memories: Memories, part: str, asked: Asked, model: Recorded, without: str = "") -> Outcome:
    filled = await memories.filled(part)
    question = filled.part.question(asked, answering.PASSAGES)
    question = replace(question, without=SessionId(without) if without else None)
    try:
        answered = await answering.answer(filled.memory, model.ask, question)
    except NoReply:
        return Outcome(asked, without, None)
    return Outcome(asked, without, answered.answer)


def section(found: Sequence[Outcome]) -> Section:
    with_one = [one for one in found if one.asked.is_answerable and not one.without]
    kinds = (
        ("without an answer", [one for one in found if not one.asked.is_answerable]),
        ("with an answer, its session left out", [one for one in found if one.without]),
        ("with an answer", with_one),
    )
    heads = ("questions", "not measured", "said to be unknown", "answered")
    rows = tuple((title, *_cells(some)) for title, some in kinds)
    cited = scores.share(one.cites_evidence for one in with_one if one.answer)
    note = f"Of those with an answer {cited} are answered with a quote of a turn that is evidence."
    figures = {f"asked: unknown, {title}": _unknown(some).value for title, some in kinds}
    measured = scores.share(one.answer is not None for one in found)
    aim = Aim(
        f"of what is sent a reply was recorded, at least {MEASURED:.0%}", str(measured), measured.value >= MEASURED
    )
    tables = (Rows("minga memory ask", heads, rows), _refusals(kinds))
    return Section("What a model answers", tables, (aim,), (note,), figures)


def _cells(some: Sequence[Outcome]) -> tuple[str, ...]:
    known = [one for one in some if one.answer]
    answered = scores.share(not one.is_unknown for one in known)
    return (f"{len(some) - len(known)}", str(_unknown(some)), str(answered))


def _unknown(some: Sequence[Outcome]) -> scores.Share:
    return scores.share(one.is_unknown for one in some if one.answer)


def _refusals(kinds: Sequence[tuple[str, list[Outcome]]]) -> Rows:
    """Who says so: the model, or what looks at its reply."""
    why = {title: Counter(one.answer.refusal for one in some if one.answer) for title, some in kinds}
    refusals = sorted({one for counts in why.values() for one in counts if one})
    rows = [(refusal, *(f"{counts[refusal]}" for counts in why.values())) for refusal in refusals]
    return Rows("Why", ("why unknown", *why), tuple(rows))


def lots(missing: dict[str, str]) -> Iterator[str]:
    """Texts in files that can be read at once, questions that lie near each other far apart."""
    lot = ""
    for key in sorted(missing):
        lot += f"##### {key}\n{missing[key]}\n\n"
        if len(lot) >= LOT:
            yield lot
            lot = ""
    if lot:
        yield lot


def take(file: Path, into: Path = REPLIES) -> int:
    """How many replies are new."""
    known = recorded(into).replies
    before = len(known)
    for line in filter(None, file.read_text("utf-8").splitlines()):
        one = json.loads(line)
        key = one.pop("key")
        known.setdefault(key, one["reply"] if "reply" in one else json.dumps(one, ensure_ascii=False))
    into.parent.mkdir(exist_ok=True)
    lines = [msgspec.json.encode({"key": key, "reply": known[key]}).decode() for key in sorted(known)]
    into.write_text("\n".join(lines) + "\n", "utf-8")
    return len(known) - before


async def _write(folder: Path, *, is_all: bool) -> None:
    model = Recorded({}, {}) if is_all else recorded()
    with TemporaryDirectory(prefix="minga-bench-") as place:
        memories = Memories(Path(place), print)
        try:
            await outcomes(memories, HELD_OUT, model, print)
        finally:
            await memories.close()
    folder.mkdir(parents=True, exist_ok=True)
    for number, lot in enumerate(lots(model.missing), 1):
        (folder / f"{number:03}.txt").write_text(lot, "utf-8")
    print(f"{len(model.missing)} texts")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory.asking", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="where the texts without a reply are written")
    parser.add_argument("--take", type=Path, metavar="FILE", help="replies to take in")
    parser.add_argument("--all", action="store_true", help="write the others, too")
    options = parser.parse_args()
    if options.take:
        print(f"{take(options.take)} replies are new")
    if options.folder:
        asyncio.run(_write(options.folder, is_all=options.all))
