"""A document against the schema of its day. Additions of a newer set are optional: an older document may use them."""

from collections.abc import Iterable, Sequence
from typing import cast

from lxml import etree

from minga.dte.document import NAMESPACE, Document, parse, with_namespaces
from minga.dte.grounds import Grounds, Report
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
        report.fault("schema-newer-fields", errors[0][0], errors[0][1], newer.name)
        return
    for path, message in errors[:ERRORS_MAX]:
        report.fault("schema-invalid", path, message)


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


def _errors(element: etree._Element, chosen: SchemaSet, root: str) -> Sequence[tuple[str, str]]:
    """Path and message of each, in the order of the document."""
    schema = chosen.schema(root)
    assert schema is not None, f"{chosen.name} has a schema for {root}"
    if schema.validate(element):
        return ()
    return [
        (named_path(element, each.path), in_words(each.message))
        for each in cast(Iterable[etree._LogEntry], schema.error_log)
    ]


def named_path(root: etree._Element, where: str | None) -> str:
    """The place by names below the first level, from the one by numbers that the validator gives."""
    try:
        found = root.getroottree().xpath(where or "", namespaces=_prefixes(root))
    except etree.XPathError:
        return ""
    if not isinstance(found, list) or not found or not isinstance(found[0], etree._Element):
        return ""
    steps: list[str] = []
    node: etree._Element | None = found[0]
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


def in_words(message: str) -> str:
    """Without the namespaces that stand in each name."""
    return message.replace(f"{{{NAMESPACE}}}", "").replace("{http://www.w3.org/2000/09/xmldsig#}", "ds:")


def _local(element: etree._Element) -> str:
    tag = element.tag if isinstance(element.tag, str) else ""
    return tag[tag.rfind("}") + 1 :]
