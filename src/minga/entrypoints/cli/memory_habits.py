"""`minga memory habits`: what you do again and again here, how it ends, what it was seen in, and what you say of it."""

import sys
from datetime import UTC, datetime

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import AmbiguousItem, BadInput, UnknownItem
from minga.domain.habits import Habit
from minga.domain.memory import Note, NoteKind, checked_rule
from minga.entrypoints.cli.memory_items import places, tell_behind
from minga.entrypoints.cli.memory_progress import memory_progress
from minga.entrypoints.cli.pages import Verb, Verbs, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.habits.telling import is_shown, line

HELP = """Show what you do again and again, and accept what agents are to be told of.

Commands; what mended which error; which CLI did which kind of task; what you correct in the work of agents. Learned
from what was done in sessions in the last half year and how that ended. It fades where it is not done any more, and
faster where it fails or you say the opposite. Each with how often it was seen and failed, from when to when, and its
newest evidence; the accepted and the strongest come first.

\b
  minga memory habits
  minga memory habits --everywhere --limit 50
  minga memory habits accept ITEM
  minga memory habits edit ITEM "Corre make check antes de cada commit."
"""

STATES = {"learned": "seen", "accepted": "accepted", "rejected": "turned down"}


@click.group(cls=Verbs, name="habits", help=HELP, invoke_without_command=True)
@option("--limit", "-n", type=click.IntRange(1, 1000), metavar="N", default=20, help="How many; 20 if left out.")
@option("--all", "with_weak", is_flag=True, help="Also what was rarely seen, and what you turned down.")
@option("--everywhere", is_flag=True, help="In all your projects, not only in this directory's.")
@option("--json", "as_json", is_flag=True, help="One habit a line as JSON.")
@click.pass_context
def habits(ctx: click.Context, /, limit: int, with_weak: bool, everywhere: bool, as_json: bool) -> int:
    if ctx.invoked_subcommand is not None:
        return 0
    desk: Desk = ctx.obj
    found = desk.run(lambda minga: _habits(desk, minga, everywhere=everywhere))
    shown = [one for one in found if with_weak or is_shown(one)]
    shown.sort(key=lambda one: (one.state != "accepted", -one.confidence, -one.times, one.id))
    for one in shown[:limit]:
        print(msgspec.json.encode(one).decode() if as_json else _row(desk, one, with_project=everywhere))
    if not shown:
        rare = desk.say("No habit was seen often enough; --all shows {count} that were seen.", count=len(found))
        print(rare if found else desk.say("No habit was seen yet."), file=sys.stderr)
    return 0 if shown else 1


@habits.command("accept", cls=Verb, help="Accept a habit: every run of its project is told so from now on.")
@click.argument("item")
@click.pass_obj
def accept(desk: Desk, /, item: str) -> None:
    habit = desk.run(lambda minga: _decide(desk, minga, item, NoteKind.ACCEPTANCE))
    print(desk.say("Every run is told so from now on.") + f" {visible(line(habit, desk.say.language))}")


@habits.command("reject", cls=Verb, help="Reject a habit: no run is told so, and it does not come back.")
@click.argument("item")
@click.pass_obj
def reject(desk: Desk, /, item: str) -> None:
    habit = desk.run(lambda minga: _decide(desk, minga, item, NoteKind.REJECTION))
    print(desk.say("No run is told so.") + f" {visible(line(habit, desk.say.language))}")


@habits.command("edit", cls=Verb, help="Say a habit in your words, and accept it so.")
@click.argument("item")
@click.argument("text", nargs=-1)
@click.pass_obj
def edit(desk: Desk, /, item: str, text: tuple[str, ...]) -> None:
    said = " ".join(text).strip()
    if not said:
        raise BadInput(detail=desk.say("say what is to be remembered"))
    desk.run(lambda minga: _decide(desk, minga, item, NoteKind.CORRECTION, checked_rule(said)))
    print(desk.say("Every run is told so from now on.") + f" {visible(said)}")


@habits.command("forget", cls=Verb, help="Forget what was seen of a habit so far, and what you said of it.")
@click.argument("item")
@click.pass_obj
def forget(desk: Desk, /, item: str) -> None:
    habit = desk.run(lambda minga: _decide(desk, minga, item, NoteKind.FORGETTING))
    print(desk.say("It is learned anew from what is seen from now on.") + f" {visible(line(habit, desk.say.language))}")
    erasing = " ".join(("minga memory forget", *habit.evidence[:3]))
    print(desk.say("What was said and done stays; this erases it: {command}", command=erasing))


async def _habits(desk: Desk, minga: Minga, *, everywhere: bool) -> list[Habit]:
    tell_behind(desk, await minga.memory.caught_up(memory_progress(desk.say)))
    return await minga.memory.habits(await places(everywhere=everywhere), datetime.now(UTC))


async def _decide(desk: Desk, minga: Minga, prefix: str, kind: NoteKind, text: str = "") -> Habit:
    """Note what a person says of a habit. Raises UnknownItem, AmbiguousItem."""
    known = await _habits(desk, minga, everywhere=True)
    found = [one for one in known if prefix and one.id.startswith(prefix.lower())]
    if not found:
        raise UnknownItem(item=prefix)
    if len(found) > 1:
        raise AmbiguousItem(item=prefix, candidates=", ".join(one.id for one in found[:5]))
    [habit] = found
    said = text or f"{kind}: {habit.text}"
    note = Note(kind, said, "project" if habit.project else "user", habit.id)
    await minga.notes.add(note, habit.project, "")
    return habit


def _row(desk: Desk, one: Habit, *, with_project: bool) -> str:
    say = desk.say
    text = visible(line(one, say.language))
    state = say(STATES[one.state]) + (f", {say('contradicted')}" if one.contradicted else "")
    seen = f"{one.first_seen.astimezone():%Y-%m-%d} – {one.last_seen.astimezone():%Y-%m-%d}"
    figures = f"{one.confidence:.0%} · {_rests_on(desk, one)} · {seen}"
    where = f" · {visible(one.project)}" if with_project and one.project else ""
    return f"{one.id}  {text}\n    {state} · {figures} · {', '.join(one.evidence[:3])}{where}"


def _rests_on(desk: Desk, one: Habit) -> str:
    """What was counted. A CLI is judged by the last command of each session; a remark cannot fail."""
    times, failed = one.times, one.failed
    match one.kind:
        case "preference":
            return desk.say("{times} sessions whose end was seen, {failed} ended badly", times=times, failed=failed)
        case "remark":
            return desk.say("said {times} times", times=times)
        case _:
            return desk.say("seen {times} times, failed {failed}", times=times, failed=failed)
