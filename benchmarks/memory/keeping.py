"""How much shorter a brief is than the memory it is made of, and how often the answer still stands in it.

Every question that has an answer gets its brief from `Memory.brief`, out of all sessions of its part; an answer is kept
as `benchmarks.memory.compression` says. Where recall has not found it among the first twenty, compression cannot keep
it: so the share is given of those, too. `SIZE_MATTERS` and the number of
passages are chosen on part ``train``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.memory import compression, scores
from benchmarks.memory.compression import Part, kept
from benchmarks.memory.filled import Filled, Memories, turn_of
from benchmarks.memory.parts import CORPUS, HELD_OUT, TRAIN, Asked, turn_name
from benchmarks.memory.scores import Share
from benchmarks.memory.section import Aim, Rows, Say, Section
from minga.domain.memory import ItemId, MemoryBrief, Piece, Question, Recollection
from minga.memory.briefs import choosing
from minga.memory.briefs.brief import compose
from minga.memory.briefs.texts import texts
from minga.memory.memory import BRIEF_OF, LONG_BRIEF, LONG_BRIEF_OF
from minga.memory.recall.words import language

BUDGETS = (1500, 2000, 2500, 3000, 3300)
CHOSEN_FOR = (2000, 3300)

CHOSEN_BY = 6
"""Of so many questions of the training part one is asked for the choice: each is told 12 times."""
FOUND_IN = 20
FEWER_LEAST, KEPT_LEAST = 10, 0.95

UNRELATED = Path(__file__).parent / "labelled" / "unrelated.txt"

POWERS = (0.0, 0.25)
LIMITS = (20, 40, 60)


@dataclass(frozen=True, slots=True)
class Kept:
    """``found``: its evidence was among the first twenty, of ``multi`` all of it. ``told`` and ``whole`` in tokens."""

    found: bool
    kept: bool
    told: int
    whole: int


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    by_budget: dict[int, list[Kept]] = {budget: [] for budget in BUDGETS}
    told: dict[str, list[Recollection]] = {"questions with an answer": [], "tasks of something else": []}
    for name in HELD_OUT[:1] if is_quick else HELD_OUT:
        filled, part = await memories.filled(name), compression.read(CORPUS / name)
        say(f"briefs for the questions of part {name}")
        for one in _answerable(filled):
            first = await filled.memory.recall(filled.part.question(one, FOUND_IN))
            told["questions with an answer"].append(first)
            for budget in BUDGETS:
                brief, _ = await filled.memory.brief(filled.part.question(one, BRIEF_OF), budget)
                by_budget[budget].append(_compared(part, one, first, brief))
        told["tasks of something else"] += await _unrelated(filled)
    tables = [_table(by_budget), _told(told)]
    if not is_quick:
        say("the choice on part train")
        tables.append(await _choice(await memories.filled(TRAIN)))
    return section(by_budget, tables)


def section(by_budget: dict[int, list[Kept]], tables: Sequence[Rows]) -> Section:
    aims, figures = [], dict[str, float]()
    for budget, some in by_budget.items():
        overall, of_found, fewer = _kept_of(some), _kept_of(some, only_found=True), _fewer(some)
        figures |= {
            f"kept {budget}": overall.value,
            f"kept of found {budget}": of_found.value,
            f"fewer {budget}": fewer,
        }
    best = max(by_budget, key=lambda budget: (_fewer(by_budget[budget]) >= FEWER_LEAST, figures[f"kept {budget}"]))
    told = f"{figures[f'fewer {best}']:.0f} times fewer, {figures[f'kept {best}']:.1%} kept with {best} tokens"
    is_met = figures[f"fewer {best}"] >= FEWER_LEAST and figures[f"kept {best}"] >= KEPT_LEAST
    aims.append(Aim(f"at least {FEWER_LEAST} times fewer tokens, {KEPT_LEAST:.0%} of evidence kept", told, is_met))
    return Section("What a brief keeps", tuple(tables), tuple(aims), (), figures)


def _compared(part: Part, asked: Asked, first: Recollection, brief: MemoryBrief) -> Kept:
    found = {turn_of(one.passage) for one in first.recalled[:FOUND_IN]}
    is_found = (all if asked.kind == "multi" else any)(turn in found for turn in asked.evidence)
    as_written = next(one for one in part.asked if one.id == asked.id)
    named = replace(brief, pieces=tuple(_named(brief.pieces)))
    return Kept(is_found, kept(part, as_written, named), brief.tokens, sum(part.sizes.values()))


def _named(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """By the turns that they are of."""
    for piece in pieces:
        turn = turn_name(piece.source.session_id, piece.source.message_id) if piece.source else piece.item
        yield replace(piece, item=ItemId(turn))


def _answerable(filled: Filled) -> list[Asked]:
    return [one for one in filled.part.asked if one.is_answerable]


def _kept_of(some: Sequence[Kept], *, only_found: bool = False) -> Share:
    return scores.share(one.kept for one in some if one.found or not only_found)


def _fewer(some: Sequence[Kept]) -> float:
    told = sum(one.told for one in some)
    return sum(one.whole for one in some) / told if told else 0.0


def _table(by_budget: dict[int, list[Kept]]) -> Rows:
    heads = ("budget", "tokens, mean", "times fewer", "answer kept", f"found in the first {FOUND_IN}", "kept of those")
    rows = [
        (
            f"{budget}",
            f"{scores.mean(one.told for one in some):.0f}",
            f"{_fewer(some):.0f}",
            str(_kept_of(some)),
            str(scores.share(one.found for one in some)),
            str(_kept_of(some, only_found=True)),
        )
        for budget, some in by_budget.items()
    ]
    return Rows("Parts a and b", heads, tuple(rows))


async def _unrelated(filled: Filled) -> list[Recollection]:
    tasks = UNRELATED.read_text("utf-8").splitlines()
    return [await filled.memory.recall(Question(one, None, filled.part.now, limit=FOUND_IN)) for one in tasks]


def _told(found: dict[str, list[Recollection]]) -> Rows:
    heads = ("what is asked", "a run is told", "a search without its reader knows an answer")
    rows = [
        (name, str(scores.share(one.is_near for one in some)), str(scores.share(one.is_known for one in some)))
        for name, some in found.items()
    ]
    return Rows("Parts a and b: whether anything is told", heads, tuple(rows))


async def _choice(filled: Filled) -> Rows:
    """By the power of the size and the number of passages, of the same recollections."""
    part, asked = compression.read(CORPUS / TRAIN), _answerable(filled)[::CHOSEN_BY]
    found = [await filled.memory.recall(filled.part.question(one, max(LIMITS))) for one in asked]
    before, rows = choosing.SIZE_MATTERS, []
    try:
        for power in POWERS:
            choosing.SIZE_MATTERS = power
            for limit in LIMITS:
                cells = [_composed(part, asked, found, limit, budget) for budget in CHOSEN_FOR]
                rows.append((f"{power}", f"{limit}", *cells))
    finally:
        choosing.SIZE_MATTERS = before
    heads = ("SIZE_MATTERS", "passages", *(f"kept, {budget} tokens" for budget in CHOSEN_FOR))
    title = (
        f"Part train, every {CHOSEN_BY}th question, on which SIZE_MATTERS ({before}) and the passages ({BRIEF_OF},"
        f" {LONG_BRIEF_OF} from {LONG_BRIEF} tokens on) are chosen"
    )
    return Rows(title, heads, tuple(rows))


def _composed(part: Part, asked: Sequence[Asked], found: Sequence[Recollection], limit: int, budget: int) -> str:
    outcomes = []
    for one, recollection in zip(asked, found, strict=True):
        recalled = recollection.recalled[:limit] if recollection.is_near else ()
        brief = compose((), recalled, (), {}, one.words, budget, texts(language(one.words)))
        outcomes.append(_compared(part, one, recollection, brief))
    return f"{_kept_of(outcomes).value:.1%}"
