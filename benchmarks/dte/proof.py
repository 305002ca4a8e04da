"""How often the check is wrong: valid documents that it objects to, mutants that it does not see."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.dte.corpus import Mutant
from minga.dte import Grounds, Piece, check_piece, rules

_GRAVE = ("rejected", "error", "reparo")


@dataclass(frozen=True, slots=True)
class Proof:
    """``documents`` by type, ``rejected`` the valid ones that were objected to (place: rules); ``killed`` and
    ``survived`` mutants, by rule; ``unproven`` are rules that no edit of an example breaks: tests of their own do."""

    documents: Counter[int]
    rejected: dict[str, str]
    killed: Counter[str]
    survived: dict[str, str]
    unproven: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.rejected and not self.survived


def prove(pieces: Iterable[Piece], mutants: Iterable[Mutant], grounds: Grounds) -> Proof:
    documents: Counter[int] = Counter()
    rejected: dict[str, str] = {}
    for piece in pieces:
        checked = check_piece(piece, grounds)
        documents[checked.document.kind if checked.document else 0] += 1
        if grave := [each.rule.id for each in checked.findings if each.severity in _GRAVE]:
            rejected[piece.place] = ", ".join(grave)
    killed: Counter[str] = Counter()
    survived: dict[str, str] = {}
    for mutant in mutants:
        if mutant.rule.id in {each.rule.id for each in check_piece(mutant.piece, grounds).findings}:
            killed[mutant.rule.id] += 1
        else:
            survived[mutant.piece.place] = mutant.rule.id
    unproven = tuple(id_ for id_, rule in rules().items() if not rule.mutants)
    return Proof(documents, rejected, killed, survived, unproven)
