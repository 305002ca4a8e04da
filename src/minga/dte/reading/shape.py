"""Envelopes, messages and books against the SII's schemas. Documents in them are judged alone, each by its own day."""

from collections.abc import Iterable
from typing import cast

from lxml import etree

from minga.dte.grounds import Grounds, Report
from minga.dte.reading.container import Container, Heads
from minga.dte.reading.seals import SIGNED
from minga.dte.schemas.looking import ERRORS_MAX, in_words, named_path


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
    told = 0
    for each in cast(Iterable[etree._LogEntry], schema.error_log):
        path = named_path(container.element, each.path)
        if told < ERRORS_MAX and not _of_document(path):
            report.fault("schema-invalid", path, in_words(each.message))
            told += 1


def _of_document(path: str) -> bool:
    return any(step.partition("[")[0] == "DTE" for step in path.split("/"))


LOOKS = (shape,)
