"""A whole answer of this dialect, as the form has it."""

from collections.abc import Iterator

from minga.providers.translation.arguments import is_object
from minga.providers.translation.chat import stops, thoughts
from minga.providers.translation.chat.answer_shapes import (
    BESIDE,
    BESIDE_CHOICE,
    BESIDE_MESSAGE,
    COMPLETIONS,
    WRONG,
    CallSaid,
    Choice,
    Completion,
    ExtraSaid,
    Message,
    arguments_of,
    split,
    used,
)
from minga.providers.translation.chat.shapes import ABSENT
from minga.providers.translation.dialect import Unreadable
from minga.providers.translation.form import (
    Answer,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    given_signature,
)
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import of_data_url


def read_answer(body: bytes, notes: Notes) -> Answer:
    """Raises Unreadable."""
    completion = decoded(body, notes)
    if not completion.choices:
        raise Unreadable("an answer without choices")
    choice = completion.choices[0]
    if len(completion.choices) > 1:
        notes.add("chat-more-choices")
    if choice.message is None or choice.finish_reason in stops.FAILED:
        raise Unreadable(f"an answer that broke off ({choice.finish_reason or 'without a message'})")
    note_extras(choice, choice.message, notes)
    parts = tuple(_parts(choice.message, notes))
    if choice.finish_reason is None and not parts:
        raise Unreadable("an answer that says nothing, nor why it ended")
    calls = [one for one in parts if isinstance(one, ToolCall)]
    whole = all(one.custom or is_object(one.arguments) for one in calls)
    stop, sequence = stops.read(
        choice.finish_reason or stops.unsaid(notes, whole=whole),
        choice.stop_reason,
        notes,
        calls=bool(calls),
        refused=any(isinstance(one, Refusal) for one in parts),
    )
    model = completion.model or ""
    created_s = int(completion.created or 0)
    return Answer(completion.id or "", model, parts, stop, sequence, used(completion, model, notes), created_s)


def decoded(body: bytes, notes: Notes) -> Completion:
    """What has no counterpart in the form is told. Raises Unreadable."""
    try:
        completion, unknown = COMPLETIONS.read_loosely(body)
    except WRONG as wrong:
        raise Unreadable(f"no chat completion: {wrong}") from wrong
    for name in BESIDE.told(completion):
        notes.add("chat-answer-field", name)
    for name in unknown:
        notes.add("chat-answer-field", name)
    return completion


def note_extras(choice: Choice, message: Message, notes: Notes) -> None:
    for name in BESIDE_CHOICE.told(choice):
        notes.add("chat-answer-field", name)
    if message.annotations is not ABSENT or message.audio is not ABSENT:
        for name in BESIDE_MESSAGE.told(message):
            notes.add("chat-answer-field", name)


def signature_of(extra: ExtraSaid | None) -> str:
    return given_signature(extra.google.thought_signature, "gemini") if extra and extra.google else ""


def picture(url: str) -> Media:
    """As image models tell it through OpenRouter. Raises Unreadable."""
    if not url.startswith("data:"):
        return Media("image", url=url)
    try:
        return Media("image", *of_data_url(url))
    except ValueError as wrong:
        raise Unreadable(f"a picture cannot be read: {wrong}") from wrong


def _parts(message: Message, notes: Notes) -> Iterator[Part]:
    thought, said = split(message.content, notes)
    yield from thoughts.thoughts(message.reasoning_details, message.reasoning_content or message.reasoning)
    if thought:
        yield Thinking(thought)
    signature = signature_of(message.extra_content)
    if said or signature:
        yield Text(said, signature=signature)
    for image in message.images or ():
        yield picture(image.image_url.url)
    if message.refusal:
        yield Refusal(message.refusal)
    for number, call in enumerate(message.tool_calls or ()):
        yield _call(call, number)
    if message.function_call is not None and message.function_call.name:
        yield ToolCall("call_0", message.function_call.name, arguments_of(message.function_call.arguments))


def _call(call: CallSaid, number: int) -> ToolCall:
    """Some servers give no ids."""
    id_, signature = call.id or f"call_{number}", signature_of(call.extra_content)
    if call.custom is not None and call.custom.name:
        return ToolCall(id_, call.custom.name, call.custom.input or "", custom=True, signature=signature)
    if call.function is None or not call.function.name:
        raise Unreadable("a tool call without a name")
    return ToolCall(id_, call.function.name, arguments_of(call.function.arguments), signature=signature)
