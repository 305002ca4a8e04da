"""`minga memory facts`: what is known of things, since when it is true, and since when it was known."""

import sys
from datetime import UTC, datetime, timedelta

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput
from minga.domain.memory import Fact
from minga.entrypoints.cli.memory_items import FACT_ID, places, tell_behind
from minga.entrypoints.cli.memory_things import claim
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.spans import known_until, last_instant
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.about import about
from minga.memory.graph.facts import as_of as held

HELP = """What is known of things, with both times: since when it is true, and since when that was known.

Facts are drawn from what was said, without a model. A newer value ends an older one, and a correction the belief in
it; both stay, and --all shows them.

\b
  minga memory facts
  minga memory facts staging port
  minga memory facts --as-of 2026-03-01 --known-by 2026-03-15
"""

SOURCES_SHOWN = 3


@click.command("facts", cls=Verb, help=HELP)
@click.argument("words", nargs=-1)
@option("--as-of", metavar="WHEN", help="What was true at the end of this date (your time), or so long ago: 7d, 2w.")
@option("--known-by", metavar="WHEN", help="As far as it was known then.")
@option("--all", "with_ended", is_flag=True, help="Also what has ended, and what was corrected.")
@option("--everywhere", is_flag=True, help="In all your projects, not only in this directory's.")
@option("--json", "as_json", is_flag=True, help="One fact a line as JSON.")
@click.pass_obj
def facts(
    desk: Desk,
    /,
    words: tuple[str, ...],
    as_of: str | None,
    known_by: str | None,
    with_ended: bool,
    everywhere: bool,
    as_json: bool,
) -> int:
    if with_ended and (as_of or known_by):
        raise BadInput(detail=desk.say("--all shows every time; leave out --as-of and --known-by"))
    now = datetime.now(UTC)
    valid_at = _moment(desk, as_of, now)
    known_at = known_until(desk.say, "--known-by", known_by, now) or now

    async def work(minga: Minga) -> list[Fact]:
        tell_behind(desk, await minga.memory.caught_up())
        known = await minga.memory.facts(await places(everywhere=everywhere))
        return about(known if with_ended else held(known, valid_at, known_at), " ".join(words))

    found = desk.run(work)
    for fact in found:
        print(msgspec.json.encode(fact).decode() if as_json else row(desk, fact))
    if not found:
        print(desk.say("Nothing known about that."), file=sys.stderr)
    return 0 if found else 1


def row(desk: Desk, fact: Fact) -> str:
    """Two lines: what it says, and its two times, its confidence and sources."""
    say = desk.say
    marks = [
        *([say("corrected")] if fact.recorded_to else []),
        *([say("disputed")] if fact.disputed else []),
    ]
    told = visible(" ".join(claim(say, fact).split())) + (f"  ({', '.join(marks)})" if marks else "")
    more = len(fact.sources) - SOURCES_SHOWN
    sources = ", ".join(fact.sources[:SOURCES_SHOWN]) + (f" +{more}" if more > 0 else "")
    true = say("true {span}", span=_span(fact.valid_from, fact.valid_to))
    known = say("known {span}", span=_span(fact.recorded_from, fact.recorded_to))
    return f"{fact.id[:FACT_ID]}  {told}\n    {true} · {known} · {fact.confidence:.0%} · {sources}"


def _span(first: datetime, last: datetime | None) -> str:
    ends = f"{last.astimezone() - timedelta(microseconds=1):%Y-%m-%d}" if last else "…"
    return f"{first.astimezone():%Y-%m-%d} – {ends}"


def _moment(desk: Desk, given: str | None, now: datetime) -> datetime:
    """The last moment of a date; now where none is given."""
    at = last_instant(desk.say, given, now)
    return now if at is None else at - timedelta(microseconds=1)
