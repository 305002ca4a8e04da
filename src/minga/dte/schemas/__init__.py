"""The SII's XML schemas: known sets by their digests, installed by the user, chosen by the day of a document.

The files are not shipped (docs/decisions/0038-schemas.md). Entry: `Schemas`, and `install`
to put a set in its place; `looking.look` judges a document.
"""

from minga.dte.schemas.installing import Installed, NotASet, install
from minga.dte.schemas.sets import Schemas, SchemaSet

__all__ = ["Installed", "NotASet", "SchemaSet", "Schemas", "install"]
