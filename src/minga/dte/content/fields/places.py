"""Places on the map, and wood: coordinates and rolls of plots (Formato DTE v2.5, pp. 16-17, 49-50)."""

from decimal import Decimal

from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.node import as_number

_GEO = ("LatitudEmision", "LongitudEmision")
_WOOD = ("LatitudOrigenMadera", "LongitudOrigenMadera", "LatitudDestinoMadera", "LongitudDestinoMadera")
_DESTINATION = (
    ("ComunaRolDestino", "p.49"),
    ("MnzRolDestino", "p.49"),
    ("PrdRolDestino", "p.50"),
    ("LatitudDestinoMadera", "p.50"),
    ("LongitudDestinoMadera", "p.50"),
)


def coordinates(document: Document, grounds: Grounds, report: Report) -> None:
    """Latitude and longitude are decimal degrees (WGS84)."""
    for area, names in (("GeoRefEmision", _GEO), ("ManejoMadera", _WOOD)):
        node = document.body.first(area)
        if node is None:
            continue
        for name in names:
            written = node.of(name)
            most = Decimal(90 if name.startswith("Lat") else 180)
            degrees = as_number(written)
            if written and (degrees is None or abs(degrees) > most):
                report.fault("place-coordinate", f"{area}/{name}", written, f"-{most} … {most}")


def wood(document: Document, grounds: Grounds, report: Report) -> None:
    """Where the wood goes, and how its plan of management is written."""
    node = document.body.first("ManejoMadera")
    if node is None:
        return
    for name, page in _DESTINATION:
        if not node.of(name):
            report.fault("place-wood-destination", f"ManejoMadera/{name}", at=f"F25 {page}")
    plan = node.of("CodPlanConaf")
    if plan and not plan.isdigit():
        report.fault("place-wood-plan", "ManejoMadera/CodPlanConaf", plan, "0-9")


LOOKS = (coordinates, wood)
