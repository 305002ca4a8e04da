"""Numbers that a text spells out in Spanish or English: "treinta y cinco", "two hundred", "once mil"."""

import re
from collections.abc import Iterator

from minga.domain.memory import Language
from minga.memory.extraction.wording import folded

_SMALL = {
    word: number
    for number, words in {
        2: "dos two twice", 3: "tres three", 4: "cuatro four", 5: "cinco five", 6: "seis six", 7: "siete seven",
        8: "ocho eight", 9: "nueve nine", 10: "diez ten", 11: "once eleven", 12: "doce twelve", 13: "trece thirteen",
        14: "catorce fourteen", 15: "quince fifteen", 16: "dieciseis sixteen", 17: "diecisiete seventeen",
        18: "dieciocho eighteen", 19: "diecinueve nineteen", 20: "veinte twenty", 21: "veintiun veintiuno veintiuna",
        22: "veintidos", 23: "veintitres", 24: "veinticuatro", 25: "veinticinco", 26: "veintiseis",
        27: "veintisiete", 28: "veintiocho", 29: "veintinueve", 30: "treinta thirty", 40: "cuarenta forty",
        50: "cincuenta fifty", 60: "sesenta sixty", 70: "setenta seventy", 80: "ochenta eighty", 90: "noventa ninety",
        100: "cien ciento", 200: "doscientos doscientas", 300: "trescientos trescientas",
        400: "cuatrocientos cuatrocientas", 500: "quinientos quinientas", 600: "seiscientos seiscientas",
        700: "setecientos setecientas", 800: "ochocientos ochocientas", 900: "novecientos novecientas",
    }.items()
    for word in words.split()
}  # fmt: skip
_TIMES = {
    "hundred": 100,
    "mil": 1000,
    "thousand": 1000,
    "million": 1_000_000,
    "millon": 1_000_000,
    "millones": 1_000_000,
}
_ONE = {"uno": 1, "un": 1, "una": 1, "one": 1}
"""Only behind a larger one: else they are articles."""

_ANY = "|".join(sorted((*_SMALL, *_TIMES), key=len, reverse=True))
_SPELT = re.compile(rf"\b(?:{_ANY})(?:(?:\s+(?:y|and)\s+|[\s-]+)(?:{_ANY}|{'|'.join(_ONE)}))*\b")


def spelt(text: str, language: Language) -> Iterator[int]:
    """What English says with "once" is no eleven."""
    plain = folded(text)
    if language == "en":
        plain = re.sub(r"\bonce\b", " ", plain)
    return (_value(found[0]) for found in _SPELT.finditer(plain))


def _value(words: str) -> int:
    whole = part = 0
    for word in re.findall("[a-z]+", words):
        if word in _TIMES:
            part = (part or 1) * _TIMES[word]
            whole, part = (whole + part, 0) if _TIMES[word] >= 1000 else (whole, part)
        else:
            part += _SMALL.get(word) or _ONE.get(word, 0)
    return whole + part
