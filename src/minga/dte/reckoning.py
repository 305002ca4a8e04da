"""What the amounts of a document must be: its lines by how they count, global discounts, net, exempt and retained sums.

One reckoning serves a check, which compares it with what stands in a document, and making, which writes it
(`completion.py`). Where the SII's format leaves open how to reckon, a sum has several *readings*; the first is the one
that making writes. Nothing here raises for what stands in a document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from minga.dte.node import Node, as_number
from minga.dte.rounding import EXPORT_PLACES, pesos, rounded
from minga.dte.taxes import Tax, iva_rate, taxes

Readings = tuple[Decimal, ...]
"""What a sum may be, not rounded. Never empty."""

EXPORT = (110, 111, 112)
WITH_RATE = (33, 43, 46, 52, 56, 61)
"""Types that hold TasaIVA. Boletas hold IVA without it."""

ZERO = Decimal(0)
_HUNDRED = Decimal(100)


class Line(NamedTuple):
    """A line of Detalle. ``treatment`` is IndExe, "" for a line affected by IVA; ``codes`` its taxes and retentions."""

    node: Node
    treatment: str
    amount: Decimal
    codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Change:
    """A global discount (``sign`` -1) or surcharge (1) on the lines of a treatment: a percentage or an amount."""

    sign: int
    is_percent: bool
    value: Decimal
    on: str


@dataclass(frozen=True, slots=True)
class Sums:
    """``stated`` are the amounts of Totales as written. ``gross`` is what the affected lines come to with IVA, None
    where their prices are net. ``taxed`` is what the lines that carry a code come to. ``rate`` is the percentage of
    IVA: as written, or of the law that day."""

    kind: int
    issued: date | None
    head: Node
    totals: Node
    stated: Mapping[str, Decimal]
    lines: Sequence[Line]
    changes: Sequence[Change]
    rate: Decimal
    is_exempt: bool
    gross: Readings | None
    net: Readings
    exempt: Readings
    unbilled: Readings
    deposit: Decimal
    taxed: dict[str, Readings]

    @property
    def is_export(self) -> bool:
        return self.kind in EXPORT


def reckon(body: Node, kind: int, issued: date | None) -> Sums:
    """The sums that the lines and global changes of a body come to."""
    head = body.first("Encabezado") or _EMPTY
    totals = head.first("Totales") or _EMPTY
    lines = [_line(node) for node in body.all("Detalle")]
    changes = [change for node in body.all("DscRcgGlobal") if (change := _change(node)) is not None]
    stated = amounts_in(totals)
    is_exempt = _is_exempt(kind, lines, totals)
    written = stated.get("TasaIVA")
    rate = iva_rate(issued) if written is None or written < 0 else written
    by_treatment = _by_treatment(lines)
    places = EXPORT_PLACES if kind in EXPORT else 0
    affected = applied(by_treatment.get("", ZERO), _on(changes, ""), places)
    exempt = applied(by_treatment.get("1", ZERO), _on(changes, "1"), places)
    if is_exempt:
        whole = by_treatment.get("", ZERO) + by_treatment.get("1", ZERO)
        affected, exempt = (ZERO,), applied(whole, [each for each in changes if each.on != "2"], places)
    has_gross = not is_exempt and is_gross(head, kind)
    unbilled = by_treatment.get("2", ZERO) - by_treatment.get("6", ZERO)
    return Sums(
        kind,
        issued,
        head,
        totals,
        stated,
        lines,
        changes,
        rate,
        is_exempt,
        affected if has_gross else None,
        _without_iva(lines, changes, affected, rate) if has_gross else affected,
        exempt,
        applied(unbilled, _on(changes, "2"), places),
        by_treatment.get("3", ZERO),
        _taxed(lines, changes),
    )


def is_gross(head: Node, kind: int) -> bool:
    """Whether the prices hold the IVA: in boletas unless they say that they do not, elsewhere if they say so."""
    if kind in (39, 41):
        return head.of("IdDoc/IndMntNeto") != "2"
    return kind not in EXPORT and head.of("IdDoc/MntBruto") == "1"


def applied(base: Decimal, changes: Sequence[Change], places: int = 0) -> Readings:
    """``base`` after the changes: each percentage of what is left before it and rounded, as programs do that the SII
    certified, or all of the whole."""
    if not changes:
        return (base,)
    one_by_one = together = base
    for each in changes:
        if each.is_percent:
            one_by_one += each.sign * rounded(one_by_one * each.value / _HUNDRED, places)
            together += each.sign * base * each.value / _HUNDRED
        else:
            one_by_one += each.sign * each.value
            together += each.sign * each.value
    return (one_by_one,) if one_by_one == together else (one_by_one, together)


def value(node: Node, name: str) -> Decimal | None:
    """The number in an element of ``node``; None where there is none."""
    found = node.parts.get(name)
    return as_number(found[0].text.strip()) if found and found[0].text is not None else None


def amounts_in(node: Node) -> Mapping[str, Decimal]:
    """The numbers that stand in an element, by the names of their own elements."""
    found: dict[str, Decimal] = {}
    for name, nodes in node.parts.items():
        text = nodes[0].text
        number = None if text is None else as_number(text.strip())
        if number is not None:
            found[name] = number
    return found


def word(node: Node, name: str) -> str:
    """The text in an element of ``node``; "" where there is none."""
    found = node.parts.get(name)
    return found[0].text.strip() if found and found[0].text is not None else ""


def of_iva(net: Decimal, rate: Decimal) -> Decimal:
    """The IVA of a net amount, not rounded."""
    return net * rate / _HUNDRED


def tax_of(code: str, tax: Tax, sums: Sums) -> tuple[Decimal | None, Decimal]:
    """The rate of a tax or retention that day, None where it has none, and its amount by the lines, not rounded."""
    if tax.rule in ("vat", "margin"):
        rate: Decimal | None = sums.rate
    else:
        rate = next(iter(tax.rates_on(sums.issued)), None)
    if tax.rule == "base":
        base = sums.stated.get("MntBase", ZERO)
    elif tax.rule == "margin":
        base = sums.stated.get("MntMargenCom", ZERO)
    else:
        base = sums.taxed.get(code, (ZERO,))[0]
    return rate, of_iva(base, rate or ZERO)


def signed_taxes(totals: Node) -> Decimal:
    """What the additional taxes and retentions of a document add to its total; a code that is not known adds."""
    found = ZERO
    for node in totals.all("ImptoReten"):
        tax = taxes().get(word(node, "TipoImp"))
        amount = value(node, "MontoImp") or ZERO
        found += -amount if tax is not None and tax.sign == "-" else amount
    return found


def retained(totals: Node) -> Decimal:
    """The IVA that the buyer keeps back."""
    return sum(
        (
            value(node, "MontoImp") or ZERO
            for node in totals.all("ImptoReten")
            if (tax := taxes().get(word(node, "TipoImp"))) is not None and tax.sign == "-"
        ),
        ZERO,
    )


def total(totals: Node, stated: Mapping[str, Decimal], kind: int) -> Decimal:
    """MntTotal out of the amounts that stand beside it (Formato DTE v2.5, p. 32; boletas v4.1, p. 11)."""
    get = stated.get
    found = get("MntNeto", ZERO) + get("MntExe", ZERO)
    if kind in EXPORT:
        return found
    found += get("IVA", ZERO) + get("GrntDep", ZERO) - get("CredEC", ZERO)
    if "ImptoReten" in totals.parts:
        found += signed_taxes(totals)
    for commissions in totals.all("Comisiones"):
        for name in ("ValComNeto", "ValComExe", "ValComIVA"):
            found -= value(commissions, name) or ZERO
    return found


def _line(node: Node) -> Line:
    codes = node.parts.get("CodImpAdic")
    return Line(
        node,
        word(node, "IndExe"),
        value(node, "MontoItem") or ZERO,
        tuple(each.text.strip() for each in codes if each.text) if codes else (),
    )


def _change(node: Node) -> Change | None:
    amount, move = value(node, "ValorDR"), word(node, "TpoMov")
    if amount is None or move not in ("D", "R"):
        return None
    return Change(-1 if move == "D" else 1, word(node, "TpoValor") == "%", amount, word(node, "IndExeDR"))


def _on(changes: Sequence[Change], treatment: str) -> list[Change]:
    return [each for each in changes if each.on == treatment]


def _by_treatment(lines: Sequence[Line]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for line in lines:
        found[line.treatment] = found.get(line.treatment, ZERO) + line.amount
    return found


def _is_exempt(kind: int, lines: Sequence[Line], totals: Node) -> bool:
    """Whether every line is exempt, marked or not: by its type, or a note that has no affected amount at all."""
    if kind in (34, 41, *EXPORT):
        return True
    if kind not in (56, 61) or "MntExe" not in totals.parts:
        return False
    affected = any(name in totals.parts for name in ("MntNeto", "IVA", "TasaIVA"))
    return not affected and not any(line.treatment for line in lines)


def _without_iva(lines: Sequence[Line], changes: Sequence[Change], gross: Readings, rate: Decimal) -> Readings:
    """Net amounts of a gross sum, and with no global change also the sum of each line's net, rounded."""
    factor = 1 + rate / _HUNDRED
    found = tuple(each / factor for each in gross)
    if _on(changes, ""):
        return found
    return (*found, sum((pesos(line.amount / factor) for line in lines if not line.treatment), ZERO))


def _taxed(lines: Sequence[Line], changes: Sequence[Change]) -> dict[str, Readings]:
    """What the lines that carry each code come to: after the global percentages on affected lines, and before."""
    found: dict[str, Decimal] = {}
    for line in lines:
        for code in line.codes:
            found[code] = found.get(code, ZERO) + line.amount
    percentages = [each for each in _on(changes, "") if each.is_percent]
    amounts = [each for each in _on(changes, "") if not each.is_percent]
    return {
        code: tuple(dict.fromkeys((*applied(base, percentages), *applied(base, [*percentages, *amounts]), base)))
        for code, base in found.items()
    }


_EMPTY = Node("", "", {}, {})
