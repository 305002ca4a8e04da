"""Items to be written as sessions of Codex and OpenCode, and the form in which they are compared."""

import json
import string
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from minga.domain.events import ToolKind
from minga.domain.ids import NativeId
from minga.domain.transcript import Called, ImagePart, Item, Message, Said, ToolCallPart, ToolResultPart, lineage
from minga.sessions.crossing import crossing
from minga.sessions.formats.fitting import argument_value, fit_name
from minga.sessions.formats.format import Draft, Format, Head, NativeFile, SetAside, Target

DOT = ImagePart(
    "image/png",
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49"
        "44415478da6364f8cf500f00038601805a347d6b0000000049454e44ae426082"
    ),
)
"""A valid picture of one pixel: Codex leaves out what it cannot decode."""

NATIVE_ID = NativeId("01a20bbe-f687-4111-9696-12de4a6be023")
AT = datetime(2026, 11, 24, 4, 0, 0, 123_000, UTC)


def called(call_id: str, name: str, arguments: object, output: str, *, ok: bool = True, joins: bool = False) -> Called:
    call = ToolCallPart(call_id, name, ToolKind.OTHER, json.dumps(arguments))
    return Called(call, ToolResultPart(call_id, ok, output), joins=joins)


HISTORY: list[Item] = [
    Said("user", "the first question: ¿dónde está el ñandú? 🦤", images=(DOT,)),
    Said("assistant", "I look in two places."),
    called("call_1", "Bash", {"command": "ls", "description": "list"}, "a.txt\n", joins=True),
    called("call_2", "Bash", {"command": "rm -r /"}, "Permission to use Bash has been denied.", ok=False, joins=True),
    called("call_2", "grep_search", {"pattern": "x", "deep": [1, None, {"é": 0.5}]}, ""),
    called("not fit for an id: ü", "apply_patch", "*** Begin Patch\n*** End Patch\n", "line é\n" * 14_300),
    Said("assistant", "One text of mine,"),
    Said("assistant", "and then another."),
    Said("user", "<environment_context>\n  what a person wrote\n</environment_context>"),
    Said("user", "and one more"),
    called("call_3", "mcp__issues__close", {}, "closed"),
    Said("assistant", "Done ✅"),
]
"""Everything at once: parallel calls, a refusal, an empty output, one of 100 KB, names and ids of other CLIs."""


def target(home: Path, cwd: Path, **fields: Any) -> Target:
    given = {"program": "", "version": "1", "model": "minga/scripted-model", "at": AT} | fields
    return Target(NATIVE_ID, home, cwd, **given)


def comparable(items: Sequence[Item], *, free_text: bool) -> list[tuple[object, ...]]:
    """Items without times, models and ids (that these pair is seen by their results). ``free_text``: whether the format
    has calls that take text in place of an object."""
    found: list[tuple[object, ...]] = []
    for item in items:
        if isinstance(item, Called):
            value = argument_value(item.call.arguments)
            if not free_text and not isinstance(value, dict):
                value = {"input": value}
            result = item.result
            found.append((fit_name(item.call.name), value, result.ok, result.output, result.images))
        else:
            found.append((item.role, item.text, item.images))
    return found


def conversation(form: Format, file: NativeFile) -> tuple[list[Message], list[Item], list[SetAside]]:
    """All messages of a session, its main line as items, and what was set aside."""
    read = list(form.read(file))
    messages = [one for one in read if isinstance(one, Message)]
    assert len({message.id for message in messages}) == len(messages)
    known: set[str] = {""}
    for message in messages:
        assert message.parent in known
        known.add(message.id)
    heads = [one.message_id for one in read if isinstance(one, Head)]
    line = lineage(messages, heads[-1]) if heads else []
    return messages, crossing(line), [one for one in read if isinstance(one, SetAside)]


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip)
_images = st.lists(st.just(DOT), max_size=2).map(tuple)
_times = st.none() | st.integers(0, 1000).map(lambda hours: AT - timedelta(hours=hours))
_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_arguments = (st.dictionaries(st.text(max_size=5), _values, max_size=3) | _texts).map(json.dumps)
_names = st.text(string.ascii_letters + string.digits + "_-.: é", min_size=1, max_size=70)


@st.composite
def _calls(draw: st.DrawFn) -> Called:
    call_id = draw(st.sampled_from(["call_1", "call_2", "", "b:3", "x" * 80]))
    call = ToolCallPart(call_id, draw(_names), ToolKind.OTHER, draw(_arguments))
    result = ToolResultPart(call_id, draw(st.booleans()), draw(st.text(max_size=40)), draw(_images))
    return Called(call, result, draw(_times), joins=draw(st.booleans()))


def histories(*, user_texts: st.SearchStrategy[str] = _texts) -> st.SearchStrategy[list[Item]]:
    """What `crossing` gives: a person's text never joins."""
    user = st.builds(Said, st.just("user"), user_texts, _times, images=_images)
    assistant = st.builds(Said, st.just("assistant"), _texts, _times, joins=st.booleans())
    return st.lists(user | assistant | _calls(), max_size=12)


def joined(items: Iterable[Item]) -> list[bool]:
    """Which calls stand in one message with the item before: all but the first of calls made at once."""
    return [item.joins for item in items if isinstance(item, Called)]


def deterministic(form: Format, items: Sequence[Item], where: Target) -> Draft:
    draft = form.draft(items, where)
    assert form.draft(items, where) == draft
    return draft
