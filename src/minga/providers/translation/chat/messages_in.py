"""The messages of a request, as turns of the form."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from minga.domain.model_calls import Refused
from minga.providers.translation.chat import content_in
from minga.providers.translation.chat.shapes import (
    AssistantMessage,
    Call,
    DeveloperMessage,
    FunctionCalled,
    FunctionMessage,
    Message,
    SystemMessage,
    ToolMessage,
    UserMessage,
)
from minga.providers.translation.chat.thoughts import signature_of, thoughts
from minga.providers.translation.form import Media, Part, Refusal, Text, ToolCall, ToolResult, Turn
from minga.providers.translation.notes import Notes


@dataclass(slots=True)
class Conversation:
    """Takes the messages one after the other. Raises Refused."""

    notes: Notes
    system: list[Text] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    results: list[Part] = field(default_factory=list)
    old_calls: dict[str, str] = field(default_factory=dict)
    """Ids that were made up for calls of the old form, by the name of the function."""

    def take(self, messages: Sequence[Message]) -> None:
        for number, message in enumerate(messages):
            self._take(message, f"messages[{number}]")
        self._results_end()

    def _take(self, message: Message, place: str) -> None:
        match message:
            case ToolMessage() | FunctionMessage():
                self.results.append(self._result(message, place))
                return
            case UserMessage():
                said: list[Part] = [*self.results, *content_in.parts(message.content, place)]
                self.results = []
                self.turns.append(Turn("user", tuple(said)))
            case AssistantMessage():
                self._results_end()
                self.turns.append(Turn("assistant", tuple(self._assistant(message, place))))
            case SystemMessage() | DeveloperMessage():
                self._results_end()
                self._system(content_in.texts(message.content, place))
        if message.name:
            self.notes.add("chat-name", "messages[].name")

    def _results_end(self) -> None:
        if self.results:
            self.turns.append(Turn("user", tuple(self.results)))
            self.results = []

    def _system(self, texts: Sequence[Text]) -> None:
        if self.turns:
            self.turns.append(Turn("system", tuple(texts)))
        else:
            self.system.extend(texts)

    def _result(self, message: ToolMessage | FunctionMessage, place: str) -> ToolResult:
        found = content_in.parts(message.content, place)
        kept = tuple(one for one in found if isinstance(one, Text | Media))
        if len(kept) < len(found):
            raise Refused("malformed", f"{place} is the result of a tool and holds a refusal. Send it as text")
        name = message.name or ""
        if isinstance(message, ToolMessage):
            if not message.tool_call_id:
                raise Refused("malformed", f"{place} lacks tool_call_id. Name the call that it is the result of")
            return ToolResult(message.tool_call_id, kept, name)
        if name not in self.old_calls:
            raise Refused("malformed", f"{place} is the result of a function that was not called. Send the call before")
        return ToolResult(self.old_calls[name], kept, name)

    def _assistant(self, message: AssistantMessage, place: str) -> list[Part]:
        self._note_answer(message, place)
        found: list[Part] = [*thoughts(message.reasoning_details, message.reasoning_content or message.reasoning)]
        found += _signed(content_in.parts(message.content, place), signature_of(message.extra_content))
        if message.refusal:
            found.append(Refusal(message.refusal))
        found += [_call(one, f"{place}.tool_calls[{number}]") for number, one in enumerate(message.tool_calls or ())]
        if message.function_call is not None:
            found.append(self._old_call(message.function_call))
        kept = [one for one in found if not isinstance(one, Text) or one.text or one.signature]
        return kept or found[:1]

    def _note_answer(self, message: AssistantMessage, place: str) -> None:
        if bytes(message.audio) != b"null":
            raise Refused("malformed", f"{place}.audio is stored with the provider of this format. Send its transcript")
        if bytes(message.annotations) not in (b"null", b"[]"):
            self.notes.add("chat-history-field", "annotations")

    def _old_call(self, called: FunctionCalled) -> ToolCall:
        id_ = f"call_{len(self.turns)}"
        self.old_calls[called.name] = id_
        return ToolCall(id_, called.name, called.arguments)


def _signed(parts: Sequence[Text | Media | Refusal], signature: str) -> Sequence[Part]:
    """A signature of the whole message belongs to its last text."""
    if not signature:
        return parts
    last = max((number for number, one in enumerate(parts) if isinstance(one, Text)), default=-1)
    if last < 0:
        return [*parts, Text("", signature=signature)]
    return [
        Text(one.text, one.cache, signature) if number == last and isinstance(one, Text) else one
        for number, one in enumerate(parts)
    ]


def _call(call: Call, place: str) -> ToolCall:
    signature = signature_of(call.extra_content)
    if call.custom is not None:
        return ToolCall(call.id, call.custom.name, call.custom.input, custom=True, signature=signature)
    if call.function is None:
        raise Refused("malformed", f"{place} names no function. Give it the name and the arguments of the call")
    return ToolCall(call.id, call.function.name, call.function.arguments, signature=signature)
