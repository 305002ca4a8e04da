"""The pieces of words that multilingual-e5-small knows, and cutting a text into them (SentencePiece, unigram)."""

import struct
from array import array
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

_SPACE = "\u2581"
_UNKNOWN_COST = 10.0
"""How much less likely an unknown character is than the rarest piece."""

_KNOWN_WORDS = 50_000


@dataclass(frozen=True, slots=True)
class Pieces:
    """``likelihood``: logarithm, by number. ``changes``: characters that stand for others (NFKC as the model was
    trained). ``words``: those that were cut before."""

    numbers: dict[str, int]
    likelihood: "array[float]"
    changes: dict[int, str]
    begin: int
    end: int
    unknown: int
    longest: int
    unlikely: float
    words: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def cut(self, text: str) -> list[int]:
        """No piece spans a space, so that words are cut one by one."""
        found: list[int] = []
        for word in text.translate(self.changes).split(" "):
            if not word:
                continue
            known = self.words.get(word)
            if known is None:
                if len(self.words) >= _KNOWN_WORDS:
                    self.words.clear()
                known = self.words[word] = self._word(_SPACE + word)
            found += known
        return found

    def _word(self, word: str) -> tuple[int, ...]:
        """The most likely pieces (Viterbi)."""
        length = len(word)
        best = [0.0] + [-1e30] * length
        last = [(self.unknown, 0)] * (length + 1)
        for start in range(length):
            for end in range(start + 1, min(length, start + self.longest) + 1):
                piece = self.numbers.get(word[start:end])
                if piece is not None and best[start] + self.likelihood[piece] > best[end]:
                    best[end] = best[start] + self.likelihood[piece]
                    last[end] = piece, start
            if best[start] + self.unlikely > best[start + 1]:
                best[start + 1] = best[start] + self.unlikely
                last[start + 1] = self.unknown, start
        found: list[int] = []
        place = length
        while place:
            piece, place = last[place]
            found.append(piece)
        return tuple(reversed(found))


def read_pieces(data: npt.NDArray[np.uint8], place: int) -> tuple[Pieces, int]:
    """The pieces that stand in a file of weights at ``place``, and where they end."""
    count, begin, end, _, unknown, size = struct.unpack_from("<5iQ", data.data, place)
    place += 28
    offsets = np.frombuffer(data, np.uint32, count + 1, place)
    place += 4 * (count + 1)
    likelihood = array("f", data[place : place + 4 * count].tobytes())
    place += 4 * count
    names = _names(data[place : place + size], offsets)
    place += size
    numbers = dict(zip(names, range(count), strict=True))
    del numbers[names[unknown]]
    changes, place = _changes(data, place)
    longest = max(map(len, numbers))
    unlikely = min(likelihood) - _UNKNOWN_COST
    return Pieces(numbers, likelihood, changes, begin, end, unknown, longest, unlikely), place


def _names(letters: npt.NDArray[np.uint8], offsets: npt.NDArray[np.uint32]) -> list[str]:
    """Of pieces that begin at ``offsets``: bytes, which become places in the text, where all but the first byte of a
    letter are left out."""
    text = letters.tobytes().decode()
    before = np.concatenate([[0], np.cumsum((letters & 0xC0) != 0x80, dtype=np.int32)])
    places = before[offsets].tolist()
    return [text[start:end] for start, end in pairwise(places)]


def _changes(data: npt.NDArray[np.uint8], place: int) -> tuple[dict[int, str], int]:
    _, size = struct.unpack_from("<iI", data.data, place)
    place += 8
    end = place + size
    changes = {}
    while place < end:
        code, count = struct.unpack_from("<IB", data.data, place)
        changes[code] = "".join(map(chr, struct.unpack_from(f"<{count}I", data.data, place + 5)))
        place += 5 + 4 * count
    return changes, end
