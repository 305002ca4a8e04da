"""Every permission request is answered: by policy, by the person, or by a refusal after a stated wait."""

import asyncio
from collections.abc import Collection
from typing import Protocol

from minga.domain.agents import Launch
from minga.domain.events import PermissionAnswered, PermissionRequested, ToolKind
from minga.domain.task import Permissions

_READS = frozenset({ToolKind.READ, ToolKind.SEARCH})
_EDITS = _READS | {ToolKind.EDIT}

_ALLOWED = {
    Permissions.ASK: _READS,
    Permissions.READ_ONLY: _READS,
    Permissions.EDITS: _EDITS,
    Permissions.ALL: frozenset(ToolKind),
}


def inside_only(launch: Launch) -> frozenset[ToolKind]:
    """What an agent asks for is of these kinds only inside the working directory; elsewhere it is ``OTHER``."""
    return _EDITS if launch.for_others else frozenset({ToolKind.EDIT})


class Asker(Protocol):
    """A person who can be asked."""

    async def ask(self, request: PermissionRequested) -> bool: ...


class PolicyBroker:
    """Answers by ``policy``; what the policy leaves open goes to ``asker`` for at most ``wait_s`` seconds.

    Without an asker (no terminal) what is left open is refused at once, and the reason says how to allow it.
    A tool whose kind is not among ``tools`` is refused, whatever the policy says.
    """

    def __init__(
        self, policy: Permissions, asker: Asker | None, wait_s: float, tools: Collection[ToolKind] = tuple(ToolKind)
    ) -> None:
        self._policy = policy
        self._tools = tools
        self._asker = asker
        self._wait_s = wait_s

    async def decide(self, request: PermissionRequested) -> PermissionAnswered:
        if request.kind not in self._tools:
            reason = f"the specialist may not use tools of this kind: {request.kind}"
            return PermissionAnswered(request.request_id, False, "policy", reason)
        if request.kind in _ALLOWED[self._policy]:
            return PermissionAnswered(request.request_id, True, "policy", f"--permissions {self._policy}")
        if self._policy is Permissions.READ_ONLY:
            return PermissionAnswered(request.request_id, False, "policy", "--permissions read-only")
        if self._asker is None:
            enough = Permissions.EDITS if request.kind in _EDITS else Permissions.ALL
            reason = f"no terminal to ask at; --permissions {enough} would allow it"
            return PermissionAnswered(request.request_id, False, "policy", reason)
        return await self._ask(self._asker, request)

    async def _ask(self, asker: Asker, request: PermissionRequested) -> PermissionAnswered:
        try:
            allowed = await asyncio.wait_for(asker.ask(request), self._wait_s)
        except TimeoutError:
            return PermissionAnswered(request.request_id, False, "timeout", f"no answer within {self._wait_s:g} s")
        except (OSError, EOFError) as gone:
            return PermissionAnswered(request.request_id, False, "person", f"the terminal went away: {gone}")
        return PermissionAnswered(request.request_id, allowed, "person", "")
