"""The totals as they are printed: with their rates, taxes by name, what is kept back with a minus."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from minga.dte.document import Document
from minga.dte.node import Node
from minga.dte.printing.figures import figure, money
from minga.dte.rounding import pesos
from minga.dte.taxes import iva_rate, taxes

Show = Callable[[Decimal], str]

_EMPTY = Node("", None, {}, {})


def totals_of(document: Document) -> Iterator[tuple[str, str]]:
    """Labels and amounts; the last one that is printed large is MONTO TOTAL."""
    totals = document.body.first("Encabezado/Totales") or _EMPTY
    show = _in_currency(totals) if document.is_export else _in_pesos
    yield from _changes(document, show)
    if document.is_boleta:
        yield from _of_boleta(totals, document)
    else:
        yield from _affected(totals, document)
    yield "MONTO TOTAL", show(totals.amount("MntTotal"))
    yield from _after(totals)
    if document.is_export:
        yield from _pesos_of_export(document)


def _affected(totals: Node, document: Document) -> Iterator[tuple[str, str]]:
    """The manual's rule: where all is exempt, neither net nor IVA."""
    show = _in_currency(totals) if document.is_export else _in_pesos
    if totals.has("MntNeto") and (totals.amount("MntNeto") or totals.amount("IVA")):
        yield "Monto neto", show(totals.amount("MntNeto"))
    if totals.has("MntExe"):
        yield "Monto exento", show(totals.amount("MntExe"))
    if totals.has("IVA") and (totals.amount("MntNeto") or totals.amount("IVA")):
        rate = totals.number("TasaIVA") or iva_rate(document.issued)
        yield f"IVA ({figure(rate)}%)", show(totals.amount("IVA"))
    for node in totals.all("ImptoReten"):
        yield _tax(node, show)
    for label, name, sign in (
        ("Crédito 65% constructoras", "CredEC", -1),
        ("Garantía por depósitos", "GrntDep", 1),
        ("Comisiones, neto", "Comisiones/ValComNeto", -1),
        ("Comisiones, exento", "Comisiones/ValComExe", -1),
        ("Comisiones, IVA", "Comisiones/ValComIVA", -1),
    ):
        if totals.amount(name):
            yield label, show(sign * totals.amount(name))


def _of_boleta(totals: Node, document: Document) -> Iterator[tuple[str, str]]:
    if totals.amount("MntExe"):
        yield "Monto exento", _in_pesos(totals.amount("MntExe"))
    if totals.amount("IVA"):
        yield f"IVA incluido ({figure(iva_rate(document.issued))}%)", _in_pesos(totals.amount("IVA"))


def _tax(node: Node, show: Show) -> tuple[str, str]:
    code, rate, amount = node.of("TipoImp") or "", node.number("TasaImp"), node.amount("MontoImp")
    tax = taxes().get(code)
    name = tax.name_es if tax else f"Impuesto {code}"
    kept = tax is not None and tax.sign == "-"
    return (f"{name} ({figure(rate)}%)" if rate else name), show(-amount if kept else amount)


def _changes(document: Document, show: Show) -> Iterator[tuple[str, str]]:
    """Global discounts and surcharges, with the amount that a percentage comes to: one after the other, as reckoned."""
    left: dict[str, Decimal] = {}
    for line in document.lines:
        treatment = line.of("IndExe") or ""
        left[treatment] = left.get(treatment, Decimal(0)) + line.amount("MontoItem")
    for node in document.body.all("DscRcgGlobal"):
        value, on = node.amount("ValorDR"), node.of("IndExeDR") or ""
        base = (
            sum(left.values(), Decimal(0))
            if document.kind in (34, 41) or document.is_export
            else left.get(on, Decimal(0))
        )
        is_percent, sign = node.of("TpoValor") == "%", -1 if node.of("TpoMov") == "D" else 1
        amount = base * value / 100 if is_percent else value
        if not document.is_export:
            amount = pesos(amount)
        left[on] = left.get(on, Decimal(0)) + sign * amount
        name = node.of("GlosaDR") or ("Descuento" if sign < 0 else "Recargo")
        yield (f"{name} ({figure(value)}%)" if is_percent else name), show(sign * amount)


def _after(totals: Node) -> Iterator[tuple[str, str]]:
    for label, name in (
        ("IVA no retenido", "IVANoRet"),
        ("Monto no facturable", "MontoNF"),
        ("Monto del período", "MontoPeriodo"),
        ("Monto del período", "TotalPeriodo"),
        ("Saldo anterior", "SaldoAnterior"),
        ("Valor a pagar", "VlrPagar"),
    ):
        if totals.has(name):
            yield label, _in_pesos(totals.amount(name))


def _pesos_of_export(document: Document) -> Iterator[tuple[str, str]]:
    total = document.body.number("Encabezado/OtraMoneda/MntTotOtrMnda")
    if total is not None:
        yield "Total en pesos", _in_pesos(total)


def _in_pesos(amount: Decimal) -> str:
    return _signed("$", amount, figure)


def _signed(currency: str, amount: Decimal, show: Show) -> str:
    return f"{'-' if amount < 0 else ''}{currency} {show(abs(amount))}"


def _in_currency(totals: Node) -> Show:
    currency = totals.of("TpoMoneda") or ""
    sign = {"DOLAR USA": "US$", "EURO": "€", "PESO CL": "$"}.get(currency, currency)
    return lambda amount: _signed(sign, amount, money)
