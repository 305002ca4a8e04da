"""A call of the gateway in the dialect of a deployment that does not speak the caller's, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec

from minga.domain.model_calls import ModelCall, Wire
from minga.providers.translation.dialect import Dialect, Reader, Unreadable, Writer
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import Request
from minga.providers.translation.notes import Notes
from minga.providers.translation.sse import events_of

_PATHS: Mapping[Wire, str] = MappingProxyType(
    {"openai-chat": "/chat/completions", "openai-responses": "/responses", "anthropic": "/messages"}
)

_OF_A_VENDOR = ("anthropic-", "openai-", "x-goog-", "x-stainless-", "content-type", "accept")
"""Beginnings of headers that mean nothing in another dialect, or another thing."""

_ANTHROPIC_VERSION = ("anthropic-version", "2023-06-01")


@dataclass(frozen=True, slots=True)
class Translation:
    """``call``: as the deployment gets it. ``asked``: what the caller asked for, in the form."""

    call: ModelCall
    asked: Request
    notes: Notes
    source: Dialect
    target: Dialect

    def whole(self, status: int, body: bytes) -> bytes:
        """The body of an answer, or of an error, as the caller's dialect has it. Raises Unreadable."""
        if status >= 400:
            return self.source.write_fault(self.target.read_fault(status, body))
        answer = self.target.read_answer(body, self.notes)
        return self.source.write_answer(answer, self.asked, self.notes)

    def stream(self) -> "StreamTranslation":
        return StreamTranslation(self.target.reader(self.notes), self.source.writer(self.asked, self.notes))


@dataclass(slots=True)
class StreamTranslation:
    """``broken``: what came cannot be read, and nothing more is passed on."""

    reader: Reader
    writer: Writer
    broken: bool = False

    def feed(self, whole: bytes) -> bytes:
        """``whole``: whole events of the deployment. Gives whole events of the caller's dialect, maybe none yet."""
        if self.broken:
            return b""
        told: list[bytes] = []
        try:
            for name, data in events_of(whole):
                told += [self.writer.feed(event) for event in self.reader.feed(name, data)]
        except Unreadable:
            self.broken = True
        return b"".join(told)

    def finish(self) -> bytes:
        """What was held back until the end."""
        if self.broken:
            return b""
        try:
            return b"".join([self.writer.feed(event) for event in self.reader.finish()])
        except Unreadable:
            self.broken = True
            return b""


def translate(call: ModelCall, target: Wire, model: str) -> Translation:
    """``model``: as the deployment calls it. Raises Refused for what cannot be read or said."""
    notes = Notes()
    source_dialect, target_dialect = DIALECTS[call.wire], DIALECTS[target]
    asked = source_dialect.read_request(call.body, notes)
    wanted = msgspec.structs.replace(asked, model=model, stream=call.stream)
    sent = replace(
        call,
        wire=target,
        path=_path(target, model, call.stream),
        query="alt=sse" if target == "gemini" and call.stream else "",
        model=model,
        headers=_headers(call, target),
        body=target_dialect.write_request(wanted, notes),
        choices=1,
    )
    return Translation(sent, asked, notes, source_dialect, target_dialect)


def _path(target: Wire, model: str, stream: bool) -> str:
    if target == "gemini":
        return f"/models/{model}:{'streamGenerateContent' if stream else 'generateContent'}"
    return _PATHS[target]


def _headers(call: ModelCall, target: Wire) -> tuple[tuple[str, str], ...]:
    kept = [one for one in call.headers if not one[0].startswith(_OF_A_VENDOR)]
    kept.append(("content-type", "application/json"))
    return (*kept, _ANTHROPIC_VERSION) if target == "anthropic" else tuple(kept)
