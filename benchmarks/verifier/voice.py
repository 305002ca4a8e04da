"""Who speaks: the language, its way of writing numbers, and what people put around the point of an answer."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeVar

T = TypeVar("T")

COMPANIES = (
    "Ferretería El Roble", "Transportes Quilpué", "Panadería La Espiga", "Constructora Maihue", "Viña Los Aromos",
    "Imprenta Aconcagua", "Lácteos Rupanco", "Textiles Nahuel", "Óptica Bellavista", "Maderas Puyehue",
)  # fmt: skip

GOODS = (
    ("tornillos", "screws"), ("resmas de papel", "reams of paper"), ("cajas de cartón", "cardboard boxes"),
    ("litros de pintura", "litres of paint"), ("horas de soporte", "hours of support"), ("licencias", "licences"),
    ("sillas", "chairs"), ("teclados", "keyboards"), ("pallets", "pallets"), ("cables de red", "network cables"),
    ("sacos de cemento", "bags of cement"), ("monitores", "monitors"),
)  # fmt: skip

MONTHS = (
    ("enero", "January"), ("febrero", "February"), ("marzo", "March"), ("abril", "April"), ("mayo", "May"),
    ("junio", "June"), ("julio", "July"), ("agosto", "August"), ("septiembre", "September"),
)  # fmt: skip

_OPENINGS = (
    ("", ""),
    ("Aquí está.", "Here it is."),
    ("Revisé lo que me pediste.", "I went through what you asked for."),
    ("Resumen al {day}, 10:35 h:", "Summary as of {day}, 10:35:"),
    ("Claro. Tomé los datos de la versión 2.4.1 del archivo.", "Sure. I took the data of version 2.4.1 of the file."),
)

_CLOSINGS = (
    ("", ""),
    ("Si necesitas otra cosa, avísame.", "Let me know if you need anything else."),
    ("Ante dudas, llama al +56 9 {phone}.", "With questions, call +56 9 {phone}."),
    ("Queda pendiente la reunión del {day} (sala 3-B).", "Still open: the meeting of {day} (room 3-B)."),
    ("**Nota:** esto vale para 2026; en 2025 era distinto.", "**Note:** this holds for 2026; 2025 was different."),
)


@dataclass(frozen=True, slots=True)
class Voice:
    """``held``: speaks for the half that is held out, which has the odd ones of what `own` is given."""

    chance: random.Random
    language: Literal["es", "en"]
    held: bool = False

    def say(self, spanish: str, english: str) -> str:
        return spanish if self.language == "es" else english

    def of(self, pair: tuple[str, str]) -> str:
        return self.say(*pair)

    def pick(self, options: Sequence[T]) -> T:
        return self.chance.choice(options)

    def own(self, options: Sequence[T]) -> T:
        """One of those that only this half has."""
        return self.pick(options[self.held :: 2])

    def some(self, options: Sequence[T], count: int) -> list[T]:
        return self.chance.sample(options, count)

    def between(self, least: int, most: int) -> int:
        return self.chance.randint(least, most)

    def number(self, value: Decimal | int, places: int = 0) -> str:
        """``1.234.567,89`` in Spanish, ``1,234,567.89`` in English; ``value`` has no more places."""
        written = f"{value:,.{places}f}"
        return written.translate(str.maketrans(",.", ".,")) if self.language == "es" else written

    def money(self, value: int) -> str:
        return f"-${self.number(-value)}" if value < 0 else f"${self.number(value)}"

    def around(self, point: str) -> str:
        """``point`` with an opening and a closing, as answers come, or without."""
        values = {
            "day": f"{self.between(1, 28):02}-{self.between(1, 12):02}-2026",
            "phone": f"{self.between(1000, 9999)} {self.between(1000, 9999)}",
        }
        opening, closing = (self.of(self.pick(each)).format(**values) for each in (_OPENINGS, _CLOSINGS))
        return "\n\n".join(filter(None, (opening, point, closing)))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """In Markdown, the first column to the left and the others to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
