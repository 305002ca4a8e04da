"""What the page of the network says of its own accord."""

from collections.abc import Mapping
from dataclasses import dataclass

from minga.domain.memory import EntityKind, Language


@dataclass(frozen=True, slots=True)
class PageTexts:
    """``left_out`` and ``passages`` take a number; ``kinds`` names each kind in the plural."""

    language: str
    title: str
    search: str
    kinds_head: str
    as_of: str
    learned_later: str
    left_out: str
    nothing: str
    choose: str
    keys: str
    close: str
    fit: str
    light_or_dark: str
    also: str
    project: str
    passages: str
    facts: str
    no_facts: str
    ended: str
    withdrawn: str
    disputed: str
    later: str
    holds: str
    known: str
    sure: str
    sources: str
    beside: str
    kinds: Mapping[EntityKind, str]


ENGLISH = PageTexts(
    language="en",
    title="What is remembered",
    search="Search a name or a fact",
    kinds_head="Kinds",
    as_of="As of",
    learned_later="with what was learned later",
    left_out="{0} less central ones are not shown.",
    nothing="Nothing found.",
    choose="Choose a thing to see what is known about it, since when, and where from.",
    keys="Keys: / search · arrows go from thing to thing · + − 0 size · [ ] date · Esc close",
    close="Close",
    fit="Whole picture",
    light_or_dark="Light or dark",
    also="also called",
    project="project",
    passages="mentioned in {0} passages",
    facts="Facts",
    no_facts="No facts are known about it.",
    ended="ended",
    withdrawn="was wrong",
    disputed="disputed",
    later="not yet",
    holds="true",
    known="known",
    sure="sure",
    sources="from",
    beside="Mentioned together with",
    kinds={
        EntityKind.PERSON: "people",
        EntityKind.COMPANY: "companies",
        EntityKind.PROJECT: "projects",
        EntityKind.FILE: "files",
        EntityKind.MODULE: "modules",
        EntityKind.TABLE: "tables",
        EntityKind.LAW: "laws",
        EntityKind.DOCUMENT: "documents",
        EntityKind.COMMAND: "commands",
        EntityKind.ERROR: "errors",
        EntityKind.VERSION: "versions",
        EntityKind.SERVICE: "services",
        EntityKind.DECISION: "decisions",
        EntityKind.PREFERENCE: "preferences",
        EntityKind.TOPIC: "topics",
    },
)

SPANISH = PageTexts(
    language="es",
    title="Lo que se recuerda",
    search="Buscar un nombre o un hecho",
    kinds_head="Clases",
    as_of="Al día",
    learned_later="con lo que se supo después",
    left_out="No se muestran {0} menos centrales.",
    nothing="No se encontró nada.",
    choose="Elige algo para ver qué se sabe de eso, desde cuándo y de dónde.",
    keys="Teclas: / buscar · flechas van de una cosa a otra · + − 0 tamaño · [ ] fecha · Esc cerrar",
    close="Cerrar",
    fit="Todo el dibujo",
    light_or_dark="Claro u oscuro",
    also="también",
    project="proyecto",
    passages="mencionado en {0} pasajes",
    facts="Hechos",
    no_facts="No se conocen hechos de esto.",
    ended="terminó",
    withdrawn="era un error",
    disputed="en disputa",
    later="aún no",
    holds="cierto",
    known="sabido",
    sure="seguro",
    sources="de",
    beside="Mencionado junto con",
    kinds={
        EntityKind.PERSON: "personas",
        EntityKind.COMPANY: "empresas",
        EntityKind.PROJECT: "proyectos",
        EntityKind.FILE: "archivos",
        EntityKind.MODULE: "módulos",
        EntityKind.TABLE: "tablas",
        EntityKind.LAW: "leyes",
        EntityKind.DOCUMENT: "documentos",
        EntityKind.COMMAND: "comandos",
        EntityKind.ERROR: "errores",
        EntityKind.VERSION: "versiones",
        EntityKind.SERVICE: "servicios",
        EntityKind.DECISION: "decisiones",
        EntityKind.PREFERENCE: "preferencias",
        EntityKind.TOPIC: "temas",
    },
)


def page_texts(language: Language) -> PageTexts:
    return SPANISH if language == "es" else ENGLISH
