"""The response object: what an answer tells of itself, and what it repeats of the request."""

from collections.abc import Sequence

import msgspec

from minga.domain.events import Usage
from minga.providers.translation.form import Request, Stop
from minga.providers.translation.responses import ids, tools_out
from minga.providers.translation.responses.items_out import Json

_REPEATED = ("metadata", "prompt_cache_key", "prompt_cache_options", "prompt_cache_retention", "user")


class Response:
    """Of one answer, told once or at the beginning, the end and in between of a stream. ``id`` as it is told."""

    def __init__(self, request: Request, answer_id: str, model: str, created_s: int) -> None:
        self.id = ids.answer_id(answer_id)
        said = _repeated(request)
        head = {"id": self.id, "object": "response", "created_at": created_s, "model": model or request.model}
        self._head: Json = {**head, **said}

    def told(
        self,
        status: str,
        output: Sequence[object],
        used: Usage | None = None,
        reason: str = "",
        error: Json | None = None,
    ) -> Json:
        return {
            **self._head,
            "status": status,
            "error": error,
            "incomplete_details": {"reason": reason} if reason else None,
            "output": output,
            "usage": None if used is None else _usage(used),
        }


def ending(stop: Stop, *, refuses: bool) -> tuple[str, str]:
    """Status and the reason of an incomplete one. A refusal without words (``refuses`` false) is like a filter's."""
    if stop == "length":
        return "incomplete", "max_output_tokens"
    if stop == "filter" or (stop == "refusal" and not refuses):
        return "incomplete", "content_filter"
    return "completed", ""


def _repeated(request: Request) -> Json:
    thoughts = request.reasoning
    summary = "auto" if thoughts is not None and thoughts.shown else None
    return {
        "instructions": "\n\n".join(part.text for part in request.system) or None,
        "max_output_tokens": request.answer_max,
        "metadata": {},
        **{name: msgspec.Raw(value) for name, value in request.service if name in _REPEATED},
        "parallel_tool_calls": request.parallel is not False,
        "previous_response_id": None,
        "reasoning": {"effort": (thoughts.effort or None) if thoughts else None, "summary": summary},
        "safety_identifier": request.person or None,
        "store": False,
        "temperature": request.temperature,
        "text": tools_out.text_settings(request),
        "tool_choice": tools_out.choice(request),
        "tools": msgspec.Raw(msgspec.json.encode(tools_out.tools(request.tools))),
        "top_p": request.top_p,
        "truncation": "disabled",
    }


def _usage(used: Usage) -> Json:
    asked = used.input_tokens + used.cached_input_tokens + used.cache_write_tokens
    kept = {"cached_tokens": used.cached_input_tokens, "cache_write_tokens": used.cache_write_tokens}
    return {
        "input_tokens": asked,
        "input_tokens_details": kept,
        "output_tokens": used.output_tokens,
        "output_tokens_details": {"reasoning_tokens": used.reasoning_tokens},
        "total_tokens": asked + used.output_tokens,
    }
