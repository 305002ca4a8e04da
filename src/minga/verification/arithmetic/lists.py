"""Labelled amounts outside of tables: lines that follow one another, one sentence, and how many items a list has."""

import re
from collections.abc import Iterator, Sequence

from minga.domain.verdict import CheckState
from minga.verification.arithmetic.amounts import MONEY, NUMERAL, amount
from minga.verification.arithmetic.columns import Column, Entry, Role, role_of
from minga.verification.claims import Claim

_LINE = re.compile(
    r"\s{0,12}(?:[-*+•]\s|\d{1,3}[.)]\s)?\s{0,4}(?P<label>[^:=\n"
    r"|]{1,80}?)\s{0,4}(?P<sign>[:=])\s{0,8}(?P<rest>[^:=\n|]{1,60})"
)
_DIGIT = re.compile(r"\d")
_PRODUCT = re.compile(r"\d\s?[^\W\d_]{0,20}\s[×x]\s[^\d]{0,4}\d")
_LINE_MAX = 160
_ITEM = re.compile(r"(?:[-*+•]|\d{1,3}[.)])\s+\S")
_COUNTED = re.compile(
    r"\W{0,6}(?:en total(?: son| hay)?|total|in total|in all)\W{1,4}(?P<count>\d{1,4})"
    r" (?P<what>[^\W\d_]{3,20})\b(?!\s?[\d$])",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"\b(?P<label>(?:monto )?neto|net(?: amount)?|exento|exempt|i\.?v\.?a\.?|vat|tax|sub-?total|descuento"
    r"|discount|total)\b"
    r"(?P<rate>\s?\(?(?:del? |of )?\d{1,2}(?:[.,]\d)?\s?%\)?)?(?:\s(?:a pagar|factura|de la factura|due))?"
    r"(?:\s?(?:de|of|es|is|son|por|queda en|da|:|=)){0,2}\s?"
    rf"(?P<amount>(?:{MONEY})?\s?{NUMERAL})(?!\s?%)",
    re.IGNORECASE,
)
_OF_INVOICES = {Role.NET, Role.VAT, Role.SUBTOTAL}
_ANY_AMOUNT = re.compile(rf"[$€]\s?{NUMERAL}")


def labelled(lines: Sequence[str], first_line: int) -> Iterator[Column]:
    """Lines of the form "label: amount"; an empty line may stand before a total."""
    entries: list[Entry] = []
    gap = 0
    for number, line in enumerate(lines, first_line):
        found = _of_line(line, number) if len(line) < _LINE_MAX and (":" in line or "=" in line) else []
        if not found:
            gap += 2 if line.strip() else 1
            continue
        if gap > 1 or (gap and role_of(found[0].label) is Role.ITEM):
            yield from _column(entries)
            entries = []
        entries += found
        gap = 0
    yield from _column(entries)


def _of_line(line: str, number: int) -> list[Entry]:
    match = _LINE.fullmatch(line.replace("**", "").replace("`", ""))
    if match is None or (
        match["sign"] == "=" and _DIGIT.search(match["label"]) and not _PRODUCT.search(match["label"])
    ):
        return []
    label, rest = match["label"], match["rest"]
    count, comma, more = rest.partition(", ")
    pieces = [count, more] if comma and role_of(label) is Role.TOTAL else [rest]
    amounts = [one for piece in pieces if (one := amount(piece))]
    return [Entry(label, one, number) for one in amounts] if len(amounts) == len(pieces) else []


def _column(entries: list[Entry]) -> Iterator[Column]:
    if len(entries) > 1:
        known = (
            any(entry.amount.money for entry in entries) or {role_of(entry.label) for entry in entries} & _OF_INVOICES
        )
        yield Column(tuple(entries), sure=bool(known))


def inline(lines: Sequence[str], first_line: int) -> Iterator[Column]:
    """Neto, IVA and total in one sentence; the total may come first. With other amounts beside them nothing is sure."""
    for number, line in enumerate(lines, first_line):
        if "|" in line or len(line) > 2_000:
            continue
        line = line.replace("**", "").replace("`", "")
        matches = list(_INLINE.finditer(line))
        if len(matches) < 2:
            continue
        entries = []
        for match in matches:
            if one := amount(match["amount"]):
                entries.append(Entry(match["label"] + (match["rate"] or ""), one, number))
        roles = [role_of(entry.label) for entry in entries]
        if roles.count(Role.TOTAL) == 1:
            entries.sort(key=lambda entry: role_of(entry.label) is Role.TOTAL)
        once = len(set(roles)) == len(roles)
        if once and set(roles) & {Role.NET, Role.SUBTOTAL}:
            entries.sort(key=lambda entry: role_of(entry.label) not in (Role.NET, Role.SUBTOTAL))
            alone = len(_ANY_AMOUNT.findall(line)) <= len(entries)
            yield Column(tuple(entries), sure=alone)


def counts(lines: Sequence[str], first_line: int) -> Iterator[Claim]:
    """``Total: 3 facturas`` directly below a list of two items or more."""
    items, nested, gap = 0, 0, 0
    for number, line in enumerate(lines, first_line):
        match = _COUNTED.match(line[:_LINE_MAX]) if items > 1 and "otal" in line[:40] else None
        if match:
            stated, what = int(match["count"]), match["what"]
            if nested and stated != items:
                pass  # what is counted may be what stands below the items
            elif stated == items:
                yield Claim(CheckState.PASSED, f"line {number}: the list has {items} items")
            else:
                sure = abs(stated - items) <= max(1, items // 5)
                state = CheckState.FAILED if sure else CheckState.UNPROVEN
                yield Claim(state, f"line {number}: the list has {items} items, not {stated} ({what})", holds_back=True)
            items, nested = 0, 0
        elif _ITEM.match(line):
            items, nested, gap = (items + 1, nested, 0) if gap < 2 else (1, 0, 0)
        elif _ITEM.match(line.lstrip()):
            nested += 1
        elif not line.strip():
            gap += 1
        elif not line.startswith((" ", "\t")):
            items, nested, gap = 0, 0, 0
