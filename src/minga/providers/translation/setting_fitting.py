"""Settings of a call as the model takes them: reasoning, sampling, limits, the form of the answer."""

import msgspec

from minga.providers import longest_answers
from minga.providers.translation.form import OutputForm, Reasoning, Request, Text, ToolChoice
from minga.providers.translation.notes import Notes
from minga.providers.translation.quirks import Quirks, efforts, subsets
from minga.providers.translation.tool_fitting import fitted_schema, held_schema


def settings(request: Request, quirks: Quirks, notes: Notes) -> Request:
    told = msgspec.structs.replace(
        request,
        answer_max=_answer_max(request, quirks, notes),
        reasoning=_reasoning(request, quirks, notes),
        parallel=_parallel(request.parallel, quirks, notes),
        stop=_stop(request.stop, quirks, notes),
    )
    told = _chosen(told, quirks, notes)
    told = _room(told, quirks, notes)
    return _output(_sampling(told, quirks, notes), quirks, notes)


def _answer_max(request: Request, quirks: Quirks, notes: Notes) -> int | None:
    asked = request.answer_max
    if asked is None:
        return None
    told = max(min(asked, longest_answers.known(request.model) or asked), quirks.answer_min)
    if told != asked:
        notes.add("answer-limit", f"{asked} to {told}")
    return told


def _reasoning(request: Request, quirks: Quirks, notes: Notes) -> Reasoning | None:
    asked = request.reasoning
    if quirks.reasoning == "none":
        if asked is not None and _is_asked(asked) and not _is_off(asked):
            notes.add("reasoning-left-out")
        return None
    if request.tools and not quirks.thinks_with_tools and (asked is None or not _is_off(asked)):
        notes.add("reasoning-changed", "none, as there are tools")
        return Reasoning("none")
    if asked is None or not _is_asked(asked):
        return asked
    told = _stopped(asked, quirks) if _is_off(asked) else _said(asked, quirks)
    if (told.effort, told.budget_tokens) != (asked.effort, asked.budget_tokens) and not (
        _is_off(asked) and _is_off(told)
    ):
        notes.add("reasoning-changed", f"{_words(asked)} to {_words(told)}")
    return told


def _said(asked: Reasoning, quirks: Quirks) -> Reasoning:
    budget = asked.budget_tokens
    if quirks.reasoning == "budget":
        if budget is None:
            budget = _tokens(asked.effort)
        if budget < 0:
            return Reasoning("", -1 if quirks.budget_open else _tokens("high"), asked.shown)
        return Reasoning("", min(max(budget, quirks.budget_min), quirks.budget_max), asked.shown)
    if asked.effort:
        return Reasoning(_nearest(asked.effort, quirks), None, asked.shown)
    if budget is None or budget < 0:
        return Reasoning("" if quirks.thinks_by_default else _nearest("medium", quirks), None, asked.shown)
    return Reasoning(_nearest(_word(budget), quirks), None, asked.shown)


def _stopped(asked: Reasoning, quirks: Quirks) -> Reasoning:
    """None, or as little as there is."""
    if quirks.reasoning == "budget":
        return Reasoning("", 0 if quirks.thinking_stops else quirks.budget_min, asked.shown)
    return Reasoning("none" if quirks.thinking_stops else quirks.efforts[0], None, asked.shown)


def _nearest(word: str, quirks: Quirks) -> str:
    """Of two that are as near, the lesser."""
    order = [one.word for one in efforts()]
    wanted = order.index(word) if word in order else order.index("medium")
    known = [order.index(one) for one in quirks.efforts if one != "none"]
    return order[min(known, key=lambda one: (abs(one - wanted), one))]


def _tokens(word: str) -> int:
    return next((one.tokens for one in efforts() if one.word == word), -1)


def _word(tokens: int) -> str:
    """The least that allows so many."""
    return next((one.word for one in efforts() if tokens <= one.tokens), efforts()[-1].word)


def _is_asked(reasoning: Reasoning) -> bool:
    return bool(reasoning.effort) or reasoning.budget_tokens is not None


def _is_off(reasoning: Reasoning) -> bool:
    return reasoning.effort == "none" or reasoning.budget_tokens == 0


def _words(reasoning: Reasoning) -> str:
    if reasoning.effort and (reasoning.budget_tokens or 0) > 0:
        return f"{reasoning.effort} and {reasoning.budget_tokens} tokens"
    if reasoning.effort or reasoning.budget_tokens is None:
        return reasoning.effort or "as the model likes"
    return "as the model likes" if reasoning.budget_tokens < 0 else f"{reasoning.budget_tokens} tokens"


def _thinks(request: Request, quirks: Quirks) -> bool:
    if quirks.reasoning == "none":
        return False
    asked = request.reasoning
    return quirks.thinks_by_default if asked is None or not _is_asked(asked) else not _is_off(asked)


def _chosen(request: Request, quirks: Quirks, notes: Notes) -> Request:
    """A call of a tool is demanded: not of all models, and not of some while they reason."""
    choice = request.tool_choice
    if choice is None or choice.mode not in ("any", "named") or quirks.forced_tools == "always":
        return request
    if quirks.forced_tools == "not-thinking":
        if not _thinks(request, quirks):
            return request
        if quirks.thinking_stops:
            notes.add("reasoning-changed", "none, as a call of a tool is demanded")
            return msgspec.structs.replace(request, reasoning=Reasoning("none"))
    notes.add("tool-choice-lost", choice.mode)
    return msgspec.structs.replace(request, tool_choice=ToolChoice("auto"))


def _room(request: Request, quirks: Quirks, notes: Notes) -> Request:
    """A budget for thoughts must leave room for the answer."""
    asked, longest = request.reasoning, request.answer_max
    if quirks.reasoning != "budget" or asked is None or longest is None or (asked.budget_tokens or 0) < longest:
        return request
    least = quirks.budget_min
    budget = max(longest * 3 // 4, least) if least < longest or not quirks.thinking_stops else 0
    notes.add("reasoning-changed", f"{asked.budget_tokens} tokens to {budget} tokens, as the answer has {longest}")
    return msgspec.structs.replace(request, reasoning=Reasoning("", budget, asked.shown))


def _parallel(asked: bool | None, quirks: Quirks, notes: Notes) -> bool | None:
    if quirks.parallel or asked is None:
        return asked
    if not asked:
        notes.add("setting-left-out", "parallel")
    return None


def _stop(asked: tuple[str, ...], quirks: Quirks, notes: Notes) -> tuple[str, ...]:
    if quirks.stop_max < 0 or len(asked) <= quirks.stop_max:
        return asked
    notes.add("setting-left-out", f"stop: {len(asked) - quirks.stop_max} of {len(asked)}")
    return asked[: quirks.stop_max]


def _sampling(request: Request, quirks: Quirks, notes: Notes) -> Request:
    """1 is what a model does anyway: no word about that."""
    left: dict[str, None] = {}
    if quirks.sampling == "never" or (quirks.sampling == "not-thinking" and _thinks(request, quirks)):
        left.update(dict.fromkeys(("temperature", "top_p", "top_k")))
    elif request.temperature is not None and request.top_p is not None and not quirks.temperature_with_top_p:
        left["top_p"] = None
    if not quirks.penalties:
        left.update(dict.fromkeys(("presence_penalty", "frequency_penalty")))
    found = {name: getattr(request, name) for name in left}
    for name, value in found.items():
        if value and not (value == 1 and name in ("temperature", "top_p")):
            notes.add("setting-left-out", name)
    temperature = request.temperature
    if "temperature" not in left and temperature is not None and temperature > quirks.temperature_max:
        notes.add("temperature-lowered")
        request = msgspec.structs.replace(request, temperature=quirks.temperature_max)
    return msgspec.structs.replace(request, **left) if any(value is not None for value in found.values()) else request


def _output(request: Request, quirks: Quirks, notes: Notes) -> Request:
    form = request.output
    if form is None:
        return request
    if quirks.output == "none" or not (form.schema or quirks.output_any):
        return _described(request, form, None, notes)
    if not form.schema:
        return request
    if quirks.output == "json":
        return _described(request, form, OutputForm(), notes)
    if quirks.output_schemas and subsets()[quirks.output_schemas].closed:
        held = held_schema(form.schema, quirks.output_schemas, notes)
        if held is None:
            return _described(request, form, None, notes)
        return msgspec.structs.replace(request, output=msgspec.structs.replace(form, schema=held))
    schema, strict = fitted_schema(form.schema, form.strict, quirks.output_schemas, quirks, notes, "")
    return msgspec.structs.replace(request, output=msgspec.structs.replace(form, schema=schema, strict=strict))


def _described(request: Request, form: OutputForm, kept: OutputForm | None, notes: Notes) -> Request:
    notes.add("output-described")
    return msgspec.structs.replace(request, output=kept, system=(*request.system, Text(_demanded(form))))


def _demanded(form: OutputForm) -> str:
    wanted = "Answer with one JSON object and nothing else."
    return f"{wanted} It must be valid under this JSON Schema: {form.schema.decode()}" if form.schema else wanted
