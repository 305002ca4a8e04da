"""The whole body of a document out of its short form."""

from datetime import date

from minga.dte.completion import completed
from minga.dte.making.composing import compose, put_all, refuse_strangers
from minga.dte.making.draft import Draft
from minga.dte.writing import Tree, order_of


def build(draft: Draft, folio: int, issued: date) -> Tree:
    """``folio`` and ``issued`` hold where the draft names none. Raises BadDraft.

    Totals are computed; what ``extra`` says of them stands.
    """
    body = completed(compose(draft, draft.folio or folio, draft.date or issued), draft.builder_credit)
    put_all(body, {path: value for path, value in draft.extra.items() if path.startswith("Encabezado/Totales")})
    refuse_strangers(body, order_of(draft.type), draft.type)
    return body
