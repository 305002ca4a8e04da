"""What is not committed is seen whole."""

import asyncio
import os
import subprocess
from pathlib import Path

from minga.infrastructure.uncommitted import patch_of, standing


def test_a_change_of_the_same_size_in_the_second_of_the_commit_is_seen(tmp_path: Path) -> None:
    """Git compares the content where a file is as young as its index; a copy of the index must be as old as that."""

    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", *words], cwd=tmp_path, check=True)

    git("init", "-q")
    git("config", "core.trustctime", "false")
    file = tmp_path / "a.txt"
    file.write_text("one\n")
    os.utime(file, (1_790_000_000, 1_790_000_000))
    git("add", "-A")
    git("commit", "-qm", "first")
    file.write_text("two\n")
    os.utime(file, (1_790_000_000, 1_790_000_000))
    os.utime(tmp_path / ".git" / "index", (1_790_000_000, 1_790_000_000))

    async def patch() -> bytes:
        found = await standing(tmp_path)
        assert found is not None
        return await patch_of(found)

    assert b"+two" in asyncio.run(patch())
