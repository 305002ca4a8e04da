"""From the tree of a transcript to the line of what can cross to another CLI."""

from collections.abc import Sequence
from dataclasses import replace

from minga.domain.transcript import (
    Called,
    CompactionPart,
    ImagePart,
    Item,
    Message,
    Part,
    Said,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)

INTERRUPTED = "[interrupted: no result was recorded]"

SUMMARY_HEAD = "Summary of the conversation before this point:\n"


def crossing(lineage: Sequence[Message]) -> list[Item]:
    """Flatten a lineage: from its last compaction on, the summary standing as the person's text.

    Every call gets exactly one result: one without gets ``INTERRUPTED``; a result without a call is left out, and so
    are reasoning, side chains and empty texts.
    """
    found: list[Item] = []
    waiting: dict[str, list[int]] = {}
    for message in lineage:
        if message.chain:
            continue
        joins = False
        for part in message.parts:
            if isinstance(part, CompactionPart):
                found = [Said("user", SUMMARY_HEAD + part.summary, message.at)]
                waiting.clear()
                continue
            if isinstance(part, ToolResultPart):
                _settle(found, waiting, part)
                continue
            item = _item(message, part)
            if item is None:
                continue
            if isinstance(item, Called):
                waiting.setdefault(item.call.call_id, []).append(len(found))
            if joins and isinstance(item, Said) and isinstance(found[-1], Said):
                found[-1] = _merged(found[-1], item)
                continue
            found.append(replace(item, joins=joins))
            joins = True
    return found


def _settle(found: list[Item], waiting: dict[str, list[int]], result: ToolResultPart) -> None:
    """Give ``result`` to the oldest call of its id that waits for one."""
    if places := waiting.get(result.call_id):
        place = places.pop(0)
        call = found[place]
        assert isinstance(call, Called)
        found[place] = replace(call, result=result)


def _item(message: Message, part: Part) -> Item | None:
    match part:
        case ToolCallPart(call_id=call_id):
            result = ToolResultPart(call_id, False, INTERRUPTED)
            return Called(part, result, message.at, message.model)
        case TextPart(text=text) if text.strip() and message.role != "tool":
            return Said(message.role, text, message.at, message.model)
        case ImagePart() if message.role != "tool":
            return Said(message.role, "", message.at, message.model, (part,))
        case _:
            return None


def _merged(first: Said, second: Said) -> Said:
    text = "\n\n".join(filter(None, (first.text, second.text)))
    return replace(first, text=text, images=(*first.images, *second.images))
