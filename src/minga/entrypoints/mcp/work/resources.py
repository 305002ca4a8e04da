"""Resources, as Markdown."""

from minga.entrypoints.mcp.fields import shortened
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.protocol import Json
from minga.entrypoints.mcp.tools.answers import RulesOf
from minga.entrypoints.mcp.tools.sessions import Read
from minga.entrypoints.mcp.work import answers, sessions

SESSIONS = 50
"""Listed, the newest first."""

MESSAGES = 50
"""Of a session, the newest ones."""

MILLION = 1_000_000


async def listed(place: Place) -> list[Json]:
    minga = await place.minga()
    return [
        {
            "uri": f"minga://session/{one.id}",
            "name": one.id,
            "title": shortened(one.title, 80),
            "description": f"{one.updated_at:%Y-%m-%d %H:%M} UTC, {', '.join(one.agents)}, {one.turns} turns",
            "mimeType": "text/markdown",
        }
        for one in await minga.history.latest(SESSIONS)
    ]


async def rules(place: Place, _: str) -> str:
    found = (await answers.rules(place, RulesOf(), _Nobody())).rules
    return "\n".join(["# Standing rules", "", *(f"- {one.rule} ({one.source})" for one in found)]) + "\n"


async def session(place: Place, name: str) -> str:
    read = await sessions.read(place, Read(name, limit=100_000), _Nobody())
    newest = read.messages[-MESSAGES:]
    left = len(read.messages) - len(newest)
    parts = [f"# {read.title}", read.about, *([f"… {left} earlier messages"] if left else [])]
    for one in newest:
        parts += [f"## {one.by} {one.at}".rstrip(), *filter(None, [one.text, *(f"`{done}`" for done in one.done)])]
    return "\n\n".join(parts) + "\n"


async def receipt(place: Place, name: str) -> str:
    minga = await place.minga()
    lines = ["# Receipt", "", "| turn | ended | agent | tokens in | tokens out | USD |", "|---|---|---|---|---|---|"]
    for number, past in enumerate(await minga.history.conversation(await minga.history.resolve(name)), start=1):
        for cost in await minga.runner.ledger.of_turn(past.turn.id):
            usd = "unknown" if cost.cost_micro_usd is None else f"{cost.cost_micro_usd / MILLION:.4f}"
            tokens_in = cost.tokens - cost.output_tokens
            lines.append(f"| {number} | {past.state} | {cost.agent} | {tokens_in} | {cost.output_tokens} | {usd} |")
    return "\n".join(lines) + "\n"


class _Nobody:
    """Waits for progress, or was asked."""

    accepted = False

    async def __call__(self, done: float, total: float | None, says: str) -> None:
        pass
