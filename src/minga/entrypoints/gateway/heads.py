"""What the head of a request says, whatever its body is. A client says the same of itself each time, so it is read once
for as long as it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from minga.domain.model_calls import Wire

AGENT_MAX = 256
"""Characters of a User-Agent that are looked at."""

_OVERRIDES = ("x-http-method", "x-method-override", "x-goog-fieldmask")
"""Beginnings of headers that make another request of one, or another answer."""


@dataclass(frozen=True, slots=True)
class Head:
    """``path`` is decoded. ``given``: all headers by their names, lower-case; ``headers``: in order, those that may be
    passed on. ``agent`` and ``trace`` as in `ModelCall`."""

    wire: Wire
    method: str
    path: str
    query: str
    given: Mapping[str, str]
    headers: tuple[tuple[str, str], ...]
    agent: str
    trace: str


def read_head(
    wire: Wire, method: str, path: str, query: str, headers: Sequence[tuple[str, str]], agents: Mapping[str, str]
) -> Head:
    """``agents``: pattern of a User-Agent -> name of the CLI."""
    given = dict(headers)
    user_agent = given.get("user-agent", "")[:AGENT_MAX]
    return Head(
        wire=wire,
        method=method,
        path=path,
        query=query,
        given=given,
        headers=tuple([one for one in headers if not one[0].startswith(_OVERRIDES)]),
        agent=next((name for pattern, name in agents.items() if fnmatchcase(user_agent, pattern)), "")
        if user_agent
        else "",
        trace=given.get("traceparent", ""),
    )
