"""Make tax documents: from a short form to a signed file that passes its own check.

It takes no folio and holds no key by itself: both come in. Entry: `read_draft`, `build`.
"""

from minga.dte.making.building import build
from minga.dte.making.draft import Draft
from minga.dte.making.reading import example, read_draft

__all__ = ["Draft", "build", "example", "read_draft"]
