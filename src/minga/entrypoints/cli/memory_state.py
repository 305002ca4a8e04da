"""`minga memory stats` and `rebuild`: how much there is, and all of it anew."""

import sys

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.memory import Counts
from minga.entrypoints.cli.memory_items import tell_behind
from minga.entrypoints.cli.memory_progress import memory_progress
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk


@click.command("stats", cls=Verb, help="How much is remembered, and how much disk it takes.")
@option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def stats(desk: Desk, /, as_json: bool) -> None:
    async def work(minga: Minga) -> Counts:
        tell_behind(desk, await minga.memory.caught_up(memory_progress(desk.say)))
        return await minga.memory.counts()

    found = desk.run(work)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    say = desk.say
    rows = (
        (say("Sessions"), found.sessions),
        (say("Messages"), found.messages),
        (say("Passages"), found.passages),
        (say("… said before in the same words"), found.again),
        (say("… with a vector"), found.vectors),
        (say("Notes"), found.notes),
        (say("Entities"), found.entities),
        (say("Statements"), found.statements),
        (say("Digests by a model"), found.digests),
        (say("… statements in them"), found.claims),
        (say("… statements dropped"), found.dropped),
        (say("… answers refused"), found.refused),
        (say("Kilobytes on disk"), found.bytes // 1000),
    )
    width = max(len(name) for name, _ in rows)
    for name, number in rows:
        print(f"{name:<{width}}  {number}")


@click.command("rebuild", cls=Verb, help="Make all that is derived anew from the sessions; nothing of yours is lost.")
@option("--vectors", "only_vectors", is_flag=True, help="Only the vectors that are missing.")
@click.pass_obj
def rebuild(desk: Desk, /, only_vectors: bool) -> int:
    async def work(minga: Minga) -> bool:
        progress = memory_progress(desk.say)
        if only_vectors:
            await minga.memory.catch_up(progress)
            await minga.memory.embed(progress)
            return await minga.memory.has_encoder()
        await minga.memory.rebuild(progress)
        return True

    if desk.run(work):
        return 0
    if desk.settings.text("memory") == "words":
        print(desk.say("No vectors are made: the setting memory (MINGA_MEMORY) is words."), file=sys.stderr)
    else:
        print(
            desk.say("No vectors are made: there is no model for meaning (pip install 'minga[memory]')."),
            file=sys.stderr,
        )
    return 1
