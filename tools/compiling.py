"""A hook of the build: with ``MINGA_COMPILE=1`` the wheel holds the modules that a plain call of the gateway passes as
machine code too, made by mypyc from the same files. Without it nothing happens, and the wheel is for any machine.

Python takes the machine code where it is there; the source beside it is what tracebacks show.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WANTED = "MINGA_COMPILE"

COMPILER = ("mypy>=2.4,<3", "setuptools>=65")


class CompileHook(BuildHookInterface[Any]):
    """``modules`` in its table of pyproject.toml are files below ``src``."""

    def dependencies(self) -> list[str]:
        """The compiler reads the types of whatever the modules import."""
        return [*COMPILER, *self.metadata.core.dependencies] if _is_wanted() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not _is_wanted() or version == "editable":
            return
        self._place = Path(tempfile.mkdtemp(prefix="minga-compiled-"))
        build_data |= {"pure_python": False, "infer_tag": True}
        for library in _compiled(Path(self.root), self.config["modules"], self._place):
            build_data["force_include"][str(library)] = str(library.relative_to(self._place / "lib"))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if not build_data["pure_python"]:
            shutil.rmtree(self._place)


def _is_wanted() -> bool:
    return os.environ.get(WANTED) == "1"


def _compiled(root: Path, modules: list[str], place: Path) -> list[Path]:
    """The libraries below ``place``, where they lie as in the wheel."""
    from mypyc.build import mypycify  # noqa: PLC0415 - only there where it is wanted
    from setuptools import Distribution  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    here = Path.cwd()
    os.chdir(root)
    try:
        checked = ["--config-file=pyproject.toml", "--follow-imports=silent", f"--cache-dir={place / 'checked'}"]
        files = [f"src/{module}" for module in modules]
        made = mypycify([*checked, *files], debug_level="0", target_dir=str(place / "c"), group_name="minga")
        command = build_ext(Distribution({"name": "minga", "ext_modules": made}))
        command.build_lib, command.build_temp = str(place / "lib"), str(place / "objects")
        command.ensure_finalized()
        command.run()
    finally:
        os.chdir(here)
    return sorted((place / "lib").rglob("*.so")) + sorted((place / "lib").rglob("*.pyd"))
