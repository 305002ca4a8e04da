"""`minga memory export` and `import`: the memory as a file, and notes and rules out of one."""

import sys
from pathlib import Path

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput
from minga.entrypoints.cli.memory_files import read, write
from minga.entrypoints.cli.memory_items import places, tell_behind
from minga.entrypoints.cli.memory_progress import memory_progress
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.memory.exchange import Content, to_jsonl, to_markdown
from minga.memory.incoming import BadLines, from_file
from minga.pipeline.taking_in import Taken, take_in

EXPORT = """Write notes, corrections, rules and facts with their sources into a file; - is standard output.

A name that ends with .md gives Markdown for a person, any other lines of JSON. It is plain text: keep it as you keep
your conversations.

\b
  minga memory export memory.jsonl --everywhere
  minga memory export memory.md --passages
"""

IMPORT = """Take in notes and rules from a file: one that export made, or a Markdown list; - is standard input.

Each point of a list becomes a note; below a heading "Rules" a rule, accepted with it, but for those that
try to instruct agents behind your back. What is known already adds
nothing, so that it can be done again. Corrections find what they are about, whatever it is called here. Facts and
passages are not taken in: they are drawn from sessions, which come with sync or a pack. A line that cannot be
read is named, and then nothing is taken in.

\b
  minga memory import memory.jsonl
  minga memory import team-notes.md
"""

FAULTS = {
    "no text": "it is no text in UTF-8",
    "no export": "it does not begin as an export of the memory does",
    "newer": "it was made by a newer Minga",
    "no line of it": "it is no note, rule, fact or passage as export writes them",
    "empty": "it says nothing",
    "stray": "it is neither a heading nor a point of a list",
    "long rule": "a rule may have 600 characters, since every run is told it",
}

FAULTS_SHOWN = 5


@click.command("export", cls=Verb, help=EXPORT)
@click.argument("file")
@option("--passages", is_flag=True, help="Also all that was said.")
@option("--everywhere", is_flag=True, help="Of all your projects, not only of this directory's.")
@option("--force", is_flag=True, help="Write over a file that is there.")
@click.pass_obj
def export(desk: Desk, /, file: str, passages: bool, everywhere: bool, force: bool) -> None:
    async def work(minga: Minga) -> Content:
        tell_behind(desk, await minga.memory.caught_up(memory_progress(desk.say)))
        return await minga.memory.content(await places(everywhere=everywhere), with_passages=passages)

    content = desk.run(work)
    write(file, to_markdown(content) if file.lower().endswith(".md") else to_jsonl(content), force=force)


@click.command("import", cls=Verb, help=IMPORT)
@click.argument("file")
@option("--here", is_flag=True, help="Into this directory's project, whatever project the file names.")
@option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def import_notes(desk: Desk, /, file: str, here: bool, as_json: bool) -> None:
    content = read(file)
    try:
        incoming = from_file(content)
    except BadLines as wrong:
        raise BadInput(detail=_faults(desk, file, wrong)) from wrong

    async def work(minga: Minga) -> Taken:
        taken = await take_in(minga.memory, minga.notes, incoming, Path.cwd(), here=here)
        tell_behind(desk, await minga.memory.caught_up(memory_progress(desk.say)))  # else the next run waits for it
        return taken

    taken = desk.run(work)
    if as_json:
        print(msgspec.json.encode(taken).decode())
    else:
        _tell(desk, taken)


def _tell(desk: Desk, taken: Taken) -> None:
    print(desk.say("Taken in: {added}; known already: {known}.", added=taken.added, known=taken.known))
    if taken.waiting:
        told = desk.say.counted(
            taken.waiting,
            "1 correction is about what is not known here yet; it counts when it is.",
            "{count} corrections are about what is not known here yet; they count when it is.",
        )
        print(told, file=sys.stderr)
    if taken.proposed:
        told = desk.say.counted(
            taken.proposed,
            "1 proposed rule was not taken in: nobody has accepted it.",
            "{count} proposed rules were not taken in: nobody has accepted them.",
        )
        print(told, file=sys.stderr)
    if taken.suspicious:
        told = desk.say.counted(
            taken.suspicious,
            "1 rule was not taken in: it reads as if to instruct an agent behind your back. If you do mean it,"
            " `minga memory rules add` takes it.",
            "{count} rules were not taken in: they read as if to instruct an agent behind your back. What you do mean,"
            " `minga memory rules add` takes.",
        )
        print(told, file=sys.stderr)


def _faults(desk: Desk, file: str, wrong: BadLines) -> str:
    say = desk.say
    told = [say("line {number}: {fault}", number=number, fault=say(FAULTS[fault])) for number, fault in wrong.lines]
    more = [say("… and {count} more", count=len(told) - FAULTS_SHOWN)] if len(told) > FAULTS_SHOWN else []
    return f"{file}: " + "; ".join([*told[:FAULTS_SHOWN], *more])
