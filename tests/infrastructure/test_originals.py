"""How files were at the start of a run: kept without a trace, read back byte by byte."""

import asyncio
import hashlib
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from minga.infrastructure import originals
from minga.infrastructure.originals import KeptFiles, keep
from minga.infrastructure.scratch import scratch_folder


def git(folder: Path, *arguments: str) -> str:
    own = ("-c", "user.name=n", "-c", "user.email=e")
    return subprocess.run(["git", *own, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def write(folder: Path, **files: bytes) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "r"
    folder.mkdir()
    git(folder, "init", "-q")
    write(folder, a_txt=b"committed", sub__b_txt=b"\xff\x00 bytes", sub__c_txt=b"crlf\r\n")
    (folder / ".gitignore").write_text("*.log\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "1")
    write(folder, a_txt=b"changed", new_txt=b"untracked", x_log=b"ignored", staged_txt=b"staged")
    git(folder, "add", "staged.txt")
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def kept(folder: Path, ask: Callable[[KeptFiles], None], between: Callable[[], None] = lambda: None) -> None:
    async def run() -> None:
        async with keep(folder) as files:
            await asyncio.to_thread(between)
            ask(files)

    asyncio.run(run())


def test_files_are_read_as_they_were_whatever_became_of_them(repository: Path) -> None:
    def agent() -> None:
        write(repository, a_txt=b"agent", new_txt=b"agent", sub__b_txt=b"agent", made_txt=b"agent")
        (repository / "staged.txt").unlink()
        git(repository, "add", "-A")
        git(repository, "commit", "-qm", "2")

    def ask(files: KeptFiles) -> None:
        assert files.read("a.txt") == b"changed"
        assert files.read("sub/b.txt") == b"\xff\x00 bytes"
        assert files.read("sub/c.txt") == b"crlf\r\n"
        assert files.read("new.txt") == b"untracked"
        assert files.read("staged.txt") == b"staged"
        for path in ("made.txt", "x.log", "link", "../outside", "/etc/passwd"):
            assert files.read(path) is None
        assert files.paths() == [".gitignore", "a.txt", "new.txt", "staged.txt", "sub/b.txt", "sub/c.txt"]

    kept(repository, ask, agent)


def test_below_the_top_of_the_repository_paths_are_those_of_the_directory(repository: Path) -> None:
    def ask(files: KeptFiles) -> None:
        assert files.paths() == ["b.txt", "c.txt"]
        assert files.read("b.txt") == b"\xff\x00 bytes"

    kept(repository / "sub", ask, lambda: write(repository, sub__b_txt=b"agent"))


def test_no_trace_is_left_in_the_repository(repository: Path) -> None:
    def fingerprint() -> dict[str, str]:
        files = (path for path in repository.rglob("*") if path.is_file() and not path.is_symlink())
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest() + str(path.stat().st_mtime_ns) for path in files
        }

    before = fingerprint()
    kept(repository, lambda files: [files.read(path) for path in files.paths()].clear())
    assert fingerprint() == before


def test_outside_a_repository_tests_come_first_where_not_all_fits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a_py=b"1", tests__t_py=b"2", z_py=b"3", node_modules__m_js=b"4")
    monkeypatch.setattr(originals, "KEPT_FILES_MAX", 2)

    def ask(files: KeptFiles) -> None:
        assert files.paths() == ["a.py", "tests/t.py"]
        assert files.read("tests/t.py") == b"2"
        assert files.read("z.py") is None

    kept(tmp_path, ask, lambda: write(tmp_path, tests__t_py=b"agent"))


def test_what_is_large_is_not_kept(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(originals, "FILE_BYTES_MAX", 10)
    write(repository, large_bin=b"x" * 11, small_bin=b"x" * 10)

    def ask(files: KeptFiles) -> None:
        assert files.read("large.bin") is None
        assert files.read("small.bin") == b"x" * 10

    kept(repository, ask)


def test_who_gives_up_waits_for_one_file_only_and_nothing_is_copied_into_a_folder_that_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (tmp_path / f"{number}.txt").write_text("text")
    read: list[Path] = []
    at_work: list[Path] = []
    left: list[Sequence[Path]] = []
    passed = threading.Event()

    async def run() -> None:
        @contextmanager
        def folder(purpose: str) -> Iterator[Path]:
            with scratch_folder(purpose) as made:
                try:
                    yield made
                finally:
                    left.append(tuple(at_work))

        async def give_up() -> None:
            keeping.cancel()
            for _ in range(10):
                await asyncio.sleep(0)
            passed.set()

        def content(path: Path) -> bytes:
            read.append(path)
            at_work.append(path)
            asyncio.run_coroutine_threadsafe(give_up(), loop)
            assert passed.wait(20)
            at_work.clear()
            return b"text"

        monkeypatch.setattr(originals, "_content", content)
        monkeypatch.setattr(originals, "scratch_folder", folder)
        loop = asyncio.get_running_loop()
        keeping = asyncio.create_task(keep(tmp_path).__aenter__())
        with pytest.raises(asyncio.CancelledError):
            await keeping

    asyncio.run(run())
    assert len(read) == 1
    assert left == [()]
