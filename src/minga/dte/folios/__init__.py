"""Folios: the SII's authorisations (CAF), and which of their numbers were handed out. No folio is handed out twice.

Knows the store and one folder beside it; must not know documents. Entry: `store.Folios`.
"""

from minga.dte.folios.caf import Authorisation, read_caf
from minga.dte.folios.marks import Marks
from minga.dte.folios.store import Folios, Held, Taken, Used

__all__ = ["Authorisation", "Folios", "Held", "Marks", "Taken", "Used", "read_caf"]
