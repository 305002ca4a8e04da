"""Whether what must be signed in an envelope, message or book is signed, and once; what the signatures prove is judged
by `minga.dte.signatures`."""

from collections import Counter

from minga.dte.document import local_name
from minga.dte.grounds import Grounds, Report
from minga.dte.reading.container import Container, Heads

SIGNED = {
    "EnvioDTE": ("SetDTE",),
    "EnvioBOLETA": ("SetDTE",),
    "AEC": ("DocumentoAEC", "DocumentoDTECedido", "DocumentoCesion", "DocumentoRecibo"),
    "RespuestaDTE": ("Resultado",),
    "EnvioRecibos": ("SetRecibos", "DocumentoRecibo"),
    "LibroCompraVenta": ("EnvioLibro",),
    "LibroGuia": ("EnvioLibro",),
    "LibroBoleta": ("EnvioLibro",),
    "ConsumoFolios": ("DocumentoConsumoFolios",),
}
"""By kind: the elements behind which the SII's schemas demand a signature."""

SEVERAL = "DocumentoCesion"
"""Signed by each of up to three persons: `cessions` counts them."""


def signatures(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    names = SIGNED.get(container.kind, ())
    if container.element is None or not names:
        return
    present = Counter(local_name(each.tag) for each in container.element.iter(*(f"{{*}}{name}" for name in names)))
    found = Counter((each.name, each.element) for each in container.signed)
    signed = Counter(name for name, _ in found)
    for name in names:
        if signed[name] < max(present[name], name == names[0]):
            report.fault("signature-missing", f"{name}/Signature", signed[name], present[name])
    for (name, _), times in found.items():
        if times > 1 and name != SEVERAL:
            report.fault("signature-twice", f"{name}/Signature", times, "1")


LOOKS = (signatures,)
