"""A span for each call that has ended, its attempts within it, in the words of the GenAI conventions."""

from dataclasses import dataclass

from minga.domain.model_calls import CallSeen, Tried
from minga.infrastructure.clock import Clock
from minga.infrastructure.spans import Span, SpanSink, Value
from minga.storage.instants import to_micros
from minga.telemetry.call_log import MODEL_MAX
from minga.telemetry.conventions import Conventions
from minga.telemetry.tallies import status_class

_Said = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Ended:
    """``now_s``: when it ended, on the clock of its attempts."""

    call: CallSeen
    now_s: float


@dataclass(frozen=True, slots=True)
class Spans:
    """Notes calls for ``sink``, which makes spans of them later, with `span_of`."""

    clock: Clock
    sink: SpanSink[Ended]

    def seen(self, call: CallSeen) -> None:
        self.sink.put(Ended(call, self.clock.monotonic()))


@dataclass(frozen=True, slots=True)
class SpanMaker:
    conventions: Conventions

    def span_of(self, ended: Ended) -> Span:
        call, entry = ended.call, ended.call.entry
        began_ns = to_micros(entry.at) * 1000
        ended_ns = began_ns + entry.took_ms * 1_000_000
        failed = "" if entry.status < 400 else status_class(entry)
        inner = [
            self._attempt(one, ended_ns - round((ended.now_s - one.began_s) * 1e9), ended_ns) for one in call.tried
        ]
        name = f"{self.conventions.operation(entry.wire)} {entry.usage.model[:MODEL_MAX]}"
        said = self._named(_said(call, failed))
        said[self.conventions.attributes["operation"]] = self.conventions.operation(entry.wire)
        said[self.conventions.attributes["provider"]] = self.conventions.provider(entry.provider)
        return Span(name, began_ns, ended_ns, said, failed, inner, call.trace)

    def _attempt(self, tried: Tried, began_ns: int, latest_ns: int) -> Span:
        ended_ns = min(began_ns + tried.took_ms * 1_000_000, latest_ns)
        failed = "" if tried.outcome == "ok" else str(tried.status) if tried.status >= 400 else tried.outcome
        said: _Said = {
            "provider": self.conventions.provider(tried.provider),
            "account": tried.account,
            "outcome": tried.outcome,
            "status": tried.status,
            "error": failed,
        }
        return Span(f"attempt {tried.provider}", began_ns, ended_ns, self._named(said), failed)

    def _named(self, said: _Said) -> _Said:
        """What is empty is left out."""
        names = self.conventions.attributes
        return {names[name]: value for name, value in said.items() if value != ""}


def _said(call: CallSeen, failed: str) -> _Said:
    entry, used = call.entry, call.entry.usage
    said: _Said = {
        "call": entry.id,
        "model": used.model[:MODEL_MAX],
        "key": call.key_name,
        "user": entry.user,
        "team": entry.team,
        "project": entry.project,
        "client": call.client,
        "wire": entry.wire,
        "account": entry.account,
        "status": entry.status,
        "error": failed,
        "attempts": entry.attempts,
        "cache": entry.cache,
        "continued": call.continued,
        "stream": call.stream,
        "input_tokens": used.input_tokens + used.cached_input_tokens + used.cache_write_tokens,
        "cached_input_tokens": used.cached_input_tokens,
        "cache_write_tokens": used.cache_write_tokens,
        "output_tokens": used.output_tokens,
        "reasoning_tokens": used.reasoning_tokens,
        "tokens_source": entry.source,
    }
    if call.stream:
        said["first_s"] = entry.first_ms / 1000
    if entry.cost_micro_usd is not None:
        said["cost_micro_usd"] = entry.cost_micro_usd
    return said
