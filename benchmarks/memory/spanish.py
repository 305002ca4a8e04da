"""Is the turn that answers a question recalled, in Spanish and across languages? And is it known when there is none?

Every question is asked over all sessions of its part, by `Memory.recall`; a passage counts for its turn. Beside it
`Memory` without an encoder, and FTS5 with its own English stemmer (`porter`), whose terms are those of the question
without English stop words.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import apsw

from benchmarks.memory import scores
from benchmarks.memory.filled import Filled, Memories, turns_of
from benchmarks.memory.parts import HELD_OUT, Asked, CorpusPart
from benchmarks.memory.scores import CUTS, Score, Share
from benchmarks.memory.section import Aim, Rows, Say, Section
from minga.domain.ids import SessionId

AIMS = {"es → es": 0.80, "es → en": 0.70}
"""Recall at 10, by the languages of the question and of the sessions where its evidence lies."""

PAIRS = ("es → es", "es → en", "en → es", "en → en")
KINDS = ("direct", "paraphrase", "temporal", "changed", "multi")

PASSAGES = 40
"""That are asked for, so that they belong to at least twenty turns."""

OURS, WORDS, PORTER = "Minga", "Minga, words only", "FTS5 porter"

_STOP_WORDS = """a an the of to in on at for and or is are was were be been do did does has have had what when where who
which how why with by from that this it its his her their he she they i we you my your our as about would could"""
STOP_WORDS = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Answered:
    """What one question brought back: turns, the best first; ``known`` is None for a program that never abstains."""

    asked: Asked
    turns: Sequence[str]
    known: bool | None
    sure: bool = True


Ask = Callable[[Asked], Awaitable[Answered]]


async def measure(memories: Memories, is_quick: bool, say: Say) -> Section:
    answered: dict[str, list[Answered]] = {OURS: [], WORDS: [], PORTER: []}
    without: list[Answered] = []
    for name in HELD_OUT[:1] if is_quick else HELD_OUT:
        part = memories.part(name)
        for title, by_meaning in ((OURS, True), (WORDS, False)):
            filled = await memories.filled(name, by_meaning)
            say(f"{len(part.asked)} questions of part {name}: {title}")
            answered[title] += [await asked_of(filled, one) for one in part.asked]
            if by_meaning:
                without += [
                    await asked_of(filled, one, min(one.sessions)) for one in part.asked if len(one.sessions) == 1
                ]
        table = Porter(part)
        answered[PORTER] += [Answered(one, table.turns(one, part), None) for one in part.asked]
    return section(answered, without)


async def asked_of(filled: Filled, asked: Asked, without: str = "") -> Answered:
    """``without``: a session that is left out."""
    question = replace(filled.part.question(asked, PASSAGES), is_read=True)
    found = await filled.memory.recall(replace(question, without=SessionId(without) if without else None))
    return Answered(asked, turns_of(found), found.is_known, found.is_known and found.is_sure)


def section(answered: dict[str, list[Answered]], without: Sequence[Answered]) -> Section:
    """``without``: of `OURS`, of questions with an answer, which were asked without the session that has it."""
    scored = {title: scored_of(some) for title, some in answered.items()}
    ours = scored[OURS]
    figures = {f"recall_10 {pair}": scores.mean(one.recall for one in _of_pair(ours, pair)) for pair in AIMS}
    aims = [
        Aim(
            f"recall at 10, {pair}, at least {least:.0%}",
            f"{figures[f'recall_10 {pair}']:.1%}",
            figures[f"recall_10 {pair}"] >= least,
        )
        for pair, least in AIMS.items()
        if _of_pair(ours, pair)
    ]
    figures["recall_10"] = scores.mean(one.recall for one in ours)
    figures["ndcg_10"] = scores.mean(one.ndcg for one in ours)
    for is_answerable, name in ((False, "none"), (True, "answerable")):
        unknown, known, sure = abstention(answered[OURS], is_answerable)
        figures |= {
            f"unknown of {name}": unknown.value,
            f"unsure of {name}": known.value,
            f"sure of {name}": sure.value,
        }
    return Section(
        "Recall in Spanish and across languages",
        (_overview(scored), _by_pair(scored), _by_kind(scored), _abstaining(answered, without)),
        tuple(aims),
        (),
        figures,
    )


def scored_of(answered: Sequence[Answered]) -> list[Score]:
    return [scores.score(one.asked, one.turns) for one in answered if one.asked.is_answerable]


def abstention(answered: Sequence[Answered], is_answerable: bool) -> tuple[Share, Share, Share]:
    """Of the questions with or without an answer, those that are said to be unknown, to be known perhaps, and for
    sure."""
    some = [one for one in answered if one.asked.is_answerable is is_answerable]
    return (
        scores.share(not one.known for one in some),
        scores.share(bool(one.known) and not one.sure for one in some),
        scores.share(bool(one.known) and one.sure for one in some),
    )


def _of_pair(scored: Sequence[Score], pair: str) -> list[Score]:
    return [one for one in scored if _is_of_pair(pair, one)]


def _overview(scored: dict[str, list[Score]]) -> Rows:
    heads = ("", "questions", *(f"recall@{cut}" for cut in CUTS), "hit@10", "nDCG@10")
    return Rows(
        "All questions that have an answer", heads, tuple((title, *_row(some)) for title, some in scored.items())
    )


def _row(some: Sequence[Score]) -> tuple[str, ...]:
    recalls = (scores.mean(one.recalls[place] for one in some) for place in range(len(CUTS)))
    shares = (*recalls, scores.mean(one.hit for one in some), scores.mean(one.ndcg for one in some))
    return (f"{len(some)}", *(f"{one:.3f}" for one in shares))


def _by_pair(scored: dict[str, list[Score]]) -> Rows:
    others = dict.fromkeys(one.asked.pair for one in scored[OURS] if one.asked.pair not in PAIRS)
    rows = [_cells(scored, pair, partial(_is_of_pair, pair)) for pair in (*PAIRS, *others)]
    heads = ("question → sessions", "questions", *(f"{title}, recall@10" for title in scored), f"{OURS}, nDCG@10")
    return Rows("By language", heads, tuple(row for row in rows if row[1] != "0"))


def _by_kind(scored: dict[str, list[Score]]) -> Rows:
    rows = [_cells(scored, kind, partial(_is_of_kind, kind)) for kind in KINDS]
    rows.append(_cells(scored, "changed, as of a day", lambda one: one.asked.known_by is not None))
    multi = {title: [one for one in some if one.asked.kind == "multi"] for title, some in scored.items()}
    each = (f"{scores.mean(one.sessions for one in some):.3f}" for some in multi.values())
    rows.append(("multi: some of each session", f"{len(multi[OURS])}", *each, "–"))
    heads = ("kind", "questions", *(f"{title}, recall@10" for title in scored), f"{OURS}, nDCG@10")
    return Rows("By kind", heads, tuple(rows))


def _is_of_pair(pair: str, one: Score) -> bool:
    return one.asked.pair == pair


def _is_of_kind(kind: str, one: Score) -> bool:
    return one.asked.kind == kind


def _cells(scored: dict[str, list[Score]], label: str, is_in: Callable[[Score], bool]) -> tuple[str, ...]:
    among = {title: [one for one in some if is_in(one)] for title, some in scored.items()}
    recalls = (f"{scores.mean(one.recall for one in some):.3f}" for some in among.values())
    return (label, f"{len(among[OURS])}", *recalls, f"{scores.mean(one.ndcg for one in among[OURS]):.3f}")


def _abstaining(answered: dict[str, list[Answered]], without: Sequence[Answered]) -> Rows:
    heads = ("", "questions", "said to be unknown", "said to be known, not for sure", "for sure")
    rows = [
        (title, f"{'with' if is_answerable else 'without'} an answer", *map(str, abstention(some, is_answerable)))
        for title, some in answered.items()
        if some and some[0].known is not None
        for is_answerable in (False, True)
    ]
    left_out = [
        (OURS, title, *map(str, abstention([one for one in without if one.asked.rests_on_one is is_so], True)))
        for is_so, title in (
            (True, "with an answer, its session left out"),
            (False, "of what changed, its session left out: an earlier value stays"),
        )
    ]
    return Rows("Abstention", heads, (*rows, *left_out))


class Porter:
    """Every turn in a table of SQLite's full-text search, with all that was said and done in it."""

    def __init__(self, part: CorpusPart) -> None:
        self._names = list(part.texts)
        self._at = {f"{one.session_id}:{one.message.id}": one.message.at for one in part.log}
        self._table = apsw.Connection(":memory:")
        tokenize = "porter unicode61 remove_diacritics 2"
        self._table.execute(f"CREATE VIRTUAL TABLE words USING fts5 (said, tokenize = '{tokenize}')")
        self._table.executemany("INSERT INTO words (rowid, said) VALUES (?, ?)", list(enumerate(part.texts.values())))

    def turns(self, asked: Asked, part: CorpusPart) -> list[str]:
        terms = dict.fromkeys(word for word in re.findall(r"\w+", asked.words.lower()) if word not in STOP_WORDS)
        match = " OR ".join(f'"{term}"' for term in terms)
        rows = self._table.execute("SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank, rowid", (match,))
        found = [self._names[number] for number in chain.from_iterable(rows)]
        until = asked.known_by or part.now
        return [turn for turn in found if (at := self._at[turn]) is None or at <= until][:PASSAGES]
