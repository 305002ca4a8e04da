"""What a coding CLI sends: a system prompt, tools, and turns of calls and their results; in any of the dialects."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from minga.domain.model_calls import Wire
from minga.providers.translation.dialects import DIALECTS
from minga.providers.translation.form import Part, Request, Text, Tool, ToolCall, ToolResult, Turn
from minga.providers.translation.notes import Notes

_PROMPT = (
    "You are an agent that works in the repository of a person. Read before you write. Keep to the style that is "
    "there, run the tests, and say what you did in few words. "
)
_CODE = 'def answer(request):\n    value = compute(request.path, retries=3)\n    return {"ok": True}  # "quoted"\n'


@dataclass(frozen=True, slots=True)
class Size:
    """``prompts``: sentences of the system prompt; ``rounds`` of one call and its result, and every fourth time a word
    of the person; ``result``: pieces of code in it, 110 bytes each."""

    name: str
    prompts: int
    tools: int
    properties: int
    rounds: int
    result: int


TINY = Size("0.2 kB", prompts=1, tools=0, properties=0, rounds=0, result=0)
SMALL = Size("5 kB", prompts=3, tools=5, properties=3, rounds=3, result=2)
LARGE = Size("200 kB", prompts=70, tools=20, properties=8, rounds=36, result=33)
"""Of a session that has gone on for a while: a coding CLI sends some 50 kB before anything is said, and then files."""


def body(wire: Wire, size: Size, model: str, *, stream: bool = False) -> bytes:
    """The request as a caller of ``wire`` sends it."""
    asked = Request(
        model,
        tuple(_turns(size)),
        (Text(_PROMPT * size.prompts, "5m" if wire == "anthropic" else ""),),
        tuple(_tool(number, size.properties) for number in range(size.tools)),
        answer_max=4096,
        stream=stream,
    )
    return DIALECTS[wire].write_request(asked, Notes())


def _turns(size: Size) -> Iterator[Turn]:
    yield Turn("user", (Text("Find out why the test of the parser fails, and mend it."),))
    for number in range(size.rounds):
        id_ = f"call_{number:024d}"
        arguments = msgspec.json.encode({"argument_0": f"/work/src/file_{number}.py", "argument_1": str(number)})
        said = (Text(f"I look at file {number}."), ToolCall(id_, f"tool_{number % size.tools}", arguments.decode()))
        yield Turn("assistant", said)
        said_too = "línea" if number % 4 == 3 else "line"  # some of it is not ASCII
        parts: list[Part] = [ToolResult(id_, (Text(f"{said_too} {number}\n{_CODE * size.result}"),))]
        if number % 4 == 3:
            parts.append(Text("Go on."))
        yield Turn("user", tuple(parts))


def _tool(number: int, properties: int) -> Tool:
    fields = {
        f"argument_{one}": {"type": "string", "description": "A path below the root of the repository."}
        for one in range(properties)
    }
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": fields,
        "required": ["argument_0"],
        "additionalProperties": False,
    }
    described = "Reads a file of the local file system, or a part of it. " * properties
    return Tool(f"tool_{number}", described, msgspec.json.encode(schema))
