"""How much shorter the brief is than the sessions it is made of, and how often it still holds the answer.

``python -m benchmarks.memory.compression [--corpus DIRECTORY] [--part NAME]``

For each question that has an answer, a brief is made of the sessions in which its evidence lies (so that this measures
compression, not recall), or of all sessions of the part. **Kept**, strictly: the words and figures of the written
answer that stand in an evidence turn must all stand in the brief, in lines that come from evidence turns. Of several
turns that each state the answer one is enough, that with the most of its words; a question over several turns needs
them of all. Where fewer than half of the answer's words stand in its evidence (it is put in other words, or in another
language), they prove too little: then the evidence turn must stand in the brief whole; of ``multi``, all of them.

The order of the pieces comes from BM25 over stems, a stand-in of this benchmark for recall. Part ``train`` is the one
that weights were set on, ``a`` and ``b`` are held out.
"""

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.table import Table

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, MemoryBrief, Passage, Recalled, Source
from minga.domain.secrecy import UserName
from minga.memory.briefs import tokens
from minga.memory.briefs.brief import compose
from minga.memory.briefs.texts import texts
from minga.memory.recall.words import terms

CORPUS = Path(__file__).parent / "corpus"
PARTS = ("train", "a", "b")

TENTH, BUDGETS = 10, (500, 1000, 2000)

K1, B = 1.2, 0.75
OF_THE_TURN_BEFORE = 0.3
"""Of its score: it is the question that the turn answers."""

ENOUGH = 0.5
"""Of the answer's words, that must stand in its evidence for them to prove anything."""


@dataclass(frozen=True, slots=True)
class Asked:
    id: str
    language: str
    words: str
    kind: str
    evidence: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class Part:
    """``turns`` by their names, in order; ``sizes`` are the tokens of whole sessions."""

    name: str
    turns: dict[str, Passage]
    sizes: dict[str, int]
    asked: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    asked: Asked
    kept: bool
    told: int
    whole: int
    seconds: float


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    console = Console(width=max(Console().width, 120))
    names = [name for name in options.part or PARTS if (options.corpus / name / "questions.json").exists()]
    if not names:
        print(f"benchmarks: no part with questions below {options.corpus}", file=sys.stderr)
        return 2
    for name in names:
        part = read(options.corpus / name)
        console.print(_table(part, {label: measure(part, *how) for label, how in _ways().items()}))
        if options.lost:
            _print_lost(part)
    return 0


def _ways() -> dict[str, tuple[int, int, bool]]:
    """Label -> a fixed budget or 0, else the share of the sessions' tokens, and whether only the right sessions."""
    ways = {f"right sessions, 1/{share} of them": (0, share, True) for share in (TENTH // 2, TENTH, 2 * TENTH)}
    ways |= {f"right sessions, {budget} tokens": (budget, 0, True) for budget in BUDGETS}
    return ways | {f"all sessions, {budget} tokens": (budget, 0, False) for budget in BUDGETS}


def measure(part: Part, budget: int, share: int, right: bool) -> list[Outcome]:
    return [_outcome(part, asked, budget, share, right) for asked in part.asked if asked.kind != "none"]


def _outcome(part: Part, asked: Asked, budget: int, share: int, right: bool) -> Outcome:
    sessions = {turn.partition(":")[0] for turn in asked.evidence}
    among = {name: one for name, one in part.turns.items() if not right or name.partition(":")[0] in sessions}
    whole = sum(size for name, size in part.sizes.items() if not right or name in sessions)
    recalled = recall(among, asked.words)
    before = time.process_time()
    brief = compose((), recalled, (), {}, asked.words, budget or whole // share, texts("es"))
    return Outcome(asked, kept(part, asked, brief), brief.tokens, whole, time.process_time() - before)


def kept(part: Part, asked: Asked, brief: MemoryBrief) -> bool:
    """The items of the brief's pieces are names of turns; of one turn there may be several."""
    evidence = {name: frozenset(terms(_all(part.turns[name]))) for name in asked.evidence}
    answer = frozenset(terms(asked.answer))
    told: dict[str, frozenset[str]] = {}
    for piece in brief.pieces:
        told[str(piece.item)] = told.get(str(piece.item), frozenset()) | frozenset(terms(piece.text))
    whole = {str(piece.item) for piece in brief.pieces if piece.level == "whole"}
    if len(answer & frozenset().union(*evidence.values())) < ENOUGH * len(answer) or not answer:
        return (all if asked.kind == "multi" else any)(name in whole for name in evidence)
    said = frozenset().union(*(words for name, words in told.items() if name in evidence))
    if asked.kind == "multi":
        return answer & frozenset().union(*evidence.values()) <= said
    most = max(len(answer & words) for words in evidence.values())
    return any(answer & words <= said for words in evidence.values() if len(answer & words) == most)


def recall(turns: dict[str, Passage], question: str, limit: int = 40) -> list[Recalled]:
    """The stand-in: BM25 over stems, with a share of the turn before. Its confidence is the score beside the best."""
    documents = {name: Counter(terms(_all(one))) for name, one in turns.items()}
    mean = fmean(sum(words.values()) for words in documents.values())
    among = Counter(word for words in documents.values() for word in words)
    wanted = sorted(set(terms(question)))
    own = {name: _bm25(words, wanted, among, len(documents), mean) for name, words in documents.items()}
    names = list(own)
    scores = {
        name: own[name]
        + (OF_THE_TURN_BEFORE * own[before] if before.partition(":")[0] == name.partition(":")[0] else 0)
        for before, name in zip([names[0], *names], names, strict=False)
    }
    best = max(scores.values()) or 1
    ranked = sorted(names, key=lambda name: -scores[name])[:limit]
    return [Recalled(turns[name], scores[name], 0.02 + 0.9 * (scores[name] / best) ** 2, ()) for name in ranked]


def _bm25(words: Counter[str], wanted: Sequence[str], among: Counter[str], of: int, mean: float) -> float:
    length = sum(words.values()) / mean
    return sum(
        math.log(1 + (of - among[word] + 0.5) / (among[word] + 0.5))
        * (words[word] * (K1 + 1))
        / (words[word] + K1 * (1 - B + B * length))
        for word in wanted
        if words[word]
    )


def read(folder: Path) -> Part:
    turns: dict[str, Passage] = {}
    sizes: dict[str, int] = {}
    for file in sorted(folder.glob("sessions/*.json")):
        session = json.loads(file.read_text())
        own = {f"{session['id']}:{number}": _passage(session, number) for number in range(len(session["turns"]))}
        sizes[session["id"]] = sum(tokens.count(_all(one)) for one in own.values())
        turns |= own
    questions = json.loads((folder / "questions.json").read_text())
    asked = [
        Asked(one["id"], one["language"], one["question"], one["kind"], tuple(one["evidence"]), one["answer"])
        for one in questions
    ]
    return Part(folder.name, turns, sizes, tuple(asked))


def _passage(session: dict[str, object], number: int) -> Passage:
    turn = session["turns"][number]  # type: ignore[index]
    done = "\n".join(f"{tool['name']}: {tool['input']}\n{tool['output']}" for tool in turn.get("tools", ()))
    source = Source(
        SessionId(str(session["id"])),
        str(number),
        0,
        datetime.fromisoformat(turn["at"]),
        AgentName(str(session["agent"])),
        turn["role"],
    )
    return Passage(
        ItemId(f"{session['id']}:{number}"),
        "turn",
        turn["text"],
        done,
        source,
        str(session["project"]),
        "es" if session["language"] == "es" else "en",
        UserName(str(session["user"])),
    )


def _all(passage: Passage) -> str:
    return f"{passage.text}\n{passage.done}" if passage.done else passage.text


def _table(part: Part, outcomes: dict[str, list[Outcome]]) -> Table:
    kinds = sorted({asked.kind for asked in part.asked} - {"none"})
    answerable = sum(asked.kind != "none" for asked in part.asked)
    table = Table(
        title=f"part {part.name}: {len(part.sizes)} sessions of {sum(part.sizes.values())} tokens, "
        f"{answerable} questions with an answer"
    )
    for head in ("brief of", "tokens", "times fewer", "kept", *kinds, "across languages", "CPU ms"):
        table.add_column(head, justify="left" if head == "brief of" else "right")
    for label, found in outcomes.items():
        table.add_row(
            label,
            f"{fmean(one.told for one in found):.0f}",
            f"{sum(one.whole for one in found) / sum(one.told for one in found):.1f}",
            _share(found),
            *(_share([one for one in found if one.asked.kind == kind]) for kind in kinds),
            _share([one for one in found if _crosses(part, one.asked)]),
            f"{1000 * fmean(one.seconds for one in found):.0f}",
        )
    return table


def _crosses(part: Part, asked: Asked) -> bool:
    return any(part.turns[name].language != asked.language for name in asked.evidence)


def _share(outcomes: Sequence[Outcome]) -> str:
    return f"{100 * fmean(one.kept for one in outcomes):.1f} %" if outcomes else "–"


def _print_lost(part: Part) -> None:
    for one in measure(part, 0, TENTH, True):
        if not one.kept:
            print(one.asked.id, one.asked.kind, one.asked.words, "=>", one.asked.answer)
            for name in one.asked.evidence:
                print("   ", name, _all(part.turns[name]))


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory.compression")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--part", action="append", help="only this part; may be repeated")
    parser.add_argument("--lost", action="store_true", help="print what a tenth of the tokens does not keep")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
