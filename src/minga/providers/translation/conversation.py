"""Makes a conversation hold together, as every provider demands: each result has its call, each call its result."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation.form import Part, Request, Text, Thinking, ToolCall, ToolResult, Turn
from minga.providers.translation.notes import Notes

NO_RESULT = "No result: the conversation went on without one."


_SAID = (Text, Thinking)  # a union would be made anew for each part
_PAIRED = (ToolCall, ToolResult)


def check(request: Request, notes: Notes) -> Request:
    """Empty parts and turns are gone, each result stands right after its call, in the order of the calls, and has the
    call's name; a call without one gets a result that says so. Raises Refused for a result without a call, for two
    results of one call, and for what does not belong into its turn."""
    system = tuple(text for text in request.system if not _is_empty(text, notes))
    turns = tuple(_filled(request.turns, notes))
    if not turns and not system:
        raise Refused("malformed", "the conversation is empty; send at least one message with content")
    turns = _in_order(turns) or _paired(turns, notes)
    if turns == request.turns and system == request.system:
        return request
    return msgspec.structs.replace(request, turns=turns, system=system)


def is_in_order(turns: Sequence[Turn]) -> bool:
    """Whether each call has its result, right after it and in its order, and no other one has its id."""
    return _in_order(turns) is not None


def _filled(turns: Iterable[Turn], notes: Notes) -> Iterator[Turn]:
    for turn in turns:
        if _is_full(turn.parts):
            yield turn
            continue
        parts = tuple([_filled_result(part, notes) for part in turn.parts if not _is_empty(part, notes)])
        if parts:
            yield Turn(turn.role, parts)
        elif not turn.parts:
            notes.add("empty-part", turn.role)


def _is_full(parts: Sequence[Part]) -> bool:
    """Whether nothing in it is empty, as in nearly every turn."""
    for part in parts:
        if isinstance(part, ToolResult):
            for one in part.parts:
                if isinstance(one, Text) and not one.text and not one.signature:
                    return False
        elif isinstance(part, _SAID) and not part.text and not part.signature:
            return False
    return bool(parts)


def _filled_result(part: Part, notes: Notes) -> Part:
    if not isinstance(part, ToolResult) or not any(_is_empty(one, notes) for one in part.parts):
        return part
    return msgspec.structs.replace(part, parts=tuple(one for one in part.parts if not _is_empty(one, notes)))


def _is_empty(part: Part, notes: Notes) -> bool:
    """A signature may stand on an empty text."""
    if not isinstance(part, _SAID) or part.text or part.signature:
        return False
    notes.add("empty-part", "text" if isinstance(part, Text) else "thinking")
    return True


def _in_order(turns: Sequence[Turn]) -> tuple[Turn, ...] | None:
    """The turns, with names in the results, if nothing else is to be done, as in nearly every conversation."""
    told: list[Turn] = []
    calls: list[ToolCall] = []
    ids: set[str] = set()
    for turn in turns:
        if turn.role == "assistant":
            for part in turn.parts:
                if isinstance(part, ToolCall):
                    if part.id in ids:
                        return None
                    ids.add(part.id)
                    calls.append(part)
                elif isinstance(part, ToolResult):
                    return None
            told.append(turn)
        else:
            named = _all_named(turn, calls)
            if named is None:
                return None
            told.append(named)
            calls = []
    return None if calls else tuple(told)


def _all_named(turn: Turn, calls: Sequence[ToolCall]) -> Turn | None:
    """None if these are not the results of the calls, in their order, before all else in a turn of the person."""
    parts = turn.parts
    if calls and (turn.role != "user" or len(parts) < len(calls)):
        return None
    results: list[Part] = []
    for part, call in zip(parts, calls, strict=False):
        if not isinstance(part, ToolResult) or part.call_id != call.id:
            return None
        results.append(_named(part, call))
    rest = parts[len(results) :]
    for part in rest:
        if isinstance(part, _PAIRED):
            return None
    return Turn("user", (*results, *rest)) if results else turn


def _named(result: ToolResult, call: ToolCall) -> ToolResult:
    if result.name == call.name and result.custom == call.custom:
        return result
    return ToolResult(result.call_id, result.parts, call.name, result.is_error, call.custom, result.cache)


def _paired(turns: Sequence[Turn], notes: Notes) -> tuple[Turn, ...]:
    """Turn by turn: the results of the calls of neighbouring turns of the model become one turn after them."""
    turns = _own_ids(turns, notes)
    results = {part.call_id: part for turn in turns for part in turn.parts if isinstance(part, ToolResult)}
    told: list[Turn] = []
    calls: list[ToolCall] = []
    for from_model, group in groupby(turns, lambda turn: turn.role == "assistant"):
        some = list(group)
        if from_model:
            told += some
            calls = [part for turn in some for part in turn.parts if isinstance(part, ToolCall)]
        else:
            told += _answered(calls, results, some, notes)
            calls = []
    return (*told, *_answered(calls, results, (), notes))


def _answered(
    calls: Sequence[ToolCall], results: dict[str, ToolResult], turns: Sequence[Turn], notes: Notes
) -> Iterator[Turn]:
    """What follows the calls: their results, and then what else was said."""
    first = [_result(call, results, notes) for call in calls]
    given = [part for turn in turns for part in turn.parts]
    found = [part.call_id for part in given[: len(first)] if isinstance(part, ToolResult)]
    if found != [one.call_id for one in first] and any(call.id in results for call in calls):
        notes.add("results-moved")
    rest = [(turn.role, tuple([part for part in turn.parts if not isinstance(part, ToolResult)])) for turn in turns]
    said = [Turn(role, parts) for role, parts in rest if parts]
    if first:
        after = said.pop(0).parts if said and said[0].role == "user" else ()
        yield Turn("user", (*first, *after))
    yield from said


def _result(call: ToolCall, results: dict[str, ToolResult], notes: Notes) -> ToolResult:
    found = results.get(call.id)
    if found is None:
        notes.add("no-result", call.name)
        return ToolResult(call.id, (Text(NO_RESULT),), call.name, is_error=True, custom=call.custom)
    return _named(found, call)


def _own_ids(turns: Sequence[Turn], notes: Notes) -> tuple[Turn, ...]:
    """No two calls have one id: where a later call has the id of one that has its result, it gets another, and so does
    its result."""
    open_: dict[str, str] = {}
    taken: dict[str, int] = {}
    return tuple(
        [
            Turn(turn.role, _own_parts(turn, open_, taken, notes))
            if any(isinstance(part, _PAIRED) for part in turn.parts)
            else turn
            for turn in turns
        ]
    )


def _own_parts(turn: Turn, open_: dict[str, str], taken: dict[str, int], notes: Notes) -> tuple[Part, ...]:
    """``open_``: the ids of calls without a result so far, and what they are called now. ``taken``: as in
    `free_id`."""
    parts: list[Part] = []
    for part in turn.parts:
        if isinstance(part, ToolCall):
            _belongs(turn, "assistant", f"the tool call {part.id!r}")
            if part.id in open_:
                raise Refused("malformed", f"two tool calls have the id {part.id!r}; give each call an id of its own")
            open_[part.id] = new = free_id(part.id, taken)
            if new != part.id:
                notes.add("call-renamed", part.name)
                part = msgspec.structs.replace(part, id=new)
        elif isinstance(part, ToolResult):
            _belongs(turn, "user", f"the tool result for {part.call_id!r}")
            part = _own_result(part, open_, taken)
        parts.append(part)
    return tuple(parts)


def _own_result(result: ToolResult, open_: dict[str, str], taken: dict[str, int]) -> ToolResult:
    new = open_.pop(result.call_id, None)
    if new is None:
        wrong = "a second tool result" if result.call_id in taken else "a tool result without a call"
        raise Refused(
            "malformed",
            f"the conversation has {wrong} for the id {result.call_id!r}; send one result after each tool call",
        )
    return result if new == result.call_id else msgspec.structs.replace(result, call_id=new)


def free_id(id_: str, taken: dict[str, int]) -> str:
    """``id_``, or what it becomes where another call has it; it is taken from then on. ``taken``: each id, and the last
    number that was put behind it."""
    number, new = taken.get(id_, 1), id_
    while new in taken:
        number += 1
        new = f"{id_}_{number}"
    taken[id_] = number
    taken[new] = max(taken.get(new, 1), 1)
    return new


def _belongs(turn: Turn, role: str, what: str) -> None:
    if turn.role != role:
        raise Refused("malformed", f"{what} stands in a turn of role {turn.role!r}; it belongs into one of {role!r}")
