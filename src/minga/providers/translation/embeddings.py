"""Embeddings between OpenAI's form and Gemini's: requests there, vectors back.

platform.openai.com/docs/api-reference/embeddings and ai.google.dev/api/embeddings, seen November 2026.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from minga.domain.model_calls import ModelCall, Refused, Wire
from minga.providers import usage
from minga.providers.counting import HEADER
from minga.providers.translation import vectors
from minga.providers.translation.calls import passed_headers, returned_headers
from minga.providers.translation.dialect import Dialect, Unreadable
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.notes import Notes

_SINGLE = ":embedContent"

_GEMINI_KNOWN = frozenset({"model", "content", "outputDimensionality", "taskType", "title", "embedContentConfig"})
_CAMEL = {"output_dimensionality": "outputDimensionality", "task_type": "taskType"}
"""Google reads both spellings."""


class _Asked(msgspec.Struct, frozen=True):
    """Of either form. ``dimensions`` None: as many as the model has by itself."""

    texts: tuple[str, ...]
    dimensions: int | None = None


class _OpenAI(msgspec.Struct, frozen=True):
    input: str | tuple[str | int | tuple[int, ...], ...]
    dimensions: int | None = None
    encoding_format: vectors.Encoding | None = None


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class _Content(msgspec.Struct, frozen=True):
    parts: tuple[_Part, ...]


class _Gemini(msgspec.Struct, frozen=True):
    content: _Content
    outputDimensionality: int | None = None
    taskType: str = ""
    title: str = ""


_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_READ_OPENAI = msgspec.json.Decoder(_OpenAI)
_READ_GEMINI = msgspec.json.Decoder(_Gemini)
_READ_BATCH = msgspec.json.Decoder(tuple[msgspec.Raw, ...])


@dataclass(frozen=True, slots=True)
class EmbeddingTranslation:
    """``call``: as the deployment gets it; ``asked``: as the caller wrote it. ``encoding``: how an OpenAI caller wants
    its numbers; ``single``: a Gemini caller gets one vector, not a list."""

    call: ModelCall
    asked: ModelCall
    notes: Notes
    count: int
    encoding: vectors.Encoding
    single: bool

    def whole(self, status: int, body: bytes) -> bytes:
        """The body of an answer, or of an error, in the caller's form. Raises Unreadable."""
        if status >= 400:
            return _errors_of(self.asked.wire).write_fault(_errors_of(self.call.wire).read_fault(status, body))
        found = vectors.of_gemini(body) if self.call.wire == "gemini" else vectors.of_openai(body)
        if len(found) != self.count:
            raise Unreadable(f"{self.count} vectors were asked for, and {len(found)} came")
        tokens = self._told(body)
        if tokens is None:
            tokens = usage.estimated(self.asked.model, len(self.asked.body), 0).input_tokens
        if self.asked.wire == "gemini":
            return vectors.to_gemini(found, tokens, single=self.single)
        normal = [vectors.normalized(one) for one in found]
        if any(one is not other for one, other in zip(found, normal, strict=True)):
            self.notes.add("embedding-normalized")
        return vectors.to_openai(normal, self.asked.model, tokens, self.encoding)

    def headers(self, given: Sequence[tuple[str, str]], status: int = 200) -> list[tuple[str, str]]:
        return returned_headers(given, "application/json", self.asked.wire, self.call.wire, self.notes)

    def counted(self, body: bytes) -> tuple[str, str]:
        """A header that says where the tokens come from which the answer tells."""
        return HEADER, "estimated" if self._told(body) is None else "exact"

    def _told(self, body: bytes) -> int | None:
        used = usage.of_body(self.call.wire, self.call.model, body)
        return None if used is None else used.input_tokens + used.cached_input_tokens


def translate(call: ModelCall, target: Wire, model: str) -> EmbeddingTranslation:
    """``model``: as the deployment calls it. Raises Refused for what cannot be read or said."""
    notes = Notes()
    single = call.path.endswith(_SINGLE)
    try:
        asked, encoding = _read_openai(call.body, notes) if call.wire != "gemini" else _read_gemini(call, notes)
    except ValueError as wrong:  # msgspec's names the place
        raise Refused("malformed", f"the body is no request for embeddings: {wrong}") from wrong
    if not asked.texts:
        raise Refused("malformed", "there is no text to embed")
    path, body = _to_gemini(asked, model) if target == "gemini" else _to_openai(asked, model)
    sent = replace(
        call,
        wire=target,
        path=path,
        query="",
        model=model,
        stream=False,
        headers=passed_headers(call, target),
        body=body,
    )
    return EmbeddingTranslation(sent, call, notes, len(asked.texts), encoding, single)


def _read_openai(body: bytes, notes: Notes) -> tuple[_Asked, vectors.Encoding]:
    for name in _FIELDS.decode(body):
        if name not in ("model", "input", "dimensions", "encoding_format"):
            notes.add("embedding-option", name)
    given = _READ_OPENAI.decode(body)
    texts = (given.input,) if isinstance(given.input, str) else given.input
    if not all(isinstance(one, str) for one in texts):
        told = "tokens of OpenAI's tokenizer mean nothing to the provider of this model: send the text itself"
        raise Refused("malformed", f"the field 'input' holds {told}")
    kept = tuple(one for one in texts if isinstance(one, str))
    return _Asked(kept, given.dimensions), given.encoding_format or "float"


def _read_gemini(call: ModelCall, notes: Notes) -> tuple[_Asked, vectors.Encoding]:
    if call.path.endswith(_SINGLE):
        requests: tuple[msgspec.Raw, ...] = (msgspec.Raw(call.body),)
    else:
        fields = _FIELDS.decode(call.body)
        requests = _READ_BATCH.decode(fields.get("requests", msgspec.Raw(b"[]")))
    read = [_one_of_gemini(raw, notes) for raw in requests]
    dimensions = {one.outputDimensionality for one in read}
    if len(dimensions) > 1:
        raise Refused("malformed", "all requests of one batch must want the same 'outputDimensionality'")
    return _Asked(tuple(_text(one, notes) for one in read), next(iter(dimensions), None)), "float"


def _one_of_gemini(raw: msgspec.Raw, notes: Notes) -> _Gemini:
    given = _FIELDS.decode(raw)
    fields = {_CAMEL.get(name, name): value for name, value in given.items()}
    if config := fields.pop("embedContentConfig", None):
        inner = _FIELDS.decode(config)
        fields = {**{_CAMEL.get(name, name): value for name, value in inner.items()}, **fields}
    for name in fields:
        if name not in _GEMINI_KNOWN:
            notes.add("embedding-option", name)
    one = _READ_GEMINI.decode(msgspec.json.encode(fields))
    for name, value in (("taskType", one.taskType), ("title", one.title)):
        if value:
            notes.add("embedding-task", name)
    return one


def _text(one: _Gemini, notes: Notes) -> str:
    if len(one.content.parts) > 1:
        notes.add("embedding-parts")
    return "\n".join(part.text for part in one.content.parts)


def _to_gemini(asked: _Asked, model: str) -> tuple[str, bytes]:
    size = {} if asked.dimensions is None else {"outputDimensionality": asked.dimensions}
    requests = [{"model": f"models/{model}", "content": {"parts": [{"text": one}]}, **size} for one in asked.texts]
    return f"/models/{model}:batchEmbedContents", msgspec.json.encode({"requests": requests})


def _to_openai(asked: _Asked, model: str) -> tuple[str, bytes]:
    size = {} if asked.dimensions is None else {"dimensions": asked.dimensions}
    body = {"model": model, "input": asked.texts, "encoding_format": "float", **size}
    return "/embeddings", msgspec.json.encode(body)


def _errors_of(wire: Wire) -> Dialect:
    """OpenAI says errors of embeddings as those of Chat."""
    return DIALECTS["gemini" if wire == "gemini" else "openai-chat"]
