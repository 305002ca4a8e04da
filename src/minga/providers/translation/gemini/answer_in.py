"""A whole answer as the form has it, and what the reader of a stream shares with it."""

from hashlib import blake2b

import msgspec

from minga.providers.translation.dialect import Unreadable, Unsound
from minga.providers.translation.form import Answer, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from minga.providers.translation.gemini import parts_in, shapes, stops, tokens
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Strict

_RESPONSE = Strict(shapes.Response)

_BESIDE = shapes.Fields(
    "citation_metadata",
    "grounding_metadata",
    "grounding_attributions",
    "url_context_metadata",
    "logprobs_result",
    "avg_logprobs",
    "safety_ratings",
    "finish_message",
)

_EMPTY = shapes.Part()


def read(body: bytes, notes: Notes) -> Answer:
    told = decoded(body, notes)
    if told.error is not None:
        raise Unreadable("the body of a good status is an error")
    parts = signed_before([*candidate_parts(told, body, notes)])
    candidate = first(told)
    if reason := blocked(told):
        parts, stop = [Refusal(reason)], stops.BLOCKED
    elif candidate is None:
        raise Unreadable("the answer has no candidate")
    else:
        reason = candidate.finish_reason or "FINISH_REASON_UNSPECIFIED"
        if reason in stops.BROKEN:
            raise Unsound(stops.broken(reason, candidate.finish_message))
        stop = stops.read(reason, any(isinstance(part, ToolCall) for part in parts), notes)
    model = told.model_version or ""
    used = tokens.read(model, told.usage_metadata, notes)
    return Answer(told.response_id or "", model, tuple(parts), stop, used=used, created_s=created_s(told))


def decoded(data: bytes, notes: Notes) -> shapes.Response:
    """Raises Unreadable."""
    try:
        told, unknown = _RESPONSE.read(data)
    except ValueError as wrong:
        raise Unreadable(f"this is no answer of generateContent: {wrong}") from wrong
    except RecursionError as wrong:
        raise Unreadable("it is nested too deeply") from wrong
    for path in unknown:
        notes.add("gemini-beside", path)
    if told.model_status is not None:
        notes.add("gemini-beside", "modelStatus")
    return told


def first(told: shapes.Response) -> shapes.Candidate | None:
    """The answer: no more than one is asked for."""
    for one in told.candidates or ():
        if not one.index:
            return one
    return None


def candidate_parts(told: shapes.Response, data: bytes, notes: Notes) -> list[Part]:
    """Those that say something. Calls without ids get some that no other answer has. Raises Unreadable."""
    candidate = first(told)
    _note_feedback(told, notes)
    if any(one is not candidate for one in told.candidates or ()):
        notes.add("gemini-beside", "candidates")
    if candidate is None:
        return []
    for name in _BESIDE.present(candidate):
        notes.add("gemini-beside", name)
    if candidate.content is None:
        return []
    try:
        given = [parts_in.read(part, notes) for part in shapes.listed(candidate.content.parts) if part != _EMPTY]
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(str(wrong)) from wrong
    for at, part in enumerate(given):
        if isinstance(part, ToolCall) and not part.id:
            given[at] = _identified(part, at, told, data)
        elif isinstance(part, ToolResult):
            notes.add("gemini-parts", "functionResponse")
            given[at] = None
    return [part for part in given if part is not None]


def _note_feedback(told: shapes.Response, notes: Notes) -> None:
    """Why a prompt is blocked is told as the answer, as long as there is none."""
    feedback = told.prompt_feedback
    if feedback is None:
        return
    if feedback.safety_ratings:
        notes.add("gemini-beside", "promptFeedback.safetyRatings")
    if first(told) is not None and (feedback.block_reason or feedback.block_reason_message):
        notes.add("gemini-beside", "promptFeedback")


def _identified(part: ToolCall, at: int, told: shapes.Response, data: bytes) -> ToolCall:
    seed = blake2b(data + (told.response_id or "").encode(), digest_size=10).hexdigest()
    return msgspec.structs.replace(part, id=f"call_{seed}_{at}")


def signed_before(parts: list[Part]) -> list[Part]:
    """An empty part with a signature signs the text or thought before it; one without says nothing."""
    told: list[Part] = []
    for part in parts:
        if isinstance(part, Text | Thinking) and not part.text:
            before = told[-1] if told else None
            if part.signature and isinstance(before, Text | Thinking) and not before.signature:
                told[-1] = msgspec.structs.replace(before, signature=part.signature)
                continue
            if not part.signature:
                continue
        told.append(part)
    return told


def blocked(told: shapes.Response) -> str:
    """What is said of a prompt that is not answered; empty where it is."""
    feedback = told.prompt_feedback
    if feedback is None or not feedback.block_reason or first(told) is not None:
        return ""
    return feedback.block_reason_message or f"The provider blocked the prompt: {feedback.block_reason}"


def created_s(told: shapes.Response) -> int:
    return int(told.create_time.timestamp()) if told.create_time else 0
