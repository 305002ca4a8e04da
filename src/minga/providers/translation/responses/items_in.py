"""From the items of a request to turns. What the model said and called is one turn, until a person or a tool speaks."""

from collections.abc import Iterator, Sequence

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation.form import (
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
    given_signature,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import media, shapes
from minga.providers.translation.responses.ids import REDACTED, SIGNS
from minga.providers.translation.responses.shapes import Content, Item
from minga.providers.translation.responses.tool_shapes import is_told

_OUTPUT = msgspec.json.Decoder(str | list[Content])
_TEXT = msgspec.json.Decoder(str)

_DIRECT = b'{"type":"direct"}'
"""The model itself calls the tool, as is usual."""

_STORED = {
    "item_reference": "it names an item that OpenAI stored; send the item itself",
    "compaction": "only OpenAI can read its compacted history; go on there, or begin a new conversation",
    "compaction_summary": "only OpenAI can read its compacted history; go on there, or begin a new conversation",
    "compaction_trigger": "only OpenAI compacts so; let the CLI compact its history itself",
}


class Conversation:
    """Turns as they grow. ``system`` holds the system texts before the first turn."""

    def __init__(self, notes: Notes) -> None:
        self.system: list[Text] = []
        self.turns: list[Turn] = []
        self._notes = notes
        self._said: list[Part] = []
        self._results: list[Part] = []

    def add(self, items: Sequence[Item]) -> None:
        """Raises Refused."""
        for number, item in enumerate(items):
            self._add(item, f"input[{number}]")
        self._close()

    def _add(self, item: Item, place: str) -> None:
        match item.type:
            case "message":
                self._message(item, place)
            case "reasoning":
                self._thought(item)
            case "function_call" | "custom_tool_call":
                self._note_caller(item)
                self._answers().append(_call(item, place))
            case "function_call_output" | "custom_tool_call_output":
                self._note_caller(item)
                self._outputs().append(self._result(item, place))
            case "additional_tools" | "tool_search_output":  # their tools are read elsewhere
                pass
            case _ if item.type in _STORED:
                raise Refused("malformed", f"{place} is of type {item.type}: {_STORED[item.type]}")
            case _:
                self._notes.add("responses-item", item.type)

    def _note_caller(self, item: Item) -> None:
        if is_told(item.caller) and bytes(item.caller).replace(b" ", b"") != _DIRECT:
            self._notes.add("responses-tool-setting", f"{item.type}.caller")

    def _message(self, item: Item, place: str) -> None:
        if item.role is None:
            why = "; an item that only names an id cannot be had from OpenAI's store" if item.id else ""
            raise Refused("malformed", f"{place} has no role{why}")
        if item.phase:
            self._notes.add("responses-phase")
        parts = list(self._parts(item.content, f"{place}.content"))
        if item.role == "assistant":
            self._answers().extend(parts)
            return
        self._close()
        if item.role == "user":
            self.turns.append(Turn("user", tuple(parts)))
            return
        texts = [part for part in parts if isinstance(part, Text)]
        if not self.turns and len(texts) == len(parts):
            self.system += texts
        else:
            self.turns.append(Turn("system", tuple(parts)))

    def _parts(self, content: str | Sequence[Content] | None, place: str) -> Iterator[Part]:
        if isinstance(content, str):
            yield Text(content)
            return
        for number, given in enumerate(content or ()):
            match given:
                case shapes.InputText():
                    yield Text(given.text, media.lasting(given.prompt_cache_breakpoint))
                case shapes.OutputText():
                    if given.annotations:
                        self._notes.add("responses-annotations")
                    if is_told(given.logprobs) and bytes(given.logprobs) != b"[]":
                        self._notes.add("responses-annotations", "logprobs")
                    yield Text(given.text)
                case shapes.RefusalText():
                    yield Refusal(given.refusal)
                case shapes.SummaryText() | shapes.ReasoningText():
                    raise Refused(
                        "malformed", f"{place}[{number}] is a thought, which stands in items of type reasoning"
                    )
                case _:
                    yield media.read(given, f"{place}[{number}]", self._notes)

    def _thought(self, item: Item) -> None:
        said = self._answers()
        signature = given_signature(item.encrypted_content or "", "openai-responses")
        id_ = item.id or ""
        last = said[-1] if said else None
        if id_.endswith(SIGNS) and isinstance(last, Text | ToolCall):
            said[-1] = msgspec.structs.replace(last, signature=signature)
            return
        redacted = id_.endswith(REDACTED)
        said.append(Thinking(thought_text(item), signature, redacted, id_.removesuffix(REDACTED)))

    def _result(self, item: Item, place: str) -> ToolResult:
        if item.call_id is None:
            raise Refused("malformed", f"{place} has no call_id; name the call that it is the output of")
        try:
            output = _OUTPUT.decode(item.output)
        except msgspec.ValidationError as wrong:
            raise Refused("malformed", f"{place}.output cannot be read: {wrong}") from wrong
        found = tuple(self._parts(output, f"{place}.output")) if output else ()
        parts = tuple(part for part in found if isinstance(part, Text | Media))
        if len(parts) < len(found):
            raise Refused(
                "malformed", f"{place}.output holds a refusal, which only a model gives; send it as input_text"
            )
        return ToolResult(item.call_id, parts, item.name or "", custom=item.type == "custom_tool_call_output")

    def _answers(self) -> list[Part]:
        if self._results:
            self._close()
        return self._said

    def _outputs(self) -> list[Part]:
        if self._said:
            self._close()
        return self._results

    def _close(self) -> None:
        if self._said:
            self.turns.append(Turn("assistant", tuple(self._said)))
        if self._results:
            self.turns.append(Turn("user", tuple(self._results)))
        self._said, self._results = [], []


def thought_text(item: Item) -> str:
    """The whole thoughts where they are shown, else their summary."""
    content = item.content if isinstance(item.content, list) else []
    whole = [one.text for one in content if isinstance(one, shapes.ReasoningText)]
    return "\n\n".join(whole or [one.text for one in item.summary or () if isinstance(one, shapes.SummaryText)])


def _call(item: Item, place: str) -> ToolCall:
    custom = item.type == "custom_tool_call"
    if item.call_id is None or item.name is None:
        raise Refused("malformed", f"{place} needs a call_id and a name")
    try:
        given = (item.input or "") if custom else _TEXT.decode(item.arguments)
    except msgspec.ValidationError as wrong:
        raise Refused("malformed", f"{place}.arguments must be a text with JSON in it: {wrong}") from wrong
    return ToolCall(item.call_id, item.name, given, custom, item.namespace or "")
