"""The conversation so far as one text, for an agent that cannot take it over in its native form.

Faithful: every turn stands in it, in order, with the task in full; what is cut short says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from minga.domain.events import (
    AttemptFailed,
    AttemptStarted,
    Cancelled,
    Event,
    Failed,
    FileChange,
    Finished,
    Text,
    ToolCall,
    ToolResult,
)
from minga.domain.sessions import PastTurn

TOOL_OUTPUT_LENGTH = 1500
WORDS_LENGTH_MIN = 600
BRIEF_LENGTH = 120_000

TAKES_OVER = """\
You take over a conversation between a person and another coding agent. What follows is the record of it, made by
Minga. Tool calls in it were already carried out and their effects on files are still there: do not repeat them; look at
the present state of the files before you change anything.
"""

COMES_BACK = """\
While you were away, another coding agent went on with this conversation. What follows is the record of that part, made
by Minga. Tool calls in it were already carried out and their effects on files are still there: do not repeat them; look
at the present state of the files before you change anything.
"""

_FRAME = "{head}\n<conversation>\n{conversation}\n</conversation>"

_NOTE_LENGTH = 90


class Keep(Enum):
    """What goes first when the brief is too long."""

    TOOLS = "left out first"
    WORDS = "shortened, then left out"
    ALWAYS = "never left out"


@dataclass(frozen=True, slots=True)
class _Passage:
    text: str
    keep: Keep


def brief(
    turns: Sequence[PastTurn], files_changed: Sequence[str], length_max: int = BRIEF_LENGTH, *, head: str = TAKES_OVER
) -> str:
    """Render ``turns`` for the next agent, to whom ``head`` says what they are. At most ``length_max`` characters,
    unless the tasks and the paths of the changed files alone are longer."""
    passages: list[_Passage] = []
    for past in turns:
        passages.append(_Passage(f"## Turn {past.turn.number}: the person asked\n{past.turn.prompt}", Keep.ALWAYS))
        passages.extend(_passages([recorded.event for recorded in past.events]))
    if files_changed:
        listing = "\n".join(f"- {path}" for path in files_changed)
        passages.append(_Passage(f"## Files changed so far\n{listing}", Keep.ALWAYS))
    room = length_max - len(_FRAME.format(head=head, conversation=""))
    return _FRAME.format(head=head, conversation=_fit(passages, room))


def with_task(record: str, prompt: str) -> str:
    """Put the task that is to be done now after the record."""
    return f"{record}\n\nThe person now asks:\n{prompt}" if record else prompt


def _passages(events: Sequence[Event]) -> list[_Passage]:
    passages: list[_Passage] = []
    said: list[str] = []
    streamed = "".join(event.text for event in events if isinstance(event, Text))

    def flush() -> None:
        if text := "".join(said).strip():
            passages.append(_Passage(f"Agent: {text}", Keep.WORDS))
        said.clear()

    for event in events:
        if isinstance(event, Text):
            said.append(event.text)
            continue
        if isinstance(event, Finished) and event.answer not in streamed:
            said.append(event.answer)
        elif line := _line(event):
            flush()
            passages.append(line)
    flush()
    return passages


def _line(event: Event) -> _Passage | None:
    match event:
        case AttemptStarted(agent=agent):
            return _Passage(f"({agent} works on it)", Keep.TOOLS)
        case ToolCall():
            return _Passage(f"Tool call {event.name}: {_cut(event.input or event.title)}", Keep.TOOLS)
        case ToolResult():
            return _Passage(f"Result ({'ok' if event.ok else 'failed'}): {_cut(event.output)}", Keep.TOOLS)
        case FileChange():
            return _Passage(f"File {event.change}: {event.path}", Keep.WORDS)
        case AttemptFailed():
            return _Passage(f"({event.agent} stopped: {event.failure.message})", Keep.WORDS)
        case Failed(failure=failure):
            return _Passage(f"(stopped: {failure.message})", Keep.WORDS)
        case Cancelled(reason=reason):
            return _Passage(f"(cancelled: {reason})", Keep.WORDS)
        case _:
            return None


def _cut(text: str, length_max: int = TOOL_OUTPUT_LENGTH) -> str:
    """Keep both ends; a little over ``length_max`` is left whole, for the note would be as long."""
    if len(text) <= length_max + _NOTE_LENGTH:
        return text
    half = length_max // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters left out by Minga …]\n{text[-half:]}"


def _fit(passages: Sequence[_Passage], length_max: int) -> str:
    """Shorten what matters least, oldest first, until the rest fits; say how much was left out."""
    texts = [passage.text for passage in passages]
    over = sum(len(text) + 2 for text in texts) + _NOTE_LENGTH - length_max
    steps: tuple[tuple[Keep, Callable[[str], str]], ...] = (
        (Keep.TOOLS, lambda _: ""),
        (Keep.WORDS, lambda text: _cut(text, WORDS_LENGTH_MIN)),
        (Keep.WORDS, lambda _: ""),
    )
    for keep, shorten in steps:
        for place, passage in enumerate(passages):
            if over > 0 and passage.keep is keep:
                shorter = shorten(texts[place])
                over -= len(texts[place]) - len(shorter)
                texts[place] = shorter
    kept = [text for text in texts if text]
    if left_out := len(texts) - len(kept):
        kept.insert(0, f"[{left_out} older tool calls, results and remarks are left out for length]")
    return "\n\n".join(kept)
