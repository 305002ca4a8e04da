"""Learns what recall ships, from part ``train`` of our own corpus alone: `python -m benchmarks.memory.train`.

Writes `weights.json` (the order of candidates, how sure it is, and from where on something counts as known) and
`directions.npz` (how the states of tokens are kept, and how languages differ) into `src/minga/memory/recall`. Needs
`minga[memory]`. Prints what it finds on part ``train`` with weights that were fitted without the project of the
evidence, and with ``--held-out`` what it finds on the held-out parts.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.memory.conversations import Conversation, corpus
from benchmarks.memory.fitting import Example, Rows, fit, ordered, rows
from benchmarks.memory.retrieval import Indexed, Meanings, Score, lines, meanings, score
from minga.infrastructure.e5 import E5
from minga.memory.recall import nearness
from minga.memory.recall.rank import Known, Line, Weights, learned, rank
from minga.memory.recall.words import language

RECALL = Path(nearness.__file__).parent

KEPT = 128
"""Numbers of a token: two in a byte."""

DIGITS = 5

BY: tuple[Known, ...] = ("words", "vectors", "tokens")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cache", type=Path, help="keep vectors here from one run to the next")
    parser.add_argument("--states", action="store_true", help="change how states are kept: all kept tokens are lost")
    parser.add_argument("--held-out", action="store_true", help="measure on parts a and b as well")
    options = parser.parse_args(arguments)
    encoder = E5()
    train = corpus("train")
    made = meanings(train, encoder, options.cache)
    kept = directions(made) if options.states else _kept()
    np.savez(RECALL / "directions.npz", **kept, languages=languages(made, train))
    nearness.directions.cache_clear()
    made_of = {by: examples(train, made, by) for by in BY}
    tried = {by: [rows(one) for one in some] for by, some in made_of.items()}
    held = {by: _plain(fit([*some, *map(rows, elsewhere(train, made_of[by]))])) for by, some in tried.items()}
    (RECALL / "weights.json").write_text(json.dumps(held, indent=1) + "\n")
    learned.cache_clear()
    for by, some in tried.items():
        print("\n".join(lines(without_its_project(train, some), f"train, by {by}")), "\n")
    for part in ("a", "b") if options.held_out else ():
        conversation = corpus(part)
        held_out = meanings(conversation, encoder, options.cache)
        for by in BY:
            print("\n".join(report(conversation, held_out, by)), "\n")


def without_its_project(conversation: Conversation, tried: Sequence[Rows]) -> list[Score]:
    """Each question with weights that were fitted without those whose evidence is of the same project."""
    projects = [{conversation.turns[one].project for one in query.evidence} for query in conversation.queries]
    weights = {}
    scores = []
    for query, own, one in zip(conversation.queries, projects, tried, strict=True):
        if not own:
            continue
        key = frozenset(own)
        if key not in weights:
            weights[key] = fit([other for others, other in zip(projects, tried, strict=True) if not own & others])
        scores.append(score(query, ordered(one, weights[key].order)))
    return scores


def _kept() -> dict[str, np.ndarray]:
    with np.load(RECALL / "directions.npz") as held:
        return {name: held[name] for name in ("mean", "questions", "turn")}


def directions(made: Meanings) -> dict[str, np.ndarray]:
    """The mean state, and the directions in which states differ most: every third token is enough."""
    tokens = _unit(np.concatenate([one.states for one in made.turns])[::3])
    mean = tokens.mean(axis=0)
    _, turn = np.linalg.eigh(np.cov(_unit(tokens - mean).T))
    turn = turn[:, ::-1][:, :KEPT]
    turn *= np.sign(turn[np.abs(turn).argmax(axis=0), np.arange(KEPT)])
    questions = _unit(np.concatenate([one.states for one in made.questions])).mean(axis=0)
    return {name: part.astype(np.float16) for name, part in (("mean", mean), ("questions", questions), ("turn", turn))}


def languages(made: Meanings, conversation: Conversation) -> np.ndarray:
    """The direction in which vectors of English passages differ from those of Spanish ones."""
    of = np.array([language(turn.text) for turn in conversation.turns])
    vectors = np.stack([one.vector for one in made.turns])
    apart = vectors[of == "en"].mean(axis=0) - vectors[of == "es"].mean(axis=0)
    return _unit(apart[None])[0].astype(np.float16)


def examples(conversation: Conversation, made: Meanings | None, by: Known = "tokens") -> list[Example]:
    """``made`` None: words only, as with ``by``."""
    held = None if by == "words" else made
    indexed = Indexed(conversation, held.turns if held else None, by)
    found = []
    for number, query in enumerate(conversation.queries):
        asked, candidates = indexed.candidates(query.text, held.questions[number] if held else None, query.known_by)
        found.append(Example(asked, candidates, frozenset(query.evidence)))
    return found


def elsewhere(conversation: Conversation, some: Sequence[Example]) -> list[Example]:
    """The questions that have an answer, among what was said of other projects: nothing there answers them."""
    found = []
    for one in some:
        own = {conversation.turns[place].project for place in one.evidence}
        others = [candidate for candidate in one.candidates if candidate.project not in own]
        if own and others:
            found.append(Example(one.asked, others, frozenset()))
    return found


def report(conversation: Conversation, made: Meanings, by: Known) -> list[str]:
    scores: list[Score] = []
    tops: list[tuple[bool, bool]] = []
    weights = learned(by)
    for query, one in zip(conversation.queries, examples(conversation, made, by), strict=True):
        found = rank(one.asked, one.candidates, weights)
        if one.evidence:
            scores.append(score(query, [ranked.number for ranked in found]))
        tops.append((bool(one.evidence), bool(found) and found[0].confidence >= weights.known_from))
    title = f"{conversation.name}, by {by}"
    told = [not known for has_answer, known in tops if not has_answer]
    kept = [known for has_answer, known in tops if has_answer]
    said = (
        f"nothing known: {sum(told)} of {len(told)} without an answer, {len(kept) - sum(kept)} of {len(kept)} with one"
    )
    return [title, *lines(scores, "kind"), said]


def _plain(weights: Weights) -> dict[str, object]:
    return {
        "order": _line(weights.order),
        "sure": _line(weights.sure),
        "known_from": round(weights.known_from, DIGITS),
    }


def _line(line: Line) -> dict[str, object]:
    rounded = {
        name: [round(float(one), DIGITS) for one in values]
        for name, values in (("mean", line.mean), ("deviation", line.deviation), ("weight", line.weight))
    }
    return {"names": list(line.names), **rounded, "bias": round(line.bias, DIGITS)}


def _unit(rows: np.ndarray) -> np.ndarray:
    unit: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


if __name__ == "__main__":
    main()
