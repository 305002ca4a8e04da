"""Examples of the rules as pieces of a file, without stamp and signature: content is judged the same."""

from minga.dte.document import Piece
from minga.dte.editing import edited
from minga.dte.examples import example
from minga.dte.finding import Edits
from minga.dte.writing import Tree, body_of, order_of, text


def piece(tree: Tree) -> Piece:
    kind = int(tree["Encabezado"]["IdDoc"]["TipoDTE"])  # type: ignore[index,arg-type,call-overload]
    body = body_of(kind)
    inside = text(tree, order_of(kind))
    written = f'<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0"><{body} ID="D1">{inside}</{body}></DTE>'
    return Piece(written.encode("iso-8859-1"))


def edited_example(name: str, edits: Edits) -> Piece:
    return piece(edited(example(name), edits))
