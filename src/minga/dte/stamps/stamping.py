"""A stamp (TED) is made: over the main data of a document, with the key that came with its folio's authorisation."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import escape

from minga.domain.terms import chile
from minga.dte.stamps.folios import ALGORITHM
from minga.dte.stamps.saying import PREFIX
from minga.dte.writing import Tree, at
from minga.infrastructure.rsa import PrivateKey

_FIELDS: Mapping[str, str] = {
    "RE": "Encabezado/Emisor/RUTEmisor",
    "TD": "Encabezado/IdDoc/TipoDTE",
    "F": "Encabezado/IdDoc/Folio",
    "FE": "Encabezado/IdDoc/FchEmis",
    "RR": "Encabezado/Receptor/RUTRecep",
    "RSR": "Encabezado/Receptor/RznSocRecep",
    "MNT": "Encabezado/Totales/MntTotal",
    "IT1": "Detalle/NmbItem",
}
"""In the schema's order."""

_NOBODY = "Sin nombre"
"""The receiver of a boleta need not be named; the stamp's field is mandatory."""


def stamp_of(body: Tree, caf: str, key: PrivateKey, now: datetime) -> str:
    """The ``TED`` of a document.

    ``caf`` is the CAF element as the SII gave it, ``key`` the private key that came with it, ``now`` the time in any
    zone. Letters outside ISO-8859-1 become references, as they must stand in the document. Raises KeyError where the
    body lacks a field that the stamp needs.
    """
    told = "".join(f"<{name}>{escape(_field(body, name, path))}</{name}>" for name, path in _FIELDS.items())
    dd = f"<DD>{told}{caf}<TSTED>{written(now)}</TSTED></DD>".encode("iso-8859-1", "xmlcharrefreplace")
    value = b64encode(key.sign_sha1(dd)).decode()
    return f'<TED version="1.0">{dd.decode("iso-8859-1")}<FRMT algoritmo="{ALGORITHM}">{value}</FRMT></TED>'


def written(moment: datetime) -> str:
    """As the SII has times: in Chile, to the second, without zone."""
    return moment.astimezone(chile()).replace(tzinfo=None).isoformat(timespec="seconds")


def _field(body: Tree, name: str, path: str) -> str:
    text = at(body, path)
    if name == "RSR":
        return (text or _NOBODY)[:PREFIX]
    if text is None:
        raise KeyError(path)
    return text[:PREFIX]
