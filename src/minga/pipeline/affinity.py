"""Which deployment holds a conversation's prompt cache: the one that answered it last."""

from collections import OrderedDict
from hashlib import blake2b

from minga.domain.model_calls import ModelCall, VirtualKey

KEPT = 10_000
"""Conversations."""

LOOK = 2048
"""Bytes from where the messages begin that tell a conversation from others."""

_BEGINS = (b'"messages"', b'"input"', b'"contents"')

_SESSION = ("session-id", "session_id", "x-session-id", "x-claude-code-session-id", "conversation_id")
"""Headers in which CLIs name theirs."""


class Affinity:
    """Of one process, in memory, the oldest forgotten first."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, str] = OrderedDict()

    def place(self, key: VirtualKey, call: ModelCall) -> bytes:
        """What stands for the conversation: the session that the caller names, else how its messages begin."""
        named = next((value for name, value in call.headers if name in _SESSION), "").encode()
        if not named:
            begin = next((at for word in _BEGINS if (at := call.body.find(word)) >= 0), 0)
            named = call.body[begin : begin + LOOK]
        return blake2b(b"\0".join((key.id.encode(), call.model.encode(), named)), digest_size=16).digest()

    def find(self, place: bytes) -> str | None:
        """The deployment's id."""
        return self._known.get(place)

    def keep(self, place: bytes, deployment_id: str) -> None:
        """``place`` may be empty, where there is no choice."""
        if place:
            self._known[place] = deployment_id
            self._known.move_to_end(place)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
