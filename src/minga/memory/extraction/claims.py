"""One claim of a sentence, and what every rule for claims shares."""

import re
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
    r"|assuming|suppose|in case|no se si|not sure|dudo|whether|wish)\b"
)
_IF = re.compile(r"(?:^|[,;:]\s*|\b(?:y|o|and|or|pero|but)\s+)(?:si|if|cuando|when|en caso)\s")


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


def is_supposed(one: Sentence, place: int) -> bool:
    """Whether what begins there is only proposed, supposed or conditional, or stands in code or in a quotation."""
    return (
        one.bare[place] != one.plain[place]
        or _SUPPOSES.search(one.bare, 0, min(len(one.bare), place + 30)) is not None
        or _IF.search(one.bare, 0, place + 1) is not None
    )


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


def cleaned(value: str) -> str:
    return " ".join(value.replace("`", "").split()).strip(" .,;:'\"")[:VALUE_LENGTH]
