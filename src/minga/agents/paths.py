"""Where a path of an agent's lies, seen from the working directory."""

import os
from pathlib import Path


def relative(path: str, cwd: Path) -> str:
    """Return ``path`` relative to ``cwd`` where it lies inside, also through symbolic links above it; else absolute."""
    absolute = os.path.normpath(cwd / path)
    for whole, root in ((absolute, cwd), (absolute, cwd.resolve()), (os.path.realpath(absolute), cwd.resolve())):
        if Path(whole).is_relative_to(root):
            return str(Path(whole).relative_to(root))
    return absolute


def is_inside(path: str, cwd: Path) -> bool:
    """Whether what would be written at ``path`` really lies below ``cwd``: links and ``..`` are followed first."""
    return Path(os.path.realpath(cwd / path)).is_relative_to(cwd.resolve())
