"""Reads a request of OpenAI Responses."""

from collections.abc import Iterator
from operator import attrgetter

import msgspec

from minga.domain.model_calls import Refused
from minga.providers.translation import form, service
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import Strict, sound
from minga.providers.translation.responses import tools_in
from minga.providers.translation.responses.items_in import Conversation
from minga.providers.translation.responses.shapes import CacheOptions, Item, Reasoning, Request, TextSettings
from minga.providers.translation.responses.tool_shapes import NULL, AnyTool, is_told

_REQUEST = Strict(Request)
_TOOLS = msgspec.json.Decoder(list[AnyTool])

_ITS_OWN = (
    "access_programs",
    "background_options",
    "client_metadata",
    "context_management",
    "image",
    "max_tool_calls",
    "stream_options",
    "top_logprobs",
)
"""What means something to OpenAI only."""

_its_own = attrgetter(*_ITS_OWN)

_SERVICE = tuple(name for name in service.NAMES if name not in ("user", "verbosity"))

_service = attrgetter(*_SERVICE)

_CACHE = msgspec.json.Decoder(CacheOptions)

_DEFAULTS = {"truncation": ("disabled",)}

_NOTHING = (b"null", b"{}", b"[]")

_KEPT = "reasoning.encrypted_content"


def read(body: bytes, notes: Notes) -> form.Request:
    """Raises Refused."""
    try:
        asked, unknown = _REQUEST.read(body)
        for path in unknown:
            notes.add("unknown-field", path)
        return _request(asked, notes)
    except (ValueError, RecursionError) as wrong:
        raise Refused("malformed", f"the body is no request of OpenAI Responses: {wrong}") from wrong


def _request(asked: Request, notes: Notes) -> form.Request:
    _check_state(asked)
    _note_settings(asked, notes)
    conversation = Conversation(notes)
    if asked.instructions:
        conversation.system.append(form.Text(asked.instructions))
    items = asked.input
    conversation.add([Item(role="user", content=items)] if isinstance(items, str) else items)
    offered = tuple(tools_in.tools(_all_tools(asked), notes))
    choice, left = tools_in.choice(asked.tool_choice, offered, notes)
    return form.Request(
        model=asked.model,
        turns=tuple(conversation.turns),
        system=tuple(conversation.system),
        tools=left,
        tool_choice=choice,
        parallel=asked.parallel_tool_calls,
        answer_max=asked.max_output_tokens,
        temperature=asked.temperature,
        top_p=asked.top_p,
        reasoning=_reasoning(asked.reasoning, notes),
        output=_output(asked.text),
        stream=bool(asked.stream),
        person=asked.safety_identifier or asked.user or "",
        service=_service_of(asked, notes),
    )


def _service_of(asked: Request, notes: Notes) -> tuple[tuple[str, bytes], ...]:
    """``user`` stands in it where somebody else is named as the person. Of the cache, what Chat Completions has too."""
    told = [(name, sound(value)) for name, value in zip(_SERVICE, _service(asked), strict=True) if value is not NULL]
    if asked.user and asked.safety_identifier not in (None, asked.user):
        told.append(("user", msgspec.json.encode(asked.user)))
    if asked.text is not None and asked.text.verbosity:
        told.append(("verbosity", msgspec.json.encode(asked.text.verbosity)))
    if is_told(asked.prompt_cache_options) and not _is_shared(asked.prompt_cache_options):
        notes.add("responses-setting", "prompt_cache_options")
        told = [one for one in told if one[0] != "prompt_cache_options"]
    return service.given(told) if told else ()


def _is_shared(options: msgspec.Raw) -> bool:
    try:
        _CACHE.decode(options)
    except msgspec.ValidationError:
        return False
    return True


def _check_state(asked: Request) -> None:
    """What only OpenAI could do, as it has what the request names."""
    if asked.previous_response_id is not None:
        raise Refused("malformed", "previous_response_id names an answer that OpenAI stored; send the history as input")
    if is_told(asked.conversation):
        raise Refused("malformed", "conversation names one that OpenAI stored; send the history as input")
    if is_told(asked.prompt):
        raise Refused(
            "malformed", "prompt names a template that OpenAI stored; send its text as instructions and input"
        )
    if asked.background:
        raise Refused("malformed", "background calls are only done by OpenAI; leave out 'background'")


def _note_settings(asked: Request, notes: Notes) -> None:
    for name, value in zip(_ITS_OWN, _its_own(asked), strict=True):
        if value is not NULL and bytes(value) not in _NOTHING:
            notes.add("responses-setting", name)
    for name, usual in _DEFAULTS.items():
        value = getattr(asked, name)
        if value is not None and value not in usual:
            notes.add("responses-setting", name)
    for name in asked.include or ():
        if name != _KEPT:
            notes.add("responses-setting", "include")


def _all_tools(asked: Request) -> Iterator[AnyTool]:
    yield from asked.tools or ()
    if isinstance(asked.input, str):
        return
    for number, item in enumerate(asked.input):
        if item.type in ("additional_tools", "tool_search_output") and is_told(item.tools):
            try:
                yield from _TOOLS.decode(item.tools)
            except msgspec.ValidationError as wrong:
                raise Refused("malformed", f"input[{number}].tools cannot be read: {wrong}") from wrong


def _reasoning(given: Reasoning | None, notes: Notes) -> form.Reasoning | None:
    if given is None:
        return None
    if given.context not in (None, "auto"):
        notes.add("responses-setting", "reasoning.context")
    if given.mode not in (None, "standard"):
        notes.add("responses-setting", "reasoning.mode")
    shown = True if given.summary or given.generate_summary else None
    return form.Reasoning(given.effort or "", shown=shown) if given.effort or shown else None


def _output(given: TextSettings | None) -> form.OutputForm | None:
    if given is None or given.format is None or given.format.type == "text":
        return None
    wanted = given.format
    if wanted.type == "json_object":
        return form.OutputForm()
    if not is_told(wanted.schema):
        raise Refused("malformed", "text.format is a json_schema without a schema; give one")
    return form.OutputForm(sound(wanted.schema), wanted.name, wanted.description or "", wanted.strict)
