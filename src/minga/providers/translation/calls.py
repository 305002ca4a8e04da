"""A call of the gateway in the dialect of a deployment that does not speak the caller's, and the way back."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import msgspec

from minga.domain.model_calls import ModelCall, Refused, Wire
from minga.providers import prompt_caching
from minga.providers.translation import told_whole
from minga.providers.translation.adapting import adapt
from minga.providers.translation.conversation import check
from minga.providers.translation.dialect import Dialect, Reader, Unreadable, Unsound, Writer
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import Began, Ended, Event, Fault, Request
from minga.providers.translation.notes import Effect, Notes
from minga.providers.translation.restoring import Restore, Restoring
from minga.providers.translation.sse import events_of
from minga.providers.translation.unsigned import Marking, marked
from minga.providers.usage import End

_PATHS: Mapping[Wire, str] = MappingProxyType(
    {"openai-chat": "/chat/completions", "openai-responses": "/responses", "anthropic": "/messages"}
)

_OF_A_VENDOR = ("anthropic-", "openai-", "x-goog-", "x-stainless-", "content-type", "accept")
"""Beginnings of headers that mean nothing in another dialect, or another thing."""

TRANSLATED_HEADER = "x-minga-translated"
"""The caller's wire and the deployment's."""

_EFFECTS: tuple[tuple[str, Effect], ...] = (("x-minga-lost", "lost"), ("x-minga-changed", "changed"))

TRANSLATION_HEADERS = (TRANSLATED_HEADER, *(name for name, _ in _EFFECTS))
"""Those that tell of a translation."""

_OF_ALL = frozenset({"retry-after", "request-id", "x-request-id"})

_FAMILY = rb'(?<!\\)"minga\.(?:(?:next|last|alone)\.)?(?:anthropic|gemini|openai-(?:chat|responses))\.'

_MARKS: Mapping[Wire, tuple[bytes, re.Pattern[bytes]]] = MappingProxyType(
    dict.fromkeys(_PATHS, (b"minga.", re.compile(_FAMILY)))
    | {"gemini": (b"bWluZ2Eu", re.compile(rb'(?<!\\)"bWluZ2Eu'))}
)
"""A signature of another family (`form.passed_signature`); Gemini's dialect carries them in base64."""

_TOLD_MAX = 2000
"""Characters of a header: what more was lost is in the log."""

_BETAS = ("anthropic-beta", "openai-beta")
"""Headers that ask for what only their vendor has."""

_ANTHROPIC_VERSION = ("anthropic-version", "2023-06-01")


@dataclass(frozen=True, slots=True)
class Translation:
    """``call``: as the deployment gets it. ``asked``: what the caller asked for, in the form; ``asked_in``: in
    which dialect; ``listed``: the caller wants a stream of Gemini's that is one list; ``markers`` of the prompt cache
    that were set for it."""

    call: ModelCall
    asked_in: Wire
    asked: Request
    notes: Notes
    source: Dialect
    target: Dialect
    restore: Restore
    now_s: int
    listed: bool = False
    markers: int = 0

    def marked(self) -> "Translation":
        """With markers of the prompt cache, where Anthropic's form has them and the caller set none."""
        if self.call.wire != "anthropic":
            return self
        found = prompt_caching.mark(self.call.body, self.call.model)
        return replace(self, call=replace(self.call, body=found.body), markers=found.count)

    def whole(self, status: int, body: bytes) -> bytes:
        """The body of an answer, or of an error, as the caller's dialect has it; a stream of events if one was asked
        for. Raises Unreadable."""
        if status >= 400:
            return self.source.write_fault(self.target.read_fault(status, body))
        answer = self.restore.answer(self.target.read_answer(body, self.notes))
        if not answer.created_s:
            answer = msgspec.structs.replace(answer, created_s=self.now_s)
        parts = tuple(marked(part, self.asked_in, self.call.wire) for part in answer.parts)
        answer = msgspec.structs.replace(answer, parts=parts)
        if self.call.stream:
            return b"".join(map(self.source.writer(self.asked, self.notes).feed, told_whole.events(answer)))
        told = self.source.write_answer(answer, self.asked, self.notes)
        return b"[%b]" % told if self.listed else told

    def headers(self, given: Sequence[tuple[str, str]], status: int = 200) -> list[tuple[str, str]]:
        """Those of the deployment that mean the same in any dialect, and what was lost and changed so far."""
        streams = self.call.stream and status < 400
        kind = "text/event-stream; charset=utf-8" if streams else "application/json"
        told = returned_headers(given, kind, self.asked_in, self.call.wire, self.notes)
        return [*told, (prompt_caching.HEADER, f"marked {self.markers}")] if self.markers else told

    def stream(self) -> "StreamTranslation":
        writer = self.source.writer(self.asked, self.notes)
        marking = Marking(self.asked_in, self.call.wire) if self.asked_in != self.call.wire else None
        return StreamTranslation(self.target.reader(self.notes), self.restore.stream(), writer, self.now_s, marking)


@dataclass(slots=True)
class StreamTranslation:
    """``end``: what the caller has been told last: that the answer is whole, or that it failed. ``broken``: what came
    cannot be read, and ``broken_by`` says why; ``of_the_model``: or cannot be said, and its server is well. After any
    of them nothing more is passed on."""

    reader: Reader
    restoring: Restoring
    writer: Writer
    now_s: int
    marking: Marking | None = None
    end: End = ""
    broken_by: str = ""
    of_the_model: bool = False

    def feed(self, whole: bytes) -> bytes:
        """``whole``: whole events of the deployment. Gives whole events of the caller's dialect, maybe none yet."""
        if self.end:
            return b""
        told: list[bytes] = []
        try:
            for name, data in events_of(whole):
                told += map(self._write, self.reader.feed(name, data))
        except Unreadable as wrong:
            self._break(wrong)
        return b"".join(told)

    def finish(self) -> bytes:
        """What was held back until the end."""
        if self.end:
            return b""
        try:
            return b"".join(map(self._write, self.reader.finish()))
        except Unreadable as wrong:
            self._break(wrong)
            return b""

    def _break(self, wrong: Unreadable) -> None:
        if not self.end:
            self.end, self.broken_by, self.of_the_model = "broken", str(wrong), isinstance(wrong, Unsound)

    def _write(self, event: Event) -> bytes:
        if isinstance(event, Began) and not event.created_s:
            event = msgspec.structs.replace(event, created_s=self.now_s)
        restored = self.restoring.events(event)
        if self.marking is not None:
            restored = [told for one in restored for told in self.marking.events(one)]
        written = b"".join(map(self.writer.feed, restored))
        if isinstance(event, Ended | Fault):
            self.end = "whole" if isinstance(event, Ended) else "failed"
        return written


def is_needed(call: ModelCall, target: Wire) -> bool:
    """Also for a deployment that speaks the caller's dialect, where another family took part in the conversation: its
    thoughts are signed by it, and this one would refuse them."""
    if target != call.wire:
        return True
    mark = _MARKS.get(call.wire)
    return mark is not None and mark[0] in call.body and mark[1].search(call.body) is not None


def translate(call: ModelCall, target: Wire, model: str, provider: str, now_s: int) -> Translation:
    """``model``: as ``provider`` calls it; ``now_s``, since 1970: when an answer was made whose provider does not tell.
    Raises Refused for what cannot be read or said."""
    if call.path.endswith("/compact"):
        raise Refused("malformed", f"only a provider of {call.wire} can compact a conversation; {provider} is none")
    notes = Notes()
    for name, _ in call.headers:
        if name in _BETAS:
            notes.add("vendor-header", name)
    listed = call.path.endswith(":streamGenerateContent") and not call.stream
    source_dialect, target_dialect = DIALECTS[call.wire], DIALECTS[target]
    asked = source_dialect.read_request(call.body, notes)
    adapted = adapt(check(asked, notes), target, model, provider, notes)
    wanted = msgspec.structs.replace(adapted.request, stream=call.stream)
    sent = replace(
        call,
        wire=target,
        path=_path(target, model, call.stream),
        query="alt=sse" if target == "gemini" and call.stream else "",
        model=model,
        headers=passed_headers(call, target),
        body=target_dialect.write_request(wanted, notes),
        choices=1,
    )
    return Translation(sent, call.wire, asked, notes, source_dialect, target_dialect, adapted.restore, now_s, listed)


def returned_headers(
    given: Sequence[tuple[str, str]], content_type: str, asked_in: Wire, spoken: Wire, notes: Notes
) -> list[tuple[str, str]]:
    """Of a deployment's, those that mean the same in any form; and what was lost and changed."""
    told = [(name, value) for name, value in given if name in _OF_ALL]
    told += [("content-type", content_type), (TRANSLATED_HEADER, f"{asked_in} {spoken}")]
    for name, effect in _EFFECTS:
        if found := notes.told(effect):
            told.append((name, _bounded(found)))
    return told


def _path(target: Wire, model: str, stream: bool) -> str:
    if target == "gemini":
        return f"/models/{model}:{'streamGenerateContent' if stream else 'generateContent'}"
    return _PATHS[target]


def passed_headers(call: ModelCall, target: Wire) -> tuple[tuple[str, str], ...]:
    """Those of the caller that mean the same to a deployment of ``target``."""
    kept = [one for one in call.headers if not one[0].startswith(_OF_A_VENDOR)]
    kept.append(("content-type", "application/json"))
    return (*kept, _ANTHROPIC_VERSION) if target == "anthropic" else tuple(kept)


def _bounded(notes: Sequence[str]) -> str:
    """As one header; names of fields may be anything."""
    told = ", ".join(notes).encode("ascii", "backslashreplace").decode()
    return "".join(one if one.isprintable() else "?" for one in told)[:_TOLD_MAX]
