"""Whether a text names a person: so that what is forgotten of one is not what was said of others."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from minga.memory.extraction.persons import FIRST_NAMES, SURNAMES
from minga.memory.recall.words import fold

_MARK = re.compile("(?<!n)[\u0300-\u036f]|(?<=n)[\u0300-\u0302\u0304-\u036f]")
"""Accents, all but the tilde of ñ."""

_WORD = re.compile(r"[^\W\d_]+")

_JOINTS = ("", ".", "_", "-", "'", "’")
"""Of an address or a handle, such as rosa.perez@…; and what is blank."""

_PARTICLES = frozenset("de del la las los da das do dos van von der".split())  # noqa: SIM905 - words
BETWEEN_MAX = 3
"""Words that may stand between two names of a person: other first names, and "de la"."""


def names(name: str) -> Callable[[str], bool]:
    """Whether a text has the names together and in this order, other first names between them allowed; or the last
    ones first, with a comma. Case and accents do not count, but for ñ, which is no n."""
    wanted = [_plain(one) for one in _WORD.findall(_composed(name))]
    turned = [(wanted[at:], wanted[:at]) for at in range(1, len(wanted))]

    def are_in(text: str) -> bool:
        words = list(_words(text)) if wanted else []
        return any(
            _end(words, place, wanted) is not None or any(_turned(words, place, *one) for one in turned)
            for place in range(len(words))
        )

    return are_in


_Word = tuple[str, str, str]
"""As it is written, as it is compared, and what stands before it."""


def _words(text: str) -> Iterator[_Word]:
    text, end = _composed(text), 0
    for found in _WORD.finditer(text):
        yield found[0], _plain(found[0]), text[end : found.start()]
        end = found.end()


def _end(words: Sequence[_Word], place: int, wanted: Sequence[str]) -> int | None:
    """The place behind the names, where they begin at ``place``."""
    if place >= len(words) or words[place][1] != wanted[0]:
        return None
    for one in wanted[1:]:
        place += 1
        between = 0
        while place < len(words) and _is_joined(words, place) and words[place][1] != one:
            if between == BETWEEN_MAX or not _may_stand_between(words[place]):
                return None
            place, between = place + 1, between + 1
        if place == len(words) or not _is_joined(words, place):
            return None
    return place + 1


def _turned(words: Sequence[_Word], place: int, last: Sequence[str], first: Sequence[str]) -> bool:
    """Pérez, Rosa; and with another surname before the comma: Pérez Soto, Rosa."""
    end = _end(words, place, last)
    if end is None or end == len(words):
        return False
    comma = end + 1 if words[end][2].isspace() else end
    return comma < len(words) and words[comma][2].strip() == "," and _end(words, comma, first) is not None


def _is_joined(words: Sequence[_Word], place: int) -> bool:
    before = words[place][2]
    is_initial = len(words[place - 1][0]) == 1 and before.startswith(".")
    return before.isspace() or before in _JOINTS or (is_initial and not before[1:].strip())


def _may_stand_between(word: _Word) -> bool:
    """A surname says that it is somebody else: Rosa Soto Pérez is not Rosa Pérez."""
    written, name = word[0], fold(word[1])
    if name in FIRST_NAMES or name in _PARTICLES:
        return True
    return written[0].isupper() and name not in SURNAMES and not name.endswith("ez")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _plain(word: str) -> str:
    return unicodedata.normalize("NFC", _MARK.sub("", unicodedata.normalize("NFD", word.lower())))
