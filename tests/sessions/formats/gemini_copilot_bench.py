"""What the tests of Gemini CLI's and Copilot CLI's sessions share, beyond `claude_qwen_bench`."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from claude_qwen_bench import AT, SESSION, damage

from minga.domain.events import ToolKind
from minga.domain.ids import NativeId
from minga.domain.transcript import Item, Message, Said, ToolCallPart
from minga.sessions.formats.fitting import argument_object, argument_text, fit_ids, times
from minga.sessions.formats.format import Format, NativeFile, Read, SetAside, Target
from minga.sessions.formats.records import answers

Json = dict[str, Any]


def target(home: Path, cwd: Path, native_id: NativeId = SESSION, title: str = "") -> Target:
    return Target(native_id, home, cwd, "", "1", "scripted-model", AT, title)


def placed(agent: Format, content: bytes, path: Path) -> NativeFile:
    """A file with ``content`` at ``path``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return NativeFile(agent.agent, SESSION, path, len(content), 0)


def normal(items: Sequence[Item], name_of: Any) -> list[Item]:
    """What writing and reading leave of ``items``: fitting names and ids, arguments as an object, kinds unknown, the
    target's model, the time of the message in milliseconds, a message of its own for a text behind a call, no pictures
    of the assistant."""
    at, ids = times(items, AT), fit_ids(items, SESSION)
    found: list[Item] = []
    for group in answers(items):
        begun = at[group[0]].replace(microsecond=at[group[0]].microsecond // 1000 * 1000)
        for place in group:
            item = replace(items[place], at=begun, model="scripted-model", joins=place != group[0])
            if isinstance(item, Said):
                user = item.role == "user"
                item = replace(item, model="" if user else item.model, images=item.images if user else ())
            else:
                arguments = argument_text(argument_object(item.call.arguments))
                call = ToolCallPart(ids[place], name_of(item.call.name), ToolKind.OTHER, arguments)
                item = replace(item, call=call, result=replace(item.result, call_id=ids[place]))
            found.append(item)
    return found


def damaged(content: bytes, seed: int) -> bytes:
    """`damage`, and in half of the cases also links of this format that repeat or run in circles."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        lines = content.splitlines()
        ids = [value for value in map(_id, lines) if value]
        place = chance.randrange(len(lines))
        record = json.loads(lines[place])
        record[chance.choice(("id", "parentId", "$rewindTo"))] = chance.choice(ids)
        if chance.random() < 0.5:
            record["$set"] = {"messages": [json.loads(one) for one in chance.sample(lines, min(4, len(lines)))]}
            record.pop("id", None)
        lines[place] = json.dumps(record).encode()
        content = b"\n".join(lines) + b"\n"
    return damage(content, seed) if chance.random() < 0.8 else content


def _id(line: bytes) -> str:
    value = json.loads(line)
    return str(value.get("id") or "") if isinstance(value, dict) else ""


def check_sound(content: bytes, found: Sequence[Read], is_conversation: Callable[[Json], bool]) -> None:
    """Every line that is no JSON object is set aside; every mark (``«…»``) in a line of the conversation is told or the
    line is set aside; ids are there once; parents are known and run in no circle."""
    aside = {one.place.split("/")[0] for one in found if isinstance(one, SetAside)}
    messages = [one for one in found if isinstance(one, Message)]
    told = repr([message.parts for message in messages])
    for number, raw in enumerate(content.split(b"\n"), 1):
        if raw.strip() and not _is_object(raw):
            assert str(number) in aside, raw
        elif raw.strip() and str(number) not in aside and is_conversation(json.loads(raw)):
            text = json.dumps(json.loads(raw), ensure_ascii=False)
            for mark in {f"«{rest.split('»')[0]}»" for rest in text.split("«")[1:] if "»" in rest}:
                assert mark in told, (number, raw)
    parents = {message.id: message.parent for message in messages}
    assert len(parents) == len(messages)
    for message in messages:
        seen, at = set(), message.id
        while at:
            assert at not in seen
            seen.add(at)
            at = parents[at]


def _is_object(raw: bytes) -> bool:
    try:
        return isinstance(json.loads(raw), dict)
    except (ValueError, RecursionError):
        return False


Told = tuple[str, ...]


def expected(items: Sequence[Item], name_of: Any, *, result_pictures: bool) -> list[Told]:
    """What a request has to tell of ``items``, one by one and in order; results stand behind all calls of a message."""
    told: list[Told] = []
    ids = fit_ids(items, SESSION)
    for group in answers(items):
        results: list[Told] = []
        for place in group:
            item = items[place]
            if isinstance(item, Said):
                told += [(item.role, item.text)] + [("picture",)] * len(item.images)
                continue
            arguments = json.dumps(argument_object(item.call.arguments), sort_keys=True)
            told.append(("call", ids[place], name_of(item.call.name), arguments))
            results.append(("result", ids[place], item.result.output))
            results += [("picture",)] * (len(item.result.images) if result_pictures else 0)
        told += results
    return told


def numbered(told: Sequence[Told]) -> list[Told]:
    """The ids of calls in the order in which they come: made ones differ from session to session."""
    numbers: dict[str, str] = {}
    return [
        (one[0], numbers.setdefault(one[1], str(len(numbers))), *one[2:]) if one[0] in ("call", "result") else one
        for one in told
    ]
