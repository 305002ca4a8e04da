"""Installs a CLI in its pinned version below Minga's own directory, with npm; the person's own is not touched."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from minga.agents.facts import Facts
from minga.agents.launch import Installed
from minga.agents.registry import SHIPPED, ask_version
from minga.domain.errors import BadInput, InstallFailed, InstallUnwritable, NotReady
from minga.infrastructure import commands

LOCKS = SHIPPED / "npm"

LIMIT_S = 900.0

_UNWRITABLE = re.compile(r"\bcode (?:EROFS|ENOSPC|EDQUOT|EACCES)\b")
"""How npm says it: "npm error code EROFS" (npm 10, seen 2026-11-25)."""

Progress = Callable[[str], None]


async def install(facts: Facts, clis: Path, environment: Mapping[str, str], progress: Progress) -> Installed:
    """Install the pinned version and check that it starts; the one that was there stays until then.

    The shipped lock file says what npm may bring, byte for byte; a CLI of the person's own catalogue has none and gets
    its pinned version. Install scripts are not run, but for the one the facts name.
    Raises NotReady without npm, InstallFailed, InstallUnwritable, BadInput if the facts name no package.
    """
    if facts.package is None:
        raise BadInput(detail=f"the catalogue does not say how to install {facts.name!r}")
    if shutil.which("npm", path=environment.get("PATH")) is None:
        raise NotReady(detail="npm is not installed; install Node.js 20 or newer, then run this again")
    draft = clis / f".{facts.name}.{os.getpid()}.new"
    try:
        draft.mkdir(parents=True, exist_ok=False)
        _write_package(facts, draft)
        progress(f"{facts.package.npm} {facts.package.version}: npm install")
        await _run(facts, ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund"), draft, environment)
        if facts.package.postinstall:
            folder = draft / "node_modules" / facts.package.npm
            progress(f"{facts.package.npm}: {facts.package.postinstall}")
            await _run(facts, ("node", facts.package.postinstall), folder, environment)
        program = draft / "node_modules" / ".bin" / facts.command
        progress(f"{facts.command} {' '.join(facts.version_arguments)}")
        version = await ask_version(facts, program, environment)
        if version != facts.package.version:
            raise InstallFailed(agent=facts.name, detail=f"it does not start, or says version {version or 'nothing'!r}")
        _put_in_place(draft, clis / facts.name)
    except OSError as wrong:
        raise InstallUnwritable(agent=facts.name, detail=f"{wrong.filename}: {wrong.strerror}") from wrong
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Installed(str(clis / facts.name / "node_modules" / ".bin" / facts.command), version)


def is_pinned(facts: Facts, clis: Path) -> bool:
    """Whether the pinned version is installed below ``clis`` already."""
    if facts.package is None:
        return False
    manifest = clis / facts.name / "node_modules" / facts.package.npm / "package.json"
    try:
        return msgspec.json.decode(manifest.read_bytes(), type=_Manifest).version == facts.package.version
    except (OSError, msgspec.DecodeError):
        return False


class _Manifest(msgspec.Struct):
    version: str = ""


def _write_package(facts: Facts, folder: Path) -> None:
    assert facts.package is not None
    package = {
        "name": f"minga-{facts.name}",
        "private": True,
        "license": "Apache-2.0",
        "dependencies": {facts.package.npm: facts.package.version},
    }
    (folder / "package.json").write_bytes(msgspec.json.encode(package))
    lock = LOCKS / f"{facts.name}.json"
    if lock.exists():
        shutil.copy(lock, folder / "package-lock.json")


async def _run(facts: Facts, command: tuple[str, ...], cwd: Path, environment: Mapping[str, str]) -> None:
    try:
        done = await commands.run(command, cwd=cwd, limit_s=LIMIT_S, environment=environment)
    except OSError as wrong:
        raise InstallFailed(agent=facts.name, detail=f"{command[0]}: {wrong.strerror}") from wrong
    if done.exit_code != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower()] or lines
        failed = InstallUnwritable if any(map(_UNWRITABLE.search, errors)) else InstallFailed
        raise failed(agent=facts.name, detail=" ".join(errors[:4]) or f"exit code {done.exit_code}")


def _put_in_place(draft: Path, target: Path) -> None:
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    if target.exists():
        target.rename(old)
    draft.rename(target)
    shutil.rmtree(old, ignore_errors=True)
