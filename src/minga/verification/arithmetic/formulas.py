"""The value of a formula of numbers with + - * / and brackets, under one reading of its numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException

from minga.verification.arithmetic.amounts import Amount, Mark

_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3}


@dataclass(frozen=True, slots=True)
class Term:
    """An operand, or an operator or bracket (``sign``; ``neg`` is the minus sign of what follows)."""

    sign: str = ""
    amount: Amount | None = None


def meanings(terms: Sequence[Term], in_percent: bool, mark: Mark) -> Iterator[Decimal]:
    """What the formula may be, the likeliest first; nothing where its numbers cannot be read so. With ``in_percent``
    the result is wanted in percent."""
    percents = [term.amount.percent for term in terms if term.amount]
    if any(percents) and not all(percents):
        yield from _present(_with_percents(terms, mark))
    if in_percent and not all(percents):
        yield from (value * 100 for value in _present(_value(terms, mark, hundredths=True)))
    if all(percents) or not any(percents):
        yield from _present(_value(terms, mark, hundredths=False))
    if in_percent and all(percents) and any(term.sign in ("*", "/") for term in terms):
        yield from (value * 100 for value in _present(_value(terms, mark, hundredths=True)))


def _present(value: Decimal | None) -> Iterator[Decimal]:
    if value is not None:
        yield value


def _with_percents(terms: Sequence[Term], mark: Mark) -> Decimal | None:
    """A percentage next to + or - is one of what stands before it; more than that is doubtful."""
    if len(terms) == 3 and terms[1].sign in ("+", "-") and terms[2].amount and terms[2].amount.percent:
        base, part = _value(terms[:1], mark, hundredths=True), _value(terms[2:], mark, hundredths=True)
        return None if base is None or part is None else base * (1 + part if terms[1].sign == "+" else 1 - part)
    for index, term in enumerate(terms):
        if term.amount and term.amount.percent:
            beside = {one.sign for one in (*terms[max(0, index - 1) : index], *terms[index + 1 : index + 2])}
            if not beside & {"*", "/"}:
                return None
    return _value(terms, mark, hundredths=True)


def _value(terms: Sequence[Term], mark: Mark, *, hundredths: bool) -> Decimal | None:
    """By precedence, from the left (E. W. Dijkstra's two stacks); None where a number cannot be read so, or for what
    has no value."""
    values: list[Decimal] = []
    waiting: list[str] = []
    try:
        for term in terms:
            if term.amount:
                reading = term.amount.read(mark)
                if reading is None:
                    return None
                values.append(reading.value / 100 if hundredths and term.amount.percent else reading.value)
            elif term.sign in ("(", "neg"):
                waiting.append(term.sign)
            else:
                _settle(values, waiting, _RANK.get(term.sign, 0))
                _push(waiting, term.sign)
        _settle(values, waiting, 0)
        [value] = values
    except (DecimalException, IndexError, ValueError):
        return None
    return value


def _push(waiting: list[str], sign: str) -> None:
    if sign != ")":
        waiting.append(sign)
    elif waiting.pop() != "(":
        raise ValueError(sign)


def _settle(values: list[Decimal], waiting: list[str], rank: int) -> None:
    """Work off what binds at least as strongly, up to an open bracket."""
    while waiting and waiting[-1] != "(" and _RANK[waiting[-1]] >= rank:
        sign, right = waiting.pop(), values.pop()
        if sign == "neg":
            values.append(-right)
            continue
        left = values.pop()
        values.append(
            left + right
            if sign == "+"
            else left - right
            if sign == "-"
            else left * right
            if sign == "*"
            else left / right
        )
