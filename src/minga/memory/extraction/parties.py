"""Persons, and companies by their RUT."""

import re
from collections.abc import Iterator

from minga.domain import rut
from minga.domain.memory import Entity, EntityKind, Mention

COMPANY_FROM = 50_000_000
"""The SII numbers companies from here on; what is below is a person's."""

_RUT = re.compile(r"(?<![\w.,+/$-])(?:\d{1,2}\.\d{3}\.\d{3}|\d{7,8})-[0-9kK](?![\w-])")
_LEGAL = re.compile(
    r"\b([A-ZÁÉÍÓÚÑ][\wÁÉÍÓÚÑáéíóúñ&.-]{1,30}(?:\s+(?:(?:de|del|la|las|los|y|e"
    r"|&)\s+){0,2}[A-ZÁÉÍÓÚÑ][\wÁÉÍÓÚÑáéíóúñ&-]{1,30}){0,5})"
    r",?\s+(SpA|S\.?A\.?(?![\w-])|Ltda\.?|Limitada|E\.?I\.?R\.?L\.?(?!\w)|Inc\.?|GmbH|LLC)(?![\w-])"
)

FIRST_NAMES = frozenset(
    """
    adriana agustin agustina alejandra alejandro alfredo alicia alvaro amanda ana andrea andres angelica antonia
    antonio ariel arturo barbara bastian beatriz benjamin bernardita bernardo camila carla carlos carmen carolina
    catalina cecilia cesar claudia claudio constanza cristian cristina cristobal daniel daniela danilo david diego
    eduardo elba elena eliana eliseo elisa emilia emilio enrique ernesto esteban eugenia eugenio evelyn fabian
    fabiola felipe fernanda fernando florencia francisca francisco gabriel gabriela gaston georgina gerardo german
    gladys gonzalo graciela guillermo gustavo hannah hector hernan hilda hugo humberto ignacio ines ingrid irene
    isabel isidora ismael ivan jacqueline jaime javier javiera jessica jimena joaquin jorge jose josefa josefina
    juan juana julia julian julieta julio karen karina karla katherine laura leonardo leonor leticia lorena lorenzo
    lucas lucia luis luisa macarena magdalena manuel manuela marcela marcelo marco marcos margarita maria mariana
    mariano mario marisol marta martin martina mateo matias mauricio maximiliano melisa miguel miriam monica nadia
    natalia nelson nicolas nicole noelia norma octavio olga omar orlando oscar pablo pamela paola patricia patricio
    paula paulina pedro pilar rafael ramiro ramon raquel raul rebeca renata rene ricardo roberto rocio rodolfo
    rodrigo rolando romina rosario ruben ruth samuel sandra sara sebastian sergio silvia simon sofia soledad sonia
    susana tamara tatiana teresa tomas valentin valentina valeria veronica vicente victor viviana walter ximena
    yasna yolanda john james mary michael sarah robert linda emma oliver peter paul anna thomas lena julia
    """.split()  # noqa: SIM905 - words
)
"""First names usual in Chile; folded."""

_NAME = r"[A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,20}(?:-[A-ZÁÉÍÓÚÑ][a-záéíóúñü]{1,20})?"
_FULL = re.compile(rf"\b{_NAME}(?:[ ]{_NAME}){{0,3}}\b")
_INTRODUCED = re.compile(
    rf"(?:\b(?:don|doña|sr\.?|sra\.?|srta\.?|señora?|señorita|jef[ae]|contadora?|doctora?|dra?\.|mr\.?|mrs\.?"
    rf"|ms\.?|soy(?:\s+(?:la|el))?|me llamo"
    rf"|my name is|i'm|i am|I'm|I am|a nombre de|encargad[oa](?:\s+\w+){{0,4}}\s+es|responsable"
    rf"(?:\s+\w+){{0,4}}\s+es)\s+)"
    rf"((?:(?:la|el|don|doña)\s+)?{_NAME}(?:[ ]{_NAME}){{0,2}})"
)
_NOT_NAMES = frozenset(
    """
    sii odoo lunes martes miercoles jueves viernes sabado domingo monday tuesday wednesday thursday friday saturday
    sunday enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre january february
    march april may june july august september october november december chile santiago the it this that he she they
    el la los las un una ley dte caf iva claude codex gemini copilot not going just sure still here working using
    looking trying getting on in at glad happy sorry afraid also adding running
    """.split()  # noqa: SIM905 - words
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


def persons(text: str, plain: str) -> Iterator[Mention]:
    """Those whose first name is a usual one, and those whom a word introduces."""
    taken = -1
    for found in _FULL.finditer(text):
        words = plain[found.start() : found.end()].split(" ")
        skipped = next((place for place, word in enumerate(words) if word in FIRST_NAMES), None)
        if skipped is None:
            continue
        start = found.start() + sum(len(word) + 1 for word in words[:skipped])
        kept = _kept(words[skipped:])
        if kept:
            taken = start + sum(len(word) + 1 for word in kept) - 1
            yield _person(text, start, taken)
    for found in _INTRODUCED.finditer(text):
        words = plain[found.start(1) : found.end(1)].split(" ")
        if words[0] not in FIRST_NAMES and words[0] not in _NOT_NAMES and not _overlaps(found.start(1), taken):
            yield _person(text, found.start(1), found.end(1))


def _kept(words: list[str]) -> list[str]:
    """The words of a name up to one that begins something else."""
    for place, word in enumerate(words):
        if word in _NOT_NAMES:
            return words[:place]
    return words


def _overlaps(start: int, taken: int) -> bool:
    return start < taken and taken - start < 60


def _person(text: str, start: int, end: int) -> Mention:
    name = text[start:end]
    for article in "la ", "el ", "don ", "doña ":
        if name.startswith(article):
            start += len(article)
            name = text[start:end]
    return Mention(Entity(EntityKind.PERSON, name), start, end)


def _form(written: str) -> str:
    plain = written.replace(".", "").lower()
    return {"spa": "SpA", "sa": "S.A.", "ltda": "Ltda.", "limitada": "Ltda.", "eirl": "E.I.R.L."}.get(plain, written)
