"""`minga dte rules`: what the check knows, and what it does not."""

from datetime import date

import click
import msgspec
from rich.table import Table

from minga.domain.errors import BadInput
from minga.domain.tax_documents import SEVERITIES, Severity
from minga.dte.finding import Rule
from minga.dte.kinds import kinds
from minga.dte.rulebook import missing, rules, sources
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.dte_given import DAY
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

HELP = """List the rules of the check, each with its severity and what it says when it is broken.

\b
  minga dte rules --type 52 --on 2026-11-01     those that hold for a guía of that day
  minga dte rules --missing                     what is known, not implemented, and why
"""


@click.command(cls=Verb, name="rules", help=HELP)
@option("--type", "kind", type=int, metavar="TYPE", help="Only those for this type of document, as 33.")
@option("--on", "day", type=DAY, metavar="DATE", help="Only those that hold for a document issued on this day.")
@option("--severity", type=click.Choice(SEVERITIES), help="Only those of this severity.")
@option("--missing", "lacking", is_flag=True, help="What is known and not implemented, and why.")
@option("--json", "as_lines", is_flag=True, help="One rule a line as JSON.")
@click.pass_obj
def command(
    desk: Desk, /, kind: int | None, day: date | None, severity: Severity | None, lacking: bool, as_lines: bool
) -> None:
    if kind is not None and kind not in kinds():
        given = ", ".join(map(str, kinds()))
        raise BadInput(detail=desk.say("{kind} is no type of document; there are {kinds}", kind=kind, kinds=given))
    if lacking:
        _missing(desk, as_lines)
        return
    chosen = [
        rule
        for rule in rules().values()
        if (kind is None or not rule.kinds or kind in rule.kinds)
        and (day is None or rule.holds(kind or 0, day) or (kind is None and _on(rule, day)))
        and severity in (None, rule.severity)
    ]
    if as_lines:
        for rule in chosen:
            print(msgspec.json.encode(told(rule)).decode())
        return
    table = Table(box=None, pad_edge=False)
    for head in (desk.say("Rule"), desk.say("Severity"), desk.say("What is wrong")):
        table.add_column(head, overflow="fold")
    for rule in chosen:
        table.add_row(rule.id, desk.say(rule.severity), rule.says_es if desk.say.language == "es" else rule.says)
    Console().print(table)


def told(rule: Rule) -> dict[str, object]:
    """A rule as programs get it."""
    fields = {name: getattr(rule, name) for name in rule.__struct_fields__ if name not in ("passing", "mutants")}
    return fields | {"kinds": sorted(rule.kinds), "sources": [str(each) for each in sources(rule)]}


def _on(rule: Rule, day: date) -> bool:
    return (rule.valid_from or date.min) <= day <= (rule.valid_to or date.max)


def _missing(desk: Desk, as_lines: bool) -> None:
    spanish = desk.say.language == "es"
    table = Table(box=None, pad_edge=False)
    for head in (desk.say("Rule"), desk.say("What it demands"), desk.say("Why it is not checked"), desk.say("Source")):
        table.add_column(head, overflow="fold")
    for each in missing().values():
        if as_lines:
            print(msgspec.json.encode(each).decode())
        else:
            what, why = (each.what_es, each.why_es) if spanish else (each.what, each.why)
            table.add_row(each.id, what, why, each.source)
    if not as_lines:
        Console().print(table)
