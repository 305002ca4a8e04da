"""Reading the sessions of Claude Code: a message of the assistant is several lines, one a block, and the results of
parallel calls hang side by side; both become one message each. Facts measured with 2.1.330."""

from collections.abc import Iterator

from minga.domain.ids import AgentName
from minga.domain.transcript import CompactionPart, ImagePart, Message, Part, TextPart
from minga.sessions.formats import claude_compaction
from minga.sessions.formats.claude_blocks import Blocks, read_blocks, read_usage
from minga.sessions.formats.claude_lines import (
    INJECTED,
    INTERRUPTED,
    LOCAL_COMMAND,
    PROMPT_COMMAND,
    RECORDS,
    TITLES,
    UNSAID_ORIGINS,
)
from minga.sessions.formats.claude_turn import Turn
from minga.sessions.formats.format import About, Head, NativeFile, Read, SetAside
from minga.sessions.formats.lines import Line, read_lines
from minga.sessions.formats.project_lines import session_above
from minga.sessions.formats.project_reading import Chain, about, aside, fields, id_of, moment, stands_in, string
from minga.sessions.formats.values import printed

AGENT = AgentName("claude")


def read(file: NativeFile) -> Iterator[Read]:
    """Yield what a session holds. Raises OSError."""
    return _Reader(file).read()


class _Reader:
    """``_turn`` is what the assistant says and calls at the moment: it is told when something else comes."""

    def __init__(self, file: NativeFile) -> None:
        self._file = file
        self._parent = session_above(file.path)
        self._chain = Chain()
        self._compactions = claude_compaction.Compactions()
        self._before: dict[str, str] = {}
        self._turn: Turn | None = None
        self._counted: set[int] = set()
        self._titles: dict[str, str] = {}
        self._head = ""
        self._begun = False

    def read(self) -> Iterator[Read]:
        self._compactions = claude_compaction.find(self._file.path)
        if self._parent:
            yield About(self._file.native_id, parent=self._parent)
        for line in read_lines(self._file.path):
            if isinstance(line, SetAside):
                self._chain.gap()
                yield line
                continue
            try:
                yield from list(self._line(line))
            except RecursionError:
                self._chain.skip(line.value)
                yield aside(line, "nested too deeply")
            self._chain.passed(line.value)
        yield from self._end_turn()
        if title := next((self._titles[kind] for kind in reversed(TITLES) if kind in self._titles), ""):
            yield About(self._file.native_id, title=title, parent=self._parent)
        if self._head and not self._parent:
            yield Head(self._chain.at(self._head))

    def _line(self, line: Line) -> Iterator[Read]:
        kind = string(line.value, "type")
        if kind in ("user", "assistant"):
            yield from self._conversation(line, kind)
        elif kind == "attachment" and string(fields(line.value, "attachment"), "type") == "queued_command":
            yield from self._queued(line)
        elif kind == "system" and line.value.get("subtype") == "compact_boundary":
            self._chain.stand(line.value.get("uuid"), self._chain.above(line.value, "logicalParentUuid"))
        elif kind in TITLES:
            self._titles[kind] = string(line.value, TITLES[kind]) or self._titles.get(kind, "")
        elif kind in RECORDS:
            self._skip(line)
            if self._chain.knows(leaf := string(line.value, "leafUuid")):
                self._head = leaf
        else:
            self._skip(line)
            yield aside(line, f"a line of unknown type {kind[:40]!r}")

    def _skip(self, line: Line) -> None:
        """A line that is no message: it stands where its parent does."""
        if uuid := id_of(line.value):
            self._chain.stand(uuid, self._above(line))
            if line.value.get("isSidechain") is not True:
                self._head = uuid

    def _above(self, line: Line) -> str:
        """The message above a line. Before the first line that a compaction preserved goes its summary."""
        above = self._chain.above(line.value)
        heads = self._compactions.heads
        for summary in heads.get(id_of(line.value), ()) if heads else ():
            self._before.setdefault(summary, above)
            above = summary
        return above

    def _conversation(self, line: Line, kind: str) -> Iterator[Read]:
        own = id_of(line.value)
        if not self._begun:
            self._begun = True
            yield about(self._file.native_id, line.value, self._parent)
        if not own:
            self._chain.gap()
            yield aside(line, "a message without an id")
        elif not self._chain.is_new(own):
            yield aside(line, "its id was there before")
        elif kind == "assistant":
            yield from self._assistant(line, own)
        elif line.value.get("isCompactSummary") is True:
            yield from self._summary(line, own)
        elif self._is_unsaid(line):
            self._skip(line)
        else:
            yield from self._user(line, own)
        if own and line.value.get("isSidechain") is not True:
            self._head = own

    def _is_unsaid(self, line: Line) -> bool:
        meta = line.value.get("isMeta") is True or line.value.get("isVisibleInTranscriptOnly") is True
        return meta or string(fields(line.value, "origin"), "kind") in UNSAID_ORIGINS

    def _assistant(self, line: Line, own: str) -> Iterator[Read]:
        message = fields(line.value, "message")
        if line.value.get("isApiErrorMessage") is True or message.get("model") == "<synthetic>":
            self._skip(line)  # what the CLI itself says in the model's place: errors, or that no answer was asked for
            return
        blocks = read_blocks(line, message.get("content"))
        yield from blocks.aside
        if not blocks.understood:
            yield aside(line, "a message without content")
        above = self._above(line)
        key = string(message, "id"), string(line.value, "requestRef") or string(line.value, "requestId")
        if self._turn is None or not self._turn.takes(key, above):
            yield from self._end_turn()
            self._turn = Turn(own, above, key, moment(line.value), self._side_chain(line), string(message, "model"))
        self._chain.stand(own, self._turn.id)
        self._turn.say(blocks.parts, read_usage(message))
        if self._turn.is_large:
            yield from self._end_turn()

    def _user(self, line: Line, own: str) -> Iterator[Read]:
        content = fields(line.value, "message").get("content")
        blocks = read_blocks(line, content)
        yield from blocks.aside
        above = self._above(line)
        said = _said(blocks)
        if not blocks.results and not said:
            self._skip(line)
            if not blocks.understood:
                yield aside(line, "a message without content")
            return
        if blocks.results:
            yield from self._results(line, own, above, blocks.results)
        if not said:
            return
        yield from self._end_turn()
        key, parent = (f"{own}#said", self._chain.at(own)) if blocks.results else (own, above)
        self._chain.stand(own, key)
        yield Message(key, parent, moment(line.value), "user", tuple(said), AGENT, chain=self._side_chain(line))

    def _results(self, line: Line, own: str, above: str, results: list[Part]) -> Iterator[Read]:
        turn = self._turn
        if turn is not None and above in (turn.id, turn.results_id):
            turn.hear(own, moment(line.value), results)
            self._chain.stand(own, turn.results_id)
            if turn.is_large:
                yield from self._end_turn()
            return
        yield from self._end_turn()
        yield Message(own, above, moment(line.value), "tool", tuple(results), AGENT, chain=self._side_chain(line))

    def _summary(self, line: Line, own: str) -> Iterator[Read]:
        yield from self._end_turn()
        blocks = read_blocks(line, fields(line.value, "message").get("content"))
        yield from blocks.aside
        summary = "\n".join(part.text for part in blocks.parts if isinstance(part, TextPart))
        parent = self._before.pop(own, None)
        if parent is None:
            parent = self._above(line)
        elif tail := self._compactions.tails.get(own):
            self._chain.stand(own, self._chain.at(tail))
        parts = (CompactionPart(summary),)
        yield Message(own, parent, moment(line.value), "user", parts, AGENT, chain=self._side_chain(line))

    def _queued(self, line: Line) -> Iterator[Read]:
        """What the person wrote while the assistant worked; the CLI gave it to the model with the next results."""
        command = fields(line.value, "attachment")
        unsaid = command.get("isMeta") is True or string(fields(command, "origin"), "kind") in UNSAID_ORIGINS
        blocks = read_blocks(line, command.get("prompt"))
        said = _said(blocks)
        own = id_of(line.value)
        if unsaid or command.get("commandMode", "prompt") != "prompt" or not said or not own:
            self._skip(line)
            return
        self._chain.is_new(own)
        yield from blocks.aside
        yield from self._end_turn()
        above = self._above(line)
        yield Message(own, above, moment(line.value), "user", tuple(said), AGENT, chain=self._side_chain(line))
        if line.value.get("isSidechain") is not True:
            self._head = own

    def _side_chain(self, line: Line) -> str:
        if self._parent:
            return printed(self._file.path.stem.removeprefix("agent-"))
        inline = line.value.get("isSidechain") is True
        return (string(line.value, "agentId") or "side chain") if inline else ""

    def _end_turn(self) -> Iterator[Read]:
        """Tell the assistant's message, and the results of its calls; each model call is counted once."""
        turn = self._turn
        if turn is None:
            return
        self._turn = None
        new = hash(turn.key) not in self._counted
        self._counted.add(hash(turn.key))
        yield from turn.messages(AGENT, counts=new or not any(turn.key))


def _said(blocks: Blocks) -> list[Part]:
    """The person's words and pictures, without what the CLI put under the person's name."""
    said: list[Part] = []
    for part in blocks.parts:
        if isinstance(part, ImagePart):
            said.append(part)
        elif isinstance(part, TextPart) and (text := _typed(part.text)):
            said.append(TextPart(text))
    return said


def _typed(text: str) -> str:
    if stands_in(text, INJECTED) or INTERRUPTED.fullmatch(text.strip()) or LOCAL_COMMAND.match(text):
        return ""
    if command := PROMPT_COMMAND.match(text):
        return " ".join(filter(None, (command[1].strip(), (command[2] or "").strip())))
    return text
