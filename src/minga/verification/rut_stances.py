"""What an answer says of a RUT that it writes: that it is right, that it is wrong, or nothing."""

import re
from collections.abc import Iterator, Sequence
from enum import Enum

_SAYS = re.compile(
    r"(?P<good>\bno (?:es|est[aá]|son) (?:inv[aá]lid|incorrect|err[oó]ne)\w*"
    r"|\b(?:is|are) not (?:invalid|incorrect|wrong)|\bisn't (?:invalid|wrong)|\bsin errores?)"
    r"|(?P<bad>\binv[aá]lid\w*|\bno (?:\w{1,8} ){0,2}(?:v[aá]lid|correct)\w*|\b(?:no|not an?) rut\b"
    r"|\b(?:not|isn't|aren't|never) (?:\w{1,8} ){0,2}(?:valid|correct|right)\b|\bincorrect\w*|\bwrong\b"
    r"|\berr[oó]ne\w+"
    r"|\bequivocad\w+|\berrad[oa]s?\b|\bfals[oae]s?\b|\bmal(?= (?:escrit|calculad|digitad)\w*|[.,;:)]|$)|[✗✘❌]"
    r"|\b(?:tiene|has) mal (?:el|su)\b|\b(?:d[ií]gito|dv|digit)(?: verificador)? correcto|\bcorrect (?:check )?digit"
    r"|\bcorresponde(?: el| un)? [*`]{0,2}[0-9kK]\b"
    r"|\b(?:deb(?:e|er[ií]a|iera) (?:ser|decir|terminar)|should (?:be|read|end))(?: en| in| with)?(?: el| the)?"
    r"\s?[*_`\"'«“]{0,3}(?:[0-9kK]\b|$))"
    r"|(?P<weak>\bno (?:\w{1,8} ){0,2}(?:cumple|pasa|coincid|cuadra|calza|correspond|existe)\w*|\bfails?\b"
    r"|\bfalla\b|\bmal\b"
    r"|\b(?:does not|doesn't|do not|don't|fails to) (?:pass|match|check|hold|validate|fit|exist))"
    r"|(?P<true>\bv[aá]lid\w*|\bcorrect\w*|\bcumple\w*|\bright\b|[✓✔✅])",
    re.IGNORECASE,
)
_OF_DIGITS = re.compile(r"\bd[ií]gito|\bdv\b|verificador|\bdigit|m[oó]dul|validaci|validation", re.IGNORECASE)
"""Without one of these near, "no coincide" may be about anything else."""

_CALLED_WRONG_AFTER = re.compile(
    r"[\s`*_\"')»”|:,(—–→=-]{0,6}(?:(?:es|est[aá]|is|una?|an?|resulta|tiene|has|el|the"
    r"|d[ií]gito|verificador|check|digit|rut"
    r"|su|its|con|with) ){0,5}[*_|\s❌✗✘]{0,6}"
    r"(?:inv[aá]lid\w*|incorrect\w*|wrong"
    r"|no (?:es )?(?:v[aá]lid|correct)\w*|not (?:valid|correct))\b"
    r"(?! (?:para|como|for|as)\b)",
    re.IGNORECASE,
)
_CALLED_WRONG_BEFORE = re.compile(
    r"\b(?:inv[aá]lid\w*|incorrect\w*|wrong)"
    r"(?: (?:es|son|is|are|ruts?|n[uú]meros?|numbers?|el|los|the)){0,4}[\s:*_`|]{0,4}$",
    re.IGNORECASE,
)
_PROPOSED = re.compile(
    r"(?:\b(?:deb(?:e|er[ií]a|iera) (?:ser|decir)|should (?:be|read)"
    r"|(?:correct[oa]|v[aá]lid[oa]|correct one|right one) (?:es|is)"
    r"|correct|usa|use)|→|->|=>)[\s:]{0,2}(?:(?:el|the) )?(?:rut )?[*_`\"'«“]{0,3}$",
    re.IGNORECASE,
)
_MENTIONS = re.compile(
    r"\b(?:en vez de|en lugar de|instead of|rather than|no|not|correg\w+|corrig\w+|cambi\w+|changed?|fixed|corrected"
    r"|replaced?|reemplac\w+|dec[ií]a|said|was|era|from|formato?|forma|form|teclea\w*"
    r"|validar?|verificar?|comprueba|revisar?|validate|check|verify)\b"
    r"[\s:*_`\"'«“(]{0,4}(?:(?:el|the|de|of|como|as|like|tipo|type)\s){0,2}(?:ruts?\s)?[*_`\"'«“(]{0,3}$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"[`*_\"'»”]{0,3}(?:, ?(?:(?:y|e|and|o|or) )?| (?:y|e|and|o|or|&) )(?:el |los )?[`*_\"'«“]{0,3}")
_SENTENCE_ENDS = re.compile(r"[.;!?](?=\s(?!\()|$)|\n")
_REPLACED = re.compile(
    r"\b(?:corrig\w+|correg[ií]\w*|cambi\w+|changed?|fixed|corrected|replaced?"
    r"|reemplac\w+) (?:[\w.]{1,12} ){0,5}(?:de|from) $",
    re.IGNORECASE,
)
_ASKED = re.compile(r"[*_`\"'»”)]{0,3}[^.;!?\n]{0,60}\?")
_HEADS_LIST = re.compile(r"^\s{0,3}#|:[*_]{0,2}\s{0,2}$")
_LIST_ITEM = re.compile(r"^\s{0,8}(?:[-*+•]|\d{1,3}[.)])\s|^\s{0,8}\||^\s{0,8}$")

_NEAR = 160
"""Characters before and after a RUT in which words about it are looked for."""


class Stance(Enum):
    """What an answer says of a RUT that it writes."""

    RIGHT = "right"
    WRONG = "wrong"
    DOUBTED = "perhaps wrong"
    NONE = "nothing"
    QUOTED = "another's, or replaced"


def stances_of(text: str, places: Sequence[tuple[int, int]]) -> list[Stance]:
    """What ``text`` says of the RUT at each of ``places``; those that are joined ("A, B y C son válidos") share it."""
    found: list[Stance] = []
    joined: list[bool] = []
    for index, (start, _) in enumerate(places):
        last = places[index - 1][1] if index else 0
        next_one = places[index + 1][0] if index + 1 < len(places) else len(text)
        joined.append(index > 0 and start - last < 20 and bool(_JOINED.fullmatch(text, last, start)))
        alone = _stance(text, places[index], last, next_one)
        found.append(found[-1] if joined[-1] and alone is Stance.NONE else alone)
    for index in range(len(found) - 2, -1, -1):
        if joined[index + 1] and found[index] is Stance.NONE:
            found[index] = found[index + 1]
    return found


def _stance(text: str, place: tuple[int, int], last: int, next_one: int) -> Stance:
    """The first word about it that follows, up to the next RUT and within its sentence, counts; else what directly
    precedes it; else the heading of its list. ``last`` is where the RUT before it ends."""
    start, ends = place
    if _ASKED.match(text, ends):
        return Stance.QUOTED
    after = text[ends : min(next_one, ends + _NEAR)]
    end = _SENTENCE_ENDS.search(after)
    after = after[: end.start()] if end else after
    if said := next(_said(after), None):
        if said["good"] or said["true"]:
            return Stance.RIGHT
        return Stance.WRONG if _CALLED_WRONG_AFTER.match(after) else Stance.DOUBTED
    before = text[max(last, start - _NEAR) : start]
    if _PROPOSED.search(before):
        return Stance.RIGHT
    if _MENTIONS.search(before) or _REPLACED.search(before):
        return Stance.QUOTED
    return _before(before, begins=last == 0) or _of_list(text, start) or Stance.NONE


def _before(before: str, *, begins: bool) -> Stance | None:
    """Words of its sentence; after another RUT of the same sentence they are about that one."""
    ends = [match.end() for match in _SENTENCE_ENDS.finditer(before)]
    before = before[ends[-1] :] if ends else before
    if _CALLED_WRONG_BEFORE.search(before):
        return Stance.WRONG
    if not ends and not begins and len(before) < _NEAR:
        return None
    said = list(_said(before))
    if not said:
        return None
    return Stance.RIGHT if said[-1]["good"] or said[-1]["true"] else Stance.DOUBTED


def _said(text: str) -> Iterator[re.Match[str]]:
    of_digits = bool(_OF_DIGITS.search(text))
    return (said for said in _SAYS.finditer(text) if of_digits or not said["weak"])


def _of_list(text: str, start: int) -> Stance | None:
    """For an item of a list: what its heading says ("Inválidos:")."""
    above = text[max(0, start - 2_000) : start].split("\n")
    if not _LIST_ITEM.match(above[-1]):
        return None
    for line in reversed(above[:-1]):
        if _HEADS_LIST.search(line):
            said = next(_said(line), None)
            return None if said is None else Stance.RIGHT if said["good"] or said["true"] else Stance.WRONG
        if not _LIST_ITEM.match(line):
            break
    return None
