"""Every RUT that an answer writes, or puts into a file, has the check digit that modulus 11 gives.

What only resembles a RUT is none: a number counts where dots and hyphen, or seven to eight digits with a hyphen, or the
word RUT before it say so. An answer that calls a RUT wrong is checked the other way round.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import PurePosixPath

from minga.domain import rut
from minga.domain.rut import OutOfRange, Rut, check_digit, with_dots
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.changed import Changed, ChangedText, changed_texts
from minga.verification.claims import CLAIMS_MAX, TEXT_MAX, Claim, cut_short, first, line_at, lines_of, summed_up
from minga.verification.parts import parts
from minga.verification.rut_stances import Stance, stances_of

_NUMBER = re.compile(
    r"(?<![\w.+/$-])(?<!\d,)(?:\d{1,3}(?:\.\d{3}){1,3}|\d{1,9})(?:[ ]?[-‐‑–−][ ]?[0-9kK]"
    r"|[kK])?(?![\w/+@‐‑–−-])(?!\.\d)"
)
_WITH_DOTS = re.compile(r"\d{1,2}\.\d{3}\.\d{3}[-‐‑–−][0-9kK]")
_WITH_HYPHEN = re.compile(r"\d{7,8}[-‐‑–−][0-9kK]")
_NAMED = re.compile(
    r"(?:\b(?i:ruts?|r\.u\.t\.)|\bRUN)(?:\s+(?:n[°ºo.]{0,2}|es|is|del?|of|the|el))?[\s:=*_`\"'«“#(]{0,4}$"
)
_NAMES_ANOTHER = re.compile(
    r"(?:\b(?:cuenta|account|folio|orden|order|oc|pedido|ticket|gu[ií]a|invoice|factura|boleta|serie|serial|id"
    r"|c[oó]digo"
    r"|code|tel[eé]fono|phone|fono|m[oó]vil|causa|rol|proyecto|project|versi[oó]n|version|isbn|issn|ean|gtin"
    r"|sku|modelo|model"
    r"|contrato|contract|caso|case|lote|batch|build|rfc|pr|issue)\b[\s:=*_`#]{0,3}(?:n[°ºo.]{0,2}\s?)?"
    r"|\d\s?[-+*×/=]\s?|[=+×$€@]\s?)$",
    re.IGNORECASE,
)
_GOES_ON_AS_SUM = re.compile(r"\s?(?:[=+×÷]|\*\s?\d)")
_DIGIT_OF = re.compile(
    r"\b(?:d[ií]gito verificador|check digit|verification digit|dv)\b[^.\n\d]{0,40}?"
    r"(?<![\d.])(\d{1,2}(?:\.\d{3}){2}|\d{7,8})(?![\d.]?\d|\s?[-‐‑–−])[`*_\"')»”]{0,3}"
    r"\s?(?:es|is|=|:|→)\s?(?:el |the )?[`*_\"'«“]{0,3}([0-9kK])(?![\w.,-]?\w)",
    re.IGNORECASE,
)

_IN_ORDER = "1234567890", "0987654321"
"""Bodies in which documents count up or down instead of a person's RUT: 12.345.678-9 says where one is to be put."""

_DATA = frozenset({"", "text", "txt", "csv", "json", "xml", "toml", "yaml", "yml", "markdown", "md"})
"""Languages of blocks, and endings of files, in which a RUT is meant as one; a program may hold wrong ones to try."""


@dataclass(frozen=True, slots=True)
class _Found:
    rut: Rut | None
    """None: longer than a RUT can be."""
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Ruts:
    name = "rut"

    def look(self, work: Work) -> Checked | None:
        changed = changed_texts(work)
        claims, notes = first(_claims(work, changed))
        return summed_up(self.name, claims, (*notes, *cut_short(work.answer), *changed.skipped))


def _claims(work: Work, changed: Changed) -> Iterator[Claim]:
    given = _given(work)
    answer = work.answer[:TEXT_MAX]
    yield from _of_answer(answer, given)
    yield from _of_digits(answer)
    for file in changed.texts:
        yield from _of_file(file, given)


def _given(work: Work) -> frozenset[Rut]:
    """The RUTs that stand in what the agent was given: to repeat them is no claim of its own."""
    texts = [work.prompt, *(source.text for source in work.sources)]
    return frozenset(found.rut for text in texts for found in _ruts(text) if found.rut)


def _ruts(text: str) -> Iterator[_Found]:
    for match in _NUMBER.finditer(text):
        written = match[0]
        if len(written) < 7 or _GOES_ON_AS_SUM.match(text, match.end()):
            continue
        before = text[max(0, match.start() - 24) : match.start()]
        named = bool(_NAMED.search(before))
        if not named and (not _of_form(written) or _NAMES_ANOTHER.search(before)):
            continue
        found = rut.match(written)
        digits = "".join(filter(str.isdigit, written))
        if found is None or (found.digit is None and (found.dotted or len(digits) != 9)):
            continue
        yield _Found(_made(found), written, match.start(), match.end())


def _of_form(written: str) -> bool:
    """Seven or eight digits and a hyphen; a day such as 20261126-1 counts only where it is named a RUT."""
    if _WITH_DOTS.fullmatch(written):
        return True
    return bool(_WITH_HYPHEN.fullmatch(written)) and not _is_day(written[:-2])


def _is_day(digits: str) -> bool:
    if len(digits) != 8 or not digits.startswith(("19", "20")):
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _made(written: rut.Written) -> Rut | None:
    try:
        return rut.with_last_as_digit(written)
    except OutOfRange:
        return None


def _of_answer(answer: str, given: frozenset[Rut]) -> Iterator[Claim]:
    cut = parts(answer)
    yield from _of_text(cut.prose, 1, given, means_them=True)
    for block in cut.blocks:
        yield from _of_text(block.text, block.line, given, means_them=block.language in _DATA)


def _of_text(text: str, first_line: int, given: frozenset[Rut], *, means_them: bool) -> Iterator[Claim]:
    lines = lines_of(text)
    found = list(islice(_ruts(text), CLAIMS_MAX + 1))
    stances = stances_of(text, [(one.start, one.end) for one in found])
    for one, stance in zip(found, stances, strict=True):
        said = stance if means_them else Stance.QUOTED
        yield _claim(one, line_at(first_line + lines.at(one.start) - 1), said, given)


def _of_file(file: ChangedText, given: frozenset[Rut]) -> Iterator[Claim]:
    """What stood there before is not the agent's; what a program or a test holds may be wrong on purpose."""
    path = PurePosixPath(file.path)
    is_data = path.suffix.lower().lstrip(".") in _DATA and "test" not in file.path.lower()
    stance = Stance.NONE if is_data and file.before is not None else Stance.QUOTED
    before = frozenset(found.rut for found in _ruts(file.before or "") if found.rut)
    lines = lines_of(file.text)
    for one in _ruts(file.text):
        if one.rut not in before:
            yield _claim(one, f"{file.path}:{lines.at(one.start)}", stance, given)


def _of_digits(answer: str) -> Iterator[Claim]:
    """Claims of the form "the check digit of 12.345.678 is 5"."""
    prose = parts(answer).prose
    lines = lines_of(prose)
    for match in _DIGIT_OF.finditer(prose):
        body, said = int(match[1].replace(".", "")), match[2].upper()
        if not 1 <= body <= rut.BODY_MAX:
            continue
        where, right = line_at(lines.at(match.start())), check_digit(body)
        if right == said:
            yield Claim(CheckState.PASSED, f"{where}: the check digit of {match[1]} is {right}")
        else:
            yield Claim(CheckState.FAILED, f"{where}: the check digit of {match[1]} is {right}, not {said}")


def _is_in_order(body: int) -> bool:
    return body > 1_000_000 and any(str(body) in digits for digits in _IN_ORDER)


def _claim(one: _Found, where: str, stance: Stance, given: frozenset[Rut]) -> Claim:
    called_wrong = stance in (Stance.WRONG, Stance.DOUBTED)
    wrong = CheckState.UNPROVEN if stance is Stance.QUOTED else CheckState.FAILED
    if one.rut is None:
        state = CheckState.PASSED if called_wrong else wrong
        return Claim(state, f"{where}: {one.text} is no RUT: it has more than eight digits before the check digit")
    if one.rut.valid:
        if not called_wrong:
            repeated = stance is not Stance.RIGHT and one.rut in given
            return Claim(CheckState.PASSED, f"{where}: the RUT {one.text} is valid", formal=repeated)
        state = CheckState.FAILED if stance is Stance.WRONG else CheckState.UNPROVEN
        return Claim(state, f"{where}: {one.text} is called wrong, but its check digit is right")
    right = check_digit(one.rut.body)
    if called_wrong:
        return Claim(CheckState.PASSED, f"{where}: {one.text} is wrong, as the answer says: its check digit is {right}")
    if one.rut in given and stance is not Stance.RIGHT:
        return Claim(
            CheckState.UNPROVEN, f"{where}: {one.text} stands so in what was given, but its check digit is {right}"
        )
    if stance is Stance.NONE and _is_in_order(one.rut.body):
        return Claim(CheckState.UNPROVEN, f"{where}: {one.text} is no valid RUT, and seems to stand for any")
    whole = with_dots(Rut(one.rut.body, right))
    return Claim(wrong, f"{where}: {one.text} is no valid RUT: its check digit is {right} ({whole})")
