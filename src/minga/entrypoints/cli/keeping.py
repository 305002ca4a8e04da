"""`minga sessions share, unshare, delete, retention`: who may read a session, and for how long it is kept."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from minga.bootstrap import Minga
from minga.domain.errors import BadInput, KeysMissing
from minga.domain.ids import SessionId
from minga.domain.secrecy import Access, UserName
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.users import hand_out, say_left
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.sessions.retention import DAYS_MAX

NAMED_MAX = 5


@click.command("share", cls=Verb, help="Let another user read a session, or go on with it; or all of a project.")
@click.argument("session", required=False)
@option("--with", "user", metavar="USER", help="Who; without it, shows what you share.")
@option("--project", metavar="DIR", help="All your sessions of this directory or git remote, also those to come.")
@option("--access", type=click.Choice(["read", "continue"]), default="read", help="read (default) or continue.")
@click.pass_obj
def share(desk: Desk, /, session: str | None, user: str | None, project: str | None, access: Access) -> None:
    async def work(minga: Minga) -> None:
        if user is None:
            for one in minga.vault.shares():
                print(visible(f"{one.user:<16} {desk.say(one.access):<9} {one.session_id or one.project}"))
        elif project is not None:
            count = minga.vault.share_project(_project(project), UserName(user), access)
            told = desk.say.counted(
                count,
                "1 session is shared now, and those to come",
                "{count} sessions are shared now, and those to come",
            )
            print(told, file=sys.stderr)
        else:
            minga.vault.share(await minga.history.resolve(session or ""), UserName(user), access)

    _one_of(desk, session, project, needed=user is not None)
    desk.run(work)


@click.command("unshare", cls=Verb, help="Take back what was shared.")
@click.argument("session", required=False)
@option("--with", "user", metavar="USER", required=True, help="Who.")
@option("--project", metavar="DIR", help="All your sessions of this directory or git remote, also those to come.")
@click.pass_obj
def unshare(desk: Desk, /, session: str | None, user: str, project: str | None) -> int:
    async def work(minga: Minga) -> bool:
        if project is not None:
            return minga.vault.unshare_project(_project(project), UserName(user))
        return minga.vault.unshare(await minga.history.resolve(session or ""), UserName(user))

    _one_of(desk, session, project, needed=True)
    if not desk.run(work):
        print(desk.say("It was not shared with {user!r}.", user=user), file=sys.stderr)
        return 1
    return 0


def _one_of(desk: Desk, session: str | None, project: str | None, *, needed: bool) -> None:
    if (session and project) or (needed and not session and not project):
        raise click.UsageError(desk.say("Name a session, or give --project, not both."))


def _project(given: str) -> str:
    """A directory by its whole path; a git remote as it is."""
    return str(Path(given).absolute()) if Path(given).exists() else given


@click.command("delete", cls=Verb, help="Destroy a session's keys, in every backup too, and print a signed receipt.")
@click.argument("sessions", nargs=-1, required=True)
@option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete(desk: Desk, /, sessions: tuple[str, ...], yes: bool) -> None:
    async def work(minga: Minga) -> None:
        ids = [await minga.history.resolve(session) for session in sessions]
        if not yes:
            confirm(desk, [f"{one}  {(await minga.history.summary(one)).title}" for one in ids])
        for one in dict.fromkeys(ids):
            hand_out(desk, await minga.retention.delete(one, partial(say_left, desk)))

    desk.run(work)


def keys_missing(minga: Minga, missing: Sequence[SessionId]) -> KeysMissing:
    """What is to be said of sessions without a key that nobody has deleted."""
    some = ", ".join(missing[:NAMED_MAX]) + (", …" if len(missing) > NAMED_MAX else "")
    return KeysMissing(keys=minga.keys.place.database.name(), count=len(missing), sessions=some)


def confirm(desk: Desk, shown: list[str]) -> None:
    """Ask at the terminal whether what is ``shown`` is to be destroyed. Raises BadInput where it is not."""
    if not sys.stdin.isatty():
        raise BadInput(detail="nobody can be asked here; --yes deletes without asking")
    for line in shown:
        print(visible(line), file=sys.stderr)
    print(desk.say("They will be unreadable for ever. Delete? [y/N] "), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "s", "si", "sí"):
        raise BadInput(detail="nothing was deleted")


@click.command(
    "retention", cls=Verb, help="For how long sessions are kept after their last use; for ever without a rule."
)
@option("--project", metavar="DIR", help="The rule of this directory or git remote; else of all that have none.")
@option("--days", type=click.IntRange(1, DAYS_MAX), metavar="N", help="Keep them for N days, 36500 at most.")
@option("--keep", is_flag=True, help="Keep them for ever.")
@option("--now", is_flag=True, help="Delete at once what is due; otherwise that is done once a day.")
@click.pass_obj
def retention(desk: Desk, /, project: str | None, days: int | None, keep: bool, now: bool) -> None:
    if days and keep:
        raise click.UsageError(desk.say("Give --days or --keep, not both."))

    async def work(minga: Minga) -> None:
        if days or keep:
            await minga.retention.set(_project(project) if project else "", days or 0)
        for rule in await minga.retention.rules():
            project_shown = rule.project or desk.say("every other")
            if rule.days:
                told = desk.say.counted(
                    rule.days, "    1 day   {project}", "{count:>5} days  {project}", project=project_shown
                )
                print(visible(told))
            else:
                print(visible(desk.say("  for ever  {project}", project=project_shown)))
        for one in await minga.retention.due() if now else ():
            hand_out(desk, await minga.retention.delete(one, partial(say_left, desk)))

    desk.run(work)
