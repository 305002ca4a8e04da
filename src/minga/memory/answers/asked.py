"""Whether a sentence asks, or only begins as a question does: "Como no llegó, …", "What I have from the thread: …"."""

import re

from minga.memory.extraction.wording import Sentence

_SUBORDINATE = re.compile(
    r"\W*(?:(?:Y|Pero|And|But|So)\s+)?(?:[Cc]omo|[Cc]uando|[Dd]onde|[Dd]esde que|[Hh]asta que|[Ww]hen|[Ww]here)\s+"
    r"(?!(?:is|are|was|were|do|does|did|will|would|can|could|should|shall|has|have|had|to)\b)"
)
"""In the writing of who tells: "cómo" and "cuándo" ask, and who leaves out the accent may leave out the mark, too."""

_OF_A_CLAUSE = re.compile(r"\W*(?:What|How|Where|When|Which|Who)\s+(?:I|we|you|he|she|it|they|the|this|these|our)\b")
"""A question has its verb before these."""

_MAIN = re.compile(r"(?<!\d),\s+(?!(?:o|u|or)\s)\S+\s+\S+|:\s+\S")
_ENDED = re.compile(r"[.;:!…][\"')»]*\Z")
_ALSO_ASKS = re.compile(
    r"(?:,|\b(?:y|o|and|or))\s+(?:(?:por|para|con|en|de|a)\s+)?"
    r"(?:que|quien(?:es)?|cual(?:es)?|cuanto[s]?|cuanta[s]?|what|who|which|why|how)\b"
    r"|,[^,]*\b(?:o(?! (?:sea|mas|menos)\b)|u|or)\b[^,]*\Z"
)
"""The first word may ask after all: "…, y quién firma", "…, en julio o en agosto"."""


def asks(one: Sentence) -> bool:
    """Without a mark, a subordinate clause asks nothing, where it is written with a capital and a stop, and its main
    clause stands behind a comma; nor does what has its words in the order of a statement."""
    if not one.asks or "?" in one.bare or "¿" in one.bare or not _is_written(one.text):
        return one.asks
    is_subordinate = _SUBORDINATE.match(one.text) and _MAIN.search(one.bare) and not _ALSO_ASKS.search(one.bare)
    return not (is_subordinate or _OF_A_CLAUSE.match(one.text))


def _is_written(text: str) -> bool:
    """With a capital and a stop."""
    first = next((sign for sign in text if sign.isalpha()), "")
    return first.isupper() and _ENDED.search(text) is not None
