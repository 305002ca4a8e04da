"""The answers to requests for embeddings, in OpenAI's form and in Gemini's."""

import base64
import math
import sys
from array import array
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from minga.providers.translation.dialect import Unreadable

Encoding: TypeAlias = Literal["float", "base64"]
"""``base64``: of 32-bit floats, the lowest byte first."""

_NEAR = 1e-3
"""Lengths that differ less from 1 are 1."""


class _Embedding(msgspec.Struct, frozen=True):
    index: int
    embedding: tuple[float, ...] | str


class _OpenAI(msgspec.Struct, frozen=True):
    data: tuple[_Embedding, ...]


class _Values(msgspec.Struct, frozen=True):
    values: tuple[float, ...]


class _Gemini(msgspec.Struct, frozen=True):
    embeddings: tuple[_Values, ...]


_READ_OPENAI = msgspec.json.Decoder(_OpenAI)
_READ_GEMINI = msgspec.json.Decoder(_Gemini)


def of_openai(body: bytes) -> list[Sequence[float]]:
    """In the order in which they were asked for. Raises Unreadable."""
    try:
        data = sorted(_READ_OPENAI.decode(body).data, key=lambda one: one.index)
        return [_numbers(one.embedding) for one in data]
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(f"these are no embeddings: {wrong}") from wrong


def of_gemini(body: bytes) -> list[Sequence[float]]:
    """Of `batchEmbedContents`. Raises Unreadable."""
    try:
        return [one.values for one in _READ_GEMINI.decode(body).embeddings]
    except (ValueError, RecursionError) as wrong:
        raise Unreadable(f"these are no embeddings: {wrong}") from wrong


def to_openai(found: Sequence[Sequence[float]], model: str, tokens: int, encoding: Encoding) -> bytes:
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(one) if encoding == "base64" else one}
        for index, one in enumerate(found)
    ]
    used = {"prompt_tokens": tokens, "total_tokens": tokens}
    return msgspec.json.encode({"object": "list", "data": data, "model": model, "usage": used})


def to_gemini(found: Sequence[Sequence[float]], tokens: int, *, single: bool) -> bytes:
    values = [{"values": one} for one in found]
    used = {"promptTokenCount": tokens, "totalTokenCount": tokens}
    told = {"embedding": values[0]} if single else {"embeddings": values}
    return msgspec.json.encode({**told, "usageMetadata": used})


def normalized(vector: Sequence[float]) -> Sequence[float]:
    """The same one where its length is 1, or 0."""
    length = math.hypot(*vector)
    if not length or abs(length - 1) < _NEAR:
        return vector
    return [one / length for one in vector]


def _numbers(embedding: tuple[float, ...] | str) -> Sequence[float]:
    """Some servers send base64 whatever they are asked for. Raises ValueError."""
    if not isinstance(embedding, str):
        return embedding
    numbers = array("f", base64.b64decode(embedding, validate=True))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _packed(vector: Sequence[float]) -> str:
    """Raises Unreadable for numbers that are none of an embedding."""
    try:
        numbers = array("f", vector)
    except OverflowError as wrong:
        raise Unreadable("a number is too large for an embedding") from wrong
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()
