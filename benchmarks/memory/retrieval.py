"""One conversation, indexed as a memory indexes it, and the candidates of a question: through the product's functions
for words, vectors, tokens and their order, over a full-text table of SQLite in memory."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw
import numpy as np
import numpy.typing as npt

from benchmarks.memory.conversations import Conversation, Query
from minga.domain.meaning import Encoded
from minga.infrastructure.e5 import E5
from minga.memory.index.lexical import TERMS_MAX
from minga.memory.recall.features import Asked, Candidate
from minga.memory.recall.nearness import across_languages, asked, packed
from minga.memory.recall.rank import Known
from minga.memory.recall.shortlist import COMPARED, likely
from minga.memory.recall.translations import in_other_words
from minga.memory.recall.words import language, terms
from minga.memory.tokens import loosened

BY_WORDS = BY_MEANING = 200
"""As in `minga.memory.index.candidates`."""

AT_ONCE = 16

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Meaning:
    """Of a text: a direction, and a state for each token."""

    vector: Numbers
    states: Numbers


def meaning(encoded: Encoded) -> Meaning:
    vector = np.frombuffer(encoded.vector, "<f4")
    return Meaning(vector, np.frombuffer(encoded.states, "<f4").reshape(-1, len(vector)))


class Indexed:
    """``encoded`` None: words only. ``by``: what is known of a passage."""

    def __init__(self, conversation: Conversation, encoded: Sequence[Meaning] | None, by: Known = "tokens") -> None:
        self.conversation = conversation
        self._by = by
        self._table = apsw.Connection(":memory:")
        self._table.execute("CREATE VIRTUAL TABLE words USING fts5 (said, tokenize = 'unicode61 remove_diacritics 0')")
        rows = ((place, " ".join(terms(turn.text))) for place, turn in enumerate(conversation.turns))
        self._table.executemany("INSERT INTO words (rowid, said) VALUES (?, ?)", rows)
        self._vectors = np.stack([one.vector for one in encoded]) if encoded else None
        kept = [packed(one.states) for one in encoded] if encoded else [b""] * len(conversation.turns)
        self._bytes = sum(map(len, kept))
        self._tokens = loosened(kept)
        self._languages = [language(turn.text) for turn in conversation.turns]

    @property
    def bytes_a_turn(self) -> float:
        return self._bytes / len(self._tokens)

    def candidates(
        self, text: str, encoded: Meaning | None, known_by: float = math.inf
    ) -> tuple[Asked, list[Candidate]]:
        """Those that fit best by words and meaning, of those with words of the question and those of near meaning; and
        the turns beside them."""
        fits = {one: fit for one, fit in self._by_words(text).items() if self._is_known(one, known_by)}
        near = None if encoded is None or self._vectors is None else self._vectors @ self._direction(encoded)
        found = set(list(fits)[:BY_WORDS])
        if near is not None:
            nearest = np.argsort(-near, kind="stable").tolist()
            found.update([one for one in nearest if self._is_known(one, known_by)][:BY_MEANING])
        if near is not None:
            held = dict(enumerate(near.tolist()))
            fit = likely(sorted(found), fits, held)
            found = set(sorted(fit, key=lambda one: -fit[one])[:COMPARED])
        beside = {one + by for one in found for by in (-1, 1) if self._beside(one, one + by)}
        everything = sorted(found | {one for one in beside if self._is_known(one, known_by)})
        tokens = asked(encoded.states) if encoded is not None and self._by == "tokens" else None
        candidates = [
            self._candidate(one, fits.get(one, 0.0), 0.0 if near is None else near[one]) for one in everything
        ]
        return Asked(text, language(text), tokens), candidates

    def _candidate(self, place: int, lexical: float, dense: float) -> Candidate:
        turn = self.conversation.turns[place]
        return Candidate(
            number=place,
            session=turn.session,
            position=turn.position,
            role=turn.role,
            speaker=turn.speaker,
            language=self._languages[place],
            length=len(turn.text),
            asks=turn.text.rstrip().endswith("?"),
            lexical=lexical,
            dense=float(dense),
            tokens=self._tokens[place],
            project=turn.project,
            at=turn.at,
        )

    def _direction(self, encoded: Meaning) -> Numbers:
        return across_languages(encoded.vector) if self._by == "tokens" else encoded.vector

    def _is_known(self, one: int, known_by: float) -> bool:
        return self.conversation.turns[one].at <= known_by

    def _beside(self, one: int, other: int) -> bool:
        turns = self.conversation.turns
        return 0 <= other < len(turns) and turns[one].session == turns[other].session

    def _by_words(self, text: str) -> dict[int, float]:
        wanted = in_other_words(terms(text))[:TERMS_MAX]
        if not wanted:
            return {}
        match = " OR ".join(f'"{term}"' for term in wanted)
        sql = "SELECT rowid, -bm25(words) AS fit FROM words WHERE words MATCH ? ORDER BY fit DESC, rowid"
        return {int(row[0]): float(row[1]) for row in self._table.execute(sql, (match,))}


@dataclass(frozen=True, slots=True)
class Meanings:
    turns: list[Meaning]
    questions: list[Meaning]


def meanings(conversation: Conversation, encoder: E5, cache: Path | None) -> Meanings:
    """Vectors and states of all turns and questions; kept in ``cache`` from one run to the next."""
    before = ["" if not turn.position else conversation.turns[n - 1].text for n, turn in enumerate(conversation.turns)]
    pairs = [(context, turn.text) for context, turn in zip(before, conversation.turns, strict=True)]
    texts = [query.text for query in conversation.queries]
    name = hashlib.sha256(repr((encoder.name, pairs, texts)).encode()).hexdigest()[:16]
    file = None if cache is None else cache / f"{conversation.name}-{name}.npz"
    if file is not None and file.exists():
        return _read(file)
    turns = [
        meaning(one)
        for start in range(0, len(pairs), AT_ONCE)
        for one in encoder.passages(pairs[start : start + AT_ONCE])
    ]
    made = Meanings(turns, [meaning(encoder.question(text)) for text in texts])
    if file is not None:
        _write(file, made)
    return made


def _write(file: Path, made: Meanings) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    held = {}
    for name, some in (("turns", made.turns), ("questions", made.questions)):
        held[f"{name} vectors"] = np.stack([one.vector for one in some])
        held[f"{name} states"] = np.concatenate([one.states for one in some]).astype(np.float16)
        held[f"{name} lengths"] = np.array([len(one.states) for one in some])
    np.savez(file, **held)


def _read(file: Path) -> Meanings:
    held = np.load(file)

    def some(name: str) -> list[Meaning]:
        ends = np.cumsum(held[f"{name} lengths"])
        states = np.split(held[f"{name} states"].astype(np.float32), ends[:-1])
        return [Meaning(vector, one) for vector, one in zip(held[f"{name} vectors"], states, strict=True)]

    return Meanings(some("turns"), some("questions"))


@dataclass(frozen=True, slots=True)
class Score:
    """Of one question: recall among the first 5, 10 and 20, whether any is among the first 10, and nDCG@10."""

    kind: str
    recall_5: float
    recall_10: float
    recall_20: float
    hit_10: float
    ndcg_10: float


def score(query: Query, order: Sequence[int]) -> Score:
    """Binary gain, logarithm of base 2, ideal: as many ones as there is evidence, at most 10."""
    gold = set(query.evidence)

    def recall(count: int) -> float:
        return len(gold.intersection(order[:count])) / len(gold)

    gain = sum(1 / np.log2(place + 2) for place, one in enumerate(order[:10]) if one in gold)
    ideal = sum(1 / np.log2(place + 2) for place in range(min(len(gold), 10)))
    return Score(query.kind, recall(5), recall(10), recall(20), float(recall(10) > 0), float(gain / ideal))


def lines(scores: Sequence[Score], title: str) -> list[str]:
    """A table: all, and each kind."""
    kinds = list(dict.fromkeys(sorted(one.kind for one in scores)))
    head = f"{title:<16}{'n':>6}{'R@5':>8}{'R@10':>8}{'R@20':>8}{'hit@10':>8}{'nDCG@10':>9}"
    rows = [("all", list(scores)), *((kind, [one for one in scores if one.kind == kind]) for kind in kinds)]
    return [head, *(_line(name, some) for name, some in rows)]


def _line(name: str, some: Sequence[Score]) -> str:
    def mean(field: str) -> float:
        return sum(getattr(one, field) for one in some) / len(some)

    cells = "".join(f"{mean(field):>8.3f}" for field in ("recall_5", "recall_10", "recall_20", "hit_10"))
    return f"{name:<16}{len(some):>6}{cells}{mean('ndcg_10'):>9.3f}"
