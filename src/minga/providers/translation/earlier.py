"""What of a conversation was translated a moment ago is not translated again: CLIs send their whole history each time.

Of a conversation that comes for the second time, the beginning is kept: its bytes as they came, and what became of
them. Where a body begins with the same bytes, only the rest of it is translated, behind a stand-in for the beginning,
and both are put together. That this gives the very same as the whole is looked at when a beginning is kept; and what
depends on more than its half is translated as a whole (`beginnings`). It stays in memory, within a bound, and apart for
each tenant.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple, TypeAlias

from minga.domain.model_calls import ModelCall, Refused, Wire
from minga.providers.translation import calls
from minga.providers.translation.beginnings import Beginning, Rest, Translate, beginning_of, continued, grown, rest_of
from minga.providers.translation.calls import Translation

LEAST = 16 * 1024
"""Bytes of a beginning; shorter ones are translated as fast."""

MOST = 2 * 1024 * 1024
"""Bytes of a body; a longer one would take the room of many."""

GROWS_AT = 32 * 1024
"""Bytes that were said behind a beginning; when there are more, it becomes longer."""

KEPT_BYTES_MAX = 32 * 1024 * 1024
"""Of a process."""

ALIKE_MAX = 8
"""Beginnings that begin alike."""

SEEN_MAX = 4096
"""Conversations of which is known how often they came without a beginning."""

AGAIN_AFTER = 16
"""Calls, until a conversation of which no beginning could be kept is looked at again."""

_ALIKE = 2048
"""Bytes by which beginnings are told apart at first."""

_Key: TypeAlias = tuple[str, ...]


class Into(NamedTuple):
    """The deployment, as `calls.translate` has it."""

    wire: Wire
    model: str
    provider: str
    now_s: int

    def translated(self, call: ModelCall) -> Translation:
        return calls.translate(call, *self)


@dataclass(slots=True)
class Earlier:
    """The beginnings that are kept, in the order in which they were wanted. ``least`` and ``grows_at``:
    bytes of one; ``hits``: how often one was used."""

    least: int = LEAST
    grows_at: int = GROWS_AT
    hits: int = 0
    kept: OrderedDict[_Key, tuple[Beginning, ...]] = field(default_factory=OrderedDict)
    seen: OrderedDict[_Key, int] = field(default_factory=OrderedDict)
    size: int = 0
    lock: Lock = field(default_factory=Lock)

    def translate(self, call: ModelCall, into: Into, tenant: str) -> Translation:
        """As `calls.translate`. Nothing is shared by tenants. Raises Refused."""
        if not self.least <= len(call.body) <= MOST:
            return into.translated(call)
        plainly = into.translated
        key = (tenant, call.wire, into.wire, into.model, into.provider, str(hash(call.body[:_ALIKE])))
        if (found := self._known(key, call, plainly)) is not None:
            return found
        whole = plainly(call)
        if self._is_wanted(key):
            self._keep(key, beginning_of(call, whole, plainly, self.least))
        return whole

    def _known(self, key: _Key, call: ModelCall, plainly: Translate) -> Translation | None:
        for one in self.kept.get(key, ()):
            if call.body.startswith(one.start):
                try:
                    rest = rest_of(call, one.start)
                    if rest.beside == one.beside:
                        return self._continue(key, one, rest, call, plainly)
                except (Refused, ValueError):  # to be said with the places in the whole
                    return None
        return None

    def _continue(
        self, key: _Key, one: Beginning, rest: Rest, call: ModelCall, plainly: Translate
    ) -> Translation | None:
        """A beginning behind which something does not fit is given up: what comes later would not either."""
        said = len(rest.conversation)
        longer = None if said < self.grows_at else grown(one, rest, call, plainly)
        found = None
        if longer is not None:
            self._keep(key, longer)
            found = continued(longer, rest_of(call, longer.start), call, plainly)
        elif said < 2 * self.grows_at:
            found = continued(one, rest, call, plainly)
        self._note(key, found, longer or one)
        return found

    def _note(self, key: _Key, found: Translation | None, used: Beginning) -> None:
        with self.lock:
            if found is None:
                self._set(key, [one for one in self.kept.get(key, ()) if one is not used])
            elif key in self.kept:
                self.kept.move_to_end(key)
            self.hits += found is not None

    def _is_wanted(self, key: _Key) -> bool:
        """It comes for the second time; and later, where no beginning could be kept, only now and then."""
        with self.lock:
            times = self.seen[key] = self.seen.pop(key, 0) + 1
            if len(self.seen) > SEEN_MAX:
                self.seen.popitem(last=False)
        return times == 2 or times % AGAIN_AFTER == 0

    def _keep(self, key: _Key, beginning: Beginning | None) -> None:
        if beginning is None:
            return
        with self.lock:
            self.seen[key] = 1
            others = [one for one in self.kept.get(key, ()) if not _replaces(beginning, one)]
            self._set(key, [beginning, *others][:ALIKE_MAX])
            while self.size > KEPT_BYTES_MAX and self.kept:
                self._set(next(iter(self.kept)), [])

    def _set(self, key: _Key, now: Sequence[Beginning]) -> None:
        self.size += sum(one.size for one in now) - sum(one.size for one in self.kept.pop(key, ()))
        if now:
            self.kept[key] = tuple(now)


def _replaces(new: Beginning, old: Beginning) -> bool:
    return new.beside == old.beside and new.start.startswith(old.start)
