"""The few fields of a body that decide: what is metered must be what the provider reads.

JSON leaves open which of two equal names counts (RFC 8259, section 4); readers take the first, the last, or look at
neither case nor escapes (Go's do not look at case). A body in which they could differ is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from minga.domain.model_calls import Refused

_DECIDING = {
    name.casefold(): name
    for name in (
        "background",
        "candidateCount",
        "candidate_count",
        "generationConfig",
        "generation_config",
        "maxOutputTokens",
        "max_completion_tokens",
        "max_output_tokens",
        "max_tokens",
        "model",
        "n",
        "stream",
        "stream_options",
    )
}
"""As a reader that does not look at case knows them -> as they are written."""

COUNT_MAX = 2**53
"""Beyond it, readers of JSON see different numbers."""

FIELDS_MAX = 1000
"""Of one object: requests have some twenty."""

_OBJECTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str | None)
_FLAG = msgspec.json.Decoder(bool | None)
_COUNT = msgspec.json.Decoder(int | None)

Read = TypeVar("Read")

_NAME = re.compile(rb'[ \t\n\r]*"(?:[^"\\]|\\.)*"[ \t\n\r]*:[ \t\n\r]*', re.DOTALL)
_NEXT = re.compile(rb"[ \t\n\r]*([,}])")


@dataclass(frozen=True, slots=True)
class Fields:
    """The members of an object, each once; their values unread."""

    members: Mapping[str, msgspec.Raw]

    def text(self, name: str) -> str:
        """Empty where it is not told. Raises Refused, as all of these do."""
        return self._read(name, _TEXT) or ""

    def flag(self, name: str) -> bool:
        return self._read(name, _FLAG) or False

    def count(self, name: str) -> int | None:
        found = self._read(name, _COUNT)
        if found is not None and not 0 <= found <= COUNT_MAX:
            raise Refused("malformed", f"the field {name!r} is out of range")
        return found

    def written(self, name: str, other: str) -> str:
        """Which of two spellings stands there; both at once could be read in two ways."""
        if other not in self.members:
            return name
        if name in self.members:
            raise Refused("malformed", f"the field {name!r} stands twice in the body, also as {other!r}")
        return other

    def within(self, name: str) -> "Fields":
        raw = self.members.get(name)
        return Fields({}) if raw is None or raw == b"null" else read_fields(bytes(raw))

    def _read(self, name: str, decoder: msgspec.json.Decoder[Read | None]) -> Read | None:
        raw = self.members.get(name)
        if raw is None:
            return None
        try:
            return decoder.decode(raw)
        except ValueError as wrong:
            raise Refused("malformed", f"the field {name!r} cannot be read: {wrong}") from wrong


def read_fields(body: bytes) -> Fields:
    """Raises Refused for a body that is no JSON object, or that readers could understand in two ways."""
    if not body:
        return Fields({})
    try:
        if not body.isascii():
            body.decode()  # msgspec leaves the texts that it skips unread
        members = _OBJECTS.decode(body)
    except (ValueError, RecursionError) as wrong:
        raise Refused("malformed", f"the body cannot be read: {wrong}") from wrong
    if len(members) > FIELDS_MAX:
        raise Refused("malformed", f"an object of a request may have {FIELDS_MAX} fields")
    if not _stands_once(body, members):
        raise Refused("malformed", "a field stands twice in the body")
    for name in members:
        folded = name.casefold()
        if folded in _DECIDING and name != _DECIDING[folded]:
            raise Refused("malformed", f"the field {name!r} is written otherwise")
    return Fields(members)


def _stands_once(body: bytes, members: Mapping[str, msgspec.Raw]) -> bool:
    """Where the object is as long as its members, written without a space, nothing else can stand in it. Else walk over
    it: of a name that stands twice, ``members`` holds the last value only, at the first place."""
    size = sum(map(len, members)) + sum(map(len, members.values()))
    if len(body) == size + 4 * len(members) + 1:  # of each two quotes, a colon, and a comma or the end; and the begin
        return True
    at = body.index(b"{") + 1
    for raw in members.values():
        name = _NAME.match(body, at)
        if name is None or not body.startswith(raw, name.end()):
            return False
        after = _NEXT.match(body, name.end() + len(raw))
        if after is None:
            return False
        at = after.end()
    return not members or body[at - 1] == ord("}")
