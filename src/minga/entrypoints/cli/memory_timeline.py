"""`minga memory timeline`: what was said, day by day."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby

import click

from minga.bootstrap import Minga
from minga.domain.memory import Passage
from minga.entrypoints.cli.memory_items import in_json, places, tell_behind, warned
from minga.entrypoints.cli.memory_progress import memory_progress
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.spans import EARLIEST, LATEST, span
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.briefs.shorten import shorten

HELP = """Show what was said, day by day, each passage in one line.

With words: only passages that hold all of them. Where there are more than --limit, the last ones are shown.

\b
  minga memory timeline --since 7d
  minga memory timeline IVA guía --since 2026-03-01 --until 2026-03-31
"""


@click.command("timeline", cls=Verb, help=HELP)
@click.argument("words", nargs=-1)
@option("--since", metavar="WHEN", help="Said from this date (your time) on: 2026-11-24, or so long ago: 7d, 12h, 2w.")
@option("--until", metavar="WHEN", help="Said up to the end of this date (your time), or up to so long ago.")
@option("--limit", "-n", type=click.IntRange(1, 1000), metavar="N", default=50, help="How many; 50 if left out.")
@option("--everywhere", is_flag=True, help="In all your projects, not only in this directory's.")
@option("--json", "as_json", is_flag=True, help="One passage a line as JSON.")
@click.pass_obj
def timeline(
    desk: Desk,
    /,
    words: tuple[str, ...],
    since: str | None,
    until: str | None,
    limit: int,
    everywhere: bool,
    as_json: bool,
) -> int:
    first, last = span(desk.say, since, until, datetime.now(UTC))

    async def work(minga: Minga) -> tuple[list[Passage], bool]:
        tell_behind(desk, await minga.memory.caught_up(memory_progress(desk.say)))
        return await minga.memory.timeline(
            " ".join(words), await places(everywhere=everywhere), first or EARLIEST, last or LATEST, limit
        )

    found, has_earlier = desk.run(work)
    if as_json:
        for one in found:
            print(in_json(one))
    else:
        print("\n".join(_days(desk, found)), end="\n" if found else "")
    if not found:
        print(desk.say("Nothing known about that."), file=sys.stderr)
    if has_earlier:
        print(desk.say("There is more before that: --until, or a higher --limit, shows it."), file=sys.stderr)
    return 0 if found else 1


def _days(desk: Desk, found: Sequence[Passage]) -> list[str]:
    lines: list[str] = []
    for day, said in groupby(found, key=_day):
        lines += [day, *(_row(desk, one) for one in said)]
    return lines


def _day(one: Passage) -> str:
    return f"{(one.source.at or EARLIEST).astimezone():%Y-%m-%d}"


def _row(desk: Desk, one: Passage) -> str:
    at = f"{(one.source.at or EARLIEST).astimezone():%H:%M}"
    who = desk.say("note") if one.kind == "note" else one.source.role
    said = visible(" ".join(shorten(one.text, "headline").split()))
    return " ".join((f"  {at}  {one.id}  {who}:", *warned(desk, one), said))
