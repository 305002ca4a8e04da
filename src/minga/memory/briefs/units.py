"""The parts of a text that are kept or left out as a whole: sentences, lines, blocks of code."""

import re
from dataclasses import dataclass

_FENCE = re.compile(r"^[ \t]*(```+|~~~+)")
_END = re.compile(r"(?<=[.!?…])[\"'”»)\]*_]*\s+(?=[\"'“«(\[*_`]*[¿¡A-ZÁÉÍÓÚÑÜ0-9`$/])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[A-Z]|Sra?|Srta|Dra?|Ing|Res|Ex|Exta?|Art|art|Arts|arts|N|No|Nº|N°|n°|Núm|núm|Pág|pág|p|pp|inc|"
    r"Ltda|Cía|EE|UU|Av|Depto|aprox|etc|vs|Mr|Mrs|Ms|Inc|Ltd|Co|cf|i\.e|e\.g|p\. ?ej|S\.A|Fig|fig|sec)\.[\"'”»)\]*_]*$"
)
_INLINE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True)
class Unit:
    """``text`` as it stands in the source. ``line``: which line it began in; those of one are joined by a blank."""

    text: str
    is_code: bool
    line: int


def units(text: str) -> tuple[Unit, ...]:
    """In order. A block of code between fences is one, with its fences."""
    found: list[Unit] = []
    fence, code = "", []
    for number, line in enumerate(text.splitlines()):
        mark = _FENCE.match(line)
        if fence:
            code.append(line)
            if mark and mark[1].startswith(fence):
                found.append(Unit("\n".join(code), True, number))
                fence, code = "", []
        elif mark:
            fence, code = mark[1], [line]
        else:
            found.extend(Unit(one, False, number) for one in _sentences(line.strip()))
    if code:  # a fence that nobody closed
        found.append(Unit("\n".join(code), True, len(text)))
    return tuple(found)


def joined(kept: tuple[Unit, ...]) -> str:
    """Sentences of a line are joined by a blank, everything else stands on lines of its own."""
    parts: list[str] = []
    for before, one in zip((None, *kept), kept, strict=False):
        same_line = before is not None and before.line == one.line and not (before.is_code or one.is_code)
        parts.append((" " if same_line else "\n" if before else "") + one.text)
    return "".join(parts)


def _sentences(line: str) -> list[str]:
    if not line:
        return []
    hidden = _INLINE.sub(lambda found: "`" * len(found[0]), line)  # a full stop in code ends no sentence
    found, start = [], 0
    for end in _END.finditer(hidden):
        if not _ABBREVIATION.search(hidden[start : end.start()]):
            found.append(line[start : end.end()].strip())
            start = end.end()
    return [one for one in (*found, line[start:].strip()) if one]
