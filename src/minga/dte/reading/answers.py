"""RespuestaDTE and EnvioRecibos: what a receiver answers (RespuestaEnvioDTE_v10.xsd, Recibos_v10.xsd)."""

from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node
from minga.dte.reading.container import Container, Heads
from minga.dte.reading.envelopes import by_path
from minga.dte.reading.numbers import whole

TYPES = frozenset({"33", "34", "46", "52", "56", "61"})

ENVELOPE_STATES = frozenset({"0", "1", "2", "3", "90", "91", "99"})
DOCUMENT_STATES = frozenset({"0", "1", "2", "3", "4", "99"})
RESULT_STATES = frozenset({"0", "1", "2"})

OTHER_PARTY = frozenset({"2", "3", "99"})
"""States of a document that name another issuer or receiver than the answer's, or whatever else is wrong with it."""

DECLARATION = (
    "El acuse de recibo que se declara en este acto, de acuerdo a lo dispuesto en la letra b) del Art. 4, y la letra "
    "c) del Art. 5 de la Ley 19.983, acredita que la entrega de mercaderias o servicio(s) prestado(s) ha(n) sido "
    "recibido(s)."
)
"""As Recibos_v10.xsd fixes it, without accents."""


def answer(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    result = container.cover.first("Resultado") if container.cover and container.kind == "RespuestaDTE" else None
    if result is None:
        return
    envelopes, results = by_path(result, "RecepcionEnvio"), by_path(result, "ResultadoDTE")
    if envelopes and results:
        report.fault("answer-both", "Resultado", "RecepcionEnvio, ResultadoDTE", "RecepcionEnvio | ResultadoDTE")
    told = whole(result.of("Caratula/NroDetalles"))
    if told != len(envelopes) + len(results):
        report.fault("answer-details", "Resultado/Caratula/NroDetalles", told, len(envelopes) + len(results))
    parties = result.of("Caratula/RutRecibe"), result.of("Caratula/RutResponde")
    for path, each in envelopes:
        _envelope(path, each, parties, report)
    for path, each in results:
        _state(path, each, "EstadoDTE", RESULT_STATES, report)
        _document(path, each, "TipoDTE", parties, report)
        reason = each.of("CodRchDsc")
        number = each.number("CodRchDsc")
        if reason is not None and (number is None or number >= 0):
            report.fault("answer-reason", f"{path}/CodRchDsc", reason, "< 0")


def receipts(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    """Receipts of goods or services, alone or with the invoice that is assigned."""
    if container.cover is None:
        return
    parties: tuple[str | None, str | None] = (None, None)
    if container.kind == "EnvioRecibos":
        around = container.cover.first("SetRecibos")
        parties = (around.of("Caratula/RutRecibe"), around.of("Caratula/RutResponde")) if around else parties
    elif container.kind == "AEC":
        around = container.cover.first("DocumentoAEC/Cesiones/DTECedido/DocumentoDTECedido")
    else:
        return
    for path, each in by_path(around, "Recibo") if around else ():
        receipt = each.first("DocumentoRecibo")
        if receipt is not None:
            _receipt(path, receipt, report)
            _document(path, receipt, "TipoDoc", parties, report)


def _envelope(path: str, each: Node, parties: tuple[str | None, str | None], report: Report) -> None:
    _state(path, each, "EstadoRecepEnv", ENVELOPE_STATES, report)
    documents = by_path(each, "RecepcionDTE")
    told = whole(each.of("NroDTE"))
    if told is not None and told != len(documents):
        report.fault("answer-count", f"{path}/NroDTE", told, len(documents))
    for below, document in documents:
        where = f"{path}/{below}"
        _state(where, document, "EstadoRecepDTE", DOCUMENT_STATES, report)
        wrong = document.of("EstadoRecepDTE") in OTHER_PARTY
        _document(where, document, "TipoDTE", (None, None) if wrong else parties, report)


def _state(path: str, each: Node, name: str, states: frozenset[str], report: Report) -> None:
    state = each.of(name)
    if state is None or state not in states:
        report.fault("answer-state", f"{path}/{name}", state or "", ", ".join(sorted(states, key=int)))


def _document(path: str, each: Node, kind: str, parties: tuple[str | None, str | None], report: Report) -> None:
    """``parties``: the issuer and the receiver of the cover, None where they are not to be compared."""
    if each.of(kind) not in TYPES:
        report.fault("answer-type", f"{path}/{kind}", each.of(kind) or "", ", ".join(sorted(TYPES)))
    for name, party in zip(("RUTEmisor", "RUTRecep"), parties, strict=True):
        if party is not None and each.of(name) != party:
            report.fault("answer-parties", f"{path}/{name}", each.of(name) or "", party)


def _receipt(path: str, receipt: Node, report: Report) -> None:
    declaration = receipt.of("Declaracion")
    if declaration != DECLARATION:
        report.fault("receipt-declaration", f"{path}/Declaracion", declaration or "", DECLARATION)
    if not receipt.of("Recinto"):
        report.fault("receipt-place", f"{path}/Recinto")


LOOKS = (answer, receipts)
