"""Which pieces, and how much of each, are worth the room that there is: a knapsack with several sizes of each thing.

Greedy by worth a token, each step the best of all pieces not yet told and of all that could be told at greater length;
what a chosen piece says already counts little in the next ones (maximal marginal relevance over stems). So the best
piece is told whole where there is room for it, and more pieces are told, shorter, where there is not. Deterministic:
ties go to the newer piece.
"""

from collections.abc import Callable, Sequence

from minga.memory.briefs.lines import Line, Option

SAME = 0.85
"""Share of words in common from which on two pieces say the same, and only one is told."""

LIKENESS_COST = 0.7
"""How much of a piece's worth is lost where another that is told has all of its words."""

SIZE_MATTERS = 0.0
"""Power of the tokens by which a piece's worth is divided; chosen on part ``train`` (`benchmarks.memory.keeping`)."""

Cost = Callable[[Line, bool], int]
"""Tokens of a line's mark of source; whether its group stands there already."""


def choose(lines: Sequence[Line], room: int, cost: Cost) -> list[tuple[Line, Option]]:
    """In the order of choice."""
    chosen: dict[int, int] = {}
    groups: set[str] = set()
    likeness = [0.0] * len(lines)
    while step := _best(lines, chosen, groups, likeness, room, cost):
        number, size = step
        room -= _needs(lines, chosen, groups, number, size, cost)
        if number not in chosen:
            groups.add(lines[number].group)
            likeness = [max(was, _like(one, lines[number])) for was, one in zip(likeness, lines, strict=True)]
        chosen[number] = size
    return [(lines[number], lines[number].options[size]) for number, size in chosen.items()]


def _best(
    lines: Sequence[Line], chosen: dict[int, int], groups: set[str], likeness: list[float], room: int, cost: Cost
) -> tuple[int, int] | None:
    best: tuple[float, tuple[str, ...], int, int] | None = None
    for number, line in enumerate(lines):
        if number not in chosen and likeness[number] >= SAME:
            continue
        has = chosen.get(number, -1)
        before = line.options[has].worth if has >= 0 else 0.0
        fresh = 1.0 if has >= 0 else 1 - LIKENESS_COST * likeness[number]
        for size in range(has + 1, len(line.options)):
            needs = _needs(lines, chosen, groups, number, size, cost)
            if needs > room:
                break
            gain = (line.options[size].worth - before) * fresh / max(needs, 1) ** SIZE_MATTERS
            if best is None or (gain, line.order, -size) > (best[0], best[1], -best[3]):
                best = gain, line.order, number, size
    return (best[2], best[3]) if best else None


def _needs(lines: Sequence[Line], chosen: dict[int, int], groups: set[str], number: int, size: int, cost: Cost) -> int:
    line = lines[number]
    if number in chosen:
        return line.options[size].tokens - line.options[chosen[number]].tokens
    return line.options[size].tokens + cost(line, line.group in groups)


def _like(one: Line, other: Line) -> float:
    """The share of the words of ``one`` that ``other`` has."""
    return len(one.words & other.words) / len(one.words) if one.words else 0.0
