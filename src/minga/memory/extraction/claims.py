"""One claim of a sentence, and what every rule for claims shares."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from minga.domain.memory import Entity, EntityKind
from minga.memory.extraction.wording import Sentence, folded

VALUE_LENGTH = 200

_SUPPOSES = re.compile(
    r"\b(?:propongo|propuse|propuso|sugiero|sugeri|recomiendo|podria\w*|podemos|puedes|convendria|conviene"
    r"|habria que|deberia\w*|tal vez|quiza[s]?|a lo mejor"
    r"|creo que|parece|supongo|seria|imagina|ojala|aun no|todavia no|falta que|en vez de que|no estoy segur\w"
    r"|digamos|por ejemplo|ej\.|si no me equivoco"
    r"|i would|i'd|i suggest|i propose|i proposed|suggested|could|might|maybe|perhaps|probably|i think|i guess"
    r"|seems|not yet|haven't|hasn't|should|for example|e\.g|imagine"
    r"|asum\w+|assum\w+|suppose|in case|no se si|not sure|whether|wish)\b"
)
_DOUBTS = re.compile(
    r"\b(?:(?:cree|creen|creemos|creia|creiamos|pienso|pensamos) que|sospech\w+ que|pued(?:e|a) (?:ser )?que|capaz que"
    r"|no (?:es seguro|esta claro|me consta|estoy convencid[oa]|tengo claro)"
    r"|(?:i|we|he|she|they) (?:(?:don't|do not|doesn't|does not) )?(?:thinks?|believes?|suspects?)"
    r"|not convinced|unlikely|may (?:well )?be that)\b"
    r"|(?<!no )(?<!sin )\b(?:dudo|dudamos|dudaba|(?<!nadie )duda que)\b"
    r"|(?<!no )(?<!n't )(?<!not )(?<!never )(?<!nobody )(?<!no one )(?<!out )(?<!out a )(?<!beyond )"
    r"\bdoubt(?:s|ed|ful)?\b"
)
_GOES_ON = re.compile(r"[,;:]|\b(?:pero|y|but|and|so|al final|aunque|although)\b")
"""Where what is doubted ends."""
_DOUBTED = re.compile(
    r"\s*[,;(-]{0,2}\s*(?:(?:pero|aunque|but|though|although)\s+)?"
    r"(?:(?:eso |al menos )?(?:creo|supongo|me parece|lo dudo|no lo creo|no se|no lo se)(?: yo)?"
    r"|segun (?:creo|recuerdo|yo)|que yo sepa|creo recordar|si no recuerdo mal"
    r"|no estoy (?:tan |muy )?segur[oa]|tal vez|quizas?|a lo mejor|probablemente|si no me equivoco|si mal no recuerdo"
    r"|(?:at least )?i (?:think|guess|suppose|believe|doubt (?:it|that))(?: so)?"
    r"|i'?m not (?:so |quite |too )?(?:sure|certain)|not (?:so |quite )?sure|i don't (?:think so|know)"
    r"|maybe|perhaps|probably|as far as i (?:know|remember|recall)|afaik|iirc"
    r"|if (?:i'm not mistaken|i (?:recall|remember)(?: (?:right|well|correctly))?)"
    r"|mas o menos|aprox(?:imadamente)?|o algo (?:asi|parecido)|o por ahi|mas menos"
    r"|more or less|give or take|roughly|approx(?:imately)?|or (?:so|thereabouts)|or something(?: like that)?)"
    r"\s*[?]*(?=[.,;:)!]|$)"
)
"""What takes back what stands before it, or says that it is not exact: "…, I think", "… more or less"."""
DOUBT_LENGTH = 40
_BLANK = re.compile(r"\s(?=\S)")
_IF = re.compile(r"(?:^|[,;:]\s*|\b(?:y|o|and|or|pero|but)\s+)(?:si|if|cuando|when|en caso)\s")
_NO_NAME = frozenset(
    """
    eso esto esta este ese esa aquello lo que cual quien quienes cada todo todos toda todas ambos ambas algo nada otro
    otra it this that these those which who whom each all both any some one something nothing them they he she we you
    i me us yo tu el ella ellos ellas nosotros un una not no nunca never si if cuando when es son is are fue
    esta estan ser hay tiene tienen has have while mientras donde where was were era eran
    """.split()  # noqa: SIM905 - words
)
"""No name has one of these among its words."""
_ANOTHER = re.compile(
    r"^\d+\s|(?<!\bde)(?<!\bof)(?<!\bfor)(?<!\bin)(?<!\bon)(?<!\ben)(?<!\bpara)(?<![aei]r)\s(?:the|el|la|los|las)\b"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one rule found in a sentence; ``start`` and ``end`` in that sentence."""

    subject: Entity
    predicate: str
    value: str
    start: int
    end: int
    confidence: float
    single: bool
    dated: bool = True
    """Whether a "from" or "until" beside it says when it is true; a deadline's own date does not."""
    changes: bool = False
    """Whether it tells of a change, so that the only day beside it is its first."""


def is_supposed(one: Sentence, place: int, end: int | None = None) -> bool:
    """Whether what begins there (and ends at ``end``) is only proposed, supposed, doubted or conditional, or stands in
    code or in a quotation."""
    return (
        one.bare[place] != one.plain[place]
        or (end is not None and _is_doubted(one.bare, place, end))
        or _SUPPOSES.search(one.bare, 0, min(len(one.bare), place + 30)) is not None
        or any(_GOES_ON.search(one.bare, found.end(), max(place, found.end())) is None for found in _doubts(one, place))
        or _IF.search(one.bare, 0, place + 1) is not None
    )


def _doubts(one: Sentence, place: int) -> Iterator[re.Match[str]]:
    return _DOUBTS.finditer(one.bare, 0, min(len(one.bare), place + 30))


def _is_doubted(bare: str, start: int, end: int) -> bool:
    """Right behind it, behind its last comma, or where it ends with that: "8094 creo"."""
    if any(_DOUBTED.match(bare, at) for at in (end, bare.rfind(",", start, end)) if at >= 0):
        return True
    last = (found.start() for found in _BLANK.finditer(bare, max(start, end - DOUBT_LENGTH), end))
    return any((found := _DOUBTED.match(bare, at)) is not None and found.end() >= end for at in last)


def topic(words: str) -> Entity:
    return Entity(EntityKind.TOPIC, subject_name(words))


def subject_name(words: str) -> str:
    """The same thing named twice has one name: folded, without articles at its beginning."""
    name = " ".join(folded(words).replace("`", "").split()).strip(" .,;:()'\"")
    return re.sub(
        r"^(?:(?:el|la|los|las|the|a|an|un|una|su|sus|nuestro|nuestra|our|its|de|del"
        r"|of)\s+)+",
        "",
        name,
    )[:80]


def is_name(words: str) -> bool:
    """Whether folded words may name something: no pronoun, no "each", no verb is among them, and no second name."""
    return bool(words) and _NO_NAME.isdisjoint(words.split()) and not _ANOTHER.search(words)


def cleaned(value: str) -> str:
    return " ".join(value.replace("`", "").split()).strip(" .,;:'\"")[:VALUE_LENGTH]
