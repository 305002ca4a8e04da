"""`minga memory habits`: what you do again and again here, how it ends, and what it was seen in."""

import sys
from datetime import UTC, datetime

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.memory import Habit
from minga.entrypoints.cli.memory_items import places
from minga.entrypoints.cli.memory_progress import memory_progress
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.habits.wording import sentence, wording

HELP = """Show what you do again and again: commands, what mended which error, which CLI for which kind of task.

It is learned from what was done in sessions and how that ended, in the last half year, and fades where it is not done
any more or fails. The strongest come first, each with how often it was seen and failed, and its newest evidence.

\b
  minga memory habits
  minga memory habits --everywhere --limit 50
"""


@click.command("habits", cls=Verb, help=HELP)
@option("--limit", "-n", type=click.IntRange(1, 1000), metavar="N", default=20, help="How many; 20 if left out.")
@option("--everywhere", is_flag=True, help="In all your projects, not only in this directory's.")
@option("--json", "as_json", is_flag=True, help="One habit a line as JSON.")
@click.pass_obj
def habits(desk: Desk, /, limit: int, everywhere: bool, as_json: bool) -> int:
    async def work(minga: Minga) -> list[Habit]:
        await minga.memory.catch_up(memory_progress(desk.say))
        return await minga.memory.habits(await places(everywhere=everywhere), datetime.now(UTC))

    found = sorted(desk.run(work), key=lambda one: (-one.confidence, -one.times, one.id))[:limit]
    for one in found:
        print(msgspec.json.encode(one).decode() if as_json else _row(desk, one))
    if not found:
        print(desk.say("No habit was seen yet."), file=sys.stderr)
    return 0 if found else 1


def _row(desk: Desk, one: Habit) -> str:
    text = sentence(one, wording(desk.say.language))
    counts = desk.say("seen {times} times, failed {failed}", times=one.times, failed=one.failed)
    seen = f"{one.last_seen.astimezone():%Y-%m-%d}"
    return f"{one.id}  {visible(text)}\n    {one.confidence:.0%} · {counts} · {seen} · {', '.join(one.evidence[:3])}"
