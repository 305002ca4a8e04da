"""What many documents say of one another: the same folio twice, notes against the documents that they correct, invoices
against their guías. Entry: `Batch`; a document enters as its `Entry`, which `entry` takes from it.

About 100 bytes a document are kept; at the end a million of them need some 200 MB.
"""

from minga.dte.batch.batch import Batch, Between
from minga.dte.batch.entries import Entry, Link, entry

__all__ = ["Batch", "Between", "Entry", "Link", "entry"]
