"""Token counts of ACP agents, brought to increments.

The protocol's ``usage`` is unstable and read differently by each agent; option ``usage`` names the reading:
``turn`` (the default): the prompt result's own; ``last-step``: likewise, but of the last model call only;
``cumulative``: the result counts from the start of the session; ``meta-quota``: per model under ``_meta.quota``;
``meta-chunk``: under ``_meta.usage`` of message chunks, one for each model call; ``record``: the agent's own record of
the session (`acp_records`) counts, and where it shows nothing, the reading that ``usage_fallback`` names; where that
is ``cumulative``, also what the result counts beyond the record.
"""

from typing import Any

from minga.domain.events import Usage
from minga.infrastructure.jsonlines import Json

_FIELDS = ("inputTokens", "outputTokens", "totalTokens", "thoughtTokens", "cachedReadTokens", "cachedWriteTokens")


class Meter:
    """Counts one session. ``reported`` tells whether the running prompt has used any token yet."""

    def __init__(self, dialect: str, model: str) -> None:
        self._dialect = dialect
        self._model = model
        self._before = dict.fromkeys(_FIELDS, 0)
        self._recorded: list[Usage] = []
        self.reported = False

    def begin(self) -> None:
        self._recorded = []
        self.reported = False

    def of_chunk(self, update: Json) -> list[Usage]:
        """Usage that came with a message chunk."""
        if self._dialect != "meta-chunk":
            return []
        return self._counted([_usage(self._model, _numbers((update.get("_meta") or {}).get("usage")))])

    def of_result(self, result: Json) -> list[Usage]:
        """Usage that came with the result of a prompt and was not told before."""
        if self._dialect == "cumulative":
            return self._counted([self._beyond_record(_numbers(result.get("usage")))])
        if self.reported:
            return []
        if self._dialect == "meta-quota":
            quota = (result.get("_meta") or {}).get("quota") or {}
            return self._counted([_quota(entry) for entry in quota.get("model_usage") or ()])
        return self._counted([_usage(self._model, _numbers(result.get("usage")))])

    def of_record(self, usage: list[Usage]) -> list[Usage]:
        """Usage that the agent's own record of the session shows."""
        self._recorded += usage
        return self._counted(usage)

    def _beyond_record(self, numbers: dict[str, int]) -> Usage:
        told = self._recorded
        used = _usage(self._model, self._increment(numbers) if any(numbers.values()) else numbers)
        return Usage(
            told[-1].model if told else used.model,
            max(0, used.input_tokens - sum(one.input_tokens for one in told)),
            max(0, used.cached_input_tokens - sum(one.cached_input_tokens for one in told)),
            max(0, used.cache_write_tokens - sum(one.cache_write_tokens for one in told)),
            max(0, used.output_tokens - sum(one.output_tokens for one in told)),
            max(0, used.reasoning_tokens - sum(one.reasoning_tokens for one in told)),
        )

    def _increment(self, numbers: dict[str, int]) -> dict[str, int]:
        before, self._before = self._before, numbers
        if numbers["totalTokens"] < before["totalTokens"]:
            return numbers
        return {name: numbers[name] - before[name] for name in _FIELDS}

    def _counted(self, usage: list[Usage]) -> list[Usage]:
        used = [one for one in usage if one.input_tokens or one.cached_input_tokens or one.output_tokens]
        self.reported = self.reported or bool(used)
        return used


def _numbers(raw: Any) -> dict[str, int]:
    counts = raw if isinstance(raw, dict) else {}
    return {name: int(counts.get(name) or 0) for name in _FIELDS}


def _usage(model: str, numbers: dict[str, int]) -> Usage:
    """Bring the counts to Minga's meaning. Whether ``inputTokens`` holds the cached ones and ``outputTokens`` the
    thoughts is read from the total, which says what was added up."""
    given, answered, total, thought, cached, written = (numbers[name] for name in _FIELDS)
    beside = total - given - answered
    cache_beside = beside > 0 and beside in (cached + written, cached + written + thought)
    thought_beside = beside > 0 and beside != cached + written and beside in (thought, cached + written + thought)
    return Usage(
        model=model,
        input_tokens=given if cache_beside else max(0, given - cached - written),
        cached_input_tokens=cached,
        cache_write_tokens=written,
        output_tokens=answered + thought if thought_beside else answered,
        reasoning_tokens=thought,
    )


def _quota(entry: Json) -> Usage:
    counts = entry.get("token_count") or {}
    return Usage(
        model=str(entry.get("model") or ""),
        input_tokens=int(counts.get("input_tokens") or 0),
        cached_input_tokens=0,
        cache_write_tokens=0,
        output_tokens=int(counts.get("output_tokens") or 0),
    )
