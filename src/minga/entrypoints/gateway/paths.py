"""What a request means: its path, the head of its body, the key that it shows."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode

from minga.domain.model_calls import ModelCall, Refused, Wire
from minga.entrypoints.gateway.deciding import Fields, read_fields

CREDENTIALS = ("authorization", "x-api-key", "x-goog-api-key", "api-key")

AGENT_MAX = 256
"""Characters of a User-Agent that are looked at."""

_GEMINI = re.compile(r"/v1(?:beta)?/models/(?P<model>[^:]+):(?P<action>\w+)")

_UPWARDS = re.compile(r"(?:^|[/\\])\.\.?(?:[/\\]|$)")
"""Dot segments (RFC 3986, section 5.2.4)."""

_STREAMS = "streamGenerateContent"
_COUNTS = ("countTokens", "count_tokens")

_ANSWER_MAX = ("max_completion_tokens", "max_output_tokens", "max_tokens")


def wire_of(method: str, path: str, headers: Mapping[str, str]) -> Wire:
    """The wire of a path. Raises Refused, also for a path that would leave its place at the provider."""
    if ("/." in path or "\\." in path) and _UPWARDS.search(path):
        raise Refused("unknown-path", f"there is no {method} {path} here")
    if path.startswith("/v1beta/") or _GEMINI.fullmatch(path):
        return "gemini"
    if path in ("/v1/messages", "/v1/messages/count_tokens"):
        return "anthropic"
    if path == "/v1/chat/completions":
        return "openai-chat"
    if path == "/v1/responses" or path.startswith("/v1/responses/"):
        return "openai-responses"
    if path == "/v1/embeddings":
        return "openai-embeddings"
    if method == "GET" and (path == "/v1/models" or path.startswith("/v1/models/")):
        if "x-goog-api-key" in headers:  # Google's SDK asks below /v1 too
            return "gemini"
        return "anthropic" if "anthropic-version" in headers else "openai-chat"
    raise Refused("unknown-path", f"there is no {method} {path} here")


def key_of(headers: Mapping[str, str], query: str) -> str:
    """The key that the caller shows, wherever its protocol puts it; empty without one."""
    for name in CREDENTIALS:
        if value := headers.get(name, "").strip():
            return value[7:].strip() if value[:7].lower() == "bearer " else value
    return dict(parse_qsl(query)).get("key", "")


def read_call(
    wire: Wire,
    method: str,
    path: str,
    query: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    agents: Mapping[str, str] = MappingProxyType({}),
    client: str = "",
) -> ModelCall:
    """``path`` is decoded; ``agents``: pattern of a User-Agent -> name of the CLI; ``client``: the caller's
    address. Raises Refused for a body that is no JSON object with the fields of its wire."""
    given = dict(headers)
    gemini = _GEMINI.fullmatch(path) if wire == "gemini" else None
    fields = read_fields(body)
    if gemini is not None:
        config = fields.within("generationConfig")
        events = ("alt", "sse") in parse_qsl(query)  # else the stream is one long list
        model, stream = gemini["model"], gemini["action"] == _STREAMS and events
        answer_max, choices = config.count("maxOutputTokens"), config.count("candidateCount")
    else:
        model, stream = fields.text("model"), fields.flag("stream")
        answer_max, choices = _answer_max(fields), fields.count("n")
    if method == "POST" and not model and not path.startswith("/v1/responses/"):
        raise Refused("malformed", "the field 'model' is missing")
    return ModelCall(
        wire=wire,
        method=method,
        path=_one_place(path.removeprefix("/v1beta" if path.startswith("/v1beta") else "/v1")),
        query=_without_key(query) if query else "",
        model=model,
        stream=stream,
        counts=method != "POST" or path.endswith(_COUNTS),
        answer_max=answer_max,
        choices=max(choices or 1, 1),
        headers=tuple(headers),
        body=body,
        agent=_agent(given.get("user-agent", ""), agents),
        trace=given.get("traceparent", ""),
        client=client,
    )


def _without_key(query: str) -> str:
    return urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "key"])


def _agent(user_agent: str, agents: Mapping[str, str]) -> str:
    return _matching(user_agent[:AGENT_MAX], tuple(agents.items())) if user_agent else ""


@lru_cache(maxsize=256)
def _matching(user_agent: str, agents: tuple[tuple[str, str], ...]) -> str:
    return next((name for pattern, name in agents if fnmatchcase(user_agent, pattern)), "")


def _answer_max(fields: Fields) -> int | None:
    """The most that any of the fields which say it allows: vendors differ in which one they obey."""
    told = [fields.count(name) for name in _ANSWER_MAX]
    return max((count for count in told if count is not None), default=None)


def _one_place(path: str) -> str:
    """A decoded path. Raises Refused for one that could mean another place at a provider."""
    if "\\" in path or not path.isprintable():
        raise Refused("unknown-path", "the path cannot be passed on")
    return path
