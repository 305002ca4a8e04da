"""What a document says, judged by itself: fields, codes, sums, references. Each rule is a small pure function."""

from collections.abc import Callable

from minga.dte.content import arithmetic, fields, references
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report

Look = Callable[[Document, Grounds, Report], None]
"""Looks at a document and reports the rules that it breaks; whether a rule holds on its day is looked up later."""

LOOKS: tuple[Look, ...] = (*fields.LOOKS, *arithmetic.LOOKS, *references.LOOKS)
