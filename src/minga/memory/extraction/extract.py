"""What a passage mentions, states and asks for."""

from collections.abc import Iterable

from minga.domain.memory import Extraction, Mention, Passage
from minga.memory.extraction import norms, parties, proposals, statements, things
from minga.memory.extraction.poison import suspicious
from minga.memory.extraction.wording import TEXT_MAX, folded, sentences

MENTIONS_MAX = 100
"""Of one passage; what is beyond that is a list, and says nothing of each."""


def extract(passage: Passage) -> Extraction:
    """A mention of ``passage.done`` has no place in the text: it stands at 0 to 0. A text that tries to instruct
    whoever reads it states nothing and asks for nothing. Only a person's own words ask for rules."""
    text = passage.text[:TEXT_MAX]
    plain = folded(text)
    found = [*things.mentions(text, plain), *norms.mentions(text, plain), *parties.mentions(text, plain)]
    found += (Mention(entity, 0, 0) for entity in things.done(passage.done[:TEXT_MAX]))
    mentions = _once(found)
    if suspicious(text):
        return Extraction(mentions)
    said = list(sentences(text))
    asked = proposals.found(said) if passage.source.role == "user" else []
    return Extraction(mentions, tuple(statements.found(passage, said)), tuple(asked))


def _once(found: Iterable[Mention]) -> tuple[Mention, ...]:
    """Each thing at each place once, in the order of the text; of the tools, only what the text does not name."""
    named: set[object] = set()
    kept: list[Mention] = []
    for one in sorted(found, key=lambda each: (not each.end, each.start, each.end, each.entity.kind, each.entity.name)):
        key = one if one.end else one.entity
        if key not in named:
            named |= {one, one.entity}
            kept.append(one)
    return tuple(kept[:MENTIONS_MAX])
