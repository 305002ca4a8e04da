"""Folios: the SII's authorisations (CAF), and which of their numbers were handed out. No folio is handed out twice.

Knows the store and one folder beside it; must not know documents. Entry: `store.Folios`.
"""

from minga.dte.folios.caf import Authorisation, read_caf
from minga.dte.folios.marks import Marks
from minga.dte.folios.store import Folio, Folios, Held, Used

__all__ = ["Authorisation", "Folio", "Folios", "Held", "Marks", "Used", "read_caf"]
