"""Claude at Amazon Bedrock: Anthropic's own requests and events, under other paths and in Amazon's framing.

docs.aws.amazon.com/bedrock/latest/APIReference (InvokeModel, InvokeModelWithResponseStream, CountTokens) and
docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html, seen November 2026.
"""

import base64
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import quote

import msgspec

from minga.domain.model_calls import ModelCall, Refused
from minga.infrastructure.http import Incoming, Unreachable
from minga.providers.clouds import claude
from minga.providers.clouds.answers import with_type
from minga.providers.clouds.event_stream import Frame, Frames, Garbled

VERSION = "bedrock-2023-05-31"

FRAMED = "application/vnd.amazon.eventstream"

_FAULTS = {
    "internalServerException": "api_error",
    "modelStreamErrorException": "api_error",
    "modelTimeoutException": "timeout_error",
    "serviceUnavailableException": "overloaded_error",
    "throttlingException": "rate_limit_error",
    "validationException": "invalid_request_error",
}

_REGIONS = re.compile(r"^[a-z-]+\.(?=anthropic\.)")

_KIND = re.compile(r"\w+", re.ASCII)


class _Chunk(msgspec.Struct, frozen=True):
    """Of base64."""

    bytes: bytes


class _Event(msgspec.Struct, frozen=True):
    type: str


class _Fault(msgspec.Struct, frozen=True):
    message: str = ""


class _Counted(msgspec.Struct, frozen=True):
    inputTokens: int


def request(call: ModelCall, model: str) -> ModelCall:
    """As it is sent: its path is encoded. Raises Refused for what Bedrock does not do."""
    if not call.path.startswith("/messages"):
        raise Refused("unknown-path", "Amazon Bedrock lists no models in this form")
    claude.check_name(model)
    told = claude.body(call, VERSION, without=("model", "stream"), betas=claude.betas(call))
    place = f"/model/{quote(_bare(model) if call.counts else model, safe='')}"
    headers = tuple(one for one in call.headers if not one[0].startswith(("anthropic-", "x-amz")))
    if call.counts:
        inner = {"input": {"invokeModel": {"body": base64.b64encode(_countable(told)).decode()}}}
        told = msgspec.json.encode(inner)
        return replace(call, path=f"{place}/count-tokens", query="", headers=headers, body=told)
    way = "invoke-with-response-stream" if call.stream else "invoke"
    return replace(call, path=f"{place}/{way}", query="", headers=headers, body=told)


def _bare(model: str) -> str:
    """Without the regions of an inference profile (``eu.anthropic.…``): only the model itself counts."""
    return _REGIONS.sub("", model)


def counted(body: bytes) -> bytes:
    """What was counted, in Anthropic's form. Bytes that say nothing of that stay as they are."""
    try:
        return msgspec.json.encode({"input_tokens": msgspec.json.decode(body, type=_Counted).inputTokens})
    except msgspec.DecodeError:
        return body


def _countable(body: bytes) -> bytes:
    """Bedrock counts only what it would take as a request, in which ``max_tokens`` must stand."""
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return msgspec.json.encode({"max_tokens": 1, **fields})


@dataclass(slots=True)
class Unframed:
    """An answer whose frames become the events that Anthropic itself would have sent."""

    inner: Incoming
    frames: Frames = field(default_factory=Frames)

    @property
    def status(self) -> int:
        return self.inner.status

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        return with_type(self.inner.headers, "text/event-stream; charset=utf-8")

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self.inner.chunks():
            events, wrong = _events(self.frames, chunk)
            if events:
                yield events
            if wrong:
                raise Unreachable(f"its framing is broken: {wrong}")
        if self.frames.is_within:
            raise Unreachable("it ended within an event")

    def whole(self) -> bytes | None:
        """Frames are always taken apart in `chunks`."""
        return None

    def close(self) -> None:
        self.inner.close()


def _events(frames: Frames, chunk: bytes) -> tuple[bytes, str]:
    """What has come whole, and what is wrong with what follows."""
    events: list[bytes] = []
    for frame in frames.feed(chunk):
        try:
            events.append(_event(frame))
        except Garbled as wrong:
            return b"".join(events), str(wrong)
    return b"".join(events), frames.broken


def _event(frame: Frame) -> bytes:
    """Empty for what a caller has no use for. Raises Garbled."""
    match frame.headers.get(":message-type"):
        case "exception":
            return _error_event(
                _FAULTS.get(frame.headers.get(":exception-type", ""), "api_error"), _message(frame.payload)
            )
        case "error":
            return _error_event("api_error", frame.headers.get(":error-message", "") or "it broke off")
    if frame.headers.get(":event-type") != "chunk":
        return b""
    try:
        data = msgspec.json.decode(frame.payload, type=_Chunk).bytes
        kind = msgspec.json.decode(data, type=_Event).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as wrong:
        raise Garbled("a chunk holds no event") from wrong
    if not _KIND.fullmatch(kind):
        raise Garbled("a chunk holds no event")
    told = _in_a_line(data) if b"\n" in data or b"\r" in data else data
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), told)


def _error_event(kind: str, message: str) -> bytes:
    return b"event: error\ndata: %b\n\n" % claude.fault(kind, message)


def _message(payload: bytes) -> str:
    try:
        return msgspec.json.decode(payload, type=_Fault).message
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def _in_a_line(data: bytes) -> bytes:
    """Line feeds would end the event's data."""
    return msgspec.json.encode(msgspec.json.decode(data))
