"""`minga sessions search`: what was said and done, whichever CLI it was in."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.ids import AgentName
from minga.domain.sessions import Findings, Found, Wanted
from minga.entrypoints.cli.noticing import Notice
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.spans import micro_usd, span
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"

REASONS = {
    "new": "Making the search index",
    "damaged": "The search index was damaged; making it again",
    "behind": "Bringing the search index up to date",
}
"""What is said of `Progress.reason`."""

NOTED_FROM = 2000
"""Messages to take in from which on it is shown how far that is."""


@click.command(
    "search", cls=Verb, help="Find messages that hold all words, in every CLI; case and accents do not count."
)
@click.argument("words", nargs=-1)
@option("--agent", "-a", metavar="NAME", help="Only what was said in this CLI.")
@option("--project", metavar="DIR|REMOTE", help="Only sessions of this directory, or of this git remote.")
@option("--file", metavar="FILE", help="Only sessions that changed this file; its last names are enough.")
@option("--since", metavar="WHEN", help="From this date (UTC) on, such as 2026-11-24, or so long ago: 7d, 12h, 2w.")
@option("--until", metavar="WHEN", help="Up to the end of this date (UTC), or up to so long ago.")
@option("--min-cost-usd", type=click.FloatRange(0), metavar="USD", help="Only sessions that cost so much or more.")
@option("--max-cost-usd", type=click.FloatRange(0), metavar="USD", help="Only sessions that cost so much or less.")
@option("--limit", "-n", type=click.IntRange(1), metavar="N", default=20, help="How many; 20 if left out.")
@option("--json", "as_json", is_flag=True, help="One message a line as JSON.")
@click.pass_obj
def search(desk: Desk, /, words: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Without words, what was asked in the sessions that fit."""
    wanted = _wanted(desk, words, given)

    async def work(minga: Minga) -> Findings:
        findings = await minga.search.find(wanted, Notice(desk.say, REASONS, NOTED_FROM))
        if wanted.agent is not None and not findings.found and not await minga.search.has_agent(wanted.agent):
            minga.roster.registry.check(wanted.agent)
        return findings

    findings = desk.run(work)
    for one in findings.found:
        print(_as_json(one) if as_json else _row(desk, one, marked=sys.stdout.isatty()))
    if not findings.found:
        print(desk.say("Nothing found."), file=sys.stderr)
    elif findings.ranked is not None:
        text = desk.say(
            "More than {count} messages fit: shown are the best of the newest {count}. Say more words, or --until.",
            count=findings.ranked,
        )
        print(text, file=sys.stderr)
    return 0 if findings.found else 1


def _wanted(desk: Desk, words: tuple[str, ...], given: dict[str, Any]) -> Wanted:
    """Raises BadInput, click.UsageError."""
    if not words and all(value is None for name, value in given.items() if name != "limit"):
        raise click.UsageError(desk.say("Say what to find: words, or an option such as --file."))
    since, until = span(desk.say, given["since"], given["until"], datetime.now(UTC), UTC)
    typed = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
    return Wanted(
        words=typed if len(words) > 1 else " ".join(words),
        agent=AgentName(given["agent"]) if given["agent"] else None,
        project=_project(given["project"] or ""),
        file=_file(given["file"] or ""),
        since=since,
        until=until,
        cost_micro_usd_min=micro_usd(desk.say, "--min-cost-usd", given["min_cost_usd"]),
        cost_micro_usd_max=micro_usd(desk.say, "--max-cost-usd", given["max_cost_usd"]),
        limit=given["limit"],
    )


def _project(text: str) -> str:
    """A directory that is there, or is written as one, is made absolute; anything else is a remote."""
    is_directory = text.startswith((".", "/", "~")) or Path(text).is_dir()
    return str(Path(text).expanduser().resolve()) if text and is_directory else text


def _file(text: str) -> str:
    return str(Path(text).expanduser().resolve()) if text.startswith((".", "~")) else text


def _row(desk: Desk, one: Found, *, marked: bool) -> str:
    agent = one.agent or "–"
    excerpt = _marked(one) if marked else visible(one.excerpt)
    return f"{one.session_id}  {one.at:%Y-%m-%d %H:%M}  {agent:<9} {desk.say(one.role):<9} {excerpt}"


def _marked(one: Found) -> str:
    """The found words in bold."""
    pieces: list[str] = []
    last = 0
    for begin, end in one.marks:
        if begin >= last:
            pieces += [visible(one.excerpt[last:begin]), BOLD, visible(one.excerpt[begin:end]), PLAIN]
            last = end
    return "".join([*pieces, visible(one.excerpt[last:])])


def _as_json(one: Found) -> str:
    fields = {
        "session_id": one.session_id,
        "message_id": one.message_id,
        "at": one.at,
        "agent": one.agent,
        "role": one.role,
        "excerpt": one.excerpt,
        "marks": one.marks,
    }
    return msgspec.json.encode(fields).decode()
