"""One question: candidates, their order, and what is made of the best ones."""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from minga.domain.meaning import Encoded
from minga.domain.memory import ItemId, Passage, Question, Recalled, Recollection
from minga.memory import vectors
from minga.memory.extraction.nearness import Signature, is_near
from minga.memory.index import (
    alike,
    candidates,
    counting,
    lexical,
    meaning,
    noted,
    reading,
    stated,
    superseding,
)
from minga.memory.index.candidates import Described
from minga.memory.index.pages import Cache
from minga.memory.index.ties import best
from minga.memory.judging import QUESTION_LENGTH, asks, holds_all, said_and_done
from minga.memory.recall.bare import by_words, joined
from minga.memory.recall.features import Asked, Candidate
from minga.memory.recall.nearness import across_languages
from minga.memory.recall.nearness import asked as tokens_of
from minga.memory.recall.rank import Ranked, known, learned, rank
from minga.memory.recall.shortlist import COMPARED, likely
from minga.memory.recall.translations import in_other_words
from minga.memory.recall.words import holds, language, terms
from minga.memory.vectors import Vector
from minga.storage.database import Transaction

LOOKED_AT = 2
"""Times as many of the best are looked at as are wanted: near duplicates are told once."""

FEW = 30
"""Among fewer candidates confidence says nothing: it was learned where one is compared with hundreds."""

NEAR = 0.64
"""Cosine of the nearest passage from which on a question may be answered. In part ``train`` of our corpus 98 of 100
questions that have an answer come nearer; what has nothing to do with it stays below."""

RARE_WORD, NEAR_WITH_WORDS = 0.06, 0.723
"""What a word of the question that stands in one passage only adds to that cosine, where the passage with most of such
words has it, and the sum from which on a run is told. In part ``train`` 99.0 % of the questions with an answer come
to it, and 43 of 60 tasks that have nothing to do with it; 94.6 % and 43 are known."""

RARE_WORDS, WORDS_HELD, SHARE_HELD = 1.0, 2, 0.4
"""Of what has no vector, from so many of such words on, or where one passage has so many words of the task, and such a
share of them all, a run is told, too. In part ``train`` 100 % of the questions with an answer come to it instead
of 98.2 %, and 70 of 76 tasks that have nothing to do with it instead of 68."""


def recall(
    transaction: Transaction, cache: Cache, question: Question, encoded: Encoded | None, waiting: int
) -> Recollection:
    """``encoded``: the question, None where there is no encoder; ``waiting``: passages without a vector. Raises
    near.PagesDamaged, meaning.WrongLength."""
    own = terms(question.words[:QUESTION_LENGTH])
    stems = in_other_words(own)
    words = candidates.by_words(transaction, stems, question, len(frozenset(own)))
    meaning_of = None if encoded is None else candidates.ByMeaning(transaction, cache, _direction(encoded), question)
    near = dict(meaning_of.best) if meaning_of else {}
    again = alike.said_again(transaction, question)
    words |= lexical.among(transaction, stems, list(again))
    found = sorted(words)
    bare: frozenset[int] = frozenset()
    if meaning_of:
        near |= meaning_of.of([one for one in (words.keys() | again) if one not in near])
        bare = meaning.missing(transaction, list(words)) if waiting else bare
        found = sorted({*_compared(transaction, words, near, question.limit), *bare})
    lines = candidates.beside(transaction, cache, found)
    numbers = sorted({*found, *(one for line in lines.values() for one in line if one is not None)})
    if meaning_of:
        near |= meaning_of.of([one for one in numbers if one not in near])
    described = candidates.described(transaction, cache, numbers, with_tokens=encoded is not None)
    offered = _offered(described, words, near, _positions(numbers, lines))
    asked = Asked(question.words, language(question.words), _states(encoded))
    wanted = frozenset(found) - bare  # neighbours only tell something of those that were found
    looked_at = LOOKED_AT * question.limit
    ranked = rank(asked, offered, wanted=wanted, explained=looked_at)
    of_words = by_words(asked, offered, bare)
    best_ones = joined(ranked, of_words, _holding(transaction, of_words[:looked_at], own), question.limit)
    if not asks(question.words):
        best_ones = _with_whole(transaction, best_ones, words, own, question.limit)
    recalled = _recalled(transaction, best_ones, question, again)
    is_known = _is_known(asked, offered, ranked, of_words)
    size = counting.size(transaction)
    by_words_only, bare_ones = (
        (of_words, [one for one in offered if one.number in bare]) if encoded else (ranked, offered)
    )
    is_near = _is_near(offered, size, is_known, of_words) or _is_about(
        own, bare_ones, size, lambda: _texts(transaction, by_words_only[: question.limit])
    )
    is_whole = holds_all(own, recalled)
    return Recollection(recalled, is_known or is_whole, encoded is not None, waiting, is_near=is_near or is_whole)


def _compared(transaction: Transaction, words: Mapping[int, float], near: Mapping[int, float], limit: int) -> list[int]:
    """Those that are worth comparing token by token, never fewer than are looked at in the end."""
    found = sorted(words.keys() | near.keys())
    return sorted(best(transaction, likely(found, words, near), max(COMPARED, LOOKED_AT * limit)))


def _recalled(
    transaction: Transaction, ranked: Sequence[Ranked], question: Question, again: Mapping[int, int]
) -> tuple[Recalled, ...]:
    kept = _once(transaction, ranked, question, again)
    has_corrections = noted.has_corrections(transaction)
    items = [passage.id for _, passage, _ in kept]
    newer = superseding.superseded(transaction, items) if has_corrections else {}
    recalled: list[Recalled] = []
    for one, passage, more in kept:
        found = Recalled(passage, one.score, one.confidence, one.reasons, newer.get(passage.id), again=tuple(more))
        recalled.append(found)
        recalled += _corrections(transaction, recalled, items, question)
    told = recalled[: question.limit]
    about = noted.corrected(transaction, [one.passage.id for one in told]) if has_corrections else {}
    stands = [one.passage.id for one in told if one.superseded_by is None]
    over = stated.ended(transaction, stands, question.asked_at, question.known_by or question.asked_at)
    return tuple(_standing(one, about.get(one.passage.id), over.get(one.passage.id)) for one in told)


def over(transaction: Transaction, items: Sequence[ItemId], question: Question) -> frozenset[ItemId]:
    """Those passages that were corrected, or of which no value holds any more."""
    newer = superseding.superseded(transaction, items) if noted.has_corrections(transaction) else {}
    stands = [one for one in items if one not in newer]
    known_by = question.known_by or question.asked_at
    return frozenset((*newer, *stated.ended(transaction, stands, question.asked_at, known_by)))


def _once(
    transaction: Transaction, ranked: Sequence[Ranked], question: Question, again: Mapping[int, int]
) -> list[tuple[Ranked, Passage, list[ItemId]]]:
    """The best ones; of those that say the same, the best one, or that of ``again``, with the ids of the others. What
    asks just the same tells nothing."""
    limit, words = question.limit, question.words
    asked = [Signature(words[:QUESTION_LENGTH])] if words.rstrip().endswith("?") else []
    kept: list[tuple[Ranked, Passage, list[ItemId]]] = []
    signatures: list[Signature] = []
    for one, passage in _said(transaction, ranked[: LOOKED_AT * limit], again, limit):
        signature = Signature(passage.text)
        if any(is_near(signature, other) for other in asked):
            continue
        near = next((place for place, other in enumerate(signatures) if is_near(signature, other)), None)
        if near is None:
            kept.append((one, passage, []))
            signatures.append(signature)
        else:
            kept[near][2].append(passage.id)
        if len(kept) == limit:  # before more texts are read
            break
    return kept


def _said(
    transaction: Transaction, ranked: Sequence[Ranked], again: Mapping[int, int], at_once: int
) -> Iterator[tuple[Ranked, Passage]]:
    """With their texts, which are read as they are wanted; of those of ``again`` that of the newest."""
    for start in range(0, len(ranked), at_once):
        some = [(one, again.get(one.number, one.number)) for one in ranked[start : start + at_once]]
        said = reading.passages(transaction, [number for _, number in some])
        yield from ((one, said[number]) for one, number in some)


def _standing(one: Recalled, corrects: ItemId | None, over: tuple[datetime, ItemId] | None) -> Recalled:
    """``over``: since when it no longer holds, and what says so."""
    since, newer = over or (None, one.superseded_by)
    return replace(one, superseded_by=newer, ended=since, corrects=corrects) if corrects or over else one


def _corrections(
    transaction: Transaction, recalled: Sequence[Recalled], found: Collection[ItemId], question: Question
) -> list[Recalled]:
    """What corrects the last one comes with it, as sure as that is, unless it was found itself or came before."""
    last = recalled[-1]
    if last.superseded_by is None or last.superseded_by in {*found, *(one.passage.id for one in recalled)}:
        return []
    until = question.known_by
    return [
        replace(last, passage=one, superseded_by=None, again=())
        for one in reading.passages_like(transaction, last.superseded_by)
        if until is None or (one.source.at is not None and one.source.at <= until)
    ]


def _holding(transaction: Transaction, ranked: Sequence[Ranked], own: Sequence[str]) -> frozenset[int]:
    """Those that hold every word that was asked for."""
    said = reading.passages(transaction, [one.number for one in ranked]) if ranked else {}
    return frozenset(number for number, one in said.items() if holds(said_and_done(one), own))


def _with_whole(
    transaction: Transaction, ranked: list[Ranked], words: Mapping[int, float], own: Sequence[str], limit: int
) -> list[Ranked]:
    """Who searches for words finds what holds them all: where the first one does not, those that were ranked lower,
    such as what a tool gave, come first."""
    by_words = sorted(ranked, key=lambda one: -words.get(one.number, 0.0))[:limit]
    holding = _holding(transaction, by_words, own)
    if ranked and ranked[0].number in holding:
        return ranked
    whole = [one for one in by_words if one.number in holding][: max(1, limit // 2)]
    return [*whole, *(one for one in ranked if one not in whole)]


def _is_known(asked: Asked, offered: Sequence[Candidate], ranked: Sequence[Ranked], of_words: Sequence[Ranked]) -> bool:
    if not ranked and not of_words:
        return False
    nearest = max(one.dense for one in offered)
    if len(offered) < FEW:
        return nearest >= NEAR or any(one.lexical > 0 for one in offered)
    if _is_sure_by_words(of_words):
        return True
    is_sure = bool(ranked) and ranked[0].confidence >= learned(known(asked, offered)).known_from
    return is_sure and (nearest >= NEAR or not nearest)


def _is_sure_by_words(of_words: Sequence[Ranked]) -> bool:
    return bool(of_words) and of_words[0].confidence >= learned("words").known_from


def _is_near(offered: Sequence[Candidate], size: int, is_known: bool, of_words: Sequence[Ranked]) -> bool:
    """As far as it is known, where that cannot be told from meaning among many."""
    nearest = max((one.dense for one in offered), default=0.0)
    if len(offered) < FEW or not nearest:
        return is_known
    rare_words = max(one.lexical for one in offered) / math.log(size)
    return nearest + RARE_WORD * rare_words >= NEAR_WITH_WORDS or _is_sure_by_words(of_words)


def _is_about(own: Sequence[str], bare: Sequence[Candidate], size: int, texts: Callable[[], Iterable[str]]) -> bool:
    """As far as words can tell of what has no vector: among many that say the same of other things, none is sure to
    answer. ``texts``: of the best of them."""
    most = max((one.lexical for one in bare), default=0.0)
    if not most or most >= RARE_WORDS * math.log(size):
        return most > 0
    wanted = frozenset(own)
    least = max(WORDS_HELD, SHARE_HELD * len(wanted))
    return any(len(wanted.intersection(terms(one))) >= least for one in texts())


def _texts(transaction: Transaction, ranked: Sequence[Ranked]) -> Iterator[str]:
    return map(said_and_done, reading.passages(transaction, [one.number for one in ranked]).values())


def _positions(numbers: Sequence[int], lines: Mapping[int, tuple[int | None, int | None]]) -> dict[int, int]:
    """Places of which those of neighbours differ by one, and no others."""
    after: dict[int, int] = {}
    for number, (before, behind) in lines.items():
        if before is not None:
            after[before] = number
        if behind is not None:
            after[number] = behind
    places: dict[int, int] = {}
    place = 0
    for first in sorted(set(numbers) - set(after.values())):
        one: int | None = first
        while one is not None and one not in places:
            places[one] = place
            place += 1
            one = after.get(one)
        place += 1
    return places


def _offered(
    described: Sequence[Described], words: Mapping[int, float], near: Mapping[int, float], positions: Mapping[int, int]
) -> list[Candidate]:
    return [
        Candidate(  # by place: names take twice as long
            number,
            session,
            positions[number],
            role,
            "",
            language,
            length,
            bool(asks),
            words.get(number, 0.0),
            near.get(number, 0.0),
            tokens,
            project,
            at,
        )
        for number, session, role, language, length, asks, project, at, tokens in described
    ]


def _direction(encoded: Encoded) -> Vector:
    """Of an encoder of another kind nothing is known of how its languages differ."""
    direction = vectors.read(encoded.vector)
    return across_languages(direction) if encoded.states else direction


def _states(encoded: Encoded | None) -> "np.ndarray[tuple[int, ...], np.dtype[np.float32]] | None":
    if encoded is None or not encoded.states:
        return None
    dimensions = len(vectors.read(encoded.vector))
    return tokens_of(np.frombuffer(encoded.states, "<f4").reshape(-1, dimensions))
