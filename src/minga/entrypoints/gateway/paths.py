"""What a request means: its path, the head of its body, the key that it shows."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode

from minga.domain.model_calls import ModelCall, Refused, Wire
from minga.entrypoints.gateway.deciding import Fields, read_fields
from minga.entrypoints.gateway.heads import Head, read_head
from minga.entrypoints.gateway.rules import TOLD_MAX

CREDENTIALS = ("authorization", "x-api-key", "x-goog-api-key", "api-key")

_NAME = r"[^/:]+(?:/[^/:]+)?"
"""Of a model, maybe behind that of its provider."""

_GEMINI = re.compile(rf"/v1(?:beta)?/models/(?P<model>{_NAME}):(?P<action>\w+)")

_ACTIONS = frozenset({"generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"})

_MODEL = re.compile(r"/v1/models/[^/]+(?:/[^/]+)?")
_GEMINI_MODEL = re.compile(r"/v1beta/models(?:/[^/:]+)?")

_CALLS: Mapping[str, Wire] = MappingProxyType(
    {
        "/v1/chat/completions": "openai-chat",
        "/v1/embeddings": "openai-embeddings",
        "/v1/messages": "anthropic",
        "/v1/messages/count_tokens": "anthropic",
        "/v1/responses": "openai-responses",
        "/v1/responses/compact": "openai-responses",
        "/v1/responses/input_tokens": "openai-responses",
    }
)
"""Nothing by which what another caller left at the provider could be had: callers share the account."""

_UPWARDS = re.compile(r"(?:^|[/\\])\.\.?(?:[/\\]|$)")
"""Dot segments (RFC 3986, section 5.2.4)."""

_STREAMS = "streamGenerateContent"
_COUNTS = ("countTokens", "count_tokens", "/input_tokens")

_EMBEDS = (":embedContent", ":batchEmbedContents")

_ANSWER_MAX = ("max_completion_tokens", "max_output_tokens", "max_tokens")

_PARAMETERS: Mapping[Wire, frozenset[str]] = MappingProxyType(
    {
        "openai-chat": frozenset({"after", "api-version", "limit", "order"}),
        "openai-responses": frozenset({"api-version"}),
        "openai-embeddings": frozenset({"api-version"}),
        "anthropic": frozenset({"after_id", "before_id", "beta", "limit"}),
        "gemini": frozenset({"alt", "pageSize", "pageToken"}),
    }
)
"""Of the query, what is passed on. Google reads many more, of which some hide the usage (``fields``) or are credentials
(``access_token``): cloud.google.com/apis/docs/system-parameters, seen November 2026."""

_FORMS = ("json", "sse")
"""Of an answer of Gemini's (``alt``), those that are understood."""

MODEL_MAX = 256
"""Characters of a model's name: it is kept, compared and told."""


class WrongMethod(Refused):
    """The path is there for ``allow`` only."""

    def __init__(self, method: str, path: str, allow: str) -> None:
        super().__init__("method", f"{method} is not done at {path[:TOLD_MAX]}, only {allow}")
        self.allow = allow


def wire_of(method: str, path: str, headers: Mapping[str, str]) -> Wire:
    """The wire of one of the paths that are passed on: the list is closed. Raises Refused, and WrongMethod."""
    found = _CALLS.get(path)
    if found is not None and method == "POST":
        return found
    allow = "POST" if found is not None or _is_gemini_call(path) else "GET"
    if allow == "GET" and (not _lists_models(path) or _UPWARDS.search(path)):
        raise Refused("unknown-path", f"there is no {method} {path[:TOLD_MAX]} here")
    if method != allow:
        raise WrongMethod(method, path, allow)
    if found is not None:
        return found
    if allow == "POST" or path.startswith("/v1beta/") or "x-goog-api-key" in headers:  # Google's SDK asks below /v1 too
        return "gemini"
    return "anthropic" if "anthropic-version" in headers else "openai-chat"


def form_of(path: str) -> Wire:
    """In which a refusal is said, also where there is no such path."""
    if path.startswith("/v1beta/") or _is_gemini_call(path):
        return "gemini"
    return "anthropic" if path.startswith("/v1/messages") else _CALLS.get(path, "openai-chat")


def _is_gemini_call(path: str) -> bool:
    found = _GEMINI.fullmatch(path)
    return found is not None and found["action"] in _ACTIONS and not _UPWARDS.search(path)


def _lists_models(path: str) -> bool:
    return path == "/v1/models" or bool(_MODEL.fullmatch(path) or _GEMINI_MODEL.fullmatch(path))


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
    """As `call_of`, of a head that is read just for it."""
    return call_of(read_head(wire, method, path, query, headers, agents), body, client)


def call_of(head: Head, body: bytes, client: str = "") -> ModelCall:
    """``client``: the caller's address. Raises Refused for a body that is no JSON object with the fields of its
    wire."""
    wire, method, path, query = head.wire, head.method, head.path, head.query
    gemini = _GEMINI.fullmatch(path) if wire == "gemini" else None
    fields = read_fields(body)
    asked = _parameters(wire, query) if query else {}
    if gemini is not None:
        config = fields.within(fields.written("generationConfig", "generation_config"))
        events = asked.get("alt") == "sse"  # else the stream is one long list
        model, stream = gemini["model"], gemini["action"] == _STREAMS and events
        answer_max = config.count(config.written("maxOutputTokens", "max_output_tokens"))
        choices = config.count(config.written("candidateCount", "candidate_count"))
    else:
        model, stream = fields.text("model"), fields.flag("stream")
        answer_max, choices = _answer_max(fields), fields.count("n")
    if method == "POST" and not model:
        raise Refused("malformed", "the field 'model' is missing")
    if len(model) > MODEL_MAX:
        raise Refused("malformed", f"the name of a model may have {MODEL_MAX} characters: {model[:TOLD_MAX]!r}…")
    if wire == "openai-responses" and fields.flag("background"):
        raise Refused("malformed", "the field 'background' must be false: such a call is not metered, so not passed on")
    return ModelCall(
        wire=wire,
        method=method,
        path=_one_place(path.removeprefix("/v1beta" if path.startswith("/v1beta") else "/v1")),
        query=urlencode(asked) if asked else "",
        model=model,
        stream=stream,
        counts=method != "POST" or path.endswith(_COUNTS),
        answer_max=answer_max,
        choices=max(choices or 1, 1),
        headers=head.headers,
        body=body,
        agent=head.agent,
        trace=head.trace,
        client=client,
        embeds=wire == "openai-embeddings" or path.endswith(_EMBEDS),
    )


def _parameters(wire: Wire, query: str) -> dict[str, str]:
    """What of it is passed on, each once."""
    known = _PARAMETERS[wire]
    found = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name in known}
    if found.get("alt", "json") not in _FORMS:
        del found["alt"]
    return found


def _answer_max(fields: Fields) -> int | None:
    """The most that any of the fields which say it allows: vendors differ in which one they obey."""
    told = [fields.count(name) for name in _ANSWER_MAX if name in fields.members]
    return max((count for count in told if count is not None), default=None)


def _one_place(path: str) -> str:
    """A decoded path. Raises Refused for one that could mean another place at a provider."""
    if "\\" in path or not path.isprintable():
        raise Refused("unknown-path", "the path cannot be passed on")
    return path
