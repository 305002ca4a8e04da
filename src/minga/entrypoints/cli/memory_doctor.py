"""`minga memory doctor`: whether what is derived from the sessions is whole, and what to do where it is not."""

from collections.abc import Iterator

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import StoreFull, StoreUnwritable, UnreadableModel, UnreadableReader
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import Words
from minga.memory.checkup import Checkup

Unwritable = StoreFull | StoreUnwritable | None

HELP = """Look whether the memory is whole; each line is ok (✓), to be known (·), or says what to do (✗).

It changes nothing, but that a file that is missing is begun. The sessions and notes are the only truth: what is wrong
here, `minga memory rebuild` mends. It ends with 1 where something is wrong.
"""


@click.command("doctor", cls=Verb, help=HELP)
@option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_obj
def doctor(desk: Desk, /, as_json: bool) -> int:
    async def work(minga: Minga) -> tuple[Checkup, Unwritable]:
        found = await minga.memory.checkup()
        return found, minga.database.unwritable or await minga.memory.unwritable()

    found, unwritable = desk.run(work)
    is_sound = found.is_sound and unwritable is None
    if as_json:
        fields = {"unwritable": unwritable.message if unwritable else "", **msgspec.to_builtins(found)}
        print(msgspec.json.encode({"is_sound": is_sound, **fields}).decode())
    else:
        print("\n".join(told(desk.say, found, unwritable)))
    return 0 if is_sound else 1


def told(say: Words, found: Checkup, unwritable: Unwritable = None) -> Iterator[str]:
    if unwritable:
        reason, remedy = say.error(unwritable)
        yield f"✗ {reason}\n  → {remedy}"
    mend = say("make it anew: minga memory rebuild")
    if not found.is_whole:
        yield f"✗ {say('The file is damaged')}: {mend}"
        return
    yield f"✓ {say('The file opens and is whole')}"
    if found.is_begun:
        yield f"· {say('Nothing is taken in yet; the next question makes the memory anew')}"
    else:
        yield from _derived(say, found, mend)
    yield from _meaning(say, found)


def _derived(say: Words, found: Checkup, mend: str) -> Iterator[str]:
    if found.worded == found.passages and not found.astray:
        right = say.counted(
            found.passages, "1 passage, in the index of words", "{count} passages, all of them in the index of words"
        )
        yield f"✓ {right}"
    else:
        wrong = say.counted(
            found.passages,
            "1 passage, {worded} in the index of words",
            "{count} passages, {worded} in the index of words",
            worded=found.worded,
        )
        astray = say.counted(found.astray, "1 vector without a passage", "{count} vectors without a passage")
        yield f"✗ {wrong}, {astray}: {mend}"
    compared = say.counted(
        found.sampled,
        "1 passage read from the sessions again, {same} the same",
        "{count} passages read from the sessions again, {same} the same",
        same=found.verified,
    )
    yield f"✓ {compared}" if found.verified == found.sampled else f"✗ {compared}: {mend}"
    if found.through < found.newest:
        yield f"· {say('Sessions are not all taken in yet; the next question does it')}"
    else:
        yield f"✓ {say('All sessions are taken in')}"


def _meaning(say: Words, found: Checkup) -> Iterator[str]:
    if not found.encoder:
        yield f"· {say('No model for meaning, only words are compared')}: pip install 'minga[memory]'"
    elif found.unread:
        reason, remedy = say.error(UnreadableModel(detail=found.unread))
        yield f"✗ {reason}\n  → {remedy}"
    elif found.misfit:
        wrong = say.counted(
            found.misfit,
            "1 passage with a vector of a wrong length",
            "{count} passages with a vector of a wrong length",
        )
        yield f"✗ {wrong}: {say('make it anew: minga memory rebuild')}"
    elif found.waiting:
        waiting = say.counted(found.waiting, "1 passage has no vector yet", "{count} passages have no vector yet")
        yield f"· {waiting}: minga memory rebuild --vectors"
    elif not found.is_begun:
        yield f"✓ {say('Every passage has a vector of {encoder}', encoder=found.encoder)}"
    if found.unreadable:
        reason, remedy = say.error(UnreadableReader(detail=found.unreadable))
        yield f"✗ {reason}\n  → {remedy}"
