"""Thoughts and signatures, which each server that speaks this dialect tells in its own way."""

from collections.abc import Iterable, Sequence

import msgspec

from minga.domain.model_calls import Wire
from minga.providers.translation.chat.shapes import ExtraContent, Google, ReasoningDetail
from minga.providers.translation.form import Text, Thinking, ToolCall, given_signature, passed_signature

WIRE: Wire = "openai-chat"

_JOINT = "\n\n"


def thoughts(details: Sequence[ReasoningDetail] | None, plain: str | None) -> list[Thinking]:
    """From the details of a whole message; only where it has none from the plain text, which repeats them."""
    if details:
        found = [thinking_of(one) for one in joined(details)]
        if plain and not any(one.text for one in found):
            return [Thinking(plain), *found]
        return found
    return [Thinking(plain)] if plain else []


def joined(details: Iterable[ReasoningDetail]) -> list[ReasoningDetail]:
    """Pieces as a stream brings them belong to one thought until its signature has come."""
    whole: list[ReasoningDetail] = []
    for one in details:
        last = whole[-1] if whole else None
        if last is None or last.signature or last.data or one.data or (last.type, last.index) != (one.type, one.index):
            whole.append(one)
            continue
        whole[-1] = msgspec.structs.replace(
            last,
            text=(last.text or "") + (one.text or ""),
            summary=(last.summary or "") + (one.summary or ""),
            signature=one.signature,
            format=one.format or last.format,
            id=one.id or last.id,
        )
    return whole


def thinking_of(detail: ReasoningDetail) -> Thinking:
    signature = given_signature(_marked(detail.signature or detail.data or "", detail.format or ""), WIRE)
    return Thinking(detail.text or detail.summary or "", signature, redacted=bool(detail.data), id=detail.id or "")


def detail_of(thinking: Thinking, value: str, index: int) -> ReasoningDetail:
    """``value`` of the signature, as this dialect carries it."""
    form, found, signature = value.partition("|")
    form, signature = (form, signature) if found else ("", value)
    kind = "reasoning.encrypted" if thinking.redacted else "reasoning.text"
    return ReasoningDetail(
        kind,
        text=None if thinking.redacted else thinking.text,
        data=signature if thinking.redacted else None,
        signature=None if thinking.redacted else signature or None,
        id=thinking.id or None,
        format=form or None,
        index=index,
    )


def plain_of(thoughts: Sequence[Thinking]) -> str | None:
    """All that is shown, as one text."""
    shown = [one.text for one in thoughts if not one.redacted]
    return _JOINT.join(shown) if shown else None


def signature_of(extra: ExtraContent | None) -> str:
    return given_signature(extra.google.thought_signature, "gemini") if extra and extra.google else ""


def extra_of(part: ToolCall | Text) -> ExtraContent | None:
    """For a caller, which brings it back."""
    return google(passed_signature(part.signature, "gemini"))


def google(value: str) -> ExtraContent | None:
    return ExtraContent(Google(value)) if value else None


def _marked(signature: str, form: str) -> str:
    """The format of a signature stands before it, as it must be sent back with it. A signature has no such stroke."""
    return f"{form}|{signature}" if form and signature and not signature.startswith("minga.") else signature
