"""Valid documents of all twelve types, varied from a seed, and mutants, stamped and signed with keys of trials."""

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache

from minga.dte import Grounds, Piece, rules, trial
from minga.dte.completion import completed, plain
from minga.dte.document import NAMESPACE
from minga.dte.editing import edited
from minga.dte.examples import example, names
from minga.dte.finding import Rule
from minga.dte.rounding import EXPORT_PLACES, pesos, rounded
from minga.dte.trial import SIGNER, sign_piece
from minga.dte.writing import Tree, body_of, order_of, text
from minga.infrastructure.certifying import Owner

GROUNDS = trial.grounds(
    Grounds(
        date(2026, 11, 26),
        {date(2026, 11, 10): Decimal(40_000)},
        rates={(date(2026, 11, day), "DOLAR USA"): Decimal(950) for day in (10, 20)},
    )
)
"""What the examples are right by: the day, the UF and the rates of the days in them. Schemas are added."""

SIGNED = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""When mutants are stamped and signed, some of which have no day of their own."""

FOLIO_OF_STRANGERS = 1_000_000
"""Trials authorise folios up to this, or up to that of the document where it is larger."""

OWNERS = 20
"""Signers of the valid documents."""

_DERIVED = ("MntNeto", "MntExe", "IVA", "MntTotal", "MontoNF", "MontoPeriodo", "VlrPagar", "GrntDep")
_IN_PESOS = ("MntExeOtrMnda", "MntTotOtrMnda")
_ONLY = {"TpoMoneda", "TasaIVA", *_DERIVED}
"""Where Totales hold nothing else, all of it follows from the lines, which may then be others."""

_BOLETA_MAX = 20_000
"""The dearest thing on a boleta, so that none comes to 135 UF, from which on it must name its customer."""

_LINE = {"NroLinDet", "NmbItem", "DscItem", "CdgItem", "QtyItem", "UnmdItem", "PrcItem", "MontoItem", "IndExe"}
"""A line of these alone comes to its price times its quantity."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """``piece`` breaks ``rule``; ``of`` names the right document that it was made of."""

    rule: Rule
    piece: Piece
    of: str


def valid(count: int, seed: int = 1) -> Iterator[Tree]:
    """``count`` right documents: the examples in turn, each time with another folio and, where all its sums follow from
    plain lines, with other quantities, prices and line numbers."""
    chance = random.Random(seed)
    for number in range(count):
        tree = copy.deepcopy(example(names()[number % len(names())]))
        head = _table(tree["Encabezado"])
        _table(head["IdDoc"])["Folio"] = str(number + 1)
        yield _varied(tree, chance) if number >= len(names()) and _is_plain(tree) else tree


def signed(count: int, seed: int = 1) -> Iterator[Piece]:
    """By several signers in turn, so that not all bring the same certificate."""
    for number, tree in enumerate(valid(count, seed), 1):
        yield sign_piece(tree, place=f"corpus#{number}", owner=_owners()[number % OWNERS])


def strangers(count: int) -> Iterator[Piece]:
    """Right documents no two of which have a signer, or an authorisation of folios, in common."""
    for number, tree in enumerate(valid(count), 1):
        _table(_table(tree["Encabezado"])["IdDoc"])["Folio"] = str(FOLIO_OF_STRANGERS + number)
        owner = replace(SIGNER, name=f"{SIGNER.name}: {number}")
        yield sign_piece(tree, place=f"strangers#{number}", owner=owner)


def mutants() -> Iterator[Mutant]:
    """Those of the book of rules, each stamped and signed after the change, so that it breaks nothing of its
    signatures."""
    for rule in _of_documents():
        right = edited(example(rule.example), rule.passing)
        for edits in rule.mutants:
            yield Mutant(rule, _piece(edited(right, edits), f"{rule.id} {edits}"), rule.id)


def rights() -> Iterator[Piece]:
    """What those mutants were made of, a document a rule; its place is the rule's id."""
    for rule in _of_documents():
        yield _piece(edited(example(rule.example), rule.passing), rule.id)


def _of_documents() -> list[Rule]:
    return [rule for rule in rules().values() if rule.mutants and rule.example in names()]


@cache
def _owners() -> tuple[Owner, ...]:
    return tuple(replace(SIGNER, name=f"{SIGNER.name} {number}") for number in range(OWNERS))


def _piece(tree: Tree, place: str) -> Piece:
    """Signed; without stamp and signature where there is no type, folio or day to stamp."""
    try:
        return sign_piece(tree, SIGNED, place)
    except (KeyError, ValueError):
        head = _table(_table(tree["Encabezado"]).get("IdDoc", {}))
        kind = int(str(head["TipoDTE"])) if str(head.get("TipoDTE")).isdecimal() else 33
        body = body_of(kind)
        inside = text(tree, order_of(kind))
        written = f'<DTE xmlns="{NAMESPACE}" version="1.0"><{body} ID="M">{inside}</{body}></DTE>'
        return Piece(written.encode("iso-8859-1", "xmlcharrefreplace"), place=place)


def _is_plain(tree: Tree) -> bool:
    totals = _table(_table(tree["Encabezado"])["Totales"])
    lines = _lines(tree)
    return set(totals) <= _ONLY and all({"QtyItem", "PrcItem"} <= set(line) <= _LINE for line in lines)


def _varied(tree: Tree, chance: random.Random) -> Tree:
    head = _table(tree["Encabezado"])
    kind = int(str(_table(head["IdDoc"])["TipoDTE"]))
    places, dearest = EXPORT_PLACES if kind >= 110 else 0, _BOLETA_MAX if kind in (39, 41) else 2_000_000
    lines = _lines(tree)
    lines = [copy.deepcopy(chance.choice(lines)) for _ in range(chance.randint(1, 12))] + lines
    for number, line in enumerate(lines, 1):
        line["NroLinDet"] = str(number)
        quantity = Decimal(chance.randint(1, 5000 if kind >= 43 else 10)) / chance.choice((1, 1, 1, 10, 100))
        price = Decimal(chance.randint(1, dearest)) / chance.choice((1, 1, 1, 100))
        amount = price * quantity
        if not pesos(amount):
            quantity = Decimal(chance.randint(100, 999))  # so that it comes to a peso at least
            amount = price * quantity
        line["QtyItem"], line["PrcItem"] = plain(quantity), plain(price)
        line["MontoItem"] = plain(rounded(amount, places))
    tree["Detalle"] = lines if len(lines) > 1 else lines[0]
    totals = _table(head["Totales"])
    for name in _DERIVED:
        totals.pop(name, None)
    for name in _IN_PESOS:
        _table(head.get("OtraMoneda", {})).pop(name, None)
    return completed(tree)


def _lines(tree: Tree) -> list[Tree]:
    found = tree["Detalle"]
    return [_table(each) for each in (found if isinstance(found, list) else [found])]


def _table(value: object) -> Tree:
    assert isinstance(value, dict), "a document's heading and lines are tables"
    return value
