"""How many of the facts that rules read out of the written sessions are right: `python -m benchmarks.memory.stated`.

What is found in a part is compared with ``stated.json`` beside its sessions, in which each statement was judged
against its turn: whether subject, predicate, value and dates are what the turn says. What nobody judged yet is printed,
and not counted. Rules are mended on part ``train`` only; on the others they are only measured.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, Passage, Source, Statement
from minga.domain.secrecy import UserName
from minga.memory.extraction.extract import extract
from minga.memory.extraction.hygiene import masked, own_words
from minga.memory.passages import cut

CORPUS = Path(__file__).parent / "corpus"
PARTS = ("train", "a", "b")
AIM = 0.95
"""Of part ``train``."""


@dataclass(frozen=True, slots=True)
class Judged:
    right: int
    found: int
    unjudged: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def precision(self) -> float:
        return self.right / self.found


def judged(part: str) -> Judged:
    labels = {one["statement"]: one["right"] for one in json.loads((CORPUS / part / "stated.json").read_text())}
    found = [text for passage in _passages(CORPUS / part) for text in _told(passage)]
    return Judged(
        right=sum(labels.get(one, False) for one in found),
        found=sum(one in labels for one in found),
        unjudged=tuple(one for one in found if one not in labels),
        wrong=tuple(one for one in found if not labels.get(one, True)),
    )


def _told(passage: Passage) -> Iterator[str]:
    for one in extract(passage).statements:
        yield f"{passage.source.session_id}:{passage.source.message_id} {_text(one)}"


def _text(one: Statement) -> str:
    since = f" from {one.valid_from:%Y-%m-%d}" if one.valid_from else ""
    until = f" until {one.valid_to:%Y-%m-%d}" if one.valid_to else ""
    return f"{one.subject.kind} {one.subject.name} · {one.predicate} · {one.value}{since}{until}"


def _passages(part: Path) -> Iterator[Passage]:
    for file in sorted((part / "sessions").glob("*.json")):
        session = json.loads(file.read_text())
        for number, turn in enumerate(session["turns"]):
            at = datetime.fromisoformat(turn["at"])
            for place, text in enumerate(cut(masked(own_words(turn["text"], turn["role"])))):
                where = SessionId(session["id"]), str(number), place, at, AgentName(session["agent"]), turn["role"]
                source = Source(*where)
                owner = UserName(session["user"])
                yield Passage(ItemId("t"), "turn", text, "", source, session["project"], session["language"], owner)


def main() -> int:
    results = {part: judged(part) for part in PARTS}
    for part, result in results.items():
        print(f"{part}: {result.right} of {result.found} statements are right, precision {result.precision:.3f}")
        for text, some in (("wrong", result.wrong), ("not judged yet", result.unjudged)):
            print(*(f"  {text}: {one}" for one in some), sep="\n", end="\n" if some else "")
    print(f"aim for train: {AIM}")
    return 0 if results["train"].precision >= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
