"""LoCoMo (`benchmarks.memory.locomo`) as a section: its data is not ours to ship, and only measured on."""

from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs

from benchmarks.memory.conversations import Conversation, locomo
from benchmarks.memory.filled import Memories
from benchmarks.memory.fitting import Example, fit, rows
from benchmarks.memory.locomo import scores
from benchmarks.memory.retrieval import Meanings, Score, meanings
from benchmarks.memory.scores import mean
from benchmarks.memory.section import Aim, Rows, Say, Section
from benchmarks.memory.train import examples
from minga.infrastructure.e5 import E5
from minga.memory.recall.rank import Known, Weights, learned

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "memory" / "locomo10.json"

QUICK = 2
"""Conversations."""

RECALL_LEAST, NDCG_LEAST = 0.82, 0.66

BY: tuple[Known, ...] = ("words", "vectors", "tokens")
ADVERSARIAL = "adversarial"

BEST = "tokens, weights without it"


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    if not DATA.is_file():
        return Section("LoCoMo", (), (), (f"Not measured: {DATA.name} is not at hand.",))
    conversations = locomo(DATA)[: QUICK if is_quick else None]
    held = _meanings(conversations, say)
    scored: dict[str, list[Score]] = {}
    for by in BY:
        say(f"LoCoMo, by {by}")
        tried = {one.name: examples(one, held[one.name], by) for one in conversations}
        shipped = learned(by)
        scored[f"{by}, shipped weights"] = scores(conversations, tried, _always(shipped))
        scored[f"{by}, weights without it"] = scores(conversations, tried, _without(tried).__getitem__)
    return section(scored)


def _always(weights: Weights) -> Callable[[str], Weights]:
    return lambda _: weights


def _meanings(conversations: Sequence[Conversation], say: Say) -> dict[str, Meanings]:
    """Kept below the user's cache: they take minutes."""
    encoder, cache, made = E5(), platformdirs.user_cache_path("minga-bench") / "memory" / "vectors", {}
    for one in conversations:
        say(f"LoCoMo, {len(one.turns)} turns of {one.name}")
        made[one.name] = meanings(one, encoder, cache)
    return made


def _without(tried: dict[str, list[Example]]) -> dict[str, Weights]:
    """For each conversation, weights that are fitted on the others."""
    made = {name: [rows(one) for one in some] for name, some in tried.items()}
    return {name: fit([one for other in made if other != name for one in made[other]]) for name in made}


def section(scored: dict[str, list[Score]]) -> Section:
    best = scored[BEST]
    recall, ndcg = mean(one.recall_10 for one in best), mean(one.ndcg_10 for one in best)
    aims = (
        Aim(f"recall at 10, at least {RECALL_LEAST}", f"{recall:.3f}", recall >= RECALL_LEAST),
        Aim(f"nDCG at 10, at least {NDCG_LEAST}", f"{ndcg:.3f}", ndcg >= NDCG_LEAST),
    )
    heads = ("", "questions", "recall@5", "recall@10", "recall@20", "hit@10", "nDCG@10")
    table = [(label, *_cells(some)) for label, some in scored.items()]
    table.append((f"{BEST}; not {ADVERSARIAL}", *_cells([one for one in best if one.kind != ADVERSARIAL])))
    kinds = sorted({one.kind for one in best})
    by_kind = [(kind, *_cells([one for one in best if one.kind == kind])) for kind in kinds]
    tables = (Rows("Evidence recall", heads, tuple(table)), Rows(f"By kind: {BEST}", heads, tuple(by_kind)))
    return Section("LoCoMo", tables, aims, (), {"recall_10": recall, "ndcg_10": ndcg})


def _cells(some: Sequence[Score]) -> tuple[str, ...]:
    shares = (
        mean(one.recall_5 for one in some),
        mean(one.recall_10 for one in some),
        mean(one.recall_20 for one in some),
        mean(one.hit_10 for one in some),
        mean(one.ndcg_10 for one in some),
    )
    return (f"{len(some)}", *(f"{one:.3f}" for one in shares))
