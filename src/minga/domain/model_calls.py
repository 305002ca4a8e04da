"""One call of a model through the gateway: what is asked, who asks, where it goes, what it used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType, TypeAlias

from minga.domain.events import Usage

Wire: TypeAlias = Literal["openai-chat", "openai-responses", "openai-embeddings", "anthropic", "gemini"]
"""The form that a caller and a provider speak."""

KeyId = NewType("KeyId", str)

Scope: TypeAlias = Literal["models", "admin", "tools", "tasks"]
"""What a key may: call models; use the HTTP API of the control plane; the tools, with what they know; give tasks."""

CacheUse: TypeAlias = Literal["", "hit", "miss"]
"""Whether an answer came from the response cache; empty where the cache had no part in the call."""

Reason: TypeAlias = Literal[
    "no-key",
    "wrong-key",
    "expired-key",
    "unknown-path",
    "unknown-model",
    "forbidden-model",
    "too-large",
    "head-too-large",
    "path-too-long",
    "too-slow",
    "encoded",
    "method",
    "upgrade",
    "malformed",
    "rate-limit",
    "budget",
    "unreachable",
    "broken",
    "provider-key",
    "busy",
    "stopping",
]


@dataclass(frozen=True, slots=True)
class LongCached(Usage):
    """``cache_write_1h_tokens``: those of ``cache_write_tokens`` that are kept for an hour, which costs more."""

    cache_write_1h_tokens: int = 0


class Refused(Exception):
    """The gateway does not do it, or cannot go on. Each wire has its own words for ``reason``; ``message`` is for the
    person, ``retry_after_s`` says when it may go."""

    def __init__(self, reason: Reason, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry_after_s = retry_after_s


@dataclass(slots=True)  # one is made for each call: a frozen one takes twice as long
class ModelCall:
    """``path`` follows a provider's base URL; ``model`` as the caller wrote it, empty for lists. ``counts``: it only
    counts tokens or lists models, and costs nothing. ``answer_max``: tokens it may answer with, None if it does not
    say; ``choices``: so many answers are asked for at once. ``headers`` have lower-case names. ``agent``: the CLI that
    asks, as far as it says so. ``trace``: its W3C traceparent, or empty. ``client``: the caller's address. ``embeds``:
    vectors are asked for, no words."""

    wire: Wire
    method: str
    path: str
    query: str
    model: str
    stream: bool
    counts: bool
    answer_max: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    choices: int = 1
    agent: str = ""
    trace: str = ""
    client: str = ""
    embeds: bool = False


@dataclass(frozen=True, slots=True)
class VirtualKey:
    """What a caller shows instead of a provider's key. ``models`` are patterns (``gpt-*``), empty for all. A budget is
    in micro-USD for a calendar ``day`` or ``month`` (UTC), or in ``total``; None: no limit. ``continues_streams``: a
    stream that breaks is gone on with by another deployment, marked as such. ``run_id``: made for one run of Minga's,
    empty for others. ``caches``: its calls may be answered from the response cache. ``marks_prompts``: requests of the
    Anthropic form without a cache marker get some where that pays."""

    id: KeyId
    name: str
    user: str
    team: str
    project: str
    models: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    requests_per_minute: int | None
    concurrent_max: int | None
    budget_micro_usd: int | None
    budget_window: Literal["day", "month", "total"]
    scopes: tuple[Scope, ...] = ("models",)
    tokens_per_minute: int | None = None
    continues_streams: bool = False
    run_id: str = ""
    caches: bool = False
    marks_prompts: bool = False

    @property
    def agent(self) -> str:
        """The CLI that the key was made for, as the name of a run's key says; empty for others."""
        return self.name.split("-", 2)[2] if self.run_id else ""


@dataclass(slots=True)  # one is made for each call: a frozen one takes twice as long
class CallEntry:
    """What the ledger keeps of a call: ids and integers, no content. ``cost_micro_usd`` None: no price is known.
    ``source`` says where the tokens come from: ``provider`` or ``estimate``. ``status`` is the HTTP status that the
    caller saw, 499 if it went away. ``first_ms`` until the first byte. ``account`` of the provider, ``attempts`` that
    it took; ``agent`` is the CLI that asked, ``run_id`` the run that its key was made for. An answer
    from the cache costs nothing and used no token again; ``saved_micro_usd`` is what it had cost."""

    id: str
    at: datetime
    key_id: KeyId
    user: str
    team: str
    project: str
    provider: str
    wire: Wire
    usage: Usage
    cost_micro_usd: int | None
    source: str
    status: int
    first_ms: int
    took_ms: int
    run_id: str = ""
    agent: str = ""
    account: str = ""
    attempts: int = 1
    cache: CacheUse = ""
    saved_micro_usd: int = 0


@dataclass(slots=True)  # one is made for each call: a frozen one takes twice as long
class Tried:
    """An attempt of a call at one deployment. ``outcome``: as the balancer counts it; ``began_s`` on the clock that
    never goes back; ``took_ms`` until it failed or began to answer."""

    provider: str
    account: str
    outcome: str
    status: int
    began_s: float
    took_ms: int


@dataclass(slots=True)  # one is made for each call: a frozen one takes twice as long
class CallSeen:
    """A call that has ended, for metrics, traces and logs: ids and integers, no content. ``trace``: the caller's W3C
    traceparent, or empty; ``client``: its address. ``continued``: another deployment went on with a stream that
    broke. ``translated_to``: the wire of the deployment where it is not the caller's; ``notes``: what that lost or
    changed, by its names."""

    entry: CallEntry
    key_name: str
    tried: tuple[Tried, ...]
    trace: str
    continued: bool
    client: str
    stream: bool
    translated_to: Wire | None = None
    notes: tuple[str, ...] = ()
