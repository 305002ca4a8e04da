"""Writes a request for OpenAI Responses, which stores nothing of it. Limits: platform.openai.com/docs/api-reference/
responses/create, seen November 2026."""

import hashlib

import msgspec

from minga.providers.translation.form import Request, Thinking, own_signature
from minga.providers.translation.notes import Notes
from minga.providers.translation.responses import items_out, tools_out
from minga.providers.translation.responses.items_out import Json

ANSWER_MIN = 16
"""Tokens: the least that ``max_output_tokens`` may be."""

PERSON_MAX = 64
"""Characters of a ``safety_identifier``."""


def write(request: Request, notes: Notes) -> bytes:
    _note_settings(request, notes)
    told: Json = {"model": request.model, "store": False, "stream": request.stream}
    items = items_out.items(request.turns, notes)
    if len(request.system) == 1 and request.system[0].text:
        told["instructions"] = request.system[0].text
        if request.system[0].cache:
            notes.add("responses-cache")
    elif request.system:
        items = items_out.message("developer", request.system, notes) + items
    told["input"] = items
    if request.tools:
        told["tools"] = tools_out.tools(request.tools)
        if any(tool.cache for tool in request.tools):
            notes.add("responses-cache")
    if request.tool_choice is not None:
        told["tool_choice"] = tools_out.choice(request)
    if request.output is not None or tools_out.verbosity(request):
        told["text"] = tools_out.text_settings(request)
    told.update((name, msgspec.Raw(value)) for name, value in request.service if name != "verbosity")
    told.update(_numbers(request, notes))
    told.update(_reasoning(request))
    if request.person:
        told["safety_identifier"] = _person(request.person, notes)
    return msgspec.json.encode(told)


def _numbers(request: Request, notes: Notes) -> Json:
    most = request.answer_max
    if most is not None and most < ANSWER_MIN:
        notes.add("responses-answer-max")
        most = ANSWER_MIN
    told = {
        "max_output_tokens": most,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "parallel_tool_calls": request.parallel,
    }
    return {name: value for name, value in told.items() if value is not None}


def _reasoning(request: Request) -> Json:
    """Models that do not reason refuse both fields, so nothing is said of it where the caller says nothing."""
    wanted = request.reasoning
    told: Json = {}
    if wanted is not None:
        asked = {"effort": wanted.effort, "summary": "auto" if wanted.shown else ""}
        if any(asked.values()):
            told["reasoning"] = {name: value for name, value in asked.items() if value}
    if wanted is not None or _has_own_thoughts(request):
        told["include"] = ["reasoning.encrypted_content"]
    return told


def _has_own_thoughts(request: Request) -> bool:
    parts = (part for turn in request.turns if turn.role == "assistant" for part in turn.parts)
    return any(isinstance(part, Thinking) and own_signature(part.signature, "openai-responses") for part in parts)


def _person(person: str, notes: Notes) -> str:
    if len(person) <= PERSON_MAX:
        return person
    notes.add("responses-person")
    return hashlib.sha256(person.encode()).hexdigest()


def _note_settings(request: Request, notes: Notes) -> None:
    lost = {
        "top_k": request.top_k,
        "seed": request.seed,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "stop": request.stop or None,
    }
    for name, value in lost.items():
        if value is not None:
            notes.add("responses-sampling", name)
    wanted = request.reasoning
    if wanted is not None and wanted.budget_tokens is not None and not wanted.effort:
        notes.add("responses-thinking-budget")
