"""Markdown tables of an answer -> columns to add up, and products in their rows."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minga.domain.verdict import CheckState
from minga.verification.arithmetic.amounts import MARKS, Amount, amount, fits, written
from minga.verification.arithmetic.columns import Column, Entry, Role, role_of
from minga.verification.claims import Claim

_RULE = re.compile(r"\s*\|?\s*:?-{1,50}:?\s*(?:\|\s*:?-{1,50}:?\s*){0,60}\|?\s*")
_NOT_ADDED = re.compile(
    r"fecha|date|d[ií]a\b|day\b|precio|price|unitari|\bunit\b|p\.\s?u|tasa|rate|promedio|average|avg|folio"
    r"|n[°ºro]{1,2}\b|\bid\b|rut"
    r"|a[ñn]o|year|mes\b|month|edad|\bage|acumulad|cumul|saldo|balance|l[ií]nea|line\b|c[oó]digo|code|versi"
    r"|ratio|score|m[aá]x|m[ií]n\b"
    r"|ranking|rank|posici|#|latenc|p\d\d",
    re.IGNORECASE,
)
_ADDED = re.compile(
    r"monto|importe|amount|total|cantidad|\bcant|qty|quantity|count|\bsum|neto|\bnet\b|\biva\b|vat|tax|unidades"
    r"|horas|hours|ventas"
    r"|sales|costo|cost|gasto|expense|ingres|revenue|items?|tests|files|archivos|subtotal|exento|valor|pago|clp"
    r"|usd|\$",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"\W*(?:cantidad|cant\.?|qty|quantity|unidades|units)\W*", re.IGNORECASE)
_PRICE = re.compile(
    r"\W*(?:precio(?: unitario| unit\.?| neto)?|p\.? ?unit\w*\.?|valor unitario|(?:unit )?price|unit cost"
    r"|costo unitario)\W*"
    r"(?:\([^()]{1,12}\))?\W*",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"\W*(?:monto|importe|subtotal|total|amount|line total|valor(?: total)?|monto total|total l[ií]nea|neto)\W*"
    r"(?:\([^()]{1,12}\))?\W*",
    re.IGNORECASE,
)
_CHANGES_PRODUCT = re.compile(r"desc|dcto|disc|iva|vat|tax|impuest|recarg|exent", re.IGNORECASE)
_ROWS_MAX = 2_000
"""A longer table is data."""

_EMPTY = frozenset({"", "-", "—", "–", "n/a"})


@dataclass(frozen=True, slots=True)
class Table:
    """``line`` is that of the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    line: int


def tables(lines: Sequence[str], first_line: int) -> Iterator[Table]:
    """GitHub's tables: a row, a rule, rows."""
    index = 1
    while index < len(lines):
        if "|" not in lines[index - 1] or "-" not in lines[index] or not _RULE.fullmatch(lines[index][:2000]):
            index += 1
            continue
        header, line, index = tuple(cell[:60] for cell in _cells(lines[index - 1])), first_line + index - 1, index + 1
        rows = []
        while index < len(lines) and "|" in lines[index]:
            rows.append(_cells(lines[index]))
            index += 1
        yield Table(header, tuple(rows), line)
        index += 1


def columns_of(table: Table) -> Iterator[Column]:
    """Each column that has numbers in all its rows and may be added up."""
    if len(table.rows) > _ROWS_MAX:
        return
    for place in range(1, len(table.header)):
        title = table.header[place]
        if _NOT_ADDED.search(title) and not _PRODUCT.fullmatch(title):
            continue
        entries = _entries(table, place)
        if entries is not None and len(entries) > 1:
            yield Column(entries, sure=bool(_ADDED.search(title)) or any(entry.amount.money for entry in entries))


def _entries(table: Table, place: int) -> list[Entry] | None:
    found: list[Entry] = []
    for line, row in enumerate(table.rows, table.line + 2):
        cell = row[place] if place < len(row) else ""
        one = amount(cell)
        label = next((each for each in row[:place] if each.strip()), "")
        if one is not None:
            found.append(Entry(label, one, line))
        elif cell.strip() not in _EMPTY:
            return None
    return found


def products_of(table: Table) -> Iterator[Claim]:
    """Quantity times price, row by row, where the table has one column of each and none that changes the product."""
    wanted = (_QUANTITY, _PRICE, _PRODUCT)
    places = [[n for n, title in enumerate(table.header) if one.fullmatch(title)] for one in wanted]
    if (
        len(table.rows) > _ROWS_MAX
        or any(len(some) != 1 for some in places)
        or any(map(_CHANGES_PRODUCT.search, table.header))
    ):
        return
    rows: list[tuple[int, list[Amount]]] = []
    for line, row in enumerate(table.rows, table.line + 2):
        cells = [amount(row[some[0]]) if some[0] < len(row) else None for some in places]
        amounts = [cell for cell in cells if cell]
        if len(amounts) == 3 and role_of(row[0]) in (Role.ITEM, Role.SKIPPED):
            rows.append((line, amounts))
    found = [claim for line, amounts in rows for claim in _product(line, amounts)]
    enough = sum(claim.state is CheckState.PASSED for claim in found) * 2 >= len(found)
    yield from found if enough else (Claim(CheckState.UNPROVEN, claim.says, claim.holds_back) for claim in found)


def _product(line: int, amounts: Sequence[Amount]) -> Iterator[Claim]:
    """All three are written in one way."""
    wrong = None
    for mark in MARKS:
        quantity, price, stated = (one.read(mark) for one in amounts)
        if quantity is None or price is None or stated is None:
            continue
        exact = quantity.value * price.value
        factors, value = f"{amounts[0].numeral} × {amounts[1].numeral}", written(exact, stated.decimals, mark)
        if fits(exact, stated):
            yield Claim(CheckState.PASSED, f"line {line}: {factors} is {value}")
            return
        wrong = wrong or Claim(CheckState.FAILED, f"line {line}: {factors} is {value}, not {amounts[2].numeral}", True)
    if wrong:
        yield wrong


def _cells(line: str) -> tuple[str, ...]:
    text = line.strip().replace("**", "").replace("`", "").replace("\\|", "¦")
    return tuple(cell.strip() for cell in text.removeprefix("|").removesuffix("|").split("|"))
