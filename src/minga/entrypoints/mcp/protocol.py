"""The words of the Model Context Protocol: its versions, its error codes, and what one request says of its caller.

Two eras: until 2025-11-25 a client introduces itself once, by ``initialize``; from 2026-07-28 on each request says all
of it. https://modelcontextprotocol.io/specification/2026-07-28/basic (and 2025-11-25), read as of SDK 2.3.0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minga.domain.saying import Say
from minga.infrastructure.jsonrpc import INVALID_PARAMS, Refused

Json = dict[str, Any]

MODERN = "2026-07-28"

HANDSHAKES = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")
"""The newest first."""

BUSY = -32000
RESOURCE_NOT_FOUND = -32002
HEADER_MISMATCH = -32020
MISSING_CAPABILITY = -32021
UNSUPPORTED_VERSION = -32022

_PREFIX = "io.modelcontextprotocol/"
VERSION_KEY = f"{_PREFIX}protocolVersion"
CAPABILITIES_KEY = f"{_PREFIX}clientCapabilities"
CLIENT_KEY = f"{_PREFIX}clientInfo"
SERVER_KEY = f"{_PREFIX}serverInfo"


class Missing(Refused):
    """The client must be able to do ``capabilities``, and has not said that it is."""

    def __init__(self, message: str, capabilities: Json) -> None:
        super().__init__(MISSING_CAPABILITY, message, {"requiredCapabilities": capabilities})


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the version that it speaks, its name, and what it can do."""

    version: str
    name: str = ""
    capabilities: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_modern(self) -> bool:
        return self.version == MODERN

    @property
    def can_ask(self) -> bool:
        """Whether it puts questions to its user."""
        asks = self.capabilities.get("elicitation")
        return isinstance(asks, Mapping) and (not asks or "form" in asks)


def id_of(said: Any) -> int | str | None:
    """What may stand for a request; None for what may not."""
    return said if isinstance(said, int | str) and not isinstance(said, bool) else None


def is_modern(params: Json) -> bool:
    """Whether a request says all of its caller itself: one key of the two is enough, so that a half one is told so."""
    meta = params.get("_meta")
    return isinstance(meta, dict) and (VERSION_KEY in meta or CAPABILITIES_KEY in meta)


def client_of(params: Json, say: Say) -> Client:
    """Who sent a request of the newest version. Raises Refused."""
    meta = params.get("_meta")
    if not isinstance(meta, dict):
        must = say("params._meta must hold {one!r} and {other!r}", one=VERSION_KEY, other=CAPABILITIES_KEY)
        raise Refused(INVALID_PARAMS, must)
    if missing := [key for key in (VERSION_KEY, CAPABILITIES_KEY) if key not in meta]:
        raise Refused(INVALID_PARAMS, say("params._meta lacks {keys}", keys=", ".join(missing)))
    version, capabilities = meta[VERSION_KEY], meta[CAPABILITIES_KEY]
    if not isinstance(version, str) or not isinstance(capabilities, dict):
        must = say("{one} must be a string, {other} an object", one=VERSION_KEY, other=CAPABILITIES_KEY)
        raise Refused(INVALID_PARAMS, must)
    if version != MODERN:
        raise unsupported(version, say)
    return Client(version, name_of(meta.get(CLIENT_KEY)), capabilities)


def client_that_begins(params: Json, say: Say) -> Client:
    """Who sent ``initialize``; the version is the one that it asks for, or else our newest of that era."""
    asked, capabilities = params.get("protocolVersion"), params.get("capabilities", {})
    if not isinstance(asked, str) or not isinstance(capabilities, dict):
        needs = say("initialize needs protocolVersion, a string, and capabilities, an object")
        raise Refused(INVALID_PARAMS, needs)
    version = asked if asked in HANDSHAKES else HANDSHAKES[0]
    return Client(version, name_of(params.get("clientInfo")), capabilities)


def unsupported(version: str, say: Say) -> Refused:
    """What a client of another version is told, from which it may choose one."""
    data = {"supported": [MODERN], "requested": version}
    return Refused(UNSUPPORTED_VERSION, say("Unsupported protocol version"), data)


def name_of(info: Any) -> str:
    name = info.get("name") if isinstance(info, dict) else ""
    return name if isinstance(name, str) else ""


def token_of(params: Json) -> int | str | None:
    """By which the client wants to hear how far a request is; None where it does not."""
    meta = params.get("_meta")
    return id_of(meta.get("progressToken")) if isinstance(meta, dict) else None
