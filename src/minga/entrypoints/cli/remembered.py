"""What a run was told of earlier sessions, in lines for a person."""

from minga.domain.events import Remembered, Told
from minga.entrypoints.cli.words import Words

TEXT_LENGTH = 120

KINDS = {"rule": "standing rule", "fact": "fact", "passage": "passage", "habit": "habit", "digest": "session in short"}
"""What is said of `Told.kind`."""

WHY = (
    "the task names it",
    "you accepted it",
    "it stands in .minga/rules.md",
    "words",
    "meaning",
    "meaning with its neighbours",
    "what was said before it",
    "what was said after it",
    "its session",
)
"""`Told.reasons` that have other words in Spanish."""


def remembered(event: Remembered, say: Words, *, explain: bool) -> list[str]:
    """One line, and with ``explain`` every piece with its source and why it was recalled."""
    head = say.counted(
        len(event.pieces),
        "remembers 1 thing ({tokens} tokens)",
        "remembers {count} things ({tokens} tokens)",
        tokens=event.tokens,
    )
    lost = say.counted(
        event.left_out,
        "1 accepted rule did not fit: more tokens for it with MINGA_MEMORY_TOKENS",
        "{count} accepted rules did not fit: more tokens for them with MINGA_MEMORY_TOKENS",
    )
    missing = [lost] if event.left_out else []
    if not explain:
        return [head, *missing]
    limits = [] if event.by_meaning else [say("only words were compared, not meaning")]
    return [": ".join([head, *limits]), *(line for piece in event.pieces for line in _piece(piece, say)), *missing]


def _piece(piece: Told, say: Words) -> list[str]:
    text = " ".join(piece.text.split())
    shown = text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…"
    why = [say(KINDS[piece.kind]), *(say(one) if one in WHY else one for one in piece.reasons)]
    return [f"· {piece.item}  {shown}", f"    {'; '.join(why)}{_source(piece)}"]


def _source(piece: Told) -> str:
    day = f"{piece.at.astimezone():%Y-%m-%d %H:%M}" if piece.at else ""
    session = piece.session_id[:13] if piece.session_id else ""
    known = "  ".join(filter(None, (day, piece.agent, session)))
    return f"  ← {known}" if known else ""
