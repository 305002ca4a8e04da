"""What goes out to a provider: the caller's bytes, without what is meant for the gateway."""

import re
from functools import lru_cache
from urllib.parse import quote

import msgspec

from minga.domain.model_calls import ModelCall
from minga.infrastructure.http import Outgoing
from minga.providers.deployments import Deployment

HOP_BY_HOP = frozenset({"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "content-length"})
"""RFC 9110, section 7.6.1; and the length, which the next connection counts anew."""

_KEPT_BACK = HOP_BY_HOP | {
    "accept-encoding",  # what comes back must be read
    "api-key",
    "authorization",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "proxy-authorization",
    "proxy-connection",
    "x-api-key",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-goog-api-key",
    "x-real-ip",
}
"""Of a caller's headers: its credentials, and what tells of its network."""

_OWN = "x-minga-"
"""Headers of the gateway's own."""

_AS_IT_IS = "/:@!$&'()*+,;=~"
"""In a path (RFC 3986, section 3.3). The server has decoded it; a line feed in it must not become one of ours."""

_PLAIN = re.compile(r"[\w./:-]*", re.ASCII)
"""What need not be looked at closer."""

NOT_RETURNED = HOP_BY_HOP | {
    "anthropic-organization-id",
    "date",
    "openai-organization",
    "openai-project",
    "server",
    "set-cookie",
}
"""Of a provider's headers: what tells whose account it is, and what the gateway says itself."""


def outgoing(call: ModelCall, deployment: Deployment, first_s: float, silence_s: float) -> Outgoing:
    """The caller's bytes; only the name of the model is another where the deployment calls it otherwise. ``first_s``:
    so long the head of the answer may take."""
    path, body = call.path, call.body
    if deployment.model != call.model:
        path = path.replace(call.model, deployment.model, 1)
        body = _renamed(body, deployment.model)
    query = f"?{call.query}" if call.query else ""
    headers = _headers(call.headers, deployment.headers)
    placed = path if _PLAIN.fullmatch(path) else quote(path, safe=_AS_IT_IS)
    url = f"{deployment.base_url}{placed}{query}"
    return Outgoing(call.method, url, headers, body, deployment.private, first_s, silence_s)


@lru_cache(maxsize=256)
def _headers(given: tuple[tuple[str, str], ...], own: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Remembered, as clients say the same of themselves each time."""
    passed = [(name, value) for name, value in given if name not in _KEPT_BACK and not name.startswith(_OWN)]
    return (*passed, ("accept-encoding", "identity"), *own)


def _renamed(body: bytes, model: str) -> bytes:
    """Every other field stays as its bytes are."""
    if not body:
        return body
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    if "model" not in fields:
        return body
    return msgspec.json.encode({**fields, "model": model})
