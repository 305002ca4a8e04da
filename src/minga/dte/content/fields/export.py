"""Exports: what 110, 111, 112 and the guías of exports must say (Formato DTE v2.5, pp. 18, 24-29, 33-40)."""

from decimal import Decimal

from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node

ADUANA = "Encabezado/Transporte/Aduana"
ADVANCE = "32"
"""Customs' code of a payment before shipment; second hand."""

_SERVICES = frozenset({"3", "4", "5", "6"})
_CENT = Decimal("0.01")
_NOTHING = Node("", "", {}, {})
_GUIDE = (("CodPtoDesemb", "p.27"), ("PesoBruto", "p.27"), ("CodUnidPesoBruto", "p.27"), ("TotBultos", "p.28"))
_PESOS = (("TpoMoneda", "p.33"), ("TpoCambio", "p.33"), ("MntExeOtrMnda", "p.33"), ("MntTotOtrMnda", "p.35"))
_WEIGHTS = (("Tara", "CodUnidMedTara"), ("PesoBruto", "CodUnidPesoBruto"), ("PesoNeto", "CodUnidPesoNeto"))


def guide(document: Document, grounds: Grounds, report: Report) -> None:
    """A guía with IndTraslado 8 or 9 takes goods to the port."""
    if document.kind != 52:
        return
    body = document.body
    moved = body.of("Encabezado/IdDoc/IndTraslado")
    issuer = body.first("Encabezado/Emisor/GuiaExport") or _NOTHING
    if issuer.of("CdgTraslado") == "4":
        for name in ("FolioAut", "FchAut"):
            if not issuer.of(name):
                report.fault("export-guide-authorisation", f"Encabezado/Emisor/GuiaExport/{name}")
    if moved not in ("8", "9"):
        return
    if not issuer.of("CdgTraslado"):
        report.fault("export-guide-issuer", "Encabezado/Emisor/GuiaExport/CdgTraslado", "", "1, 2, 3, 4")
    customs = body.first(ADUANA) or _NOTHING
    for name, page in _GUIDE:
        if not customs.of(name):
            report.fault("export-guide-customs", f"{ADUANA}/{name}", at=f"F25 {page}")
    if moved == "9":
        for where, line in document.body.each("Detalle"):
            for name, page in (("PrcOtrMon", "p.39"), ("MontoItemOtrMnda", "p.40")):
                if not line.of(f"OtrMnda/{name}"):
                    report.fault("export-guide-price", f"{where}/OtrMnda/{name}", at=f"F25 {page}")


def invoice(document: Document, grounds: Grounds, report: Report) -> None:
    """An export invoice of goods: what Customs want to know, and quantities in their units."""
    if document.kind != 110:
        return
    service = document.body.of("Encabezado/IdDoc/IndServicio")
    customs = document.body.first(ADUANA) or _NOTHING
    if service != "4" and not customs.of("CodViaTransp"):
        report.fault("export-way", f"{ADUANA}/CodViaTransp")
    if customs is not _NOTHING and not customs.of("CodPaisRecep"):
        report.fault("export-country", f"{ADUANA}/CodPaisRecep")
    if service in _SERVICES:
        return
    for name, page in (("CodModVenta", "p.24"), ("CodClauVenta", "p.25"), ("TotClauVenta", "p.25")):
        if not customs.of(name):
            report.fault("export-customs", f"{ADUANA}/{name}", at=f"F25 {page}")
    if not customs.of("CodPtoDesemb"):
        report.fault("export-port", f"{ADUANA}/CodPtoDesemb")
    if customs is not _NOTHING and not customs.of("TotBultos"):
        report.fault("export-packages", f"{ADUANA}/TotBultos")
    for where, line in document.body.each("Detalle"):
        for name, page in (("QtyItem", "p.38"), ("UnmdItem", "p.39")):
            if not line.of(name):
                report.fault("export-quantity", f"{where}/{name}", at=f"F25 {page}")


def pesos(document: Document, grounds: Grounds, report: Report) -> None:
    """Amounts of exports are told in pesos too, at the rate of the Central Bank."""
    if not document.is_export or document.body.of("Encabezado/Totales/TpoMoneda") == "PESO CL":
        return
    other = document.body.first("Encabezado/OtraMoneda") or _NOTHING
    for name, page in (
        ("TpoMoneda", "p.33"),
        ("TpoCambio", "p.33"),
        ("MntExeOtrMnda", "p.33"),
        ("MntTotOtrMnda", "p.35"),
    ):
        if not other.of(name):
            report.fault("export-pesos", f"Encabezado/OtraMoneda/{name}", at=f"F25 {page}")
    named = other.of("TpoMoneda")
    if named and named != "PESO CL":
        report.fault("export-pesos-currency", "Encabezado/OtraMoneda/TpoMoneda", named, "PESO CL")


def packages(document: Document, grounds: Grounds, report: Report) -> None:
    """Weights have units; kinds of packages come with their total, and each is marked or is a container."""
    customs = document.body.first(ADUANA)
    if customs is None:
        return
    for weight, its_unit in _WEIGHTS:
        if customs.of(weight) and not customs.of(its_unit):
            report.fault("export-weight-unit", f"{ADUANA}/{its_unit}")
    if customs.has("TipoBultos") and not customs.of("TotBultos"):
        report.fault("export-packages-total", f"{ADUANA}/TotBultos")
    for where, each in customs.each("TipoBultos"):
        if each.of("IdContainer"):
            continue
        if not each.of("Marcas"):
            report.fault("export-package-marks", f"{ADUANA}/{where}/Marcas")
        for name in ("Sello", "EmisorSello"):
            if each.of(name):
                report.fault("export-seal", f"{ADUANA}/{where}/{name}", each.of(name))


def terms(document: Document, grounds: Grounds, report: Report) -> None:
    """A code of payment terms is put into words."""
    header = document.body.first("Encabezado/IdDoc")
    if document.is_export and header and header.of("TermPagoCdg") and not header.of("TermPagoGlosa"):
        report.fault("export-terms", "Encabezado/IdDoc/TermPagoGlosa")


def advance(document: Document, grounds: Grounds, report: Report) -> None:
    """An invoice paid in advance tells the day of the payment."""
    header = document.body.first("Encabezado/IdDoc")
    if document.kind == 110 and header and header.of("FmaPagExp") == ADVANCE and not header.of("FchCancel"):
        report.fault("export-advance", "Encabezado/IdDoc/FchCancel", "", f"FmaPagExp {ADVANCE}")


def day_rate(document: Document, grounds: Grounds, report: Report) -> None:
    """The exchange rate of an export, where rates of the Central Bank were given."""
    if not grounds.rates or not document.is_export or document.issued is None:
        return
    path = "Encabezado/OtraMoneda/TpoCambio"
    written, currency = document.body.number(path), document.body.of("Encabezado/Totales/TpoMoneda")
    if written is None or currency is None:
        return
    rate = grounds.rates.get((document.issued, currency))
    if rate is None:
        report.fault("foreign-day-rate-missing", path, written, f"{currency} {document.issued}")
    elif abs(written - rate) > _CENT:
        report.fault("foreign-day-rate", path, written, rate)


LOOKS = (guide, invoice, pesos, packages, terms, advance, day_rate)
