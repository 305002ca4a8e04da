"""What was decided, with its reason, and what a person prefers."""

import re
from collections.abc import Iterator

from minga.domain.memory import Entity, EntityKind
from minga.domain.transcript import Role
from minga.memory.extraction.claims import Claim, cleaned
from minga.memory.extraction.wording import Sentence

_DECIDED = re.compile(
    r"(?<!no )(?<!not )(?<!nunca )(?<!never )(?<!quien )(?<!si )(?<!que )(?<!lo que )(?<!that )"
    r"\b(?:(?:ayer |hoy |al final |finalmente |ya )?(?:decidimos|se decidio|decidieron|decidi(?=\s)|quedamos en"
    r"|quedo decidido|acordamos|se acordo|optamos por|elegimos|nos quedamos con|nos vamos con"
    r"|(?:al final |entonces |ya,? |ok,? |listo,? |bueno,? )vamos con|^vamos con)"
    r"|(?:we|they|i|marcela|the team) (?:have |had |finally )?(?:decided|agreed|settled|chose|opted)(?: (?:on"
    r"|to|for|that))?|let'?s go with|we'?ll go with|we are going with|we're going with|it was (?:decided"
    r"|agreed)(?: that| to)?)\s+"
    r"(?P<what>[^\n.;]{6,240}(?:\.\d[^\n.;]{0,60}){0,3})"
)
_BECAUSE = re.compile(
    r"[\s,]+(?:porque|ya que|dado que|puesto que|pues|because|since|so that|para que|given that)\s+(?P<why>.{6,200})"
)
_GOES_ON = re.compile(
    r"\s*,\s*(?:(?:y|and|asi que|so)\s+)?"
    r"(?:(?!(?:prestamos|t?ramos|\w{0,20}gramos|racimos|reclamos|extremos|\w{2,20}isimos|(?:maxi|mini|ulti|proxi|legiti|opti|anoni|sinoni)mos)\b)"
    r"[a-z]{2,}[aei]mos|starting|(?:we|i|they|it)(?:'ll|'re|'d)?\s+[a-z]+)\b"
)
"""Where what "we" do next begins: "Vue 3, partimos en enero"."""
_THAT = re.compile(r"\b(?:that|que)\s")
_NOTHING = re.compile(
    r"(?:que\s+)?(?:(?:nada|eso|esto|ambos|ambas|later|nothing|it|that|this|todo|all|calma|cuidado|atraso"
    r"|retraso|\d+\s+(?:dias|horas|days)\s+de\s+(?:atraso|retraso))\b|(?:por que|why|cuando|when|whether|si)\b)"
)
_WITH_WHOM = re.compile(
    r"(?:(?:con|entre)\b(?!.*(?:\sque\s|(?<!\bcon)(?<!\bel)(?<!\bla)(?<!\bdel)(?<!\bal)(?<!\bde)\s[a-z]{1,20}[aei]r"
    r"(?:l[aeo]s?|se)?\b))|(?:with|between|among)\b(?!.*\s(?:to|that|on)\s))"
)
"""Persons, and nothing that was decided with them."""
_GO = re.compile(
    r"^\W*(?:ok,? |ya,? |listo,? |bueno,? |perfecto,? |yes,? |si,? |vale,? )*(?:dale con|vamos con|go with"
    r"|anda con|hagamoslo con|usemos|let's use)\s+(?P<what>[^\n.;,]{5,120})"
)
_PREFERS = re.compile(
    r"^\W*(?:(?:yo|la verdad|personally|in general|pero|but|y)[,\s]+)?(?:prefiero|i prefer)\s+(?P<what>(?!eso"
    r"|esa|ese|esto|esta|este|that|this|it\b|the (?:first|second)|la (?:primera|segunda|opcion)|mil|que lo"
    r"|esperar|to wait)[^\n.;]{6,160})"
)
_PLEASE = re.compile(r"\W*\b(?:please|por ?fa(?:vor)?|plis)\W*$", re.IGNORECASE)


def found(one: Sentence, project: Entity, role: Role) -> Iterator[Claim]:
    taken: set[int] = set()
    for match in _DECIDED.finditer(one.bare):
        taken.add(match.start("what"))
        if not (_NOTHING.match(match["what"]) or _WITH_WHOM.match(match["what"])):
            yield from _decided(one, match, project, 0.85)
    if role == "user":
        going = _GO.match(one.plain)
        if going and going.start("what") not in taken and not _NOTHING.match(going["what"]):
            yield from _decided(one, going, project, 0.7)
        if prefers := _PREFERS.match(one.plain):
            start, end = prefers.span("what")
            liked = Entity(EntityKind.PREFERENCE, cleaned(_PLEASE.sub("", one.text[start:end])))
            yield Claim(liked, "preferred in", project.name, start, end, 0.65, single=False)


def _decided(one: Sentence, match: re.Match[str], project: Entity, confidence: float) -> Iterator[Claim]:
    start, end = _code_before(one, match.start("what")), match.end("what")
    because = _BECAUSE.search(one.plain, start)
    stop = min(each.start() if each else end for each in (because, _next(one, match)))
    value = cleaned(re.sub(r"^que\s+", "", one.text[start:stop]))
    if len(value) < 5:
        return
    yield Claim(project, "decided", value, match.start(), stop, confidence, single=False)
    if because is not None:
        why = cleaned(one.text[because.start("why") : because.end("why")])
        yield Claim(
            Entity(EntityKind.DECISION, value),
            "because",
            why,
            match.start(),
            because.end("why"),
            confidence,
            single=False,
        )


def _next(one: Sentence, match: re.Match[str]) -> re.Match[str] | None:
    """What "we" do next, where it is told behind what was decided; all of what follows "that" was decided."""
    is_clause = _THAT.search(one.bare, match.start(), match.start("what") + 4)
    return None if is_clause else _GOES_ON.search(one.bare, match.start("what"), match.end("what"))


def _code_before(one: Sentence, start: int) -> int:
    """Where what was decided begins, if code stands before the first word that is none."""
    words = one.bare[:start].rstrip()
    return len(words) + len(one.text[len(words) : start]) - len(one.text[len(words) : start].lstrip())
