"""Messages of the log, cut into the passages that can be recalled."""

import json
import re

from minga.domain.digests import DIGEST_SESSION
from minga.domain.ids import AgentName
from minga.domain.memory import LogMessage, Passage, Source
from minga.domain.transcript import (
    CompactionPart,
    FileChangePart,
    Message,
    Role,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from minga.memory.extraction.hygiene import is_boilerplate, masked, own_words
from minga.memory.ids import item_id
from minga.memory.recall.words import language

PASSAGE_LENGTH = 1200
"""Characters; a text that is longer is cut between paragraphs, sentences or words."""

PASSAGES_MAX = 200
"""Of one message; what a person pasted beyond that is found by `minga sessions search`."""

DONE_LENGTH = 1200
OUTPUT_LENGTH = 600
"""Of a tool's output, its beginning and its end; more of it is in the session."""

OUTPUT_READ = 20_000

_RULE = re.compile(r"([-=_*#.~+])\1{3,}")
"""Drawn across the page; it takes the place of what is told."""

_COMMAND_KEYS = ("command", "cmd", "file_path", "path", "pattern", "query", "url")

_QUOTED = re.compile(
    r"^\s*- «[^\n]*» — (?:\?|\d{4}-\d\d-\d\d \d\d:\d\d) · \w+ · \S{1,20} · [tn][a-z2-7]{12}\s*$", re.MULTILINE
)
"""What the built-in agent quotes from the memory, with where it is known from."""

BUILTIN = "builtin"
"""The agent whose tools are its own skills: what they were given is what was asked."""

_FRAME = re.compile(
    r"^(?:Esto se recuerda, lo más probable primero:|This is remembered, the most probable first:|Se apoya en:"
    r"|Nada de esto lo responde con seguridad; puede que solo se acerque:"
    r"|None of this answers it for sure; it may only come near:"
    r"|It rests on:|Nada se sabe de eso en este proyecto\.|Nothing is known about that in this project\."
    r"|— Agente incorporado de Minga[^\n]*|— Minga's built-in agent[^\n]*)[ \t]*$",
    re.MULTILINE,
)

_FORGOTTEN = re.compile(r"\[forgotten on \d{4}-\d\d-\d\d\]")
"""Stands in the place of a message that was forgotten (`sessions.redaction`)."""

_BREAKS = ("\n\n", "\n", ". ", "? ", "! ", "; ", ", ", " ")


def passages_of(entry: LogMessage) -> list[Passage]:
    """What of a message can be recalled: nothing of one that only thinks, or holds nothing of the speaker's own; nor of
    a digest, for what it was made of can be; nor of what somebody else's agent asked, and was told."""
    message = entry.message
    if message.by == "stranger" or entry.session_id.startswith(DIGEST_SESSION):
        return []
    text = entry.note.told if entry.note else _said(message)
    done = "" if entry.note or entry.agent == BUILTIN else _done(message)
    if entry.note is None and (is_boilerplate(text) or _FORGOTTEN.fullmatch(text.strip())):
        text = ""
    pieces = cut(masked(text)) or ([""] if done else [])
    return [_passage(entry, number, piece, done if not number else "") for number, piece in enumerate(pieces)]


def whole(entry: LogMessage, text: str) -> Passage:
    """Stands for a message of which nothing is taken in, by the beginning of its ``text``."""
    return _passage(entry, 0, masked(text)[:PASSAGE_LENGTH].strip(), "")


def cut(text: str) -> list[str]:
    """``text`` in pieces of at most `PASSAGE_LENGTH`, in order."""
    pieces: list[str] = []
    rest = text.strip()
    while rest and len(pieces) < PASSAGES_MAX:
        end = len(rest) if len(rest) <= PASSAGE_LENGTH else _end(rest)
        pieces.append(rest[:end].strip())
        rest = rest[end:].strip()
    return pieces


def _end(text: str) -> int:
    """Where the first piece of a long text ends: behind its last paragraph, else line, sentence, word."""
    for pause in _BREAKS:
        place = text.rfind(pause, PASSAGE_LENGTH // 3, PASSAGE_LENGTH - len(pause))
        if place >= 0:
            return place + len(pause)
    return PASSAGE_LENGTH


def _passage(entry: LogMessage, number: int, text: str, done: str) -> Passage:
    message = entry.message
    letter = "n" if entry.note else "t"
    source = Source(entry.session_id, message.id, number, message.at, *_speaker(entry))
    return Passage(
        id=item_id(letter, entry.session_id, message.id, str(number)),
        kind="note" if entry.note else "turn",
        text=text,
        done=done,
        source=source,
        project="" if entry.note and entry.note.scope == "user" else entry.project,
        language=language(text or done),
        owner=entry.owner,
    )


def is_agents_task(entry: LogMessage) -> bool:
    """Whether it is what an agent asked: as little the person's own word as an agent's note is."""
    return entry.message.role == "user" and bool(entry.message.by)


def _speaker(entry: LogMessage) -> tuple[AgentName, Role]:
    """An agent's task is not of the agent that was asked."""
    return (AgentName(""), "assistant") if is_agents_task(entry) else (entry.agent, entry.message.role)


def _said(message: Message) -> str:
    """What the built-in agent puts around what it quotes says nothing."""
    texts = [part.text for part in message.parts if isinstance(part, TextPart)]
    texts += [part.summary for part in message.parts if isinstance(part, CompactionPart)]
    return own_words(_FRAME.sub("", _QUOTED.sub("", "\n".join(texts))), message.role)


def _done(message: Message) -> str:
    lines: list[str] = []
    for part in message.parts:
        match part:
            case ToolCallPart():
                lines.append(f"{part.name}: {_argument(part.arguments)}")
            case ToolResultPart():
                lines.append(f"{'' if part.ok else 'failed: '}{_clipped(_QUOTED.sub('', part.output))}")
            case FileChangePart():
                lines.append(f"{part.change}: {part.path}")
            case _:
                pass
    return _bounded("\n".join(line for line in lines if line.strip()))


def _argument(arguments: str) -> str:
    """What a tool was called for: its command or its path, else all it was given."""
    try:
        given = json.loads(arguments)
    except ValueError:
        return _clipped(arguments)
    if isinstance(given, dict):
        for key in _COMMAND_KEYS:
            if value := given.get(key):
                return _clipped(" ".join(map(str, value)) if isinstance(value, list) else str(value))
    return _clipped(given if isinstance(given, str) else arguments)


def _clipped(text: str) -> str:
    text = _RULE.sub(r"\1\1\1", masked(text[:OUTPUT_READ]))  # before it is cut: half a key is a secret, too
    text = re.sub(r"\s+", " ", text).strip()
    half = OUTPUT_LENGTH // 2
    return text if len(text) <= OUTPUT_LENGTH else f"{text[:half]} … {text[-half:]}"


def _bounded(text: str) -> str:
    return text if len(text) <= DONE_LENGTH else text[:DONE_LENGTH]
