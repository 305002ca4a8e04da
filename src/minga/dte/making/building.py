"""The whole body of a document out of its short form."""

from datetime import date

from minga.domain.errors import BadDraft
from minga.dte.completion import completed
from minga.dte.making.composing import compose, plain_rut, put_all, refuse_strangers
from minga.dte.making.draft import Draft
from minga.dte.writing import Tree, at, order_of

_STAMPED = ("Encabezado/Receptor/RUTRecep", "Encabezado/Totales/MntTotal", "Detalle/NmbItem")
"""What no document can be stamped without, beside what its own fields say of it."""


def build(draft: Draft, folio: int, issued: date) -> Tree:
    """``folio`` and ``issued`` hold where the draft names none. Raises BadDraft.

    Totals are computed; what ``extra`` says of them stands.
    """
    number, day = folio if draft.folio is None else draft.folio, draft.date or issued
    body = completed(compose(draft, number, day), draft.builder_credit)
    put_all(body, {path: value for path, value in draft.extra.items() if path.startswith("Encabezado/Totales")})
    refuse_strangers(body, order_of(draft.type), draft.type)
    _refuse_another(body, draft, number, day)
    return body


def _refuse_another(body: Tree, draft: Draft, folio: int, issued: date) -> None:
    """``extra`` makes no document of another folio, type, day or issuer than that for which a folio is taken. Raises
    BadDraft."""
    said = {
        "Encabezado/IdDoc/TipoDTE": ("type", str(draft.type)),
        "Encabezado/IdDoc/Folio": ("folio", str(folio)),
        "Encabezado/IdDoc/FchEmis": ("date", issued.isoformat()),
        "Encabezado/Emisor/RUTEmisor": ("issuer.rut", plain_rut(draft.issuer.rut)),
    }
    for path, (field, value) in said.items():
        if not value:
            raise BadDraft(place=field, detail="it is left empty", suggestion="")
        if at(body, path) != value:
            raise BadDraft(
                place=f"extra {path!r}", detail=f"the field {field} says this", suggestion=f"Change {field} instead. "
            )
    for path in _STAMPED:
        if not at(body, path):
            raise BadDraft(place=path, detail="it is missing, and no document can be stamped without it", suggestion="")
