"""Signatures of other dialects that stand on a text or a tool call, where Messages have no place for one.

A thinking block without thoughts carries them to the caller, before or after what they belong to, and back again. So
Gemini gets the signatures of its tool calls back from a caller that only knows Messages.
"""

from typing import Literal, TypeAlias

Place: TypeAlias = Literal["next", "last", "alone"]
"""What is signed: the block after the one that carries the signature, the one before it, or a text without words."""


def carrying(signature: str, place: Place) -> str:
    """``signature`` as in the form; for the signature of a thinking block."""
    origin, _, value = signature.partition(":")
    return f"minga.{place}.{origin}.{value}"


def carried(given: str, place: Place) -> str:
    """The signature as in the form; empty if ``given`` carries none for that place."""
    origin, _, value = given.removeprefix(f"minga.{place}.").partition(".")
    return f"{origin}:{value}" if given.startswith(f"minga.{place}.") and value else ""
