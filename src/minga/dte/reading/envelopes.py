"""EnvioDTE and EnvioBOLETA: the cover against the documents in it."""

from collections import Counter
from datetime import datetime

from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node
from minga.dte.reading.container import Container, Heads
from minga.dte.reading.numbers import counted, right_rut, ruts, whole

TYPES = {"EnvioDTE": frozenset({33, 34, 43, 46, 52, 56, 61, 110, 111, 112}), "EnvioBOLETA": frozenset({39, 41})}
"""EnvioDTE_v10.xsd, EnvioBOLETA_v11.xsd."""

DOCUMENTS_MAX = {"EnvioDTE": 2000, "EnvioBOLETA": 500}

SII = "60803000-K"


def cover(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    """Every container of the SII's has a cover, and right RUTs in it."""
    if container.cover is None or container.kind in ("DTE", "wrapper", "nothing"):
        return
    if container.caratula is None:
        report.fault("envelope-cover", "Caratula")
    rule = "cession-rut" if container.kind == "AEC" else "envelope-rut"
    for path, text in ruts(container.cover):
        if not right_rut(text):
            report.fault(rule, path, text)


def sender(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    """When and by which resolution it was sent, in all that name one."""
    caratula = container.caratula
    if caratula is None or container.kind not in _SENT:
        return
    number = caratula.of("NroResol")
    if caratula.has("FchResol") or container.kind in TYPES:
        _resolution(number, report)
    sent = caratula.of("TmstFirmaEnv")
    if sent is None:
        return
    moment = as_moment(sent)
    if moment is None or not 2000 <= moment.year <= 2050:
        report.fault("envelope-time", "Caratula/TmstFirmaEnv", sent, "AAAA-MM-DDTHH:MI:SS")
    elif moment.date() > grounds.today:
        report.fault("envelope-time-future", "Caratula/TmstFirmaEnv", sent, f"<= {grounds.today}")


def authorised(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    """RutEnvia against those who may act for the issuer, as far as the grounds tell."""
    caratula = container.caratula
    sent_by = caratula.of("RutEnvia") if caratula is not None else None
    if caratula is None or sent_by is None or container.kind not in _SENT:
        return
    issuer = caratula.of("RutEmisor") or caratula.of("RutEmisorLibro") or ""
    allowed = grounds.signers.get(issuer)
    if allowed is not None and sent_by not in {issuer, *allowed}:
        report.fault("envelope-sender-other", "Caratula/RutEnvia", sent_by, ", ".join(sorted(allowed)))


def parties(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    caratula = container.caratula
    if caratula is None or container.kind not in TYPES:
        return
    issuer, receiver = caratula.of("RutEmisor"), caratula.of("RutReceptor")
    for number, each in enumerate(heads, 1):
        if issuer is not None and each.issuer != issuer:
            report.fault("envelope-issuer", f"Caratula/RutEmisor, DTE[{number}]", each.issuer, issuer)
        if receiver not in (None, SII, each.receiver) and container.kind == "EnvioDTE":
            report.fault("envelope-receiver", f"Caratula/RutReceptor, DTE[{number}]", receiver, each.receiver)
    if container.kind == "EnvioBOLETA" and receiver not in (None, SII):
        report.fault("envelope-receiver", "Caratula/RutReceptor", receiver, SII)


def documents(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    if container.kind not in TYPES:
        return
    present, most = len(container.pieces), DOCUMENTS_MAX[container.kind]
    if not 1 <= present <= most:
        report.fault("envelope-documents", "SetDTE/DTE", present, f"1..{most}")
    for number, each in enumerate(heads, 1):
        if each.kind and each.kind not in TYPES[container.kind]:
            report.fault(
                "envelope-type", f"DTE[{number}]", each.kind, ", ".join(map(str, sorted(TYPES[container.kind])))
            )


def subtotals(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    """SubTotDTE against the documents, where all of them could be read."""
    caratula = container.caratula
    if caratula is None or container.kind not in TYPES:
        return
    told: Counter[int] = Counter()
    for place, each in enumerate(caratula.all("SubTotDTE"), 1):
        if not each.has("TpoDTE") and each.has("TipoDTE"):
            report.fault("envelope-tag", f"Caratula/SubTotDTE[{place}]", "TipoDTE", "TpoDTE")
        told[whole(each.of("TpoDTE") or each.of("TipoDTE")) or 0] += whole(each.of("NroDTE")) or 0
    present = Counter(each.kind for each in heads)
    if told != present and len(heads) == len(container.pieces):
        report.fault("envelope-subtotals", "Caratula/SubTotDTE", counted(told), counted(present))


def marks(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    """An ID stands once in a file: signatures point at it."""
    if container.element is None:
        return
    found = Counter(each.mark for each in heads if each.mark)
    found.update(mark for each in container.element.iter() if (mark := each.get("ID")))
    for mark, times in found.items():
        if times > 1:
            report.fault("envelope-id", "@ID", f"{mark}: {times}", "1")


def as_moment(text: str | None) -> datetime | None:
    """A date and time as AAAA-MM-DDTHH:MI:SS, without a zone, or None."""
    if text is None or len(text) != 19 or text[10] != "T":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _resolution(number: str | None, report: Report) -> None:
    found = whole(number)
    if found is None or found > 999_999:
        report.fault("envelope-resolution", "Caratula/NroResol", number or "", "0..999999")
    elif found == 0:
        report.fault("envelope-certification", "Caratula/NroResol", number, "> 0")


def by_path(node: Node, path: str) -> tuple[tuple[str, Node], ...]:
    """Every element of that name below ``node``'s first of the path before it, with its own path."""
    before, _, name = path.rpartition("/")
    around = node.first(before) if before else node
    if around is None:
        return ()
    found = around.all(name)
    return tuple((f"{path}[{place}]" if len(found) > 1 else path, each) for place, each in enumerate(found, 1))


_SENT = ("EnvioDTE", "EnvioBOLETA", "EnvioRecibos", "ConsumoFolios", "LibroCompraVenta", "LibroGuia", "LibroBoleta")

LOOKS = (cover, sender, authorised, parties, documents, subtotals, marks)
