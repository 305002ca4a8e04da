"""Make tax documents: from a short form to a signed file that passes its own check.

It holds no key by itself: that comes in. Entries: `read_draft`, `make`, `make_trial`.
"""

from minga.dte.making.building import build
from minga.dte.making.composing import plain_rut
from minga.dte.making.draft import Draft
from minga.dte.making.making import STOPPING, Made, make, make_trial
from minga.dte.making.reading import example, field_names, read_draft, read_short

__all__ = [
    "STOPPING",
    "Draft",
    "Made",
    "build",
    "example",
    "field_names",
    "make",
    "make_trial",
    "plain_rut",
    "read_draft",
    "read_short",
]
