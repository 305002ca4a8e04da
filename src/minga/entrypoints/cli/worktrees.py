"""`minga worktrees`: working trees that agents left."""

import sys

import click

from minga.bootstrap import Minga
from minga.entrypoints.cli.pages import Verbs, option
from minga.entrypoints.cli.verb import Desk
from minga.workspaces.worktrees import Removed


@click.group(cls=Verbs, name="worktrees", help="Working trees that agents left: list, diff, merge, remove.")
def command() -> None:
    """A verb each."""


@command.command("list", help="Show every worktree of Minga's, its agent, repository and age.")
@click.pass_obj
def list_trees(desk: Desk, /) -> None:
    for tree in desk.run(lambda minga: minga.worktrees.all()):
        print(f"{tree.path.name}  {tree.agent:<9} {tree.created_at:%Y-%m-%d %H:%M}  {tree.root}")


@command.command("diff", help="Print what was changed in a worktree, as a patch.")
@click.argument("name")
@click.pass_obj
def diff(desk: Desk, /, name: str) -> None:
    async def work(minga: Minga) -> str:
        return await minga.worktrees.diff(await minga.worktrees.find(name))

    sys.stdout.write(desk.run(work))


@command.command("merge", help="Bring a worktree's changes into your files, uncommitted, and remove it.")
@click.argument("name")
@click.pass_obj
def merge(desk: Desk, /, name: str) -> None:
    async def work(minga: Minga) -> None:
        await minga.worktrees.merge(await minga.worktrees.find(name))

    desk.run(work)


@command.command("remove", help="Remove a worktree and its branch, with all changes in it.")
@click.argument("name")
@click.pass_obj
def remove(desk: Desk, /, name: str) -> None:
    async def work(minga: Minga) -> None:
        await minga.worktrees.remove(await minga.worktrees.find(name))

    desk.run(work)


@command.command("clear", help="Remove worktrees that are merged, too old, or over the disk quota; those in use stay.")
@option("--quiet", "-q", is_flag=True, help="Do not say which.")
@click.pass_obj
def clear(desk: Desk, /, quiet: bool) -> None:
    async def work(minga: Minga) -> list[Removed]:
        return await minga.worktrees.clear()

    for removed in desk.run(work):
        if not quiet:
            print(f"{removed.path.name}: {desk.say.told(removed.reason)}")
