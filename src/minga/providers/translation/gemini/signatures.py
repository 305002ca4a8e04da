"""``thoughtSignature``: on the wire it is base64, which the official SDK for Python takes apart and puts together again
in the alphabet for URLs. A signature of another dialect that is passed on to a caller is base64 too, therefore.

Clients such as the Gemini CLI do not send thoughts back, but the signatures of calls: where a call of another model has
none of its own, it bears the signed thoughts before it, which that model wants to see again.
"""

import binascii
from base64 import b64encode
from collections.abc import Sequence

import msgspec

from minga.providers.translation.form import Part, Thinking, ToolCall, given_signature, own_signature, passed_signature

SKIP = "skip_thought_signature_validator"
"""For a call that Gemini did not make itself (ai.google.dev/gemini-api/docs/thought-signatures, FAQ)."""

_BORNE = "thoughts:"
_REDACTED = "redacted:"
_THOUGHTS = msgspec.json.Decoder(tuple[Thinking, ...])

_MARKED = "bWluZ2Eu"  # base64 of "minga."
_URL = str.maketrans("-_", "+/")


def read(given: str | None) -> str:
    """As the form has it."""
    if not given:
        return ""
    if given.startswith(_MARKED):
        try:
            return given_signature(decoded(given).decode(), "gemini")
        except ValueError:
            return f"gemini:{given}"
    return given_signature(given, "gemini")


def passed(signature: str) -> str | None:
    """As a message to the caller has it."""
    if not signature:
        return None
    value = passed_signature(signature, "gemini")
    return value if signature.startswith("gemini:") else b64encode(value.encode()).decode() or None


def of_thought(part: Thinking) -> str:
    """For `passed`: also tells that the provider shows nothing else of the thought."""
    return f"{_REDACTED}{part.signature}" if part.redacted and part.signature else part.signature


def thought(text: str, signature: str) -> Thinking:
    """The other way round."""
    return Thinking(text, signature.removeprefix(_REDACTED), redacted=signature.startswith(_REDACTED))


def decoded(given: str) -> bytes:
    """Of either alphabet, padded or not. Raises ValueError."""
    bare = given.rstrip("=")
    return binascii.a2b_base64(bare.translate(_URL) + "=" * (-len(bare) % 4), strict_mode=True)


def bearing(part: Part, thoughts: list[Thinking]) -> Part:
    """The parts of an answer, one after the other, as a caller gets them. ``thoughts``: so far, that no call bears."""
    if isinstance(part, Thinking):
        if part.signature and not own_signature(part.signature, "gemini"):
            thoughts.append(part)
    elif isinstance(part, ToolCall) and thoughts:
        if not part.signature:
            part = msgspec.structs.replace(part, signature=_BORNE + msgspec.json.encode(thoughts).decode())
        thoughts.clear()
    return part


def unborne(parts: Sequence[Part]) -> list[Part]:
    """What calls bore stands before them again, and before what was said between. Raises ValueError."""
    if not any(isinstance(part, ToolCall) and part.signature.startswith(_BORNE) for part in parts):
        return list(parts)
    told: list[Part] = []
    start = 0
    for part in parts:
        if not isinstance(part, ToolCall):
            told.append(part)
            continue
        if part.signature.startswith(_BORNE):
            thoughts = _THOUGHTS.decode(part.signature.removeprefix(_BORNE))
            known = {one.signature for one in thoughts}
            said = [one for one in told[start:] if not (isinstance(one, Thinking) and one.signature in known)]
            told[start:] = [*thoughts, *said]
            part = msgspec.structs.replace(part, signature="")
        told.append(part)
        start = len(told)
    return told
