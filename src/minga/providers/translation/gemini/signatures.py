"""``thoughtSignature``: on the wire it is base64, which the official SDK for Python takes apart and puts together again
in the alphabet for URLs. A signature of another dialect that is passed on to a caller is base64 too, therefore."""

import binascii
from base64 import b64encode

from minga.providers.translation.form import given_signature, passed_signature

SKIP = "skip_thought_signature_validator"
"""For a call that Gemini did not make itself (ai.google.dev/gemini-api/docs/thought-signatures, FAQ)."""

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


def decoded(given: str) -> bytes:
    """Of either alphabet, padded or not. Raises ValueError."""
    bare = given.rstrip("=")
    return binascii.a2b_base64(bare.translate(_URL) + "=" * (-len(bare) % 4), strict_mode=True)
