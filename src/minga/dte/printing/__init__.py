"""Print tax documents: a page (letter, A4) or a till's roll, with the stamp as a bar code.

Takes any DTE, not only those made here; must not change what it says. Entry: `print_document`.
"""

from minga.dte.printing.logo import check_logo
from minga.dte.printing.printing import Copies, Paper, print_document, unprintable
from minga.dte.printing.sheet import Letterhead
from minga.dte.printing.stamp import ted_of

__all__ = ["Copies", "Letterhead", "Paper", "check_logo", "print_document", "ted_of", "unprintable"]
