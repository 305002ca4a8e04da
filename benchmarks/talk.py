"""What each of many runs asks and what the scripted server answers: every run has an answer of its own, in pieces."""

from minga.domain.events import Event, Finished
from minga.testing import Drip, Rule, Script, Tokens

PIECES = 20
BUILTIN = "builtin"


def asked(agent: str, number: int) -> str:
    """The task of run ``number``; the built-in agent gets one that it can prove."""
    if agent == BUILTIN:
        return f"what is the check digit of RUT {_body(number)}?"
    return f"This is task number {number:03d}."


def pieces(number: int) -> list[str]:
    return [f"[{number:03d}.{piece:02d}] " for piece in range(PIECES)]


def script(runs: int) -> Script:
    """A rule a run; each piece of its answer is an event of the stream, 10 ms apart."""
    rules = [
        Rule(
            [(Drip(pieces(number), pause_s=0.01), Tokens())],
            last_user_contains=f"This is task number {number:03d}.",
            repeat=True,
        )
        for number in range(runs)
    ]
    return Script(rules=rules)


def is_whole(agent: str, number: int, said: str, last: Event) -> bool:
    """Whether the text as it streamed and the final answer both have every piece, in order, once."""
    if not isinstance(last, Finished):
        return False
    if agent == BUILTIN:
        return f"{_body(number)}-{_check_digit(_body(number))}" in last.answer
    whole = "".join(pieces(number)).strip()
    return said.strip() == whole and last.answer.strip() == whole


def _body(number: int) -> int:
    return 60_803_000 + number


def _check_digit(body: int) -> str:
    """Modulo 11, written anew here so that the benchmark does not believe the code that it checks."""
    digits = [int(digit) for digit in reversed(str(body))]
    rest = sum(digit * (2 + place % 6) for place, digit in enumerate(digits)) % 11
    return {11: "0", 10: "K"}.get(11 - rest, str(11 - rest))
