"""Who takes part: taxpayers by their RUT, companies by their form; `persons` has those who are called by name."""

import re
from collections.abc import Iterator

from minga.domain import rut
from minga.domain.memory import Entity, EntityKind, Mention
from minga.memory.extraction.persons import persons

COMPANY_FROM = 50_000_000
"""The SII numbers companies from here on; what is below is a person's."""

_RUT = re.compile(r"(?<![\w.,+/$-])(?:\d{1,2}\.\d{3}\.\d{3}|\d{7,8})-[0-9kK](?![\w-])")
_LEGAL = re.compile(
    r"\b([A-ZÁÉÍÓÚÑ][\wÁÉÍÓÚÑáéíóúñ&.-]{1,30}(?:\s+(?:(?:de|del|la|las|los|y|e"
    r"|&)\s+){0,2}[A-ZÁÉÍÓÚÑ][\wÁÉÍÓÚÑáéíóúñ&-]{1,30}){0,5})"
    r",?\s+(SpA|S\.?A\.?(?![\w-])|Ltda\.?|Limitada|E\.?I\.?R\.?L\.?(?!\w)|Inc\.?|GmbH|LLC)(?![\w-])"
)


def mentions(text: str, plain: str) -> Iterator[Mention]:
    """``plain`` is the folded text."""
    yield from ruts(text)
    yield from companies(text)
    yield from persons(text, plain)


def companies(text: str) -> Iterator[Mention]:
    """Those whose name says what they are: SpA, Ltda., S.A., E.I.R.L."""
    for found in _LEGAL.finditer(text):
        yield Mention(Entity(EntityKind.COMPANY, f"{found[1]} {_form(found[2])}"), found.start(), found.end())


def ruts(text: str) -> Iterator[Mention]:
    """Each RUT whose check digit is right, without dots."""
    if "-" not in text:
        return
    for found in _RUT.finditer(text):
        written = rut.parse(found[0])
        if written.valid and written.body >= 1_000_000:
            kind = EntityKind.COMPANY if written.body >= COMPANY_FROM else EntityKind.PERSON
            yield Mention(Entity(kind, rut.without_dots(written)), found.start(), found.end())


def _form(written: str) -> str:
    plain = written.replace(".", "").lower()
    return {"spa": "SpA", "sa": "S.A.", "ltda": "Ltda.", "limitada": "Ltda.", "eirl": "E.I.R.L."}.get(plain, written)
