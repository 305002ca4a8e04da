"""How differences between a register and documents are shown: as a table, as CSV, as lines of JSON."""

import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime

import msgspec
from rich.table import Table

from minga.dte.reconcile import Book, Difference, Totals, kinds
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.dte_times import shown
from minga.entrypoints.cli.visible import visible
from minga.entrypoints.cli.words import Words


def show_csv(say: Words, found: Iterable[Difference]) -> None:
    """With a head line; lists in one cell are joined with a space."""
    written: csv.DictWriter[str] | None = None
    for fields in _fields(say, found):
        if written is None:
            written = csv.DictWriter(sys.stdout, list(fields), lineterminator="\n")
            written.writeheader()
        written.writerow({name: _cell(value) for name, value in fields.items()})


def _cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets a quote before it: anybody may have written it."""
    if isinstance(value, list):
        value = " ".join(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat()
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def show_lines(say: Words, found: Iterable[Difference], totals: Totals) -> None:
    for fields in _fields(say, found):
        print(msgspec.json.encode(fields).decode())
    print(msgspec.json.encode({"kind": "totals", **asdict(totals)}).decode())


def show_table(say: Words, found: Iterator[Difference], totals: Totals, book: Book, limit: int) -> None:
    """``limit``: rows, 0 for all."""
    table = Table(box=None, pad_edge=False)
    table.add_column(say("At risk"), justify="right")
    for title in ("What differs", "Document", "Register", "Files"):
        table.add_column(say(title), overflow="fold")
    left = 0
    for place, each in enumerate(found):
        if limit and place >= limit:
            left += 1
        else:
            table.add_row(*map(visible, _row(say, each)))
    if table.row_count:
        console = Console() if sys.stdout.isatty() else Console(width=400)
        console.print(table, markup=False)
        print()
    if left:
        print(say("{count} more: --limit 0 shows them all", count=left))
    print("\n".join(_sums(say, totals, book)))


def pesos(amount: int) -> str:
    """As Chile writes them: ``$1.057.450``."""
    return f"${amount:,}".replace(",", ".")


def _row(say: Words, each: Difference) -> tuple[str, str, str, str, str]:
    kind = kinds()[each.kind]
    says = kind.says_es if say.language == "es" else kind.says
    until = f" {say('Until {at}.', at=shown(each.until))}" if each.until else ""
    registered = " ".join(filter(None, (each.registered, *each.lines)))
    documented = " ".join(filter(None, (each.documented, *each.places)))
    return (
        pesos(each.risk),
        f"{each.kind}: {says}{until}",
        f"{each.document} {each.folio}, {each.party}",
        registered,
        documented,
    )


def _sums(say: Words, totals: Totals, book: Book) -> Iterator[str]:
    what = say("purchases") if book.side == "purchases" else say("sales")
    period = f"{book.period:%Y-%m}" if book.period else say("month not known")
    yield say("{what} of {company}, {period}", what=what, company=book.company or say("all companies"), period=period)
    yield say(
        "Register: {entries}, {registered}. Documents: {documents}, {documented}. In both: {matched}.",
        entries=totals.entries,
        registered=pesos(totals.registered_pesos),
        documents=totals.documents,
        documented=pesos(totals.documented_pesos),
        matched=totals.matched,
    )
    if totals.others:
        yield say("Documents of other companies, left out: {count}.", count=totals.others)
    if totals.lost or totals.unread:
        yield say(
            "Not compared, because they cannot be read: {lines} lines, {files} documents.",
            lines=totals.lost,
            files=totals.unread,
        )
    if totals.differences:
        listed = ", ".join(f"{kind} {count}" for kind, count in sorted(totals.differences.items()))
        yield say("Differences: {listed}. At risk: {risk}.", listed=listed, risk=pesos(totals.risk))
    else:
        yield say("Nothing differs.")


def _fields(say: Words, found: Iterable[Difference]) -> Iterator[dict[str, object]]:
    for each in found:
        kind = kinds()[each.kind]
        spanish = say.language == "es"
        yield {
            "kind": each.kind,
            "risk": each.risk,
            "party": each.party,
            "type": each.document,
            "folio": each.folio,
            "registered": each.registered,
            "documented": each.documented,
            "until": each.until,
            "lines": list(each.lines),
            "places": list(each.places),
            "says": kind.says_es if spanish else kind.says,
            "fix": kind.fix_es if spanish else kind.fix,
            "norms": [str(norm) for norm in kind.norms()],
        }
