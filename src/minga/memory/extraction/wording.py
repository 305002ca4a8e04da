"""Texts made comparable: folded to plain lower case without moving a character, and cut into sentences."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

TEXT_MAX = 20_000
"""Characters that rules look at; a passage is far shorter."""

_PLAIN = str.maketrans(
    "áàâäãåéèêëíìîïóòôöõúùûüñçÁÀÂÄÃÅÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇİ’‘“”«»",
    'aaaaaaeeeeiiiiooooouuuuncAAAAAAEEEEIIIIOOOOOUUUUNCI\'\'""""',
)
_SENTENCE = re.compile(r"[^\n]+")
_END = re.compile(
    r"(?<![.\s(])(?<!\bart)(?<!\bsr)(?<!\bsra)(?<!\bres)(?<!\bex)(?<!\bnro)(?<!\bnum)[.!?…]+[\"')]*(?=\s)|;(?=\s)"
)
_CODE = re.compile(r"```|`[^`\n]{0,400}`")
_QUOTED = re.compile(r'"[^"\n]{2,400}"|(?<!\w)\'[^\'\n]{4,400}\'(?!\w)')
_ASKS = re.compile(
    r"\s*(?:(?:y|e|and|so|pero|but|oye|hey|ya|ok|wena|jaja|ah|uy),?\s+)?"
    r"(?:(?:por|para|pa|con|en|de|a|hasta|desde)\s+)?"
    r"(?:q|que|quien(?:es)?|cual(?:es)?|cuando|cuanto[s]?|cuanta[s]?|donde|como|what|who|whom|which|when|where"
    r"|why|how"
    r"|does|do|did|is|are|was|were|should|can|could|would|shall|has|have|cachai si|sabes si|te acuerdas)\b"
    r"(?!\s+(?:not|no)\b)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence at its place in the text. ``plain`` is folded, with what is code or quoted blanked out in ``bare``;
    all three have the same length."""

    text: str
    plain: str
    bare: str
    start: int
    asks: bool

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def folded(text: str) -> str:
    """In lower case without accents, as long as before."""
    plain = text.translate(_PLAIN)
    lower = plain.lower()
    return lower if len(lower) == len(text) else "".join(sign.lower()[:1] or sign for sign in plain)


def bared(plain: str) -> str:
    """With code and quotations as blanks, as long as before. ``plain`` is folded."""
    kept = _without_code(plain) if "`" in plain else plain
    if '"' in kept or "'" in kept:
        kept = _QUOTED.sub(_blank, kept)
    return "\n".join(_blank_line(line) if line.lstrip().startswith(">") else line for line in kept.split("\n"))


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a text in order. A line ends one."""
    plain = folded(text)
    bare = bared(plain)
    for line in _SENTENCE.finditer(plain):
        start = line.start()
        for end in (*_ends(plain, bare, line.start(), line.end()), line.end()):
            if plain[start:end].strip():
                yield _sentence(text, plain, bare, start, end)
            start = end


def _ends(plain: str, bare: str, start: int, end: int) -> Iterator[int]:
    for found in _END.finditer(bare, start, end):
        yield found.end()


def _sentence(text: str, plain: str, bare: str, start: int, end: int) -> Sentence:
    while text[start].isspace():
        start += 1
    while text[end - 1].isspace():
        end -= 1
    asks = "?" in bare[start:end] or "¿" in bare[start:end] or _ASKS.match(plain, start, end) is not None
    return Sentence(text[start:end], plain[start:end], bare[start:end], start, asks)


def _without_code(plain: str) -> str:
    """Fences from one to the next one (an open one to the end), and spans of one line."""
    kept: list[str] = []
    place = 0
    while (found := _CODE.search(plain, place)) is not None:
        end = found.end()
        if found[0] == "```":
            closing = plain.find("```", end)
            end = len(plain) if closing < 0 else closing + 3
        kept += plain[place : found.start()], _blank_line(plain[found.start() : end])
        place = end
    return "".join(kept) + plain[place:]


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _blank_line(text: str) -> str:
    return "".join("\n" if sign == "\n" else " " for sign in text)
