"""Stamps (TED) and the authorisations of folios (CAF) they are made with: verified on the bytes as they came, and made.

Entries: `stamp`, the look at a document; `stamp_of`, which makes one.
"""

from minga.dte.stamps.documents import LOOKS, stamp
from minga.dte.stamps.folios import last_day
from minga.dte.stamps.stamping import stamp_of

__all__ = ["LOOKS", "last_day", "stamp", "stamp_of"]
