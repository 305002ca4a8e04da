"""Files as documents to compare; what cannot be read is told, and the others go on."""

from collections.abc import Iterable, Iterator

from minga.dte.document import Unreadable, read
from minga.dte.reading import Container
from minga.dte.reconcile.slip import Slip, Unread, slip

CUT_SHORT = frozenset({"read-half", "read-too-many", "read-dtd", "read-too-deep"})
"""Faults of a file that has documents, after which there may be more that nobody sees."""


def documents(containers: Iterable[Container]) -> Iterator[Slip | Unread]:
    """Every document. Messages and books of the SII are none, and are passed over."""
    for container in containers:
        for fault in container.faults:
            if container.kind == "nothing" or fault.rule in CUT_SHORT:
                yield Unread(container.place, fault.rule, fault.found)
                break
        for piece in container.pieces:
            try:
                yield slip(read(piece))
            except Unreadable as wrong:
                yield Unread(piece.place, wrong.rule, wrong.why)
