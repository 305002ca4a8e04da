"""What an import takes at once: so many records, and so many bytes, that memory stays bounded."""

from collections.abc import Callable, Iterator
from itertools import islice

from minga.domain.transcript import (
    CompactionPart,
    FileChangePart,
    ImagePart,
    Message,
    Part,
    ReasoningPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.sessions.formats.format import Read

BATCH = 1000
BATCH_CHARACTERS = 4_000_000
"""Records of one transaction, and about how much they may hold (a single one may hold more)."""

PIECE = 1 << 20
PIECES = 4
"""Bytes of a piece of the native form, and how many are kept in one transaction."""


def next_batch(reading: Iterator[Read]) -> tuple[list[Read], bool]:
    """The next records, and whether there may be more."""
    batch: list[Read] = []
    characters = 0
    for read in reading:
        batch.append(read)
        if isinstance(read, Message):
            characters += sum(map(_characters, read.parts))
        if len(batch) == BATCH or characters > BATCH_CHARACTERS:
            return batch, True
    return batch, False


def in_pieces(raw: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of ``PIECE``, whatever they come in: the same start of a file makes the same pieces."""
    held = bytearray()
    for body in raw:
        held += body
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


def next_pieces(raw: Iterator[bytes], note: Callable[[bytes], None]) -> list[bytes]:
    """As many as are kept at once; fewer at the end."""
    bodies = list(islice(raw, PIECES))
    for body in bodies:
        note(body)
    return bodies


def _characters(part: Part) -> int:
    match part:
        case TextPart(text=text) | CompactionPart(summary=text) | ToolCallPart(arguments=text):
            return len(text)
        case ReasoningPart(text=text, opaque=opaque):
            return len(text) + len(opaque)
        case ToolResultPart(output=text, images=images):
            return len(text) + sum(len(image.data) for image in images)
        case ImagePart(data=data):
            return len(data)
        case FileChangePart(path=path):
            return len(path)
