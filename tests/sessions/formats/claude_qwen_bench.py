"""What the tests of Claude Code's and Qwen Code's sessions share: items, their normal form, damage, and real runs."""

import asyncio
import base64
import json
import os
import random
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from clis import require_cli
from minga.agents.drivers.acp import AcpDriver
from minga.agents.drivers.stream_json import StreamJsonDriver
from minga.agents.facts import Facts, parse
from minga.agents.launch import Installed, prepare
from minga.domain.agents import Launch, Prompt
from minga.domain.events import Event, PermissionAnswered, PermissionRequested, ToolKind
from minga.domain.ids import AttemptId, NativeId
from minga.domain.task import Endpoint, Task
from minga.domain.transcript import (
    Called,
    ImagePart,
    Item,
    Message,
    Said,
    ToolCallPart,
    ToolResultPart,
    lineage,
)
from minga.infrastructure.watchdog import Watchdog
from minga.sessions.crossing import crossing
from minga.sessions.formats.fitting import argument_object, argument_text, fit_ids, fit_name, times
from minga.sessions.formats.format import About, Format, Head, NativeFile, Read, SetAside, Target

Json = dict[str, Any]

DOT = ImagePart(
    "image/png",
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNoUDAAAAH0ANFgfObmAAAAAElFTkSuQmCC"),
)
AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SESSION = NativeId("6f1f9d43-8a59-4f0e-9d5e-3f2b1c0a9e87")


def called(
    call_id: str,
    name: str,
    arguments: str,
    output: str,
    *,
    ok: bool = True,
    images: tuple[ImagePart, ...] = (),
    joins: bool = False,
) -> Called:
    call = ToolCallPart(call_id, name, ToolKind.OTHER, arguments)
    return Called(call, ToolResultPart(call_id, ok, output, images), joins=joins)


CONVERSATION: tuple[Item, ...] = (
    Said("user", "¿Qué hay aquí? 🙂", images=(DOT,)),
    Said("assistant", "Miro."),
    called("call_1", "exec_command", '{"cmd":["ls","-l"]}', "a.txt\nñandú.txt", joins=True),
    called("call_2", "Bash", '{"command":"false"}', "exit code 1", ok=False, joins=True),
    called("call|2/!", "mcp__notes__list", "{}", ""),
    Said("assistant", "first of two"),
    Said("assistant", "second of two"),
    Said("user", "and now?"),
    called("call_1", "apply_patch", '"*** Begin Patch"', "x" * 100_000 + "END"),
    called("call_3", "view image", '{"path":"a.png"}', "a picture", images=(DOT,)),
    Said("user", "  spaces at both ends \n"),
    Said("assistant", "that is all"),
)


def target(home: Path, cwd: Path, native_id: NativeId = SESSION, title: str = "", version: str = "1") -> Target:
    return Target(native_id, home, cwd, "", version, "scripted-model", AT, title)


def file_at(agent: Format, path: Path) -> NativeFile:
    return NativeFile(agent.agent, NativeId(path.stem), path, path.stat().st_size, 0)


def read_all(agent: Format, path: Path) -> list[Read]:
    return list(agent.read(file_at(agent, path)))


def messages_of(found: Sequence[Read]) -> list[Message]:
    return [one for one in found if isinstance(one, Message)]


def aside_of(found: Sequence[Read]) -> list[SetAside]:
    return [one for one in found if isinstance(one, SetAside)]


def head_of(found: Sequence[Read]) -> str:
    return next((one.message_id for one in reversed(found) if isinstance(one, Head)), "")


def about_of(found: Sequence[Read]) -> About:
    """All that was told, later values before earlier ones."""
    merged = About(NativeId(""))
    for one in found:
        if isinstance(one, About):
            merged = replace(merged, **{name: value for name in one.__slots__ if (value := getattr(one, name))})
    return merged


def crossed(found: Sequence[Read]) -> list[Item]:
    return crossing(lineage(messages_of(found), head_of(found)))


def items_of(agent: Format, path: Path) -> list[Item]:
    return crossed(read_all(agent, path))


def normal(items: Sequence[Item], model: str = "scripted-model") -> list[Item]:
    """What writing and reading leave of ``items``: fitting names and ids, arguments as an object, kinds unknown, the
    target's model, the time of the message in milliseconds, no pictures of the assistant."""
    found: list[Item] = []
    at = AT
    for item, own, call_id in zip(items, times(items, AT), fit_ids(items, SESSION), strict=True):
        at = at if item.joins else own.replace(microsecond=own.microsecond // 1000 * 1000)
        if isinstance(item, Said):
            user = item.role == "user"
            found.append(replace(item, at=at, model="" if user else model, images=item.images if user else ()))
            continue
        arguments = argument_text(argument_object(item.call.arguments))
        call = ToolCallPart(call_id, fit_name(item.call.name), ToolKind.OTHER, arguments)
        result = replace(item.result, call_id=call_id)
        found.append(Called(call, result, at, model, item.joins))
    return found


def unkinded(items: Sequence[Item]) -> list[Item]:
    """The items, what a tool does left out."""
    return [
        replace(item, call=replace(item.call, kind=ToolKind.OTHER)) if isinstance(item, Called) else item
        for item in items
    ]


# Generated items, in the form that `crossing` gives them.

_words = st.text(max_size=30).filter(lambda text: bool(text.strip()) and "<" not in text and "[" not in text)
_images = st.lists(st.builds(ImagePart, st.just("image/png"), st.binary(min_size=1, max_size=20)), max_size=2).map(
    tuple
)
_moments = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC))
_values = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=10)
_arguments = st.dictionaries(st.text(max_size=8), _values | st.lists(_values, max_size=2), max_size=3).map(
    json.dumps
) | st.text(max_size=20)


@st.composite
def _call(draw: st.DrawFn) -> Called:
    call_id = draw(st.sampled_from(["a", "b"]) | st.text(max_size=70))
    call = ToolCallPart(call_id, draw(st.text(max_size=70)), ToolKind.OTHER, draw(_arguments))
    result = ToolResultPart(call_id, draw(st.booleans()), draw(st.text(max_size=50)), draw(_images))
    return Called(call, result, draw(_moments))


@st.composite
def _turn(draw: st.DrawFn) -> list[Item]:
    if draw(st.booleans()):
        return [Said("user", draw(_words), draw(_moments), images=draw(_images))]
    turn: list[Item] = []
    for is_call in draw(st.lists(st.booleans(), min_size=1, max_size=4)):
        if is_call:
            turn.append(draw(_call()))
        elif not turn or isinstance(turn[-1], Called):
            turn.append(Said("assistant", draw(_words), draw(_moments), images=draw(_images)))
    return [replace(item, joins=place > 0) for place, item in enumerate(turn)]


conversations = st.lists(_turn(), min_size=1, max_size=6).map(lambda turns: [item for turn in turns for item in turn])


# Damage.

_ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1e300,
    "",
    "x",
    [],
    {},
    [[]],
    {"type": "text"},
    [None],
    "\ud83d\ude42",
)


def damage(content: bytes, seed: int) -> bytes:
    """Change a file in one to four ways."""
    chance = random.Random(seed)
    for _ in range(chance.randint(1, 4)):
        content = chance.choice((_flip, _cut, _spoil, _swap_types, _swap_types, _swap_types, _relink, _repeat))(
            content, chance
        )
    return content


def _flip(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 5)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randint(1, len(content))]


def _spoil(content: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(content))
    piece = chance.choice((b"\xff\xfe", b"\n", b"\x00", b"[" * 3000, b"9" * 5000, b"\xed\xa0\x80"))
    return content[:place] + piece + content[place:]


def _swap_types(content: bytes, chance: random.Random) -> bytes:
    def change(line: Json) -> None:
        place: Any = line
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                return
            key = chance.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.8:
                place = place[key]
                continue
            if chance.random() < 0.3:
                del place[key]
            else:
                place[key] = chance.choice(_ODD)
            return

    return _change_line(content, chance, change)


def _relink(content: bytes, chance: random.Random) -> bytes:
    uuids = [line.get("uuid") for line in map(_object, content.split(b"\n")) if line]

    def change(line: Json) -> None:
        line[chance.choice(("uuid", "parentUuid"))] = chance.choice(uuids)

    return _change_line(content, chance, change) if uuids else content


def _repeat(content: bytes, chance: random.Random) -> bytes:
    lines = content.split(b"\n")
    lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return b"\n".join(lines)


def _change_line(content: bytes, chance: random.Random, change: Callable[[Json], None]) -> bytes:
    lines = content.split(b"\n")
    place = chance.randrange(len(lines))
    if line := _object(lines[place]):
        change(line)
        lines[place] = json.dumps(line).encode()
    return b"\n".join(lines)


def _object(line: bytes) -> Json:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def check_accounted(content: bytes, found: Sequence[Read], is_conversation: Callable[[Json], bool]) -> None:
    """Every line that is no JSON object is set aside; every mark (``«…»``) in a line of the conversation is in a
    message or its line is set aside; no two messages have one id."""
    aside = {one.place for one in aside_of(found)}
    told = repr(messages_of(found))
    for number, raw in enumerate(content.split(b"\n"), 1):
        line = _object(raw)
        if raw.strip() and not line and raw.strip() != b"{}":
            assert str(number) in aside, raw
        elif is_conversation(line):
            text = json.dumps(line.get("message"), ensure_ascii=False)
            for mark in re.findall("«[a-z ]+»", text):
                assert mark in told or str(number) in aside, (number, mark, line)
    ids = [message.id for message in messages_of(found)]
    assert len(ids) == len(set(ids))


# Real runs.


@dataclass(slots=True)
class Allowing:
    """A broker that refuses what has ``forbidden`` in it."""

    async def decide(self, request: PermissionRequested) -> PermissionAnswered:
        allowed = "forbidden" not in f"{request.detail}{request.title}"
        return PermissionAnswered(request.request_id, allowed, "person", "as the test wants it")


@dataclass(slots=True)
class Runs:
    """One CLI in one working directory with a home of its own; each prompt is a new process."""

    agent: str
    root: Path
    url: str

    @property
    def facts(self) -> Facts:
        name = f"{self.agent}.toml"
        return parse(resources.files("minga.agents").joinpath("catalog", name).read_text("utf-8"), name)

    @property
    def cwd(self) -> Path:
        (self.root / "work").mkdir(exist_ok=True)
        return (self.root / "work").resolve()

    def launch(self, resume: NativeId | None = None) -> Launch:
        return prepare(
            self.facts,
            Installed(str(require_cli(self.agent)), self.facts.proven.max),
            Task("", self.cwd, endpoint=Endpoint(self.url, "test-key", "scripted-model")),
            attempt_id=AttemptId(str(uuid.uuid4())),
            resume=resume,
            inherited={"PATH": os.environ["PATH"], "HOME": str(self.root)},
            homes=self.root / "homes",
        )

    def ask(self, text: str, resume: NativeId | None = None) -> list[Event]:
        async def run() -> list[Event]:
            watchdog = Watchdog()
            driver = (StreamJsonDriver if self.agent == "claude" else AcpDriver)(watchdog, self.facts)
            try:
                async with asyncio.timeout(120), driver.open(self.launch(resume), Allowing()) as conversation:
                    return [event async for event in conversation.prompt(Prompt(text))]
            finally:
                watchdog.close()

        return asyncio.run(run())

    def write(self, agent: Format, items: Sequence[Item]) -> tuple[Path, Target]:
        """Write a session where the CLI finds it; return its file."""
        launch = self.launch()
        assert launch.home is not None
        to = replace(
            target(launch.home, self.cwd, NativeId(str(uuid.uuid4())), "A title", self.facts.proven.max),
            program=launch.command[0],
            environment=launch.environment,
            at=datetime.now(UTC) - timedelta(minutes=1),
        )
        draft = agent.draft(items, to)
        return asyncio.run(agent.place(draft, to)).path, to


def flow(items: Sequence[Item]) -> list[tuple[str, ...]]:
    """How items reach a model: texts, the calls of a message, then their results; texts of one side that follow each
    other make one."""
    told: list[tuple[str, ...]] = []
    results: list[tuple[str, ...]] = []
    for item, call_id in zip(items, fit_ids(items, SESSION), strict=True):
        if not item.joins:
            told += results
            results = []
        if isinstance(item, Said):
            told.append((item.role, item.text, str(len(item.images))))
        else:
            arguments = json.dumps(argument_object(item.call.arguments), sort_keys=True)
            told.append(("call", call_id, fit_name(item.call.name), arguments))
            results.append(("result", call_id, item.result.output, str(len(item.result.images))))
    return joined(told + results)


def joined(told: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Join texts of one side that follow each other, without white space; number the ids in the order of the calls."""
    found: list[tuple[str, ...]] = []
    numbers: dict[str, str] = {}
    for one in told:
        if one[0] in ("call", "result"):
            one = (one[0], numbers.setdefault(one[1], str(len(numbers))), *one[2:])
        else:
            one = (one[0], "".join(one[1].split()), one[2])
        if found and found[-1][0] == one[0] and one[0] in ("user", "assistant"):
            _, text, pictures = found.pop()
            one = (one[0], text + one[1], str(int(pictures) + int(one[2])))
        found.append(one)
    return found
