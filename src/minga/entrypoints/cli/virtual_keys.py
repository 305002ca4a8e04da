"""`minga virtual-keys`: what callers of the gateway show."""

import sys
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.budgets import BudgetWindow
from minga.domain.model_calls import KeyId, Scope, VirtualKey
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.spans import dollars, micro_usd
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible

DAYS_MAX = 365_000

HELP = """Virtual keys for the gateway: list, add, revoke.

Each has an owner, and may have an expiry, limits, a budget, and the models that it may use. A key is shown once, when
it is made; only its hash is kept.
"""


@click.group(cls=Verbs, name="virtual-keys", help=HELP)
def command() -> None:
    """A verb each."""


@command.command("list", help="Show every key, its owner, its limits and its state.")
@option("--all", "every", is_flag=True, help="Also those that runs get for themselves.")
@option("--json", "as_lines", is_flag=True, help="One key a line as JSON.")
@click.pass_obj
def list_keys(desk: Desk, /, every: bool, as_lines: bool) -> None:
    keys = [key for key in desk.run(lambda minga: minga.virtual_keys.all()) if every or not key.run_id]
    for key in keys:
        print(msgspec.json.encode(asdict(key)).decode() if as_lines else visible(_row(desk, key)))
    if not keys and not as_lines:
        print(desk.say("No virtual keys yet. Make one: minga virtual-keys add NAME"), file=sys.stderr)


@command.command("add", help="Make a key and show it, this once.")
@click.argument("name")
@option("--user", default="", metavar="NAME", help="Whose it is; you, if left out.")
@option("--team", default="", metavar="NAME", help="Whom costs are counted for.")
@option("--project", default="", metavar="NAME", help="What costs are counted for.")
@option("--model", "models", multiple=True, metavar="PATTERN", help="Only such models, as gpt-*; several may be given.")
@option("--days", type=click.IntRange(1, DAYS_MAX), metavar="N", help="Valid for N days; else until it is revoked.")
@option("--requests-per-minute", "rpm", type=click.IntRange(1), metavar="N", help="At most so many calls a minute.")
@option("--tokens-per-minute", "tpm", type=click.IntRange(1), metavar="N", help="At most so many tokens a minute.")
@option("--concurrent", type=click.IntRange(1), metavar="N", help="At most so many calls at once.")
@option("--budget-usd", type=click.FloatRange(0, min_open=True), metavar="USD", help="Most that it may spend.")
@option("--budget-for", type=click.Choice(["day", "month", "total"]), default="month", help="month if left out.")
@option(
    "--continue-streams",
    is_flag=True,
    help="A stream that breaks is gone on with by another deployment, and marked as such.",
)
@option("--admin", is_flag=True, help="It may also use the HTTP API of the control plane.")
@option("--tools", is_flag=True, help="It may also use the tools (MCP), with what they know of you.")
@option(
    "--tasks",
    is_flag=True,
    help="For another's agent (A2A): it gives tasks, and calls models only if --model is given.",
)
@option("--cache", "caches", is_flag=True, help="Equal calls of its team are answered from memory for an hour.")
@option("--mark-prompts", "marks", is_flag=True, help="Anthropic requests get cache markers where they pay.")
@option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def add(
    desk: Desk,
    /,
    name: str,
    user: str,
    team: str,
    project: str,
    models: tuple[str, ...],
    days: int | None,
    rpm: int | None,
    tpm: int | None,
    concurrent: int | None,
    budget_usd: float | None,
    budget_for: BudgetWindow,
    continue_streams: bool,
    admin: bool,
    tools: bool,
    tasks: bool,
    caches: bool,
    marks: bool,
    as_json: bool,
) -> None:
    now = datetime.now(UTC)
    budget = micro_usd(desk.say, "--budget-usd", budget_usd)
    scopes: dict[Scope, bool] = {"models": bool(models) or not tasks, "admin": admin, "tools": tools, "tasks": tasks}

    async def work(minga: Minga) -> tuple[str, VirtualKey]:
        wanted = VirtualKey(
            id=KeyId(""),
            name=name,
            user=user or minga.vault.user,
            team=team,
            project=project,
            models=models,
            created_at=now,
            expires_at=now + timedelta(days=days) if days else None,
            revoked_at=None,
            requests_per_minute=rpm,
            concurrent_max=concurrent,
            budget_micro_usd=budget,
            budget_window=budget_for,
            scopes=tuple(scope for scope, is_wanted in scopes.items() if is_wanted),
            tokens_per_minute=tpm,
            continues_streams=continue_streams,
            caches=caches,
            marks_prompts=marks,
        )
        return await minga.virtual_keys.make(wanted)

    text, made = desk.run(work)
    if as_json:
        print(msgspec.json.encode({"key": text, **asdict(made)}).decode())
        return
    print(text)
    print(desk.say("Keep it: it is not shown again. It begins to work at once."), file=sys.stderr)


@command.command("revoke", help="End a key for good; its calls in flight end as they will.")
@click.argument("name")
@click.pass_obj
def revoke(desk: Desk, /, name: str) -> None:
    ended = desk.run(lambda minga: minga.virtual_keys.revoke(name))
    print(desk.say("Revoked: {name}", name=visible(ended.name)))


def _row(desk: Desk, key: VirtualKey) -> str:
    limits = [
        f"{dollars(key.budget_micro_usd)}/{desk.say(key.budget_window)}" if key.budget_micro_usd is not None else "",
        f"{key.requests_per_minute}/min" if key.requests_per_minute else "",
        f"{key.tokens_per_minute} tokens/min" if key.tokens_per_minute else "",
        f"{key.concurrent_max}×" if key.concurrent_max else "",
        ",".join(key.models),
        desk.say("continues streams") if key.continues_streams else "",
        desk.say("admin") if "admin" in key.scopes else "",
        desk.say("tools") if "tools" in key.scopes else "",
        desk.say("tasks (A2A)") if "tasks" in key.scopes else "",
        desk.say("no models") if "models" not in key.scopes else "",
        desk.say("answers from memory") if key.caches else "",
        desk.say("marks prompts") if key.marks_prompts else "",
        f"→ {key.expires_at:%Y-%m-%d}" if key.expires_at else "",
        desk.say("revoked") if key.revoked_at else "",
    ]
    return f"{key.name:<20} {key.user:<12} {key.team:<10} {key.project:<12} {'  '.join(filter(None, limits))}".rstrip()
