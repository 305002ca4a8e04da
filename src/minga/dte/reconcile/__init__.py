"""The SII's register of purchases or sales against the documents themselves: what is missing, differs, or runs out.

Entry: `Comparison`, which takes registers (`minga.dte.registers`) and `documents`, and gives `Difference`s.
"""

from minga.dte.reconcile.comparing import Comparison
from minga.dte.reconcile.difference import Book, Difference, DifferenceKind, Side, Totals, kinds, side_of
from minga.dte.reconcile.documents import documents
from minga.dte.reconcile.slip import Slip, Unread, slip

__all__ = [
    "Book",
    "Comparison",
    "Difference",
    "DifferenceKind",
    "Side",
    "Slip",
    "Totals",
    "Unread",
    "documents",
    "kinds",
    "side_of",
    "slip",
]
