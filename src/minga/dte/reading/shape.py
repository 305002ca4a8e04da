"""Envelopes, messages and books against the SII's schemas. Documents in them are judged alone, each by its own day."""

from collections.abc import Iterable
from typing import cast

from lxml import etree

from minga.dte.grounds import Grounds, Report
from minga.dte.reading.container import Container, Heads
from minga.dte.reading.seals import SIGNED
from minga.dte.schemas.looking import ERRORS_MAX, faults


def shape(container: Container, heads: Heads, grounds: Grounds, report: Report) -> None:
    """By the newest set that has a schema for it: what is around documents has not changed between the known ones."""
    if container.element is None or container.kind not in SIGNED:
        return
    sets = grounds.schemas.on(None, container.kind) if grounds.schemas else ()
    schema = sets[-1].schema(container.kind) if sets else None
    if schema is None:
        if not container.pieces:
            report.fault("schema-not-checked", "")
        return
    if schema.validate(container.element):
        return
    found = faults(container.element, cast(Iterable[etree._LogEntry], schema.error_log))
    report.faults += [each for each in found if not _of_document(each.path)][:ERRORS_MAX]


def _of_document(path: str) -> bool:
    return any(step.partition("[")[0] == "DTE" for step in path.split("/"))


LOOKS = (shape,)
