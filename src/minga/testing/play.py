"""Which turn of a script answers a request, and how far each list of turns is used up."""

import json
from dataclasses import dataclass

from minga.testing.conversation import ModelRequest
from minga.testing.script import CallMcp, CallTool, Rule, RunShell, Say, Script, Step, Turn, WriteFile, steps
from minga.testing.tools import Call, fill, resolve


@dataclass(frozen=True, slots=True)
class Cue:
    """What to answer: steps with every tool step resolved, and where they came from (``turn 0``, ``rule 1 turn 0``,
    ``default``)."""

    steps: tuple[Step | Call, ...]
    source: str


class Play:
    """A script being played. Not for use from several threads at once."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._used: dict[int, int] = {}

    def answer(self, request: ModelRequest) -> Cue:
        """The answer to this request; marks its turn as used."""
        everyone = Rule(answers=self.script.turns)
        for number, rule in enumerate((*self.script.rules, everyone)):
            index = self._next(number, rule)
            if index is None or not _meets(rule, request):
                continue
            resolved = _resolved(rule.answers[index], request)
            if resolved is None:
                continue
            self._used[number] = self._used.get(number, 0) + 1
            place = f"turn {index}" if rule is everyone else f"rule {number} turn {index}"
            return Cue(resolved, place)
        return self._default(request)

    def _next(self, number: int, rule: Rule) -> int | None:
        used = self._used.get(number, 0)
        if rule.repeat and rule.answers:
            return used % len(rule.answers)
        return used if used < len(rule.answers) else None

    def _default(self, request: ModelRequest) -> Cue:
        default = self.script.default
        if request.answer_schema is not None and isinstance(default, Say):
            default = Say(json.dumps(fill(request.answer_schema)))
        resolved = _resolved(default, request)
        return Cue((Say("ok"),) if resolved is None else resolved, "default")


def _meets(rule: Rule, request: ModelRequest) -> bool:
    return (
        request.is_side_call == rule.side_calls
        and (rule.last_user_contains is None or rule.last_user_contains in request.last_user_text)
        and (rule.has_tool_result is None or rule.has_tool_result == request.has_tool_result)
        and (rule.offers_tool is None or rule.offers_tool in request.tool_names)
        and (rule.model is None or rule.model == request.model)
        and (rule.wire is None or rule.wire == request.wire)
    )


def _resolved(turn: Turn, request: ModelRequest) -> tuple[Step | Call, ...] | None:
    """The turn with its tool steps as calls, or None where the request does not offer one of the tools."""
    out: list[Step | Call] = []
    for step in steps(turn):
        if not isinstance(step, CallTool | RunShell | CallMcp | WriteFile):
            out.append(step)
            continue
        call = resolve(step, request)
        if call is None:
            return None
        out.append(call)
    return tuple(out)
