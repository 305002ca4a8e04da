"""AEC: an invoice that is assigned, against the checks of the register (Instructivo técnico, p. 5)."""

from datetime import date
from itertools import pairwise

from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node
from minga.dte.reading.container import Container, Head, Heads
from minga.dte.reading.envelopes import as_moment, by_path
from minga.dte.reading.numbers import whole

TYPES = frozenset({33, 34, 43, 46})
CESSIONS_MAX = 40
IMAGE_MAX = 3 * 1024 * 1024
"""Bytes of a picture of a receipt, without base64."""

PURCHASE_INVOICE = 46
"""The buyer issues it, so the credit is the receiver's."""

Cession = tuple[str, Node]


def cession(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    around = container.cover.first("DocumentoAEC") if container.cover and container.kind == "AEC" else None
    if around is None:
        return
    found = [
        (f"{path}/DocumentoCesion", document)
        for path, each in by_path(around, "Cesiones/Cesion")
        if (document := each.first("DocumentoCesion")) is not None
    ]
    assigned = heads[0] if len(heads) == 1 else None
    if len(container.pieces) != 1:
        report.fault("cession-document", "DocumentoAEC/Cesiones/DTECedido", len(container.pieces), "1")
    _sequence(found, report)
    _chain(found, assigned, report)
    _cover(around, found, report)
    _oath(found, report)
    for path, each in by_path(around, "Cesiones/Cesion"):
        _signatures(path, each, report)
    for one in found:
        _terms(one, grounds.today, report)
        _same(one, assigned, report)
    _image(around, report)


def _sequence(found: list[Cession], report: Report) -> None:
    if not 1 <= len(found) <= CESSIONS_MAX:
        report.fault("cession-sequence", "DocumentoAEC/Cesiones/Cesion", len(found), f"1..{CESSIONS_MAX}")
    for number, (path, each) in enumerate(found, 1):
        if whole(each.of("SeqCesion")) != number:
            report.fault("cession-sequence", f"{path}/SeqCesion", each.of("SeqCesion") or "", number)


def _chain(found: list[Cession], assigned: Head | None, report: Report) -> None:
    """Who assigns is who has the credit."""
    if found and assigned is not None:
        path, first = found[0]
        owners = [assigned.issuer, *([assigned.receiver] if assigned.kind == PURCHASE_INVOICE else [])]
        if first.of("Cedente/RUT") not in owners:
            report.fault("cession-cedent", f"{path}/Cedente/RUT", first.of("Cedente/RUT") or "", " | ".join(owners))
    for (_, before), (path, after) in pairwise(found):
        if after.of("Cedente/RUT") != before.of("Cesionario/RUT"):
            rut = before.of("Cesionario/RUT") or ""
            report.fault("cession-cedent", f"{path}/Cedente/RUT", after.of("Cedente/RUT") or "", rut)


def _cover(around: Node, found: list[Cession], report: Report) -> None:
    """The cover names the parties of the last cession."""
    if not found:
        return
    last = found[-1][1]
    for name, path in (("RutCedente", "Cedente/RUT"), ("RutCesionario", "Cesionario/RUT")):
        told = around.of(f"Caratula/{name}")
        if told is not None and told != last.of(path):
            report.fault("cession-cover", f"DocumentoAEC/Caratula/{name}", told, last.of(path) or "")


def _oath(found: list[Cession], report: Report) -> None:
    for (_, before), (path, after) in pairwise(found):
        if before.of("Cedente/DeclaracionJurada") and not after.of("Cedente/DeclaracionJurada"):
            report.fault("cession-oath", f"{path}/Cedente/DeclaracionJurada")


def _signatures(path: str, each: Node, report: Report) -> None:
    """One for each authorised person, where it is signed at all."""
    signed, persons = len(each.all("Signature")), len(by_path(each, "DocumentoCesion/Cedente/RUTAutorizado"))
    if signed and signed != persons:
        report.fault("cession-signatures", f"{path}/Signature", signed, persons)


def _terms(each: Cession, today: date, report: Report) -> None:
    """Amount, due date and moment of one cession."""
    path, node = each
    amount, total = node.number("MontoCesion"), node.number("IdDTE/MntTotal")
    if amount is not None and total is not None and amount > total:
        report.fault("cession-amount", f"{path}/MontoCesion", amount, f"<= {total}")
    due, issued = node.day("UltimoVencimiento"), node.day("IdDTE/FchEmis")
    if due is not None and issued is not None and due < issued:
        report.fault("cession-due", f"{path}/UltimoVencimiento", due, f">= {issued}")
    moment = as_moment(node.of("TmstCesion"))
    if moment is None:
        report.fault("cession-time", f"{path}/TmstCesion", node.of("TmstCesion") or "", "AAAA-MM-DDTHH:MI:SS")
    elif moment.date() > today:
        report.fault("cession-time", f"{path}/TmstCesion", moment.isoformat(), f"<= {today}")


def _same(each: Cession, assigned: Head | None, report: Report) -> None:
    """What the cession says of the document, against the document."""
    path, node = each
    told = node.first("IdDTE")
    if told is None:
        return
    kind = whole(told.of("TipoDTE"))
    if kind not in TYPES:
        report.fault("cession-type", f"{path}/IdDTE/TipoDTE", kind or "", ", ".join(map(str, sorted(TYPES))))
    if assigned is None:
        return
    for name, found, expected in (
        ("TipoDTE", kind, assigned.kind),
        ("RUTEmisor", told.of("RUTEmisor"), assigned.issuer),
        ("RUTReceptor", told.of("RUTReceptor"), assigned.receiver),
        ("Folio", whole(told.of("Folio")), assigned.folio),
        ("FchEmis", told.day("FchEmis"), assigned.issued),
        ("MntTotal", told.number("MntTotal"), assigned.total),
    ):
        if found != expected:
            shown, other = ("" if each is None else each for each in (found, expected))
            report.fault("cession-other-document", f"{path}/IdDTE/{name}", shown, other)


def _image(around: Node, report: Report) -> None:
    image = around.of("Cesiones/DTECedido/DocumentoDTECedido/ImagenAR")
    if image is None:
        return
    size = len("".join(image.split()).rstrip("=")) * 3 // 4
    if size > IMAGE_MAX:
        report.fault("cession-image", "DTECedido/DocumentoDTECedido/ImagenAR", f"{size:,}", f"<= {IMAGE_MAX:,}")


LOOKS = (cession,)
