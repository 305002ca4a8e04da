"""`minga memory why`: the chain of evidence from an item to the messages of sessions, each compared with them again."""

from dataclasses import dataclass
from datetime import UTC, datetime

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.digests import Episode
from minga.domain.errors import UnknownSession
from minga.domain.habits import Habit
from minga.domain.ids import SessionId
from minga.domain.memory import Fact, NoteKind, Passage, Rule
from minga.entrypoints.cli.memory_facts import row
from minga.entrypoints.cli.memory_items import head, tell_behind
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.evidence import Cited, Item, Why, id_of
from minga.memory.extraction.poison import tries_to_instruct
from minga.memory.habits.telling import line
from minga.pipeline.items import find_item

HELP = """Show where an item is known from: the words that say it, their message, session, CLI and day.

Each text is read again from its session and compared: "verified" where it still says the same, "changed since" or
"gone" where not. Takes passages and notes (t…, n…), facts (f…), rules (r…),
habits (h…) and sessions in short (d…). It ends with 1 unless all are verified.

\b
  minga memory why f3ab07
  minga memory why t5ab3c --json
"""

QUOTE_LENGTH = 400

STANDINGS = {"verified": "verified", "changed since": "changed since", "gone": "gone"}

ABOUT = {
    NoteKind.CORRECTION: "It corrects {item}.",
    NoteKind.ACCEPTANCE: "It accepts {item}.",
    NoteKind.REJECTION: "It rejects {item}.",
    NoteKind.FORGETTING: "It forgets what was seen of {item} until then.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """``titles`` of the sessions; a note has none."""

    item: Item
    why: Why
    titles: dict[SessionId, str]


@click.command("why", cls=Verb, help=HELP)
@click.argument("item")
@option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def why(desk: Desk, /, item: str, as_json: bool) -> int:
    async def work(minga: Minga) -> Told:
        tell_behind(desk, await minga.memory.caught_up())
        found = await find_item(minga.memory, item, datetime.now(UTC))
        reasons = await minga.memory.why(found)
        return Told(found, reasons, await _titles(minga, reasons))

    told = desk.run(work)
    print(_as_json(told) if as_json else "\n".join(_lines(desk, told)))
    cited = told.why.cited
    return 0 if cited and all(one.standing == "verified" for one in cited) else 1


async def _titles(minga: Minga, reasons: Why) -> dict[SessionId, str]:
    titles: dict[SessionId, str] = {}
    for one in reasons.cited:
        passage = one.span.passage
        if passage.kind == "note":
            continue
        try:
            titles[passage.source.session_id] = (await minga.history.summary(passage.source.session_id)).title
        except UnknownSession:
            titles[passage.source.session_id] = ""
    return titles


def _lines(desk: Desk, told: Told) -> list[str]:
    lines = [first_line(desk, told.item)]
    note, newer = told.why.note, told.why.superseded_by
    if note and (text := ABOUT.get(note.kind)):
        lines.append("    " + desk.say(text, item=note.about))
    if newer:
        lines.append("    " + desk.say("Superseded by {item}.", item=newer))
    return lines + [line for one in told.why.cited for line in _cited(desk, told, one)]


def first_line(desk: Desk, item: Item) -> str:
    """Which item, and what it says."""
    match item:
        case Fact():
            return row(desk, item)
        case Rule():
            return f"{item.id}  {visible(item.text)}"
        case Habit():
            return f"{item.id}  {visible(line(item, desk.say.language))}"
        case Episode():
            return f"{id_of(item)}  {visible(item.headline)}"
        case Passage():
            return f"{item.id}  {desk.say('note') if item.kind == 'note' else desk.say('passage')}"


def _cited(desk: Desk, told: Told, one: Cited) -> list[str]:
    passage = one.span.passage
    title = told.titles.get(passage.source.session_id, "")
    said = " ".join((one.span.quote or passage.done).split())
    shown = said if len(said) <= QUOTE_LENGTH else said[: QUOTE_LENGTH - 1] + "…"
    named = f"    {desk.say('session')}: {visible(title)}" if title else ""
    lines = [f"  ← {head(desk, passage)}  {desk.say(STANDINGS[one.standing])}", f"    “{visible(shown)}”", named]
    return [line for line in lines if line]


def _as_json(told: Told) -> str:
    note = told.why.note
    body = {
        "item": told.item,
        "about": note.about if note else "",
        "superseded_by": told.why.superseded_by,
        "evidence": [_evidence(told, one) for one in told.why.cited],
    }
    return msgspec.json.encode(body).decode()


def _evidence(told: Told, one: Cited) -> dict[str, object]:
    source = one.span.passage.source
    return {
        "item": one.span.passage.id,
        "session_id": source.session_id,
        "title": told.titles.get(source.session_id, ""),
        "message_id": source.message_id,
        "agent": source.agent,
        "role": source.role,
        "at": source.at,
        "start": one.span.start,
        "end": one.span.end,
        "in_done": one.span.in_done,
        "quote": one.span.quote,
        "standing": one.standing,
        "instructs": tries_to_instruct(one.span.passage),
    }
