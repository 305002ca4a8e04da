"""Does what says nothing become memory, is anything lost that says something, and does a secret slip through?

The sample (`labelled/hygiene.jsonl`) was labelled by hand: turns of part ``train`` of the corpus, and made texts such
as people, CLIs and tools write. Every one goes the whole way of a message, `passages_of`; what stands in its passages
is stored. ``mixed`` texts are one's own words beside what is not: what is ``keep`` of them is worth keeping, ``hide``
is junk. A secret is replaced where ``hide`` is in no passage, whatever else is kept.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.memory import scores
from benchmarks.memory.filled import Memories
from benchmarks.memory.parts import TRAIN, CorpusPart, turn_name
from benchmarks.memory.scores import Share
from benchmarks.memory.section import Aim, Rows, Say, Section
from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogMessage
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, TextPart, ToolCallPart, ToolResultPart
from minga.memory.passages import passages_of
from minga.memory.taking import digested

SAMPLE = Path(__file__).parent / "labelled" / "hygiene.jsonl"

BROKEN = "¦"
"""Stands in the sample within made-up keys, so that no scanner of repositories takes them for real ones."""

JUNK_MAX, KEPT_LEAST = 0.05, 0.98

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Labelled:
    """``wanted``: what must be stored, ``unwanted``: what must not; empty where there is none, or any text is."""

    label: str
    kind: str
    entry: LogMessage
    wanted: str
    unwanted: str


@dataclass(frozen=True, slots=True)
class Judged:
    """``has_junk`` and ``has_worth`` are None where there was none to store."""

    labelled: Labelled
    stored: str
    has_junk: bool | None
    has_worth: bool | None
    statements: int


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    """It is quick."""
    judged = [judge(one) for one in sample(memories.part(TRAIN))]
    for one in judged:
        if one.has_junk or one.has_worth is False:
            text = " ".join(part.text for part in one.labelled.entry.message.parts if isinstance(part, TextPart))
            say(f"{'stored' if one.has_junk else 'lost'}, {one.labelled.label}, {one.labelled.kind}: {text[:80]!r}")
    return section(judged)


def sample(train: CorpusPart) -> Iterator[Labelled]:
    turns = {turn_name(one.session_id, one.message.id): one for one in train.log}
    for number, line in enumerate(SAMPLE.read_text("utf-8").replace(BROKEN, "").splitlines()):
        row = json.loads(line)
        entry = turns[row["turn"]] if "turn" in row else _entry(number, row["role"], row["text"], row.get("done", ""))
        yield Labelled(row["label"], row["kind"], entry, row.get("keep", ""), row.get("hide", ""))


def judge(one: Labelled) -> Judged:
    passages = passages_of(one.entry)
    stored = "\n".join(f"{each.text}\n{each.done}" for each in passages).strip()
    said = "".join(each.text for each in passages)
    has_junk = one.unwanted in stored if one.unwanted else bool(said) if one.label == "junk" else None
    has_worth = one.wanted in said if one.wanted else bool(said) if one.label == "worth" else None
    statements = sum(len(each.extraction.statements) for each in digested(one.entry)) if one.label == "junk" else 0
    return Judged(one, stored, has_junk, has_worth, statements)


def section(judged: Sequence[Judged]) -> Section:
    secrets, others = _halves(judged)
    junk, kept, leaked = _junk(others), _kept(judged), _junk(secrets)
    aims = (
        Aim(f"junk stored, at most {JUNK_MAX:.0%}", str(junk), junk.value <= JUNK_MAX),
        Aim(f"worth kept, at least {KEPT_LEAST:.0%}", str(kept), kept.value >= KEPT_LEAST),
        Aim("secrets stored, none", str(leaked), not leaked.count),
    )
    kinds = dict.fromkeys((one.labelled.label, one.labelled.kind) for one in judged)
    rows = tuple(_row(label, kind, judged) for label, kind in kinds)
    total = ("all", "", str(len(judged)), str(junk), str(kept), str(leaked))
    heads = ("label", "kind", "texts", "junk stored", "worth kept", "secrets stored")
    statements = sum(one.statements for one in judged)
    figures = {"junk stored": junk.value, "worth kept": kept.value, "secrets stored": leaked.value}
    return Section(
        "What becomes memory",
        (Rows("A labelled sample; intervals of 95 %", heads, (*rows, total)),),
        aims,
        (f"From what is junk alone {statements} statements were drawn.",),
        figures | {"statements of junk": float(statements)},
    )


def _halves(judged: Iterable[Judged]) -> tuple[list[Judged], list[Judged]]:
    """Secrets, and all else."""
    some = list(judged)
    return [one for one in some if one.labelled.label == "secret"], [
        one for one in some if one.labelled.label != "secret"
    ]


def _junk(some: Iterable[Judged]) -> Share:
    return scores.share(one.has_junk for one in some if one.has_junk is not None)


def _kept(some: Iterable[Judged]) -> Share:
    return scores.share(one.has_worth for one in some if one.has_worth is not None)


def _row(label: str, kind: str, judged: Sequence[Judged]) -> tuple[str, ...]:
    some = [one for one in judged if (one.labelled.label, one.labelled.kind) == (label, kind)]
    secrets, others = _halves(some)
    shares = _junk(others), _kept(some), _junk(secrets)
    return (label, kind, str(len(some)), *(str(one) if one.trials else "–" for one in shares))


def _entry(number: int, role: str, text: str, done: str) -> LogMessage:
    tool = (
        (ToolCallPart("1", "Bash", ToolKind.SHELL, '{"command": "cat .env"}'), ToolResultPart("1", True, done))
        if done
        else ()
    )
    message = Message(str(number), "", NOON, role, (TextPart(text), *tool), AgentName("codex"))  # type: ignore[arg-type]
    session = SessionId(f"hygiene-{number}")
    return LogMessage(number + 1, session, message, AgentName("codex"), "/src", "/src", UserName("ana"))
