"""`minga memory graph`: the network of what is known, as a page, as DOT, or as a list of what is most central."""

import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput
from minga.domain.memory import EntityKind, Passage
from minga.entrypoints.cli.memory_files import write
from minga.entrypoints.cli.memory_items import places, tell_behind
from minga.entrypoints.cli.memory_progress import memory_progress
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.spans import known_until
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.memory.graph.dot import dot
from minga.memory.graph.network import Network, Node
from minga.memory.graph.page import page
from minga.memory.graph.page_texts import page_texts
from minga.memory.picture import Picture

HELP = """Show the network of what is known: people, companies, files, decisions, and what joins them.

Without an option it lists what is most central, and of each kind. --output writes one page that can be searched and
moved in any browser; nothing of it comes from elsewhere, or goes anywhere.

\b
  minga memory graph
  minga memory graph --output memory.html
  minga memory graph --around "Aceros del Sur" --dot
"""

LISTED = 30
LISTED_OF_A_KIND = 10


@click.command("graph", cls=Verb, help=HELP)
@option("--output", "-o", metavar="FILE", help="Write the page to this file; with --dot, that.")
@option("--dot", "as_dot", is_flag=True, help="As Graphviz DOT.")
@option("--around", metavar="NAME", help="Only what is near the things of this name.")
@option("--as-of", metavar="WHEN", help="As it was known at the end of this date (your time), or so long ago: 7d, 2w.")
@option("--force", is_flag=True, help="Write over a file that is there.")
@option("--everywhere", is_flag=True, help="In all your projects, not only in this directory's.")
@option("--json", "as_json", is_flag=True, help="One thing a line as JSON, the most central one first.")
@click.pass_obj
def graph(
    desk: Desk,
    /,
    output: str | None,
    as_dot: bool,
    around: str | None,
    as_of: str | None,
    force: bool,
    everywhere: bool,
    as_json: bool,
) -> int:
    if as_json and (output or as_dot):
        raise BadInput(detail=desk.say("--json excludes --output and --dot"))
    until = known_until(desk.say, "--as-of", as_of, datetime.now(UTC))

    async def work(minga: Minga) -> Picture:
        tell_behind(desk, await minga.memory.caught_up(memory_progress(desk.say)))
        return await minga.memory.picture(await places(everywhere=everywhere), until)

    picture = desk.run(work)
    shown = picture.network if around is None else picture.around(around)
    if shown is None or not shown.nodes:
        print(desk.say("Nothing known about that."), file=sys.stderr)
        return 1
    if as_dot:
        write(output or "-", dot(shown), force=force)
    elif output:
        sources = {id_: _told(desk, one) for id_, one in picture.passages.items()}
        write(output, page(shown, page_texts(desk.say.language), sources), force=force)
    else:
        _list(desk, shown, as_json=as_json)
    return 0


def _list(desk: Desk, network: Network, *, as_json: bool) -> None:
    order = [network.nodes[one] for one in network.central()]
    shown = order if as_json else _foremost(order)
    for node in shown:
        print(msgspec.json.encode(node).decode() if as_json else _row(desk, network, node))
    if len(order) > len(shown):
        print(desk.say("… and {count} more", count=len(order) - len(shown)))


def _foremost(order: Sequence[Node]) -> list[Node]:
    """The first ones of all, and of each kind: files would hide the few persons of a project."""
    places: dict[EntityKind, list[int]] = defaultdict(list)
    for place, node in enumerate(order):
        places[node.thing.kind].append(place)
    kept = set(range(LISTED)).union(*(each[:LISTED_OF_A_KIND] for each in places.values()))
    return [node for place, node in enumerate(order) if place in kept]


def _row(desk: Desk, network: Network, node: Node) -> str:
    near = len(network.neighbours(node.id, 1)) - 1
    counted = desk.say.counted
    passages = counted(len(node.passages), "1 passage", "{count} passages")
    facts = counted(len(node.facts), "1 fact", "{count} facts")
    counts = f"{passages}, {facts}, {desk.say('{near} beside it', near=near)}"
    return visible(f"{desk.say(node.thing.kind.value)} {node.thing.name}  ({counts})")


def _told(desk: Desk, one: Passage) -> str:
    day = f"{one.source.at.astimezone():%Y-%m-%d}" if one.source.at else desk.say("no date")
    who = desk.say("note") if one.kind == "note" else one.source.agent
    return " · ".join(filter(None, (day, who, one.id)))
