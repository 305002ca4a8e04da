"""What a person corrects in an agent's work, in their own words, Spanish or English.

A remark says of a thing to use it, to keep it as it is, to do without it, or that it is missing. The thing is something
with a name in the code (`l10n_cl`, `views.py`), or one of those that reviews name (tests, comments, types): a verb
alone makes no remark, and neither does what is asked, supposed, quoted or reported.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from minga.memory.extraction.wording import Sentence, sentences

READ_MAX = 800
"""Characters of what a person answers: a longer one is a new task."""

Stance = Literal["use", "keep", "without", "missing"]

OPPOSITE: Mapping[str, frozenset[str]] = {
    "use": frozenset(("without",)),
    "missing": frozenset(("without",)),
    "without": frozenset(("use", "missing")),
}
"""Remarks on the same thing that contradict one."""

THINGS: Mapping[str, str] = {
    "tests": r"(?:unit )?tests?|pruebas?(?: unitarias?)?",
    "comments": r"comentarios?|comments?",
    "docstrings": r"docstrings?",
    "documentation": r"documentacion|docs|documentation",
    "CHANGELOG": r"change-?log(?:\.md)?",
    "README": r"readme(?:\.md)?",
    "snake_case": r"snake[_ -]?case",
    "camelCase": r"camel[_ -]?case",
    "PascalCase": r"pascal[_ -]?case",
    "kebab-case": r"kebab[_ -]?case",
    "types": r"tipos|tipado|anotaciones de tipo|type (?:hints?|annotations?)|types|typing",
    "emojis": r"emojis?",
    "Spanish": r"espanol|castellano|spanish",
    "English": r"ingles|english",
    "single quotes": r"comillas simples|single quotes",
    "double quotes": r"comillas dobles|double quotes",
    "tabs": r"tabs|tabulaciones|tabuladores",
    "spaces": r"espacios|spaces",
    "abbreviations": r"abreviaturas|abreviaciones|abbreviations",
    "decimals": r"decimales|decimals",
    "prints": r"prints?",
    "logs": r"logs|logging",
    "mocks": r"mocks?",
    "migrations": r"migracion(?:es)?|migrations?",
    "dependencies": r"dependencias?|dependenc(?:y|ies)",
    "dead code": r"codigo (?:muerto|comentado)|dead code|commented[- ]out code",
    "error handling": r"manejo de errores|error handling",
    "translations": r"traduccion(?:es)?|translations?",
}
"""What reviews are about, each with its words, folded."""


@dataclass(frozen=True, slots=True)
class _Sign:
    """``of_things``: with a file behind it, it orders something new. ``asks``: it is said as a question."""

    stance: Stance
    words: re.Pattern[str]
    of_things: bool = False
    asks: bool = False


_BEGINS = (
    r"(?:^\W*|[,;:.(]\s*|\b(?:y|e|pero|mejor|que|porfa|favor|ya|oye|ojo|siempre|recuerda|debes|tienes|nuevo|vez|and|but|so"
    r"|please|better|always|remember to|must|should|need to|rather|then|entonces)\s+)"
)
"""Before an order: *el módulo usa X* is none."""

_SIGNS = (
    _Sign(
        "keep",
        re.compile(
            r"\b(?:no|nunca|tampoco|deja de|para de)\s+(?:me |lo |la |los |las )?"
            r"(?:vuelvas a |debiste |debias |tenias que )?"
            r"(?:cambi|toqu|toc|modifi|edit|muev|mov|renombr|reescrib)\w+\s+"
            r"|(?:\bdo not|\bdon'?t|\bnever|\bstop)\s+(?:ever\s+)?(?:chang|touch|modify|edit|mov|renam|rewrit)\w*\s+"
            r"|\b(?:restaura|revierte|revert|restore|undo)\s+(?:(?:los cambios|the changes?)\s+)?"
        ),
    ),
    _Sign(
        "keep",
        re.compile(
            r"\b(?:por que|para que|why did you|who told you to|quien te pidio)\s+(?:me )?"
            r"(?:cambi|toca|modifi|edit|mov|renombr|chang|touch|renam)\w*\s+"
        ),
        asks=True,
    ),
    _Sign(
        "without",
        re.compile(
            r"\b(?:no|nunca|tampoco|deja de|para de)\s+(?:me |le |les |lo |la )?(?:vuelvas a |quiero )?"
            r"(?:uses|usar|utilic|ocup|emple|pong|poner|agregu|agregar|met|dej|escrib|cre[ea]|invent|incluy|commite)\w*\s+"
            r"|(?:\bdo not|\bdon'?t|\bnever|\bstop)\s+(?:ever\s+)?"
            r"(?:us|add|put|leav|writ|creat|invent|includ|commit)\w*\s+"
            r"|^\W*(?:sin|without|nada de)\s+|\b(?:te dije|i said|i told you)\s+(?:que )?(?:sin|without|no)\s+"
        ),
    ),
    _Sign(
        "without",
        re.compile(rf"{_BEGINS}(?:saca|quita|elimina|borra|remove|drop|get rid of)(?:me|le|lo)?\s+|^\W*no\s+"),
        of_things=True,
    ),
    _Sign(
        "missing",
        re.compile(
            r"(?<!no )(?<!not )\b(?:(?:te |se te |se |le |les |me )?falt(?:a|an|o|aron|aba|aban)"
            r"|(?:se te |te )?olvid(?:o|aste|aron)(?: de)?|missing|forgot)\s+"
        ),
    ),
    _Sign("missing", re.compile(r"\b(?:donde estan?|where(?:'s| is| are))\s+"), of_things=True, asks=True),
    _Sign(
        "missing",
        re.compile(
            r"\b(?:no (?:hay|veo|pusiste|agregaste|escribiste|hiciste|incluiste)|there(?:'s| is| are) no)\s+"
            rf"|{_BEGINS}(?:agrega|anade|pon|escribe|haz|incluye|add|write|include)(?:le|me|les|lo)?\s+"
        ),
        of_things=True,
    ),
    _Sign(
        "use",
        re.compile(
            rf"{_BEGINS}(?:usa|utiliza|ocupa|emplea|use|stick to|prefer|prefiero)\s+"
            r"|\b(?:te dije|i said|i told you)\s+(?:que |to )?(?:uses |use |usar )?"
        ),
    ),
    _Sign(
        "use",
        re.compile(
            r"\b(?:van?|deben?|deberian?|tienen? que|must|should|has to|have to)\s+(?:ir |ser |estar |be )?"
            r"(?:en|in|con|with)\s+"
        ),
        of_things=True,
    ),
)
_THINGS = tuple((name, re.compile(rf"(?:{words})(?![\w-])")) for name, words in THINGS.items())
_IS_MISSING = re.compile(rf"\b(?P<thing>{'|'.join(THINGS.values())})\s+(?:is|are|were)\s+missing\b")
_NAME = re.compile(
    r"`[^`\n]{2,40}`|[A-Za-z]\w*_\w+\b|[\w/-]+\.[a-z]{1,5}\b|[a-z]+[A-Z]\w*\b|[A-Z][a-z]+[A-Z]\w*\b|[A-Z]{3,}\b"
)
_SHOUTED = frozenset(
    """
    NUNCA SIEMPRE JAMAS JAMÁS NADA TODO TODOS OJO POR PERO ESO ESTO QUE SOLO LOS LAS CON SIN UNA UNO MAS MÁS
    NEVER ALWAYS NOT ONLY PLEASE STOP DONT THE AND ALL ANY NOW AGAIN
    """.split()  # noqa: SIM905 - words
)
_FILLS = re.compile(
    r"(?:(?:el|la|los|las|un|una|unos|unas|ese|esa|esos|esas|este|esta|mas|otra vez|de nuevo|ningun|ninguna|siempre"
    r"|solo|nombres|variables|archivos?|en|con|sin|de|del|al|a|lo|que|tus?|mis?|the|an?|any|some|that|those|this|these"
    r"|more|only|always|again|your|my|our|names?|files?|in|with|without|to|of)\s+){1,4}"
)
_SUPPOSES = re.compile(r"\b(?:si|if|cuando|when|dicen?|dijo|says?|said that|segun|porque|because)\s+(?:\w+\s+){0,4}$")
_DENIES = re.compile(r"(?:\b(?:no|not|never|nunca)|n't)\s*$")


def remarks(text: str) -> Iterator[tuple[Stance, str]]:
    """What is said of which thing, in order."""
    for one in sentences(text) if len(text) <= READ_MAX else ():
        yield from dict.fromkeys(_of_sentence(one))


def _of_sentence(one: Sentence) -> Iterator[tuple[Stance, str]]:
    for sign in _SIGNS:
        for found in sign.words.finditer(one.bare):
            before = one.bare[: found.start()]
            is_denied = sign.stance == "use" and _DENIES.search(before)
            if (one.asks and not sign.asks) or _SUPPOSES.search(before) or is_denied:
                continue
            behind = found.start() + len(found[0].rstrip()) + 1  # code is blank in `bare`, and not passed over
            if thing := _spoken_of(one, behind, of_things=sign.of_things):
                yield sign.stance, thing
    for each in _IS_MISSING.finditer(one.bare):
        yield "missing", _thing(each["thing"], 0)


def _spoken_of(one: Sentence, start: int, *, of_things: bool) -> str:
    """What stands right behind the verb, but for articles and the like."""
    fills = _FILLS.match(one.plain, start)
    for place in (start, *((fills.end(),) if fills else ())):
        if thing := _thing(one.plain, place):
            return thing
        name = None if of_things else _NAME.match(one.text, place)
        if name and name[0] not in _SHOUTED:
            return name[0].strip("`")
    return ""


def _thing(plain: str, place: int) -> str:
    return next((name for name, words in _THINGS if words.match(plain, place)), "")
