"""What mended an error: told in words beside it, or after a command that failed and then passed."""

import re
from collections.abc import Iterator

from minga.domain.memory import Entity
from minga.memory.extraction import things
from minga.memory.extraction.claims import Claim, cleaned
from minga.memory.extraction.wording import Sentence

_FIXED = re.compile(
    r"\b(?:(?:eso |esto |lo |la |se )?(?:se arreglo|se soluciono|se resolvio|se corrigio|se arregla"
    r"|se soluciona|se resuelve)\s+(?:con|al|asi|agregando|cambiando|subiendo|bajando|poniendo|quitando|usando"
    r"|\w+ndo)"
    r"|la (?:solucion|correccion) (?:fue|es)|el arreglo (?:fue|es)|(?:lo|la|los|las) (?:solucione|arregle"
    r"|corregi|resolvi|arreglamos|solucionamos)\s+(?=\w+ndo|con |al )"
    r"|(?:was |is |were |got |i )?(?:fixed|solved|resolved|cured)(?: it)? (?:by|with)|the (?:fix|solution"
    r"|cure) (?:was|is)(?: to)?)\s+"
    r"(?P<how>[^\n;]{6,240})"
)
_GERUND = re.compile(r"\w+ndo$")
_PASSED = re.compile(
    r"\b\d+ passed\b|\bpassed\b|\bok\b|success|succeeded|completed|\b200\b|\b0 (?:errors|failed|failures)\b|sent \d",
    re.IGNORECASE,
)


def found(one: Sentence, before: Sentence | None, done: str) -> Iterator[Claim]:
    match = _FIXED.search(one.bare)
    if match is None or re.search(
        r"\b(?:no|not|never|nunca)\s+(?:lo\s+|la\s+)?$", one.bare[max(0, match.start() - 12) : match.start() + 1]
    ):
        return
    error = _named(one) or (_named(before) if before is not None else None) or mended(done)
    if error is None:
        return
    start = match.start("how")
    last = one.plain[: match.start("how")].split()[-1]
    if _GERUND.match(last):
        start = match.start("how") - len(last) - 1
    how = cleaned(one.text[start : match.end("how")])
    yield Claim(error, "fixed by", how, match.start(), match.end(), 0.85, single=False, dated=False)


def mended(done: str) -> Entity | None:
    """The error of a failed call after which the same program passed, and nothing failed again."""
    lines = done.splitlines()
    failed = [place for place, line in enumerate(lines) if line.startswith("failed:")]
    if not failed or not any(_PASSED.search(line) for line in lines[failed[-1] + 1 :] if ": " not in line[:20]):
        return None
    return next((each.entity for place in reversed(failed) for each in things.errors(lines[place])), None)


def _named(one: Sentence) -> Entity | None:
    return next((each.entity for each in things.errors(one.text)), None)
