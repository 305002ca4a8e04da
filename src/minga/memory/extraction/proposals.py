"""Instructions in what a person said that are meant for always: proposed as standing rules, never more than that.

An order must be said as one (imperative, or the form by which Spanish forbids), by the person themselves, with a word
for always.
What is asked, quoted, told of others, meant for today, or only observed ("siempre se cae") is none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from minga.domain.memory import Proposal, Scope
from minga.memory.extraction.imperatives import ENGLISH, WISHED, is_spanish_order
from minga.memory.extraction.masking import MASK
from minga.memory.extraction.wording import Sentence

RULES_MAX = 20
RULE_LENGTH = 500
"""Characters; what is longer is an essay and no rule."""

_MARK = re.compile(
    r"\b(?:siempre|nunca|jamas|never|always|de ahora en adelante|de aqui en adelante|desde ahora"
    r"|a partir de ahora|en adelante|de hoy en adelante"
    r"|from now on|from here on|going forward|por defecto|by default|don'?t ever|do not ever|must not|mustn't"
    r"|no se deb(?:en?|erian?)|cada vez que"
    r"|every time|whenever|each time"
    r"|para siempre|pa siempre|por regla|como regla|as a rule|regla|rule|prefiero|i prefer|i'd prefer"
    r"|i would prefer|no me gustan?|me gustan?"
    r"|i don'?t like|i hate|i like|detesto|odio)\b"
)
_SAID_RULE = re.compile(
    r"\b(?:ponl[oa]|anotal[oa]|dejal[oa]|guardal[oa]|tomal[oa]|recuerdal[oa])\s+(?:\w+\s+){0,2}(?:como\s+)?"
    r"(?:una\s+)?(?:regla|norma)\b|\bregla(?:s)?\s+(?:general|de la casa|para ti|nueva|mia|del proyecto)\b"
    r"|^(?:\W*(?:ok|ya|oye|y|and|new|nueva|house|otra|another)\s+)?(?:reglas?|rules?)(?:\s+(?:for you|para ti"
    r"|number \w+|general|nueva))?\s*:"
    r"|\b(?:make|treat|take|keep) (?:it|that|this) (?:as )?a (?:standing |general )?rule\b|\b(?:eso|esto|y)\s+"
    r"(?:es\s+)?(?:pa|para)\s+siempre\b"
    r"|\bthat(?:'s| is)? for (?:always|good)\b|\bhouse rules?\b|\bstanding (?:rule|instruction)\b|\brule for you\b"
)
_LEADS = re.compile(
    r"^\W*(?:(?:ok(?:ey|a)?|ya|oye|hey|listo|dale|bueno|buena|gracias|perfecto|perfect|great|nice|thanks|please"
    r"|por favor|porfa|plis|antes de seguir"
    r"|ah|also|ademas|otra cosa|una cosa|one (?:more )?thing|ojo|note|btw|so|y|and|pero|but"
    r"|recuerda(?: que)?(?!\s+siempre)"
    r"|remember(?: that| to)?|acuerdate(?: de)?(?: que)?(?!\s+siempre)"
    r"|reglas? (?:general|de la casa|para ti|nueva)|reglas?|rules? for you|house rules?|rules?|new rule"
    r"|nueva regla|otra regla|importante|important|tambien)"
    r"\s*[,:.;-]*\s+)*"
)
_STRESSED = (
    r"(?:,?\s+(?:(?:pero|y|but)\s+)?(?:nunca|jamas|siempre|sin excepci\w+|bajo ning\w+ \w+|por ningun \w+"
    r"|en ningun caso|pase lo que pase|por fa(?:vor)?|porfa|ever|never|under (?:any|no) circumstances?|no matter what"
    r"|without exceptions?|please|for any reason)\b,?)?"
)
"""What may stand between a word for always and its order: "never, under any circumstances, edit"."""
_PRONOUNS = r"((?:(?:me|le|les|lo|la|los|las|se|nos|te)\s+){0,2})"
_ALWAYS_ES = re.compile(
    r"(?<!casi )(?<!no )(?<!como )\b(siempre|nunca(?: mas)?|jamas)" + _STRESSED + r"\s+" + _PRONOUNS + r"(\w+)"
)
_FORBIDS_ES = re.compile(r"\bno\s+" + _PRONOUNS + r"(\w+)\s+(?:nunca|jamas)\b")
_NOUN_ALWAYS = re.compile(
    r"^\W*(?:(?:ok|ya|y|and|please|porfa|por favor|ojo),?\s+)?(?:(?:todos|todas|all)\s+)?"
    r"(?:(?:el|la|los|las|the|tus|your)\s+)?"
    r"(?:commits?|prs?|pull requests?|ramas?|branch(?:es)?|respuestas?|answers?|replies|mensajes?|messages?|codigo|code"
    r"|comentarios?|comments?|nombres?|names|variables?|funciones|functions|clases|classes|resumenes|summaries|montos"
    r"|amounts|fechas?|dates|docstrings?|explicaciones|explanations|ejemplos|examples)(?:\s+(?:de|del|of)\s+\w+){0,2}\s+"
    r"(siempre|nunca|always|never)\s+(?:en|con|sin|como|in|with|without|as)\s+"
    r"(?!\w*(?:error|problem|fall|bug|roj|conflict))"
)
_ORDER_ALWAYS_ES = re.compile(r"\b(\w+)\s+(?:(?:todo|todos|todas)\s+)?siempre\b")
_ALWAYS_EN = re.compile(
    r"(?<!almost )(?<!not )(?<!has )(?<!have )\b(always|never|don'?t ever|do not ever)" + _STRESSED + r"\s+(\w+)"
)
_IMPERSONAL = re.compile(
    r"\b(?:no|nunca|jamas|siempre) se deb(?:en?|erian?) (?:(?:nunca|jamas|siempre) )?"
    r"(?P<es>[a-z]+[aei]r)(?:se|l[aeo]s?)?\b"
    r"|\b(?:must not|mustn't)(?: ever)? (?:be (?P<done>[a-z]+)|(?P<en>[a-z]+))\b"
)
"""What must not be done, whoever does it."""
_OCCASION = re.compile(
    r"\b(?:while|as long as) (?:i|i'm|we(?: are|'re))\b"
    r"|\b(?:until|till|before) (?:i|we)(?:'m|'re|'ve| am| are| have)? (?:done|finish\w*|ready|back|return|deploy\w*"
    r"|migrat\w*|releas\w*|restart\w*)\b"
    r"|\bmientras (?:(?:yo|no|nosotros|lo|la|los|las|te) )*(?!tanto\b|todo\b|esto\b|eso\b|otro\b)"
    r"(?:estoy|estamos|\w{3,}o)\b"
    r"|\bhasta que (?:(?:yo|nosotros|lo|la|los|las) )*(?:termine|terminemos|acabe|acabemos|vuelva|volvamos|despliegue"
    r"|despleguemos)\b"
)
"""What holds while it lasts, and no longer; "never" says that it does each time."""
_OF_THINGS = re.compile(
    r"^\W*(?:(?:el|la|los|las|the)\s+)?(?!(?:it|this|that|he|she|they|eso|esto|ella)\s)"
    r"(?:[^\s,.;:]+(?:\s+[^\s,.;:]+){0,3})?\s+$"
)
_EVER = re.compile(r"\b(?:nunca|jamas|siempre|ever)\b")
_DONE = frozenset(
    {"written", "run", "sent", "put", "read", "made", "kept", "hidden", "left", "taken", "given", "pushed"}
)
_ONWARD = re.compile(
    r"\b(?:de ahora en adelante|de aqui en adelante|desde ahora|a partir de ahora|en adelante"
    r"|de hoy en adelante|from now on|from here on|going forward)\b"
)
_DEFAULT = re.compile(
    r"\b(?:por defecto|by default|por regla general|as a rule|cada vez que|siempre que|every time|whenever"
    r"|each time)\b"
)
_MODAL = re.compile(
    r"\b(?:quiero|necesito|te pido|prefiero|me gustaria|exijo) (?:que|todo|todos|todas|los|las)\b|\b(?:hay que"
    r"|tienes que|debes|deben|debe|tiene que|deberias|no quiero)\b"
    r"|\b(?:you (?:must|should|have to|need to)|i want(?: you to)?|i need you to|must|should)\b"
)
_NOUNS = re.compile(r"^\W*(?:todos?|todas?|los|las|nada de|sin|solo|all|only|no|every)\s+\w+")
_LIKES = re.compile(
    r"^\W*(?:(?:yo|a mi|personally|in general|en general|por lo general|la verdad|sabes que|mira|y|pero|but"
    r"|also|tambien)[,\s]+)?"
    r"(?:prefiero|i(?:'d| would)? prefer|(?:a mi )?no me gustan?|me gustan?|i don'?t like|i hate|i like|detesto"
    r"|odio)\s+(?!(?:eso|esa|ese|esta|este|esto|que sea asi|la idea"
    r"|la (?:primera|segunda|opcion|tercera|otra)|el (?:primero|segundo|otro)|asi|mil veces|ni|mucho|nada|tu"
    r"|como (?:quedo|esta)|that|this|it|the (?:first|second|"
    r"latter|former|idea|other|option|way it)|option|how|what you|your|a lot|where|to wait|esperar|no)\b)"
)
_STYLE = re.compile(
    r"\b(?:commits?|prs?|pull requests?|ramas?|branch(?:es)?|respuestas?|answers?|repl(?:y|ies)|resum(?:en"
    r"|enes)|summar\w+|mensajes?|messages?|codigo|code|tests?|pruebas?"
    r"|comentarios?|comments?|nombres?|names?|variables?|funciones|functions?|clases|classes|espanol|castellano"
    r"|ingles|english|spanish|emojis?|tabs|espacios|spaces|montos|decimales"
    r"|comillas|quotes|tablas?|tables?|listas?|bullets?|exports?|imports?|tipos|types|docstrings?|explicaciones"
    r"|explanations?|ejemplos|examples?|comandos?|commands?|fechas|dates"
    r"|logs?|mocks?|floats?|diffs?|archivos|files|lineas|lines|tecnicismos|jargon|markdown|formato|format"
    r"|dependencias|dependencies|librerias|libraries|cambios|changes|formal|tuteo)\b"
)
_ONCE = re.compile(
    r"\b(?:esta vez|por esta vez|solo por hoy|por hoy|hoy|por ahora|por mientras|mientras tanto|de momento"
    r"|this time|for now|just today|for today|today|only once|this once|right now|esta semana)\b"
)
_REPORTS = re.compile(
    r"\b(?:dice[n]?|dijo|dijeron|decia|pide[n]?|pidio|pidieron|quiere[n]?|queria|exige[n]?|recomienda[n]?"
    r"|sugiere[n]?|ordena|segun|cuenta[n]? que|me dijo|me conto"
    r"|says?|said|told|asks?|asked|wants?|wanted|recommends?|requires?|suggests?|suggested|according to|claims?"
    r"|insists?|insisted|the (?:docs?|documentation|manual|readme|guide|linter)"
    r"|la (?:documentacion|doc|guia|ley|norma)|el (?:manual|linter|sii))\b"
)
_OBSERVES = re.compile(
    r"\b(?:se cae|falla|fallan|fails?|failed|breaks?|broke|no funciona|no anda|fue|era|estaba|hacia|paso|pasaba"
    r"|was|were|did|had|happened|happens|me da error|tira error|sale error"
    r"|me pregunto|i wonder|creo que|parece que|i think it|seems)\b"
)
_SUBJECT_ES = re.compile(
    r"(?:^|[\s,;:(])(?:yo|el|ella|ellos|ellas|nosotros|eso|esto|esta|este|ese|esa|alguien|nadie|uno|usted)\s+"
    r"(?:casi\s+)?$"
)
_CLAUSE_BEFORE = re.compile(
    r"(?:^|[,;:.!(\-–—]|\b(?:y|e|pero|o|que|q|and|but|or|so|please|porfa|por favor|favor|then|entonces|also"
    r"|tambien|ademas|you should|you must|should|must|to|ojo|debes|hay que|ni|cambios|adelante|on|forward"
    r"|defecto))\s*$"
)
_SAYS_USER = re.compile(
    r"\b(?:respond\w*|contest\w*|habla\w*|explica\w*|tute\w*|dime|resum\w*|answer|reply|respond|speak|talk"
    r"|explain|tell me|call me|llamame|espanol|castellano|ingles|english|spanish|emojis?"
    r"|tecnicismos|jargon|tono|tone|todos (?:los|mis) proyectos|all (?:my )?projects|every project"
    r"|cualquier proyecto|everywhere)\b"
)
_SAYS_PROJECT = re.compile(
    r"\b(?:en este (?:proyecto|repo\w*)|in this (?:project|repo\w*)|aqui|here|commits?|codigo|code|docs?|readme"
    r"|changelog)\b"
)


@dataclass(frozen=True, slots=True)
class _Sign:
    confidence: float
    with_last: bool = False


def found(said: Sequence[Sentence]) -> list[Proposal]:
    """The instructions in a person's sentences, in order. ``with_last``: "and that for always" means what was said just
    before as well."""
    rules: list[Proposal] = []
    for place, one in enumerate(said):
        sign = _sign(one) if _MARK.search(one.bare) else None
        if sign is None:
            continue
        first = said[place - 1] if sign.with_last and place and not said[place - 1].asks else one
        if rules and rules[-1].end > first.start:
            rules.pop()
        rules.append(_proposal(first, one, sign.confidence))
    rules = [one for one in rules if MASK not in one.text]  # without what was masked it says nothing
    return rules[:RULES_MAX]


def _sign(one: Sentence) -> _Sign | None:
    plain = one.bare
    if len(plain) > RULE_LENGTH or one.asks:
        return None
    if (said := _SAID_RULE.search(plain)) is not None:
        points_back = re.match(r"\W*(?:eso|esto|y|that|make|treat|take|keep|ponl|anotal|dejal|guardal|tomal)", plain)
        return _Sign(0.85, with_last=points_back is not None and said.start() < 12)
    if _ONCE.search(plain):
        return None
    if _ONWARD.search(plain) and not _REPORTS.search(plain) and not _OBSERVES.search(plain):
        return _Sign(0.9) if _orders(plain) or _MODAL.search(plain) or _NOUNS.match(_ONWARD.sub("", plain)) else None
    if (start := _ordered_always(plain)) >= 0:
        return _Sign(0.9) if not _is_told(plain, start) and not _OBSERVES.search(plain) else None
    if (default := _DEFAULT.search(plain)) is not None:
        return (
            _Sign(0.75)
            if _orders(plain) and not _is_told(plain, default.start()) and not _OBSERVES.search(plain)
            else None
        )
    if (noun := _NOUN_ALWAYS.match(plain)) is not None:
        return _Sign(0.75) if not _is_told(plain, noun.end()) and not _OBSERVES.search(plain) else None
    if _LIKES.match(plain) and _STYLE.search(plain) and not _OBSERVES.search(plain):
        return _Sign(0.65)
    return None


def _ordered_always(plain: str) -> int:
    """Where an order begins that has a word for always, or -1."""
    for found in _ALWAYS_ES.finditer(plain):
        if _is_order(found[2], found[3]) and _begins_clause(plain, found.start()):
            return found.start()
    for found in _FORBIDS_ES.finditer(plain):
        if found[2] in WISHED and _begins_clause(plain, found.start()):
            return found.start()
    for found in _ORDER_ALWAYS_ES.finditer(plain):
        if len(found[1]) > 2 and is_spanish_order(found[1]) and _begins_clause(plain, found.start()):
            return found.start()
    for found in _ALWAYS_EN.finditer(plain):
        if found[2] in ENGLISH and _begins_clause(plain, found.start()):
            return found.start()
    return _forbidden_to_all(plain)


def _forbidden_to_all(plain: str) -> int:
    """Where an order to nobody by name begins, at the beginning of a clause or behind what it is about, or -1."""
    for found in _IMPERSONAL.finditer(plain):
        is_order = found["en"] in ENGLISH or _is_done(found["done"] or "") or is_spanish_order(found["es"] or "")
        is_always = _EVER.search(found[0]) is not None or _OCCASION.search(plain) is None
        begins = _begins_clause(plain, found.start()) or _OF_THINGS.match(plain[: found.start()])
        if is_order and is_always and begins:
            return found.start()
    return -1


def _is_done(word: str) -> bool:
    return word in _DONE or (word.endswith("ed") and not ENGLISH.isdisjoint((word[:-1], word[:-2], word[:-3])))


def _is_order(pronouns: str, word: str) -> bool:
    """Whose order it is stands behind it ("muéstrame"); before it only where it is wished or forbidden."""
    return word in WISHED if pronouns else is_spanish_order(word)


def _begins_clause(plain: str, place: int) -> bool:
    before = plain[max(0, place - 60) : place]
    return _CLAUSE_BEFORE.search(before) is not None or not _LEADS.sub("", before + "x")[:-1].strip(" ,.:;")


def _orders(plain: str) -> bool:
    """Whether a clause begins with an order."""
    words = _LEADS.sub("", _ONWARD.sub("", _DEFAULT.sub(" ", plain))).replace(":", ",").split(",")
    for clause in words:
        parts = clause.split()
        if parts and parts[0] in (
            "no",
            "nunca",
            "don't",
            "dont",
            "do",
            "please",
            "siempre",
            "never",
            "always",
            "por",
            "y",
        ):
            parts = parts[2:] if parts[:2] in (["do", "not"], ["por", "favor"]) else parts[1:]
        if parts and parts[0] in ("me", "lo", "la", "los", "las", "le", "se"):
            parts = parts[1:]
        if parts and (is_spanish_order(parts[0]) or parts[0] in ENGLISH):
            return True
    return False


def _is_told(plain: str, place: int) -> bool:
    """What others say or ask is told, not ordered."""
    return (
        _REPORTS.search(plain, max(0, place - 80), place) is not None
        or _SUBJECT_ES.search(plain[max(0, place - 30) : place]) is not None
    )


def _proposal(first: Sentence, last: Sentence, confidence: float) -> Proposal:
    lead = _LEADS.match(first.plain)
    start = first.start + (lead.end() if lead is not None and lead.end() < len(first.plain) else 0)
    text = first.text[start - first.start :] if first is last else f"{first.text[start - first.start :]} {last.text}"
    plain = first.plain + " " + last.plain
    scope: Scope = "user" if _SAYS_USER.search(plain) and not _SAYS_PROJECT.search(plain) else "project"
    return Proposal(text.strip(), scope, start, last.end, confidence)
