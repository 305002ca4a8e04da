"""The slips that wrong answers are made with."""

from benchmarks.verifier.voice import Voice


def slipped(v: Voice, number: int) -> tuple[int, str]:
    """``number`` as it is miswritten or miscounted, and how."""
    chosen = v.pick(("one off", "transposed", "a digit", "one off"))
    if chosen == "transposed" and (swapped := transposed(v, number)) is not None:
        return swapped, "two digits transposed"
    if chosen == "a digit" and number >= 100:
        off = 10 ** v.between(1, len(str(number)) - 2)
        return number + off * v.pick((1, -1)), "a carry lost"
    return number + v.pick((1, -1)), "off by one"


def transposed(v: Voice, number: int) -> int | None:
    """Two neighbouring digits swapped; None where all are the same. The first digit stays."""
    digits = str(number)
    places = [place for place in range(1, len(digits) - 1) if digits[place] != digits[place + 1]]
    if not places:
        return None
    place = v.pick(places)
    return int(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])
