"""ConsumoFolios: the daily report of boletas that was asked for until July 2022 (ConsumoFolio_v10.xsd)."""

from decimal import Decimal

from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node
from minga.dte.reading.container import Container, Heads
from minga.dte.reading.envelopes import by_path
from minga.dte.reading.numbers import whole
from minga.dte.rounding import difference

TYPES = frozenset({"39", "41", "61"})


def report_of_folios(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    around = container.cover.first("DocumentoConsumoFolios") if container.cover else None
    if around is None or container.kind != "ConsumoFolios":
        return
    report.fault("folios-abolished", "ConsumoFolios")
    begin, end = around.day("Caratula/FchInicio"), around.day("Caratula/FchFinal")
    if begin is not None and end is not None and begin > end:
        report.fault("folios-period", "Caratula/FchFinal", end, f">= {begin}")
    for path, each in by_path(around, "Resumen"):
        _summary(path, each, report)


def _summary(path: str, each: Node, report: Report) -> None:
    if each.of("TipoDocumento") not in TYPES:
        report.fault("folios-type", f"{path}/TipoDocumento", each.of("TipoDocumento") or "", ", ".join(sorted(TYPES)))
    issued, annulled, used = (whole(each.of(f"Folios{name}")) for name in ("Emitidos", "Anulados", "Utilizados"))
    if issued is not None and annulled is not None and used is not None and used != issued + annulled:
        report.fault("folios-used", f"{path}/FoliosUtilizados", used, issued + annulled)
    if any(each.has(name) for name in _PARTS):
        total = sum((each.amount(name) for name in _PARTS), Decimal(0))
        if difference(each.amount("MntTotal"), total) == "wrong":
            report.fault("folios-total", f"{path}/MntTotal", each.of("MntTotal") or "", total)
    for name in ("RangoUtilizados", "RangoAnulados"):
        for where, span in by_path(each, name):
            first, last = whole(span.of("Inicial")), whole(span.of("Final"))
            if first is not None and last is not None and first > last:
                report.fault("folios-range", f"{path}/{where}/Final", last, f">= {first}")


_PARTS = ("MntNeto", "MntIva", "MntExento")

LOOKS = (report_of_folios,)
