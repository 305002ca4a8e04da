"""Chilean tax documents (DTE): read, check and make them. Every finding names its rule and the norm that it stands in.

It knows no network: the day, the values of the UF and the schemas are given to it (`Grounds`). Entries: `check` for a
file, a folder or an archive, `check_piece` for one document.
"""

from minga.domain.tax_documents import Severity
from minga.dte.authorised import Authorised, authorised
from minga.dte.checking import Checked, check_piece
from minga.dte.document import Document, Identity, Piece, Unreadable, read
from minga.dte.finding import Finding, Rule
from minga.dte.grounds import Grounds
from minga.dte.many import Judged, check
from minga.dte.rulebook import places, rules, sources
from minga.dte.schemas import Schemas
from minga.dte.schemas.telling import also, sentence

__all__ = [
    "Authorised",
    "Checked",
    "Document",
    "Finding",
    "Grounds",
    "Identity",
    "Judged",
    "Piece",
    "Rule",
    "Schemas",
    "Severity",
    "Unreadable",
    "also",
    "authorised",
    "check",
    "check_piece",
    "places",
    "read",
    "rules",
    "sentence",
    "sources",
]
