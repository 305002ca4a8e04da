"""One walk over a document, each element beside its row of the table."""

from collections.abc import Sequence
from datetime import date

from minga.dte.content.fields.table import KINDS, Spec, table
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report
from minga.dte.node import Node
from minga.dte.writing import body_of

_SIGNED_LATER = frozenset({"TED"})
"""Looked at where stamps are."""

_SHOWN_MAX = 120
"""Characters of a field that a finding shows."""

_ONCE = "field-idle-decimals"
"""A program that writes 19.00 writes every number so: one finding tells it."""


def walk(document: Document, grounds: Grounds, report: Report) -> None:
    """Every element: whether it may and must stand, how often, and how it is written."""
    if document.version != "1.0":
        report.fault("field-version", "", document.version or "", "1.0")
    if document.kind not in KINDS or body_of(document.kind) != document.body.tag:
        found = document.body.of("Encabezado/IdDoc/TipoDTE") or ""
        report.fault(
            "field-kind", "Encabezado/IdDoc/TipoDTE", found, f"{document.body.tag}: {_kinds(document.body.tag)}"
        )
        return
    before = len(report.faults)
    _area(document.body, table(document.kind), "", report, document.issued)
    idle = [each for each in report.faults[before:] if each.rule == _ONCE]
    if len(idle) > 1:
        report.faults[before:] = [each for each in report.faults[before:] if each.rule != _ONCE or each is idle[0]]


def _kinds(body: str) -> str:
    return ", ".join(str(each) for each in sorted(KINDS) if body_of(each) == body)


def _area(node: Node, spec: Spec, where: str, report: Report, issued: date | None) -> None:
    """What stands inside an element, and what must. ``where`` is its path, with a slash at the end."""
    plain = spec.plain
    for tag, nodes in node.parts.items():
        judge = plain.get(tag)
        if judge is None or len(nodes) > 1 or (text := nodes[0].text) is None or judge(text) is not None:
            _part(tag, nodes, spec.parts.get(tag), where, report, issued)
    if not node.parts.keys() >= spec.needed.keys():
        for tag, (rule, at) in spec.needed.items():
            if tag not in node.parts:
                report.fault(rule, where + tag, "", "", at)


def _part(tag: str, nodes: Sequence[Node], part: Spec | None, where: str, report: Report, issued: date | None) -> None:
    """All elements of one name: what is more than a right text of a plain field."""
    if part is None:
        _unknown(tag, where, nodes[0], report)
        return
    if part.odd:
        _odd(part, where + tag, nodes[0], report, issued)
    count, judge = len(nodes), part.judge
    if count > part.times:
        report.fault("field-repeated", where + tag, count, f"≤ {part.times}", part.at)
    for place, each in enumerate(nodes, 1):
        if judge is None:
            _inside(each, part, f"{where}{tag}[{place}]" if count > 1 else where + tag, report, issued)
        elif each.text is None:
            report.fault("field-unknown", f"{where}{tag}/{next(iter(each.parts))}", "", "", part.at)
        elif (wrong := judge(each.text)) is not None:
            path = f"{where}{tag}[{place}]" if count > 1 else where + tag
            report.fault(wrong[0], path, _shown(each.text), wrong[1], part.at)


def _inside(node: Node, spec: Spec, path: str, report: Report, issued: date | None) -> None:
    if node.text is not None:
        report.fault("field-unknown" if node.text.strip() else "field-empty-area", path, _shown(node.text), "", spec.at)
    _area(node, spec, path + "/", report, issued)


def _unknown(tag: str, where: str, node: Node, report: Report) -> None:
    if where or tag not in _SIGNED_LATER:
        report.fault("field-unknown", where + tag, _shown(node.text))


def _shown(text: str | None) -> str:
    if text is None or len(text) <= _SHOWN_MAX:
        return text or ""
    return text[:_SHOWN_MAX] + "…"


def _odd(spec: Spec, path: str, node: Node, report: Report, issued: date | None) -> None:
    if spec.forbidden:
        report.fault("field-forbidden", path, _shown(node.text), "", spec.at)
    elif spec.since is not None and issued is not None and issued < spec.since:
        report.fault("field-early", path, _shown(node.text), f">= {spec.since}", spec.at)


LOOKS = (walk,)
