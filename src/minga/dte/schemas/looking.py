"""A document against the schema of its day. Additions of a newer set are optional: an older document may use them."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import cast

from lxml import etree

from minga.dte.document import NAMESPACE, Document, parse, with_namespaces
from minga.dte.finding import Fault
from minga.dte.grounds import Grounds, Report
from minga.dte.schemas import telling
from minga.dte.schemas.sets import BOLETA, SchemaSet

ERRORS_MAX = 20
"""A document with more faults than that is told the first ones."""


def look(document: Document, grounds: Grounds, report: Report) -> None:
    root = BOLETA if document.is_boleta else "DTE"
    sets = grounds.schemas.on(document.issued, root) if grounds.schemas else ()
    if not sets:
        report.fault("schema-not-checked", "")
        return
    element = _plain(document, report)
    errors = _errors(element, sets[0], root)
    report.held["schema"] = sets[0].name
    if not errors:
        return
    newer = next((each for each in sets[1:] if not _errors(element, each, root)), None)
    if newer is not None:
        report.held["schema"] = newer.name
        report.fault("schema-newer-fields", errors[0].path, "", newer.name)
        return
    report.faults += errors


def _plain(document: Document, report: Report) -> etree._Element:
    """The document as the schema wants it, on a copy: with the namespace, and without what a vendor added."""
    element, body = document.element, document.body.tag
    bare = not element.tag.startswith("{")
    if not bare and all(_local(child) in (body, "Signature") for child in element):
        return element
    piece = document.piece
    if bare:
        report.fault("schema-no-namespace", "")
    declared = {**piece.declared, "": NAMESPACE} if bare else piece.declared
    element = parse(with_namespaces(piece.raw, declared), piece.encoding)
    for child in [child for child in element if _local(child) not in (body, "Signature")]:
        report.fault("schema-foreign-element", "", f"<{_local(child)}>")
        element.remove(child)
    return element


def _errors(element: etree._Element, chosen: SchemaSet, root: str) -> Sequence[Fault]:
    """The first `ERRORS_MAX`, in the order of the document."""
    schema = chosen.schema(root)
    assert schema is not None, f"{chosen.name} has a schema for {root}"
    if schema.validate(element):
        return ()
    return faults(element, islice(cast(Iterable[etree._LogEntry], schema.error_log), ERRORS_MAX))


def faults(root: etree._Element, errors: Iterable[etree._LogEntry]) -> list[Fault]:
    """What the validator found below ``root``, each with its place by names below the first level."""
    prefixes = _prefixes(root)
    found = []
    for each in errors:
        node = _at(root, each.path, prefixes)
        value = (node.text or "").strip() if node is not None and len(node) == 0 else ""
        found.append(telling.fault(_named_path(root, node), value, each.message))
    return found


def _at(root: etree._Element, where: str | None, prefixes: dict[str, str]) -> etree._Element | None:
    """The element at a place by numbers, as the validator gives it."""
    try:
        found = root.getroottree().xpath(where or "", namespaces=prefixes)
    except etree.XPathError:
        return None
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None


def _named_path(root: etree._Element, node: etree._Element | None) -> str:
    steps: list[str] = []
    while node is not None and node is not root:
        steps.append(_step(node))
        node = node.getparent()
    return "/".join(reversed(steps[:-1])) if len(steps) > 1 else "".join(steps)


def _step(node: etree._Element) -> str:
    parent = node.getparent()
    alike = [each for each in parent if each.tag == node.tag] if parent is not None else [node]
    return f"{_local(node)}[{alike.index(node) + 1}]" if len(alike) > 1 else _local(node)


def _prefixes(root: etree._Element) -> dict[str, str]:
    return {prefix: name for each in root.iter() for prefix, name in each.nsmap.items() if prefix}


def _local(element: etree._Element) -> str:
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag[tag.rfind("}") + 1 :]
