"""The verbs of `minga rules` that write files: what would change is shown, and asked."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from minga.bootstrap import Minga
from minga.domain.errors import BadInput, BlockEdited
from minga.domain.rules import StandingRule
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import visible
from minga.infrastructure.file_lock import FileLock
from minga.pipeline.rules_files import Rendering, homes_of, imported, personal_plans, removal, rendering_of, write
from minga.pipeline.standing import not_in_file
from minga.rules.differences import diff
from minga.rules.documents import Change
from minga.rules.importing import Import
from minga.rules.readers import names, readers
from minga.rules.rendering import Plan, Remark

_FOR = option("--for", "clis", metavar="A,B", help="The CLIs; all if left out and no file has a block yet.")
_YES = option("--yes", is_flag=True, help="Write without asking.")
_DRY = option("--dry-run", "dry", is_flag=True, help="Show what would change; write nothing.")
_JSON = option("--json", "as_json", is_flag=True, help="As JSON; with --yes or --dry-run.")
_FORCE = option("--force", is_flag=True, help="Also where a block was changed by hand.")
_PERSONAL = option(
    "--personal", is_flag=True, help="The rules that you accepted for everywhere, in your CLIs' own homes."
)

NONE_YET = "There are no rules yet: minga rules add TEXT, or minga rules import"

REMARKS = {
    "twice": "{title} reads all of {files}, and is told the rules in each.",
    "hidden": "{title} will no longer read {files}, since its first file is there then: see minga rules import.",
    "untold": "{title} reads {files} and no file with the rules.",
    "cut": "{title} reads {files} in part only: the file is too long.",
}

WHY = {
    "long": "too long for a rule",
    "secret": "looks like a secret",
    "reference": "a reference to another file",
    "html": "HTML",
    "code": "indented code",
}


class Shown(msgspec.Struct, frozen=True):
    file: str
    change: str
    diff: str


class Report(msgspec.Struct, frozen=True):
    """``files`` hold the rules then; ``edited``: changed by hand since they were written; ``taken`` from the memory;
    ``left`` out of what it holds, since Markdown would read something else."""

    root: str
    files: tuple[str, ...]
    changes: tuple[Shown, ...]
    edited: tuple[str, ...]
    taken: tuple[str, ...]
    left: tuple[str, ...]
    remarks: tuple[Remark, ...]
    written: bool


@click.command("render", cls=Verb, help="Write the rules into the files that your CLIs read, between Minga's marks.")
@_FOR
@option("--in", "more", multiple=True, metavar="FILE", help="Also into this file; can be repeated.")
@_PERSONAL
@option("--without-memory", "forgets", is_flag=True, help="Leave out rules that you accepted in the memory.")
@_FORCE
@_DRY
@_YES
@_JSON
@click.pass_obj
def render(
    desk: Desk,
    /,
    clis: str | None,
    more: tuple[str, ...],
    personal: bool,
    forgets: bool,
    force: bool,
    dry: bool,
    yes: bool,
    as_json: bool,
) -> None:
    asked = _clis(desk, clis)
    if personal:
        _write_personal(desk, asked, keeps=True, dry=dry, yes=yes)
        return
    if unknown := [name for name in more if name not in names()]:
        detail = desk.say("no CLI reads {file!r}; these are read: {known}", file=unknown[0], known=", ".join(names()))
        raise BadInput(detail=detail)
    taken = () if forgets else _taken(desk)
    found = rendering_of(Path.cwd(), asked, more, taken)
    _refuse_edited(found, force=force)
    if not (found.plan.files or found.changes):
        print(desk.say(NONE_YET), file=sys.stderr)
    _carry_out(desk, found, dry=dry, yes=yes, as_json=as_json)


@click.command(
    "import", cls=Verb, help="Take the rules in AGENTS.md, CLAUDE.md … over into .minga/rules.md, once each."
)
@option("--move", "moves", is_flag=True, help="Take them out of what is written there by hand, into Minga's block.")
@_DRY
@_YES
@_JSON
@click.pass_obj
def import_rules(desk: Desk, /, moves: bool, dry: bool, yes: bool, as_json: bool) -> None:
    found, changes = imported(Path.cwd(), moves=moves)
    if as_json:
        _must_be_told(desk, dry=dry, yes=yes)
        print(msgspec.json.encode({"found": found, "changes": [_shown(one) for one in changes]}).decode())
    else:
        _tell_import(desk, found)
    if not changes:
        return
    if not as_json:
        _show(changes)
    if dry or not (yes or _agreed(desk)):
        return
    asyncio.run(write(lock_of(desk), changes))
    _tell_written(desk, changes, as_json=as_json)


@click.command("remove", cls=Verb, help="Take Minga's blocks out again; a file that holds nothing else goes.")
@_FOR
@_PERSONAL
@_FORCE
@_DRY
@_YES
@_JSON
@click.pass_obj
def remove(desk: Desk, /, clis: str | None, personal: bool, force: bool, dry: bool, yes: bool, as_json: bool) -> None:
    asked = _clis(desk, clis)
    if personal:
        _write_personal(desk, asked, keeps=False, dry=dry, yes=yes)
        return
    found = removal(Path.cwd(), asked or ())
    _refuse_edited(found, force=force)
    _carry_out(desk, found, dry=dry, yes=yes, as_json=as_json)


def lock_of(desk: Desk) -> FileLock:
    return FileLock(desk.settings.home / "rules.lock")


def shown(found: Rendering, *, is_written: bool) -> Report:
    return Report(
        root=str(found.root),
        files=(*found.plan.files, *found.skills.files),
        changes=tuple(map(_shown, found.changes)),
        edited=tuple(found.edited),
        taken=tuple(one.text for one in found.taken),
        left=tuple(one.text for one in found.left),
        remarks=found.plan.remarks,
        written=is_written,
    )


def note(desk: Desk, found: Rendering) -> None:
    """What a person should know, on standard error."""
    for said in remarks_of(desk, found):
        print(visible(said), file=sys.stderr)
    for name in found.edited:
        print(visible(desk.say("{file}: its block was changed by hand.", file=name)), file=sys.stderr)
    _note_left(desk, found.left)


def _note_left(desk: Desk, left: Sequence[StandingRule]) -> None:
    for one in left:
        said = desk.say("left out, since it would be read as something else than a rule: {rule}", rule=one.text)
        print(visible(said), file=sys.stderr)


def remarks_of(desk: Desk, found: Rendering) -> list[str]:
    """What writing it changes for a CLI."""
    return [
        desk.say(REMARKS[one.kind], title=readers()[one.cli].title, files=", ".join(one.files))
        for one in found.plan.remarks
    ]


def _refuse_edited(found: Rendering, *, force: bool) -> None:
    """Show what would be lost. Raises BlockEdited."""
    if found.edited and not force:
        _show([one for one in found.changes if one.document.name in found.edited])
        raise BlockEdited(paths=", ".join(found.edited))


def _carry_out(desk: Desk, found: Rendering, *, dry: bool, yes: bool, as_json: bool) -> None:
    if as_json:
        _must_be_told(desk, dry=dry, yes=yes)
    else:
        _show(found.changes)
        note(desk, found)
    goes = bool(found.changes) and not dry and (yes or _agreed(desk))
    if goes:
        asyncio.run(write(lock_of(desk), found.changes))
    if as_json:
        print(msgspec.json.encode(shown(found, is_written=goes)).decode())
    elif goes:
        _tell_written(desk, found.changes, as_json=False)
    elif not found.changes and found.plan.files:
        print(desk.say("Nothing to do: {files} are as the rules say.", files=", ".join(found.plan.files)))


def _taken(desk: Desk) -> Sequence[StandingRule]:
    async def work(minga: Minga) -> list[StandingRule]:
        return await not_in_file(minga.memory, Path.cwd())

    return desk.run(work)


def _write_personal(desk: Desk, asked: Sequence[str] | None, *, keeps: bool, dry: bool, yes: bool) -> None:
    clis = asked or tuple(readers())

    async def work(minga: Minga) -> tuple[list[Plan], list[StandingRule]]:
        homes = homes_of(minga.roster.registry.facts.values(), desk.settings.environment, clis)
        return await personal_plans(minga.memory, Path.cwd(), homes, keeps=keeps)

    plans, left = desk.run(work)
    changes = [change for one in plans for change in one.changes]
    _show(changes)
    _note_left(desk, left)
    if not changes:
        _tell_no_personal(desk, plans, clis, keeps=keeps)
    elif not dry and (yes or _agreed(desk)):
        asyncio.run(write(lock_of(desk), changes))
        _tell_written(desk, changes, as_json=False)


def _tell_no_personal(desk: Desk, plans: Sequence[Plan], clis: Sequence[str], *, keeps: bool) -> None:
    """Why there is nothing to write."""
    files = [str(one.root / name) for one in plans for name in one.files]
    if not plans:
        said = desk.say("You have not used any of {clis}: there is no home to write into.", clis=", ".join(clis))
        print(said, file=sys.stderr)
    elif not keeps:
        print(desk.say("Nothing to do: no block of Minga's is there."))
    elif files:
        print(visible(desk.say("Nothing to do: {files} are as the rules say.", files=", ".join(files))))
    else:
        said = desk.say("You have accepted no rules for everywhere: minga memory rules add --everywhere TEXT")
        print(said, file=sys.stderr)


def _clis(desk: Desk, given: str | None) -> Sequence[str] | None:
    if given is None:
        return None
    asked = [one.strip() for one in given.split(",") if one.strip()]
    for name in asked:
        if name not in readers():
            known = ", ".join(readers())
            raise BadInput(detail=desk.say("--for: {name!r} is none of {known}", name=name, known=known))
    return asked


def _must_be_told(desk: Desk, *, dry: bool, yes: bool) -> None:
    if not (dry or yes):
        raise BadInput(detail=desk.say("--json asks nothing: give --yes or --dry-run with it"))


def _agreed(desk: Desk) -> bool:
    """Ask at the terminal. Raises BadInput where nobody can be asked, or says no."""
    if not sys.stdin.isatty():
        raise BadInput(detail=desk.say("nobody can be asked here; --yes writes without asking"))
    print(desk.say("Write this? [y/N] "), end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "s", "si", "sí"):
        raise BadInput(detail=desk.say("nothing was written"))
    return True


def _show(changes: Sequence[Change]) -> None:
    for change in changes:
        print(visible("\n".join(diff(change))))


def _shown(change: Change) -> Shown:
    kind = "removed" if change.after is None else "made" if change.document.content is None else "changed"
    return Shown(change.document.shown, kind, "\n".join(diff(change)))


def _tell_written(desk: Desk, changes: Sequence[Change], *, as_json: bool) -> None:
    if as_json:
        return
    for change in changes:
        said = desk.say("removed: {file}") if change.after is None else desk.say("written: {file}")
        print(said.format(file=visible(change.document.shown)))


def _tell_import(desk: Desk, found: Import) -> None:
    if not found.files:
        print(desk.say("Nothing to do: no file that a CLI reads is here: {files}.", files=", ".join(names())))
        return
    print(
        desk.say.counted(
            len(found.taken),
            "1 rule in {files} is new; {known} stand in .minga/rules.md already.",
            "{count} rules in {files} are new; {known} stand in .minga/rules.md already.",
            files=", ".join(found.files),
            known=found.known,
        )
    )
    for one in found.gone:
        said = desk.say("{file}: gone from Minga's block, and so from .minga/rules.md: {rule}")
        print(visible(said.format(file=one.file, rule=one.piece.text)))
    for one in found.unsure:
        said = desk.say("{file}: not in Minga's block, and kept, since it may be newer than the block: {rule}")
        print(visible(said.format(file=one.file, rule=one.piece.text)))
    for one in found.not_taken:
        said = desk.say("{file}: not taken: an edit in Minga's block of this rule; make it in .minga/rules.md: {rule}")
        print(visible(said.format(file=one.file, rule=one.piece.text)))
    for near in found.near:
        print(desk.say("Nearly the same, and both kept:"))
        print(f"    {visible(near.one)}\n    {visible(near.other)}")
    for file, line, why in found.left:
        print(visible(f"{file}:{line}: ") + desk.say("left where it is: {why}", why=desk.say(WHY[why])))
