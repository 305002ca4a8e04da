"""The body of a document from its short form: each short name at its place in the format; amounts of lines computed.

Totals are not made here: `totals.py` reckons them from the body.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import get_args

from minga.domain import rut
from minga.domain.errors import BadDraft
from minga.dte.making.draft import (
    Change,
    Commission,
    Customs,
    Draft,
    Extra,
    Line,
    Part,
    Receiver,
    Reference,
    Transport,
    Value,
)
from minga.dte.making.naming import (
    CHANGED,
    CODE,
    COMMISSION,
    CUSTOMS,
    DRIVER,
    FOREIGNER,
    FOREIGNER_IN_EXPORT,
    INSTALMENT,
    ISSUER,
    ISSUER_OF_BOLETA,
    LINE,
    PACKAGES,
    PAYMENTS,
    PERIOD,
    RECEIVER,
    REFERENCE,
    TRANSPORT,
    TREATMENTS,
)
from minga.dte.rounding import EXPORT_PLACES, pesos, rounded
from minga.dte.taxes import iva_rate
from minga.dte.writing import NO_XML, Order, Tree, order_of

_STEP = re.compile(r"(?P<name>\w+)(?:\[(?P<place>[1-9]\d*)\])?")

EXEMPT = (34, 41, 110, 111, 112)
"""Nothing in these is affected by IVA."""

WORTHLESS = ("not-sold", "deducted")
"""Lines of these treatments have the amount 0, whatever their price (Formato DTE v2.5, p. 42)."""

CORRECTS_TEXT = "2"
"""CodRef of notes whose lines have no amount."""

_SAYS_SO = (41, 110, 111, 112)
"""Of these, each line says that it is exempt; the lines of a factura exenta (34) do not."""


def compose(draft: Draft, folio: int, issued: date) -> Tree:
    """The body without its totals. Raises BadDraft where something has no place in a document of that type."""
    body: Tree = {"Encabezado": _head(draft, folio, issued)}
    body["Detalle"] = [_line(line, draft, place) for place, line in enumerate(draft.lines, 1)]
    lists = {
        "DscRcgGlobal": _changes(draft),
        "Referencia": [_reference(each, place) for place, each in enumerate(draft.references, 1)],
        "Comisiones": [_commission(each, place, iva_rate(issued)) for place, each in enumerate(draft.commissions, 1)],
    }
    body |= {name: nodes for name, nodes in lists.items() if nodes}
    if draft.currency:
        head, currency = body["Encabezado"], draft.currency
        assert isinstance(head, dict), "it was made here"
        head["Totales"] = {"TpoMoneda": currency.name}
        head["OtraMoneda"] = {"TpoMoneda": "PESO CL", "TpoCambio": written(currency.rate)}
    put_all(body, draft.extra)
    refuse_strangers(body, order_of(draft.type), draft.type)
    return body


def put_all(tree: Tree, extra: Extra) -> None:
    """Each value at its path; False takes away what is there. Raises BadDraft for what is no path."""
    for path, value in extra.items():
        if not isinstance(value, get_args(Value)):
            raise BadDraft(place=f"extra {path!r}", detail="it should be a text, a number or a date", suggestion="")
        _put(tree, path.split("/"), value, path)


def written(value: Value) -> str:
    """As XML has it: numbers without exponent and without zeros that say nothing, true as 1, one space between words:
    what is signed must not depend on how somebody wraps lines."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
    return " ".join(str(value).split())


def plain_rut(text: str) -> str:
    """Without dots, with a capital K, as the SII writes it; what is no RUT stays as it is: the check tells."""
    try:
        return rut.without_dots(rut.parse(text))
    except ValueError:
        return text.strip()


def _head(draft: Draft, folio: int, issued: date) -> Tree:
    is_boleta = draft.type in (39, 41)
    head: Tree = {
        "IdDoc": _identity(draft, folio, issued),
        "Emisor": _part(draft.issuer, ISSUER_OF_BOLETA if is_boleta else ISSUER),
        "Receptor": _receiver(draft.receiver, FOREIGNER_IN_EXPORT if draft.currency else FOREIGNER),
    }
    if draft.mandante_rut:
        head["RUTMandante"] = plain_rut(draft.mandante_rut)
    if draft.requested_by_rut:
        head["RUTSolicita"] = plain_rut(draft.requested_by_rut)
    if transport := _transport(draft.transport, draft.customs):
        head["Transporte"] = transport
    return head


def _receiver(receiver: Receiver, of_foreigner: Mapping[str, str]) -> Tree:
    found = _filled(receiver, RECEIVER)
    if foreign := _filled(receiver, of_foreigner):
        found["Extranjero"] = foreign
    put_all(found, receiver.extra)
    return found


def _identity(draft: Draft, folio: int, issued: date) -> Tree:
    found: Tree = {"TipoDTE": str(draft.type), "Folio": str(folio), "FchEmis": issued.isoformat()}
    given: dict[str, Value | None] = {
        "TipoDespacho": draft.dispatch,
        "IndTraslado": draft.transfer,
        "IndServicio": draft.service,
        "FmaPago": PAYMENTS[draft.payment] if draft.payment else None,
        "FmaPagExp": draft.payment_export,
        "FchVenc": draft.due,
    }
    if draft.type == 39:
        given["IndMntNeto"] = 2 if draft.gross is False else None
    elif draft.gross:
        given["MntBruto"] = 1
    found |= {name: written(value) for name, value in given.items() if value is not None}
    if draft.period:
        found |= _part(draft.period, PERIOD)
    if draft.instalments:
        found["MntPagos"] = [_part(each, INSTALMENT) for each in draft.instalments]
    return found


def _transport(transport: Transport | None, customs: Customs | None) -> Tree:
    found: Tree = {}
    if transport:
        found = _filled(transport, TRANSPORT)
        if driver := _filled(transport, DRIVER):
            found["Chofer"] = driver
        put_all(found, transport.extra)
    if customs:
        aduana = _filled(customs, CUSTOMS)
        if customs.packages:
            aduana["TipoBultos"] = [_part(each, PACKAGES) for each in customs.packages]
        put_all(aduana, customs.extra)
        found["Aduana"] = aduana
    return found


def _line(line: Line, draft: Draft, place: int) -> Tree:
    export = draft.currency is not None
    gross, discount, surcharge = _price(line, draft, place), line.discount, line.surcharge
    if line.discount_percent is not None:
        discount = _rounded(gross * line.discount_percent / 100, export)
    if line.surcharge_percent is not None:
        surcharge = _rounded(gross * line.surcharge_percent / 100, export)
    amount = Decimal(0) if line.treatment in WORTHLESS else line.amount
    if amount is None:
        amount = _rounded(gross - (discount or 0) + (surcharge or 0), export)
    treatment = line.treatment or ("exempt" if draft.type in _SAYS_SO else None)
    if twice := next((code for code in line.taxes if line.taxes.count(code) > 1), None):
        raise BadDraft(place=f"lines[{place}].taxes", detail=f"{twice} stands there twice", suggestion="")
    found: Tree = {"NroLinDet": str(place), **_filled(line, LINE), "MontoItem": written(amount)}
    if treatment:
        found["IndExe"] = TREATMENTS[treatment]
    for name, part, percent in (
        ("DescuentoMonto", discount, "DescuentoPct"),
        ("RecargoMonto", surcharge, "RecargoPct"),
    ):
        if part:
            found[name] = written(part)
        else:  # a percentage that comes to nothing: the format has no amount of 0
            found.pop(percent, None)
    if line.codes:
        found["CdgItem"] = [_part(code, CODE) for code in line.codes]
    if draft.currency and line.price is not None:
        found["OtrMnda"] = _in_pesos(line, draft.currency.rate, discount, surcharge, amount)
    put_all(found, line.extra)
    return found


def _price(line: Line, draft: Draft, place: int) -> Decimal:
    """Quantity times price. Raises BadDraft where nothing says what the line is worth."""
    if line.price is not None:
        return line.price * (Decimal(1) if line.quantity is None else line.quantity)
    if line.amount is not None:
        return line.amount
    if draft.type == 52 or any(str(each.code) == CORRECTS_TEXT for each in draft.references):
        return Decimal(0)
    raise BadDraft(place=f"lines[{place}]", detail="it has neither price nor amount", suggestion="")


def _in_pesos(line: Line, rate: Decimal, discount: Decimal | None, surcharge: Decimal | None, amount: Decimal) -> Tree:
    values = {
        "PrcOtrMon": (line.price or Decimal(0)) * rate,
        "FctConv": rate,
        "DctoOtrMnda": discount and discount * rate,
        "RecargoOtrMnda": surcharge and surcharge * rate,
        "MontoItemOtrMnda": amount * rate,
    }
    return {"Moneda": "PCL", **{name: written(_rounded(each, True)) for name, each in values.items() if each}}


def _changes(draft: Draft) -> list[Tree]:
    moves = [*(("D", each) for each in draft.discounts), *(("R", each) for each in draft.surcharges)]
    return [_change(each, move, place, draft) for place, (move, each) in enumerate(moves, 1)]


def _change(change: Change, move: str, place: int, draft: Draft) -> Tree:
    value = change.percent if change.amount is None else change.amount
    if value is None or (change.percent is not None and change.amount is not None):
        where = "discounts" if move == "D" else "surcharges"
        raise BadDraft(place=where, detail="give either percent or amount", suggestion="")
    found: Tree = {"NroLinDR": str(place), "TpoMov": move, "TpoValor": "$" if change.percent is None else "%"}
    found["ValorDR"] = written(value)
    if change.text:
        found["GlosaDR"] = change.text
    if draft.currency:
        in_pesos = value if change.amount is None else _rounded(value * draft.currency.rate, True)
        found["ValorDROtrMnda"] = written(in_pesos)
    on = change.on or ("exempt" if draft.type in EXEMPT else "affected")
    if CHANGED[on]:
        found["IndExeDR"] = CHANGED[on]
    put_all(found, change.extra)
    return found


def _reference(reference: Reference, place: int) -> Tree:
    found: Tree = {"NroLinRef": str(place), **_filled(reference, REFERENCE)}
    if reference.covers_all:
        found["IndGlobal"] = "1"
    put_all(found, reference.extra)
    return found


def _commission(commission: Commission, place: int, rate: Decimal) -> Tree:
    kind = "C" if commission.kind == "commission" else "O"
    found: Tree = {"NroLinCom": str(place), "TipoMovim": kind, **_filled(commission, COMMISSION)}
    if commission.net:
        found["ValComIVA"] = written(pesos(commission.net * rate / 100))
    put_all(found, commission.extra)
    return found


def _filled(part: Part, names: Mapping[str, str]) -> Tree:
    """What the part says, by the names of the format."""
    found: Tree = {}
    for short, name in names.items():
        value = getattr(part, short)
        if isinstance(value, tuple):
            texts = [written(each) for each in value]
            if texts:
                found[name] = texts[0] if len(texts) == 1 else texts
        elif value is not None and value != "":
            found[name] = plain_rut(value) if short.endswith("rut") else written(value)
    return found


def _part(part: Part, names: Mapping[str, str]) -> Tree:
    """What the part says, with its extra."""
    found = _filled(part, names)
    put_all(found, part.extra)
    return found


def _rounded(amount: Decimal, export: bool) -> Decimal:
    return rounded(amount, EXPORT_PLACES) if export else pesos(amount)


def _put(tree: Tree, path: Sequence[str], value: Value, whole: str) -> None:
    step = _STEP.fullmatch(path[0])
    if step is None:
        raise BadDraft(
            place=f"extra {whole!r}",
            detail=f"{path[0]!r} is no step of a path",
            suggestion="Write the elements from the body down: Encabezado/IdDoc/TpoTranVenta, Detalle[2]/NmbItem. ",
        )
    name, place = step["name"], int(step["place"] or 1) - 1
    present = tree.get(name)
    nodes: list[str | Tree] = list(present) if isinstance(present, list) else [] if present is None else [present]
    if place > len(nodes):
        raise BadDraft(place=f"extra {whole!r}", detail=f"there are only {len(nodes)} of {name}", suggestion="")
    if len(path) > 1:
        inside = nodes[place] if place < len(nodes) else {}
        if isinstance(inside, str):
            raise BadDraft(place=f"extra {whole!r}", detail=f"{name} holds a text, no elements", suggestion="")
        _put(inside, path[1:], value, whole)
        nodes[place : place + 1] = [inside]
    elif value is False:
        del nodes[place : place + 1]
    else:
        nodes[place : place + 1] = [written(value)]
    if nodes:
        tree[name] = nodes[0] if len(nodes) == 1 else nodes  # type: ignore[assignment]
    else:
        tree.pop(name, None)


def refuse_strangers(tree: Tree, order: Order, kind: int, path: str = "") -> None:
    """Raises BadDraft for what no document of that type can have: the schema, or XML itself, would refuse it."""
    for name, value in tree.items():
        if name not in order:
            raise BadDraft(
                place=path + name,
                detail=f"a document of type {kind} has no such element",
                suggestion="Leave it out, or write it where this type has it. ",
            )
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and NO_XML.search(each):
                raise BadDraft(place=path + name, detail="it has a character that XML cannot hold", suggestion="")
            if isinstance(each, dict):
                refuse_strangers(each, order[name], kind, f"{path}{name}/")
