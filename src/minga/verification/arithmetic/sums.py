"""Arithmetic that an answer states: equations, labelled amounts, tables with totals, products in their rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.arithmetic.columns import column_claims
from minga.verification.arithmetic.equations import equations
from minga.verification.arithmetic.lists import counts, inline, labelled
from minga.verification.arithmetic.series import series
from minga.verification.arithmetic.tables import columns_of, products_of, tables
from minga.verification.claims import TEXT_MAX, Claim, cut_short, first, summed_up
from minga.verification.parts import parts

_TEXT = frozenset({"", "text", "txt", "md", "markdown", "plain", "plaintext"})

_DOUBTS = re.compile(
    r"incorrect|\bwrong|\berror|err[oó]ne|no (?:cuadra|coincide|suma|calza)|deber[ií]a|should be|diferencia"
    r"|difference|discrepan"
    r"|mismatch|(?:doesn't|does not|don't|do not) (?:add|match|sum)|en vez de|en lugar de|instead of"
    r"|aprox|approx|redonde|rounded|\bfaltan?\b|\bsobran?\b"
    r"|\bextract|excerpt|\bmuestra\b|\bsample\b|\btop \d|entre otr|among other|\bparcial|\bpartial"
    r"|(?:s[oó]lo|only|primer[ao]s|first|mayores|largest|principales) (?:las? |los |the )?"
    r"(?:\d|dos|tres|cuatro|cinco|diez|two|three|four|five|ten|primer|first|principales|filas|rows)",
    re.IGNORECASE,
)
_LINE_MAX = 10_000
"""Characters; a longer line is no text for people and is left out."""

_DOUBT_BEFORE, _DOUBT_AFTER = 4, 8
"""Lines around a total in which an answer may say that it does not add up."""


@dataclass(frozen=True, slots=True)
class Sums:
    name = "sums"

    def look(self, work: Work) -> Checked | None:
        claims, notes = first(_claims(work.answer))
        return summed_up(self.name, claims, (*notes, *cut_short(work.answer)))


def _claims(answer: str) -> Iterator[Claim]:
    cut = parts(answer[:TEXT_MAX])
    yield from _of(cut.prose, 1)
    for block in cut.blocks:
        if block.language in _TEXT:
            yield from _of(block.text, block.line)


def _of(text: str, first_line: int) -> Iterator[Claim]:
    lines = [line if len(line) <= _LINE_MAX else "" for line in text.split("\n")]
    yield from _from_columns(lines, first_line)
    yield from counts(lines, first_line)
    yield from series(lines, first_line)
    yield from equations(lines, first_line)


def _from_columns(lines: Sequence[str], first_line: int) -> Iterator[Claim]:
    for table in tables(lines, first_line):
        found = [claim for column in columns_of(table) for claim in column_claims(column)]
        yield from _doubted([*found, *products_of(table)], lines, table.line - first_line, len(table.rows) + 2)
    for column in chain(labelled(lines, first_line), inline(lines, first_line)):
        start = column.entries[0].line - first_line
        yield from _doubted(column_claims(column), lines, start, column.entries[-1].line - first_line - start + 1)


def _doubted(claims: Sequence[Claim], lines: Sequence[str], start: int, count: int) -> Iterator[Claim]:
    """What an answer itself calls wrong is not held against it."""
    around = lines[max(0, start - _DOUBT_BEFORE) : start + count + _DOUBT_AFTER]
    held = any(claim.holds_back for claim in claims)
    doubted = held and any(_DOUBTS.search(line[:2_000]) for line in around)
    for claim in claims:
        yield replace(claim, state=CheckState.UNPROVEN, holds_back=False) if doubted and claim.holds_back else claim
