"""`minga dte deadlines`: every date that follows from the receipt of an invoice."""

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import click
import msgspec
from rich.table import Table

from minga.domain.errors import BadInput, UnreadableFile
from minga.dte.deadlines import (
    Agreement,
    Deadline,
    Received,
    UnknownYear,
    deadlines,
    latest_issue,
    latest_return,
)
from minga.dte.reading import containers
from minga.dte.reconcile import Slip, Unread, documents
from minga.dte.rulebook import rules
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.dte_differences import pesos
from minga.entrypoints.cli.dte_given import DAY
from minga.entrypoints.cli.dte_times import MOMENT, shown
from minga.entrypoints.cli.ending import EXIT_FAILED, complain
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible

HELP = """Every date that follows from the receipt of an invoice, each with its norm.

Until when it can be claimed, since when it counts as accepted, when it must be paid, when it can be collected in court,
to which month its VAT credit belongs.

\b
  minga dte deadlines invoice.xml --received 2026-11-20T10:00
  minga dte deadlines invoice.xml --received 2026-11-20T10:00 --claimed 2026-11-24T09:30
  minga dte deadlines invoice.xml --received 2026-11-20T10:00 --public-days 45

Times are Chile's. The SII's register shows the hour at which it received a document; the 8 days to claim end at that
hour of the eighth day. Nothing is looked up: what stands in the register is given by the options.
"""


@click.command(cls=Verb, name="deadlines", help=HELP)
@click.argument("invoice")
@option("--received", type=MOMENT, required=True, metavar="TIME", help="When the SII received it.")
@option("--delivered", type=DAY, metavar="DATE", help="The day on which the buyer got it, if another.")
@option("--accepted", type=MOMENT, metavar="TIME", help="When its content was accepted (ACD).")
@option("--acknowledged", type=MOMENT, metavar="TIME", help="When receipt of goods or services was given (ERM).")
@option("--claimed", type=MOMENT, metavar="TIME", help="When it was claimed (RCD, RFP or RFT).")
@option("--agreed", type=DAY, metavar="DATE", help="A longer term of payment was agreed in writing on this day.")
@option("--agreed-days", type=click.IntRange(31, 3650), metavar="DAYS", help="With --agreed: the days agreed.")
@option("--registered", type=DAY, metavar="DATE", help="With --agreed: entered in the Ministry's register on this day.")
@option(
    "--public-days",
    type=click.IntRange(1, 60),
    metavar="DAYS",
    help="The buyer is a public body: 30 days, or what the tender says, up to 60.",
)
@option("--goods", type=DAY, metavar="DATE", help="The day on which the goods were delivered: adds the issuer's dates.")
@option("--at", type=MOMENT, metavar="TIME", help="The instant that is judged; now if left out.")
@option("--json", "as_lines", is_flag=True, help="One date a line as JSON.")
@click.pass_obj
def command(
    desk: Desk,
    /,
    invoice: str,
    received: datetime,
    agreed: date | None,
    agreed_days: int | None,
    registered: date | None,
    goods: date | None,
    at: datetime | None,
    as_lines: bool,
    **given: datetime | date | int | None,
) -> int:
    if (agreed is None) != (agreed_days is None) or (registered is not None and agreed is None):
        raise BadInput(detail=desk.say("--agreed, --agreed-days and --registered go together"))
    for name in ("accepted", "acknowledged", "claimed"):
        if isinstance(when := given[name], datetime) and when < received:
            raise BadInput(detail=desk.say("{option} is before --received", option=f"--{name}"))
    agreement = Agreement(agreed, agreed_days, registered) if agreed and agreed_days else None
    asked = Received(kind=0, received=received, agreement=agreement, **given)  # type: ignore[arg-type]
    now, wrong = at or datetime.now(UTC), 0
    for each in _documents(invoice):
        if isinstance(each, Unread):
            wrong += 1
            _complain(desk, each)
            continue
        found = _dates(desk, each, asked, goods)
        if as_lines:
            _print_lines(desk, each, found, now)
        else:
            _show(desk, each, found, now)
    return EXIT_FAILED if wrong else 0


def _documents(invoice: str) -> Iterator[Slip | Unread]:
    path = Path(invoice).expanduser()
    if not path.exists():
        raise UnreadableFile(path=invoice, detail=os.strerror(errno.ENOENT))
    return documents(containers(path))


def _dates(desk: Desk, document: Slip, asked: Received, goods: date | None) -> Sequence[Deadline]:
    received = replace(asked, kind=document.kind, balance=Decimal(document.total))
    try:
        found = deadlines(received)
    except UnknownYear as wrong:
        detail = desk.say(
            "the holidays of {year} are not known, so five business days cannot be counted", year=wrong.year
        )
        raise BadInput(detail=detail) from wrong
    return (*found, latest_issue(goods), latest_return(goods)) if goods else found


def _complain(desk: Desk, unread: Unread) -> None:
    rule = rules()[unread.rule]
    says, fix = (rule.says_es, rule.fix_es) if desk.say.language == "es" else (rule.says, rule.fix)
    complain(f"{unread.place}: {says} {unread.found}".rstrip(), fix)


def _print_lines(desk: Desk, document: Slip, found: Sequence[Deadline], now: datetime) -> None:
    spanish = desk.say.language == "es"
    for each in found:
        limit = each.limit
        told = {
            "place": document.place,
            "type": document.kind,
            "folio": document.folio,
            "id": limit.id,
            "until": each.until,
            "last_day": each.last,
            "passed": each.passed(now),
            "says": _says(each, now, spanish=spanish),
            "counted": limit.counted_es if spanish else limit.counted,
            "pesos": each.pesos,
            "norms": [str(norm) for norm in limit.norms()],
            "text": limit.text,
            "mark": limit.mark,
        }
        print(msgspec.json.encode(told).decode())


def _show(desk: Desk, document: Slip, found: Sequence[Deadline], now: datetime) -> None:
    say, spanish = desk.say, desk.say.language == "es"
    head = say(
        "Document {kind} {folio} of {issuer}; as of {now} in Chile",
        kind=document.kind,
        folio=document.folio,
        issuer=visible(document.issuer),
        now=shown(now),
    )
    print(head)
    if not found:
        print(say("No term of Ley 19.983 runs for this type of document, or not with a text that is known."))
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(say("Until"), no_wrap=True)
    table.add_column(say("What holds now, how it is counted, the norm"), overflow="fold")
    for each in found:
        amount = f" ({pesos(each.pesos)})" if each.pesos and each.passed(now) else ""
        counted = each.limit.counted_es if spanish else each.limit.counted
        text = [_says(each, now, spanish=spanish) + amount, counted, _norms(each)]
        table.add_row(shown(each.until), "\n".join(text) + "\n")
    console = Console() if sys.stdout.isatty() else Console(width=400)
    console.print(table, markup=False)


def _says(each: Deadline, now: datetime, *, spanish: bool) -> str:
    limit = each.limit
    if each.passed(now):
        return limit.after_es if spanish else limit.after
    return limit.says_es if spanish else limit.says


def _norms(each: Deadline) -> str:
    """With the day of the article's text, and a mark where the norm itself was not at hand."""
    norms = "; ".join(map(str, each.limit.norms()))
    dated = f" ({each.limit.text})" if each.limit.text else ""
    return f"{norms}{dated}{' [S]' if each.limit.mark == 'secondary' else ''}"
