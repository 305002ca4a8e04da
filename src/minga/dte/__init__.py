"""Chilean tax documents (DTE): read, check and make them. Every finding names its rule and the norm that it stands in.

It knows no network and no clock: the day, the values of the UF and the schemas are given to it. Entry: `check_piece`.
"""

from minga.domain.tax_documents import Severity
from minga.dte.checking import Checked, check_piece
from minga.dte.document import Document, Identity, Piece, Unreadable, read
from minga.dte.finding import Finding, Rule
from minga.dte.grounds import Grounds
from minga.dte.rulebook import places, rules, sources

__all__ = [
    "Checked",
    "Document",
    "Finding",
    "Grounds",
    "Identity",
    "Piece",
    "Rule",
    "Severity",
    "Unreadable",
    "check_piece",
    "places",
    "read",
    "rules",
    "sources",
]
