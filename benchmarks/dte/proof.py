"""How often the check is wrong: valid documents that it objects to, mutants that it does not see."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from benchmarks.dte.corpus import Mutant
from benchmarks.dte.covers import CoverMutant
from minga.dte import Grounds, Piece, check_piece, rules
from minga.dte.reading import Container, check_container

_GRAVE = ("rejected", "error", "reparo")


@dataclass(frozen=True, slots=True)
class Proof:
    """``documents`` by type, and ``covers``, that nothing is to be said of; ``rejected`` are those that were objected
    to (place: rules). ``killed`` mutants by rule, ``survived`` ones (place: rule). ``unproven`` are rules without a
    mutant here: tests of their own make them."""

    documents: Counter[int]
    covers: int
    rejected: dict[str, str]
    killed: Counter[str]
    survived: dict[str, str]
    unproven: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.rejected and not self.survived


def prove(
    pieces: Iterable[Piece],
    mutants: Iterable[Mutant],
    grounds: Grounds,
    covers: Iterable[Container] = (),
    cover_mutants: Iterable[CoverMutant] = (),
) -> Proof:
    documents: Counter[int] = Counter()
    rejected: dict[str, str] = {}
    for piece in pieces:
        checked = check_piece(piece, grounds)
        documents[checked.document.kind if checked.document else 0] += 1
        if grave := [each.rule.id for each in checked.findings if each.severity in _GRAVE]:
            rejected[piece.place] = ", ".join(grave)
    bare = replace(grounds, schemas=None)  # examples of covers have empty elements for signatures
    containers = list(covers)
    for container in containers:
        if grave := [each.rule.id for each in check_container(container, bare) if each.severity in _GRAVE]:
            rejected[container.place] = ", ".join(grave)
    killed: Counter[str] = Counter()
    survived: dict[str, str] = {}
    for rule, place, found_rules in _judged(mutants, cover_mutants, grounds):
        if rule in found_rules:
            killed[rule] += 1
        else:
            survived[place] = rule
    unproven = tuple(id_ for id_ in rules() if id_ not in killed and id_ not in survived.values())
    return Proof(documents, len(containers), rejected, killed, survived, unproven)


def _judged(
    mutants: Iterable[Mutant], cover_mutants: Iterable[CoverMutant], grounds: Grounds
) -> Iterable[tuple[str, str, set[str]]]:
    """The rule that each is to break, its place, and the rules that it was found to break."""
    for mutant in mutants:
        findings = check_piece(mutant.piece, grounds).findings
        yield mutant.rule.id, mutant.piece.place, {each.rule.id for each in findings}
    for cover in cover_mutants:
        found = check_container(cover.container, grounds)
        yield cover.rule.id, f"{cover.rule.id} {cover.container.place}", {each.rule.id for each in found}
