"""`minga memory digest`: sessions are read by a model, and what their words bear out is kept."""

import importlib
import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.digests import Digest, Fault
from minga.domain.errors import NoMemoryModel, NotTheOwner
from minga.domain.ids import SessionId
from minga.entrypoints.cli.memory_items import places
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.entrypoints.cli.words import Words

HELP = """Have sessions read by a model: a line and a paragraph of each, and facts that their own words bear out.

The model is that of the setting memory_model; each day it may cost what memory_budget_usd says. It is told what was
said in your own sessions, without secrets. What it answers counts only where it quotes a message word by word.

\b
  MINGA_MEMORY_MODEL=gpt-5-mini minga memory digest
  minga memory digest --session 0198c0de
"""

FAULTS = {
    Fault.NO_JSON: "not the JSON that was asked for",
    Fault.TOO_LONG: "too long",
    Fault.LANGUAGE: "in another language than the session",
    Fault.INVENTED: "figures that the session does not have",
    Fault.INSTRUCTS: "tries to instruct",
}
"""Why an answer is refused."""


@click.command("digest", cls=Verb, help=HELP)
@option("--session", metavar="ID", help="Only this session, also while it goes on, and what was refused before.")
@option("--all", "everywhere", is_flag=True, help="In all your projects, not only in this directory's.")
@option("--limit", type=click.IntRange(1), metavar="N", help="So many sessions at most, the newest first.")
@option("--json", "as_json", is_flag=True, help="One JSON object a digest.")
@click.pass_obj
def digest(desk: Desk, /, as_json: bool, **given: Any) -> int:
    return desk.run(lambda minga: _digest(desk, minga, given, as_json=as_json))


async def _digest(desk: Desk, minga: Minga, given: dict[str, Any], *, as_json: bool) -> int:
    wiring = importlib.import_module("minga.gateway_wiring")  # brings the HTTP client with it
    digesting = wiring.digesting(minga)
    named = await minga.history.resolve(given["session"]) if given["session"] else None
    if not desk.settings.text("memory_model"):
        raise NoMemoryModel
    if named and not digesting.digests.is_own(named):
        raise NotTheOwner(session=named)
    due = [named] if named else await digesting.due(await places(everywhere=given["everywhere"]))
    wired = await wiring.gateway(minga)
    costs: list[int | None] = []
    try:
        calls = wiring.memory_calls(minga, wired)
        for session_id in due[: given["limit"]]:
            async for one in digesting.make(calls.ask, calls.model, session_id, again=bool(given["session"])):
                costs.append(one.cost_micro_usd)
                _tell(desk, session_id, one.digest, one.cost_micro_usd, as_json=as_json)
    finally:
        await wired.close()
    print(told(desk.say, costs), file=sys.stderr)
    return 0


def told(say: Words, costs: Sequence[int | None]) -> str:
    """How many digests were made for how much, each in micro-USD; None where no price is known."""
    known = [one for one in costs if one is not None]
    cost = sum(known) / 1e6
    text = say.counted(len(costs), "1 digest for ${cost:.4f}.", "{count} digests for ${cost:.4f}.", cost=cost)
    unknown = len(costs) - len(known)
    return f"{text} {say('Of {count} the price is not known.', count=unknown)}" if unknown else text


def _tell(desk: Desk, session_id: SessionId, one: Digest, cost: int | None, *, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode({"digest": one, "cost_micro_usd": cost}).decode(), flush=True)
        return
    print(f"{session_id[:13]}  {visible(one.headline)}" if not one.fault else f"{session_id[:13]}", flush=True)
    if one.fault:
        told = desk.say("refused: {why}", why=desk.say(FAULTS[one.fault]))
    else:
        told = desk.say.counted(
            len(one.claims),
            "1 statement, {dropped} dropped",
            "{count} statements, {dropped} dropped",
            dropped=one.dropped,
        )
    print(f"    {told}", flush=True)
