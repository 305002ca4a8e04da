"""`minga dte reconcile`: the SII's register of purchases or sales against the documents."""

import errno
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from io import BufferedReader
from pathlib import Path

import click

from minga.domain import rut
from minga.domain.errors import BadInput, UnreadableFile
from minga.dte.reading import containers
from minga.dte.reconcile import Book, Comparison, Side, Unread, documents, side_of
from minga.dte.registers import Flaw, Register, flaws, read_register
from minga.dte.rulebook import rules
from minga.entrypoints.cli.dte_differences import show_csv, show_lines, show_table
from minga.entrypoints.cli.dte_times import MOMENT, MONTH
from minga.entrypoints.cli.ending import EXIT_FAILED, complain
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

HELP = """Compare the SII's register of purchases or sales (RCV, CSV files of its site) with the documents.

\b
  minga dte reconcile RCV_COMPRA_REGISTRO_76354771-K_202611.csv invoices/
  minga dte reconcile registro.csv pendiente.csv reclamado.csv invoices/ --company 76354771-K --period 2026-11
  minga dte reconcile ventas.csv sent.zip --csv > differences.csv

Told are documents that one side lacks, amounts and dates that differ, what stands twice, what belongs to another month,
claims that run out, and states that exclude each other; first what has the most money at risk. Give all parts of a
month's purchases together. Lines and files that cannot be read are told on standard error, and the rest goes on.

Exit codes: 0 everything agrees, 1 something differs or could not be read, 2 bad input.
"""

_RUT = re.compile(r"(?<!\d)(\d{7,8}-[\dkK])(?![\dA-Za-z])")
_PERIOD = re.compile(r"(?<![\d-])(20\d\d)-?(0[1-9]|1[0-2])(?![\d-])")


_RUT = re.compile(r"(?<!\d)\d{7,8}-[\dkK](?![\dA-Za-z])")
_PERIOD = re.compile(r"(?<![\d-])20\d\d-?(?:0[1-9]|1[0-2])(?![\d-])")


@click.command(cls=Verb, name="reconcile", help=HELP)
@click.argument("registers", nargs=-1, required=True, metavar="REGISTER...")
@click.argument("place", metavar="DOCUMENTS")
@option("--company", metavar="RUT", help="Whose register it is; found in the files' names if left out.")
@option("--period", type=MONTH, metavar="MONTH", help="Which month it is of; found in the files' names if left out.")
@option("--at", type=MOMENT, metavar="TIME", help="The instant at which deadlines are judged; now if left out.")
@option(
    "--within",
    type=click.IntRange(0, 8),
    default=3,
    metavar="DAYS",
    help="Tell of claims that run out within so many days; 3 if left out.",
)
@option(
    "--limit", type=click.IntRange(0), default=50, metavar="N", help="Rows of the table; 50 if left out, 0 for all."
)
@option("--json", "as_lines", is_flag=True, help="One difference a line as JSON, and the totals last.")
@option("--csv", "as_csv", is_flag=True, help="As CSV.")
@click.pass_obj
def command(
    desk: Desk,
    /,
    registers: tuple[str, ...],
    place: str,
    company: str | None,
    period: date | None,
    at: datetime | None,
    within: int,
    limit: int,
    as_lines: bool,
    as_csv: bool,
) -> int:
    if as_lines and as_csv:
        raise BadInput(detail=desk.say("--json and --csv exclude each other"))
    path = Path(place).expanduser()
    if not path.exists():
        raise UnreadableFile(path=place, detail=os.strerror(errno.ENOENT))
    with ExitStack() as stack:
        opened = {name: read_register(stack.enter_context(_open(name))) for name in registers}
        book = Book(
            side=_side(desk, opened),
            at=at or datetime.now(UTC),
            period=period or _month(registers),
            company=_company(desk, company, registers),
            soon=timedelta(days=within),
        )
        comparison = stack.enter_context(Comparison(book))
        for name, register in opened.items():
            comparison.add_register(name, register, lambda flaw, name=name: _tell_flaw(desk, name, flaw))  # type: ignore[misc]
        comparison.add_documents(documents(containers(path)), lambda unread: _tell_unread(desk, unread))
        found = comparison.differences()
        if as_csv:
            show_csv(desk.say, found)
        elif as_lines:
            show_lines(desk.say, found, comparison.totals)
        else:
            show_table(desk.say, found, comparison.totals, book, limit)
    return 0 if comparison.totals.clean else EXIT_FAILED


def _open(name: str) -> BufferedReader:
    try:
        return Path(name).expanduser().open("rb")
    except OSError as wrong:
        raise UnreadableFile(path=name, detail=wrong.strerror or str(wrong)) from wrong


def _side(desk: Desk, opened: Mapping[str, Register]) -> Side:
    """Raises BadInput where no file is a register, or some are of purchases and some of sales."""
    sides = {side_of(register.state) for register in opened.values() if register.state is not None}
    if not sides:
        raise BadInput(detail=desk.say("none of the files is a CSV of the SII's register"))
    if len(sides) > 1:
        raise BadInput(detail=desk.say("purchases and sales are compared one after the other, not together"))
    return sides.pop()


def _company(desk: Desk, given: str | None, registers: Iterable[str]) -> str | None:
    """As registers write it. Raises BadInput for what is no RUT."""
    named = given or _named(_RUT, registers)
    if named is None:
        return None
    try:
        found = rut.parse(named)
    except ValueError:
        found = None
    if found is not None and found.valid:
        return rut.without_dots(found)
    if given is None:
        return None
    raise BadInput(detail=desk.say("{given!r} is no RUT with its check digit", given=given))


def _month(registers: Iterable[str]) -> date | None:
    named = _named(_PERIOD, registers)
    return date(int(named[:4]), int(named[-2:]), 1) if named else None


def _named(pattern: re.Pattern[str], registers: Iterable[str]) -> str | None:
    """What the names of the files agree on."""
    found = {match[0] for each in registers for match in pattern.finditer(Path(each).name)}
    return found.pop() if len(found) == 1 else None


def _tell_flaw(desk: Desk, file: str, flaw: Flaw) -> None:
    kind = flaws()[flaw.kind]
    says, fix = (kind.says_es, kind.fix_es) if desk.say.language == "es" else (kind.says, kind.fix)
    about = ": ".join(part for part in (flaw.column, repr(flaw.found) if flaw.found else "") if part)
    complain(f"{file}:{flaw.line}: {says}{f' ({about})' if about else ''}", fix)


def _tell_unread(desk: Desk, unread: Unread) -> None:
    rule = rules()[unread.rule]
    says, fix = (rule.says_es, rule.fix_es) if desk.say.language == "es" else (rule.says, rule.fix)
    complain(f"{unread.place}: {says} {unread.found}".rstrip(), fix)
