"""The beginning of a conversation that was translated, and what follows it: how a body is cut, what of it fits
together, and how it is put together.

Translation is no function of single messages: ids differ in all of a conversation, tools get their names from all tools
and calls, neighbours of one role are joined, some settings go by the last turn. `_fits` is the list of that.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import msgspec

from minga.domain.model_calls import ModelCall, Refused, Wire
from minga.providers.translation.calls import Translation
from minga.providers.translation.conversation import is_in_order
from minga.providers.translation.form import Refusal, Thinking, Turn
from minga.providers.translation.notes import Note
from minga.providers.translation.tool_fitting import Given, calls_of

_ARRAYS: Mapping[Wire, str] = MappingProxyType(
    {"anthropic": "messages", "openai-chat": "messages", "openai-responses": "input", "gemini": "contents"}
)
"""Where the conversation stands."""

_STAND_IN = "(What was said before was translated before.)"

_STAND_INS: Mapping[Wire, bytes] = MappingProxyType(
    dict.fromkeys(_ARRAYS, msgspec.json.encode({"role": "user", "content": _STAND_IN}))
    | {"gemini": msgspec.json.encode({"role": "user", "parts": [{"text": _STAND_IN}]})}
)

_WRITTEN_STAND_INS: Mapping[Wire, bytes] = MappingProxyType(
    {
        "anthropic": msgspec.json.encode({"role": "user", "content": [{"type": "text", "text": _STAND_IN}]}),
        "gemini": msgspec.json.encode({"parts": [{"text": _STAND_IN}], "role": "user"}),
        "openai-chat": _STAND_INS["openai-chat"],
        "openai-responses": _STAND_INS["openai-responses"],
    }
)
"""What becomes of it where nothing else is joined to it."""

_TOLD_BY_TAIL = "anthropic-thinking-off"
"""A note of what the end of a conversation decides."""

_SIGNED_BY_TAIL = "gemini-skip-signature"
"""A note that calls of the beginning look otherwise as soon as the person says more."""

_NUMBERED: Mapping[Wire, bytes] = MappingProxyType({"openai-chat": b'"function_call"'})
"""Calls whose ids a reader makes of their places in the whole conversation; Gemini's, by what they are called then."""

_GEMINI_NUMBERED = "gemini-call-"

Translate: TypeAlias = Callable[[ModelCall], Translation]


class _Element(msgspec.Struct):
    role: str | None = None
    type: str | None = None


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ELEMENT = msgspec.json.Decoder(_Element)


@dataclass(frozen=True, slots=True)
class Beginning:
    """``start`` of the body, up to its cut; ``opening``: what the rest is translated behind. ``beside``: the fields
    that stand after the conversation. ``written``: what the target got for it. ``turns``, ``notes``, ``given`` and
    ``ids`` of calls: as they were read. ``fields`` that the target got beside the conversation."""

    start: bytes
    opening: bytes
    beside: Mapping[str, bytes]
    written: bytes
    turns: tuple[Turn, ...]
    notes: tuple[Note, ...]
    given: Mapping[tuple[str, str], Given]
    ids: frozenset[str]
    fields: frozenset[str]

    @property
    def size(self) -> int:
        """As measured: the texts are in the turns too."""
        return 3 * len(self.start) + len(self.opening) + len(self.written)


class Rest(NamedTuple):
    """What stands in a body behind a beginning: ``conversation``, as a list whose first element stands for the
    beginning, and the fields ``beside`` it."""

    conversation: bytes
    beside: Mapping[str, bytes]


def beginning_of(call: ModelCall, whole: Translation, plainly: Translate, least: int) -> Beginning | None:
    """None where the halves would not be the whole, or there are none."""
    try:
        if (cut := _cut(call, least)) is None:
            return None
        start, opening, end = cut
        first = plainly(replace(call, body=start + call.body[end:], headers=()))
        made = _made(call, start, opening, first)
        joined = None if made is None else continued(made, rest_of(call, start), call, plainly)
    except (Refused, ValueError):
        return None
    if joined is None or not _is_same(joined, whole):
        return None
    return made


def _cut(call: ModelCall, least: int) -> tuple[bytes, bytes, int] | None:
    """The beginning, what its rest is translated behind, and where the conversation ends in the body. The rest begins
    with the last turn but one of the model: what is behind that may change, as clients move markers for the cache."""
    name = _ARRAYS[call.wire]
    given = bytes(_FIELDS.decode(call.body).get(name, b""))
    if not given.startswith(b"["):
        return None
    elements = _LIST.decode(given)
    kinds = [_ELEMENT.decode(one) for one in elements]
    starts = [at for at in range(1, len(kinds)) if _is_model(kinds[at]) and not _is_model(kinds[at - 1])]
    if len(starts) < 2:
        return None
    array = call.body.find(given)
    at = array + 1
    for one in elements[: starts[-2]]:
        at = call.body.index(bytes(one), at) + len(bytes(one))
    if at < least:
        return None
    before = elements[: starts[-2]]
    leading = next((at for at, kind in enumerate(kinds) if not _is_system(kind)), len(kinds))
    sticky = [bytes(one) for at, one in enumerate(before) if at < leading or kinds[at].type in _OF_TOOLS]
    opening = call.body[: array + 1] + b",".join([*sticky, _STAND_INS[call.wire]])
    return call.body[:at], opening, array + len(given) - 1


_OF_TOOLS = ("additional_tools", "tool_search_output")


def _is_model(kind: _Element) -> bool:
    if kind.role is not None:
        return kind.role in ("assistant", "model")
    return kind.type is not None and kind.type not in _OF_TOOLS and not kind.type.endswith("_output")


def _is_system(kind: _Element) -> bool:
    return kind.role in ("system", "developer")


def _made(call: ModelCall, start: bytes, opening: bytes, first: Translation) -> Beginning | None:
    fields = _FIELDS.decode(first.call.body)
    written = bytes(fields.pop(_ARRAYS[first.call.wire]))
    last = _ELEMENT.decode(_LIST.decode(written)[-1])
    if _is_model(last) or any(kind.id == _SIGNED_BY_TAIL for kind, _ in first.notes.found):
        return None
    return Beginning(
        start,
        opening,
        rest_of(call, start).beside,
        written[1:-1],
        first.asked.turns,
        tuple(one for one in first.notes.found if one.kind.id != _TOLD_BY_TAIL),
        first.restore.given,
        frozenset(one.id for one in calls_of(first.asked)),
        frozenset(fields),
    )


def rest_of(call: ModelCall, start: bytes) -> Rest:
    """Raises ValueError."""
    name = _ARRAYS[call.wire]
    fields = {
        field: bytes(value)
        for field, value in _FIELDS.decode(b'{"%b":%b%b' % (name.encode(), _BEGUN, call.body[len(start) :])).items()
    }
    conversation = fields.pop(name)
    if not conversation.startswith(_BEGUN + b","):
        raise ValueError(f"{name} stands there twice, or nothing follows")
    return Rest(conversation, fields)


_BEGUN = b"[null"


def grown(beginning: Beginning, rest: Rest, call: ModelCall, plainly: Translate) -> Beginning | None:
    """The longer beginning; None where it cannot be, or would not be longer. Raises Refused, ValueError."""
    elements = _LIST.decode(rest.conversation)[1:]
    kinds = [_ELEMENT.decode(one) for one in elements]
    starts = [at for at in range(1, len(kinds)) if _is_model(kinds[at]) and not _is_model(kinds[at - 1])]
    if len(starts) < 2 or any(kind.type in _OF_TOOLS for kind in kinds):
        return None
    at = begun = len(beginning.start)
    for one in elements[: starts[-2]]:
        at = call.body.index(bytes(one), at) + len(bytes(one))
    end = begun + len(rest.conversation) - len(_BEGUN) - 1
    until = replace(call, body=call.body[:at] + call.body[end:], headers=())
    joined = continued(beginning, rest_of(until, beginning.start), until, plainly)
    return None if joined is None else _made(call, call.body[:at], beginning.opening, joined)


def continued(beginning: Beginning, rest: Rest, call: ModelCall, plainly: Translate) -> Translation | None:
    """``rest`` has the same fields beside the conversation. Raises Refused."""
    numbered = _NUMBERED.get(call.wire)
    if numbered is not None and numbered in call.body[len(beginning.start) :]:
        return None
    told = plainly(replace(call, body=beginning.opening + call.body[len(beginning.start) :]))
    name = _ARRAYS[told.call.wire]
    fields = _FIELDS.decode(told.call.body)
    written = bytes(fields.pop(name))
    messages = _LIST.decode(written)
    stand_in = _WRITTEN_STAND_INS[told.call.wire]
    places = [at for at, one in enumerate(messages) if bytes(one) == stand_in]
    if len(places) != 1 or fields.keys() != beginning.fields or not _fits(beginning, told, messages[places[0] + 1 :]):
        return None
    said = b",".join([beginning.written, *map(bytes, messages[places[0] + 1 :])])
    before, _, after = told.call.body.partition(written)
    told.notes.found = {**dict.fromkeys(beginning.notes), **told.notes.found}
    return replace(
        told,
        call=replace(told.call, body=b"%b[%b]%b" % (before, said, after)),
        asked=msgspec.structs.replace(told.asked, turns=(*beginning.turns, *told.asked.turns[1:])),
    )


def _fits(beginning: Beginning, rest: Translation, messages: Sequence[msgspec.Raw]) -> bool:
    """Nothing in the rest depends on the beginning, nor the other way round."""
    asked = rest.asked
    offered = {(one.namespace, one.name) for one in asked.tools}
    made = calls_of(asked)
    ids = {one.id for one in made}
    return (
        len(messages) > 0
        and _is_model(_ELEMENT.decode(messages[0]))
        and rest.restore.given == beginning.given
        and len(ids) == len(made)
        and beginning.ids.isdisjoint(ids)
        and all((one.namespace, one.name) in offered for one in made)
        and not any(id_.startswith(_GEMINI_NUMBERED) for id_ in ids)
        and is_in_order(asked.turns)
        and _has_unknown(rest.notes.found) == _has_unknown(beginning.notes)
        and not (rest.call.wire == "openai-responses" and _has_numbered_items(asked.turns))
    )


def _has_unknown(notes: Iterable[Note]) -> bool:
    """Then the whole body is written anew before it is read, with other spaces in it (`reading.Strict`)."""
    return any(kind.id == "unknown-field" for kind, _ in notes)


def _has_numbered_items(turns: Sequence[Turn]) -> bool:
    """Refusals and thoughts get ids of their places there."""
    return any(isinstance(part, Refusal | Thinking) for turn in turns for part in turn.parts)


def _is_same(joined: Translation, whole: Translation) -> bool:
    return (
        joined.call.body == whole.call.body
        and joined.asked == whole.asked
        and joined.notes.found.keys() == whole.notes.found.keys()
        and joined.restore.given == whole.restore.given
    )
