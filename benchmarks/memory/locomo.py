"""Evidence recall on LoCoMo: `python -m benchmarks.memory.locomo FILE` (`locomo10.json`, which is not ours to ship).

Ten conversations, 1,982 questions that have evidence; a question is searched in its own conversation, a turn is
indexed as ``Speaker: text [image: caption]``. Weights are fitted on nine conversations and tried on the tenth, ten
times; the shipped weights, which never saw this data, are tried as well. LoCoMo: A. Maharana et al., ACL 2024 (CC
BY-NC).
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.memory.conversations import Conversation, locomo
from benchmarks.memory.fitting import Example, fit, rows
from benchmarks.memory.retrieval import Indexed, Score, lines, meaning, meanings, score
from benchmarks.memory.train import examples
from minga.infrastructure.e5 import E5
from minga.memory.recall.rank import Weights, learned, rank


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--cache", type=Path, help="keep vectors here from one run to the next")
    parser.add_argument("--words", action="store_true", help="words only, without vectors")
    options = parser.parse_args(arguments)
    conversations = locomo(options.file)
    encoder = E5()
    tried = {}
    for one in conversations:
        held = None if options.words else meanings(one, encoder, options.cache)
        tried[one.name] = examples(one, held, "words" if options.words else "tokens")
    shipped = learned("words" if options.words else "tokens")
    print("\n".join(lines(scores(conversations, tried, lambda _: shipped), "shipped weights")), "\n")
    made = {name: [rows(one) for one in some] for name, some in tried.items()}
    without = {name: fit([one for other in made if other != name for one in made[other]]) for name in made}
    print("\n".join(lines(scores(conversations, tried, without.__getitem__), "leave-one-out")), "\n")
    if not options.words:
        print("\n".join(costs(conversations[0], encoder, shipped)))


def scores(
    conversations: Sequence[Conversation], tried: dict[str, list[Example]], weights: Callable[[str], Weights]
) -> list[Score]:
    return [
        score(query, [ranked.number for ranked in rank(one.asked, one.candidates, weights(conversation.name))])
        for conversation in conversations
        for query, one in zip(conversation.queries, tried[conversation.name], strict=True)
    ]


def costs(conversation: Conversation, encoder: E5, weights: Weights) -> list[str]:
    """Processor time of one thread, the best of three runs for each question."""
    indexing = _timed(lambda: meanings(Conversation("", conversation.turns[:64], ()), encoder, None)) / 64
    indexed = Indexed(conversation, meanings(conversation, encoder, None).turns)
    rows = []
    for query in conversation.queries[:50]:
        encoded = meaning(encoder.question(query.text))
        asked, candidates = indexed.candidates(query.text, encoded)
        parts = (
            lambda text=query.text: encoder.question(text),
            lambda text=query.text, by=encoded: indexed.candidates(text, by),
            lambda by=asked, some=candidates: rank(by, some, weights),
        )
        rows.append([min(_timed(part) for _ in range(3)) for part in parts])
    question, finding, ranking = (1000 * sum(column) / len(rows) for column in zip(*rows, strict=True))
    return [
        f"ms of processor time a question: {question:.1f} its meaning, {finding:.1f} candidates, {ranking:.1f} order,"
        f" {question + finding + ranking:.1f} together; a turn: {1000 * indexing:.1f}",
        f"bytes a turn for its tokens: {indexed.bytes_a_turn:.0f}",
    ]


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    main()
