"""Arithmetic that an answer writes out: ``3 × 4 + 2 = 14``, ``19 % de 855.000 = 162.450``."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import pairwise

from minga.domain.verdict import CheckState
from minga.verification.arithmetic.amounts import MARKS, MONEY, NUMERAL, Amount, Mark, Reading, fits, written
from minga.verification.arithmetic.formulas import Term, meanings
from minga.verification.claims import Claim

_TOKEN = re.compile(
    rf"(?P<number>{NUMERAL})|(?P<equals>==?(?![=>])|≈|≃|≅)|(?P<money>{MONEY})"
    r"|(?P<operator>[-+−–×*·/÷]|(?<=[\d)%\s])[xX](?=[\s(\d$]))"
    r"|(?P<open>\()|(?P<close>\))|(?P<percent>%)|(?P<word>[^\W\d_]+\.?)|(?P<space>\s+)|(?P<other>.)"
)
_LATEX = (("\\times", "×"), ("\\cdot", "×"), ("\\div", "÷"), ("\\approx", "≈"), ("\\%", "%"), ("\\$", "$"), ("\\,", ""))
_BULLET = re.compile(r"\s{0,20}(?:(?P<dash>[-–])|[*+•>]|\d{1,3}[.)])\s+")
_OF = frozenset({"de", "of", "sobre"})
_UNKNOWN_OPERATORS = frozenset("^!²³√°∑∏<>≤≥≠|&~#@[]{}")
_PARTS = frozenset(":,;.")
_AND = frozenset({"y", "e", "and"})
_REMAINDER = frozenset({"resto", "remainder", "rem", "mod", "módulo", "modulo", *_AND})
_SCALES = frozenset({"k", "m", "mm", "b", "bn", "mil", "thousand", "millon", "millón", "millone", "million", "billon"})
_SCALES |= {"billón", "billone", "billion", "kb", "mb", "gb", "kib", "mib", "gib"}
_DOUBTS = re.compile(
    r"\b(?:(?:no|not) (?:es|is|son|da|sum\w*|equal\w*|right|true|correct\w*|v[aá]lid\w*|\$?\s?\d)|isn't|sino"
    r"|incorrect\w*|wrong\w*|err[oó]ne\w*|errors?|fals[oae]\w*|inv[aá]lid\w*|deber[ií]a\w*"
    r"|should|instead|binari\w*|binary|hexadecimal\w*|octal\w*"
    r"|aprox\w*|approx\w*|redonde\w*|rounded|about|roughly|casi"
    r"|en vez|en lugar|dec[ií]a|mal|bug"
    r"|base \d{1,2}|reloj|clock|m[oó]dulo \d{1,4}|modulo|modular|mod \d{1,4})\b|≠|❌|✗",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"\d\.(?:\d{1,2}|\d{4,9})(?!\d)")
_FIGURE = re.compile(r"\d[\d.,]{0,30}")
_TERMS_MAX = 60
"""Of one side; longer ones are only taken whole."""

_SIGNS = {"−": "-", "–": "-", "×": "*", "·": "*", "x": "*", "X": "*", "÷": "/"}


@dataclass(slots=True)
class _Run:
    """Terms without anything else between them. ``whole``: nothing is known to be missing at its beginning."""

    terms: list[Term] = field(default_factory=list)
    start: int = 0
    end: int = 0
    whole: bool = True
    ended: bool = False
    next_whole: bool = True
    depth: int = 0
    after_word: bool = False
    """It begins with a bracket after a word: what is in it alone may explain that word."""

    @property
    def complete(self) -> bool:
        if self.after_word and self.terms[-1].sign == ")":
            return False
        return bool(self.terms) and self.whole and self.depth == 0 and not self.wants_operand

    @property
    def wants_operand(self) -> bool:
        return not self.terms or (self.terms[-1].amount is None and self.terms[-1].sign != ")")

    @property
    def signs(self) -> frozenset[str]:
        return frozenset(term.sign for term in self.terms)

    @property
    def operators(self) -> bool:
        return bool(self.signs & set("+-*/"))

    @property
    def percent(self) -> bool:
        return any(term.amount.percent for term in self.terms if term.amount)

    @property
    def units(self) -> frozenset[str]:
        """The first word after each number, plural or not."""
        words = (term.amount.unit.lower().split(" ")[0] for term in self.terms if term.amount)
        return frozenset(word.rstrip(".").removesuffix("s") for word in words if word)

    def decimals(self, mark: Mark) -> int | None:
        read = [term.amount.read(mark) for term in self.terms if term.amount]
        return read[-1].decimals if read and read[-1] else None


@dataclass(frozen=True, slots=True)
class _Finding:
    """The formula, its value, and what is stated, as texts; ``near``: the value is not far from what is stated."""

    state: CheckState
    formula: str
    value: str
    stated: str
    near: bool = True


def equations(lines: Sequence[str], first_line: int = 1) -> Iterator[Claim]:
    """Every equation, line by line; what has anything in it that is not understood is left out."""
    for number, line in enumerate(lines, first_line):
        if ("=" in line or "≈" in line) and any(map(str.isdigit, line[:5000])):
            yield from _of_line(line, number)


def _of_line(line: str, number: int) -> Iterator[Claim]:
    line = line.replace("**", "").replace("__", "").replace("`", "")
    for latex, sign in _LATEX:
        line = line.replace(latex, sign)
    bullet = _BULLET.match(line)
    begins = bullet.end() if bullet else 0
    sides, signs = _sides(line, begins)
    doubted = bool(_DOUBTS.search(line[:20_000]))
    for (left, right), sign in zip(pairwise(sides), signs, strict=True):
        dash = bool(bullet and bullet["dash"] and left.last and left.last.start == begins)
        found = _compared(left.last, right.first, line, sign, dash=dash)
        if found is None:
            continue
        formula, value, stated = found.formula, found.value, found.stated
        if found.state is CheckState.PASSED:
            yield Claim(found.state, f"line {number}: {formula} is {value}")
        else:
            quoted = doubted or _corrected(value, line, right)
            state = CheckState.UNPROVEN if quoted else found.state
            says = f"line {number}: {formula} is {value}, not {stated}"
            yield Claim(state, says, holds_back=found.near and not quoted)


@dataclass(frozen=True, slots=True)
class _Side:
    """What stands between two signs of equality: the run at its end, and the one at its beginning. None: there is none
    that is complete."""

    first: _Run | None
    last: _Run | None


def _sides(line: str, begins: int) -> tuple[list[_Side], list[str]]:
    """``line`` cut at its signs of equality, and those signs."""
    sides: list[_Side] = []
    signs: list[str] = []
    runs = [_Run(start=begins)]
    clean = True
    last = ""
    for match in _TOKEN.finditer(line, begins):
        kind = match.lastgroup or ""
        if kind == "equals":
            sides.append(_side(runs, clean))
            signs.append(match[0])
            runs, clean = [_Run(start=match.end())], True
        else:
            _take(runs, kind, match, last)
            if len(runs) > 2:
                del runs[1:-1]
        if kind != "space":
            last = kind
    sides.append(_side(runs, clean))
    return sides, signs


def _side(runs: list[_Run], clean: bool) -> _Side:
    first, last = runs[0], runs[-1]
    return _Side(first if first.complete else None, last if last.complete and not last.ended else None)


def _take(runs: list[_Run], kind: str, match: re.Match[str], last: str) -> None:
    """Put one token to the last run, or begin a new one where it cannot go on."""
    run, text = runs[-1], match[0]
    if run.ended and kind not in ("space", "money"):
        run = _anew(runs, match.start(), whole=run.next_whole)
    if kind in ("space", "money"):
        return
    if run.terms and not run.wants_operand:
        _after_operand(runs, run, kind, match)
    elif kind == "number":
        _put(run, Term(amount=Amount(text)), match)
    elif kind == "open" and not match.string[match.start() - 1 : match.start()].isalnum():
        run.depth += 1
        run.after_word = run.after_word or (last == "word" and not run.terms)
        _put(run, Term("("), match)
    elif kind == "operator" and text in "-−–" and (not run.terms or run.terms[-1].sign == "("):
        _put(run, Term("neg"), match)
    elif run.terms or kind in ("operator", "open", "percent") or text in _UNKNOWN_OPERATORS:
        _anew(runs, match.end(), whole=False)
    elif kind == "word":
        _anew(runs, match.end(), whole=True)
    else:
        _anew(runs, match.end(), whole=run.whole or text in _PARTS)


def _after_operand(runs: list[_Run], run: _Run, kind: str, match: re.Match[str]) -> None:
    text = match[0]
    of = run.terms[-1].amount
    match kind:
        case "operator":
            _put(run, Term(_SIGNS.get(text, text)), match)
        case "percent" if of and not of.unit:
            run.terms[-1] = Term(amount=replace(of, percent=True))
            run.end = match.end()
        case "close" if run.depth:
            run.depth -= 1
            _put(run, Term(")"), match)
        case "word" if of and of.percent and text in _OF:
            _put(run, Term("*"), match)
        case "word" if text.lower() in _REMAINDER and (text.lower() not in _AND or (of and of.unit)):
            run.whole, run.ended = False, True
        case "word" if of and text.lower() not in _AND and of.unit.count(" ") < 2:
            run.terms[-1] = Term(amount=replace(of, unit=f"{of.unit} {text}".strip()))
            run.end = match.end()
        case "number" | "open":
            fresh = _anew(runs, match.start(), whole=True)
            fresh.depth = int(kind == "open")
            _put(fresh, Term("(") if kind == "open" else Term(amount=Amount(text)), match)
        case _:
            run.next_whole = text in _PARTS or (run.whole and text not in _UNKNOWN_OPERATORS)
            run.whole = run.whole and text not in _UNKNOWN_OPERATORS
            run.ended = True


def _put(run: _Run, term: Term, match: re.Match[str]) -> None:
    if not run.terms:
        run.start = match.start()
    run.terms.append(term)
    run.end = match.end()


def _anew(runs: list[_Run], start: int, *, whole: bool) -> _Run:
    runs.append(_Run(start=start, whole=whole))
    return runs[-1]


def _compared(left: _Run | None, right: _Run | None, line: str, sign: str, *, dash: bool) -> _Finding | None:
    if left is None or right is None or not (left.operators or right.operators):
        return None
    formula, result = (right, left) if not left.operators else (left, right)
    worst: _Finding | None = None
    for mark in MARKS[::-1] if _ENGLISH.search(line, formula.start, max(formula.end, result.end)) else MARKS:
        found = _under(formula, result, line, sign, mark, dash)
        if found and found.state is CheckState.PASSED:
            return found
        worst = worst or found
    return worst


def _under(formula: _Run, result: _Run, line: str, sign: str, mark: Mark, dash: bool) -> _Finding | None:
    """How the equation is, with its numbers read so; None where they cannot be, or it is none that is understood."""
    values = [value for terms in _meant(formula, dash) for value in meanings(terms, result.percent, mark)]
    results = list(meanings(tuple(result.terms), False, mark))
    decimals = result.decimals(mark)
    if not values or not results or decimals is None:
        return None
    stated = Reading(results[0], decimals)
    shown = (_text(line, formula), written(values[0], decimals, mark), _text(line, result))
    if right := [value for value in values if _is(value, stated, sign)]:
        return _Finding(CheckState.PASSED, shown[0], written(right[0], decimals, mark), shown[2])
    off = values[0] - stated.value
    near = abs(off) < abs(stated.value) and not _may_be_rounded(formula, result, off, mark)
    sure = sign.startswith("=") and not result.operators and _same_units(formula, result, near=near)
    sure = sure and (near or not (result.percent or result.units))
    state = CheckState.FAILED if sure and not _may_be_a_day(line, formula) else CheckState.UNPROVEN
    return _Finding(state, *shown, near and _same_units(formula, result, near=near))


def _corrected(value: str, line: str, stated: _Side) -> bool:
    """Whether the right value stands after the wrong one: "2 + 2 = 5; it is 4"."""
    after = line[stated.first.end :] if stated.first else ""
    return any(each.rstrip(".,") == value for each in _FIGURE.findall(after))


def _same_units(formula: _Run, result: _Run, *, near: bool) -> bool:
    """Whether the number alone shows that the result is wrong: not in ``1 km + 500 m = 1500 m``.
    ``near``: it is off by less than a change of unit would make."""
    of, got = formula.units, result.units
    if of != got and (of | got) & _SCALES and not near:
        return False
    if len(of) > 1:
        return got <= of and bool(got) and not formula.signs & {"+", "-", "/"}
    return not of or not got or of == got


def _meant(formula: _Run, dash: bool) -> Iterator[tuple[Term, ...]]:
    """All of it, and what stands after a dash that may be none of its minus signs; ``dash``: one before it may be its
    minus sign."""
    terms = tuple(formula.terms)
    yield terms
    if dash:
        yield (Term("neg"), *terms)
    if len(terms) <= _TERMS_MAX:
        for index, term in enumerate(terms):
            if term.sign == "-" and index + 2 < len(terms):
                yield terms[index + 1 :]


def _is(exact: Decimal, stated: Reading, sign: str) -> bool:
    return fits(exact, stated) or (not sign.startswith("=") and abs(exact - stated.value) <= abs(exact) / 100)


def _may_be_rounded(formula: _Run, result: _Run, off: Decimal, mark: Mark) -> bool:
    """Shares in percent that were rounded one by one."""
    shares = [term.amount.read(mark) for term in formula.terms if term.amount]
    slack = sum((Decimal(1).scaleb(-share.decimals) / 2 for share in shares if share), Decimal())
    return result.percent and formula.signs <= {"+", ""} and abs(off) <= slack


def _may_be_a_day(line: str, run: _Run) -> bool:
    """After a word, "5/3" or "3-5" is a day or a range."""
    return (
        {"/", "-", ""} >= run.signs
        and " " not in line[run.start : run.end]
        and line[: run.start].rstrip()[-1:].isalpha()
    )


def _text(line: str, run: _Run) -> str:
    return line[run.start : run.end].strip()
