"""Shared by every test: a Minga that is imported already, and a fresh database on SQLite and on a PostgreSQL cluster;
both live as long as the session."""

import asyncio
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import clis  # noqa: F401 - looks at the person's HOME before the tests get theirs
from minga.domain.errors import StoreUnreachable
from minga.storage.database import Database
from minga.storage.postgres import Postgres
from stores import Place
from warm import Warm, warmed

_numbers = itertools.count(1)

settings.register_profile("minga", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("minga")  # how quick the machine is decides no test


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that run real CLIs come first: they take longest, and begun last each would keep other workers waiting."""
    with_clis = {item.path for item in items if item.get_closest_marker("cli")}
    items.sort(key=lambda item: item.path not in with_clis)


os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before anything imports numpy: see infrastructure/numbers.py


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A HOME of the tests' own: the person's files stay untouched, and the start-up files of the person's shell (which
    agents run) have no say. `clis` has seen the person's HOME before."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        for name in (
            "XDG_DATA_HOME",
            "XDG_CONFIG_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
            "MINGA_HOME",
            "MINGA_CONFIG",
        ):
            patch.delenv(name, raising=False)
        patch.setenv("MINGA_MEMORY", "words")  # vectors cost processor time; who tests them says so
        yield folder


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> None:
    """A shell starts what runs in its background with interrupts ignored; programs of tests would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Callable[[], str]]:
    """A cluster of this session on a unix socket; the function makes a new database and returns its address."""
    programs = _postgres_programs()
    if programs is None:
        assert not os.environ.get("MINGA_REQUIRE_POSTGRES"), "PostgreSQL is required here and was not found"
        pytest.skip("no PostgreSQL: neither initdb on PATH nor /usr/lib/postgresql/*/bin (apt-get install postgresql)")
    user = _unprivileged()
    folder = Path(tempfile.mkdtemp(prefix="minga-pg-", dir="/tmp"))
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    subprocess.run(
        [programs / "initdb", "-D", folder / "data", "-U", "minga", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        check=True,
        capture_output=True,
        user=user and user.pw_uid,
        group=user and user.pw_gid,
        cwd=folder,
    )
    options = ("listen_addresses=", f"unix_socket_directories={folder}", "fsync=off", "max_connections=100")
    server = subprocess.Popen(
        [programs / "postgres", "-D", folder / "data", *(part for option in options for part in ("-c", option))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user and user.pw_uid,
        group=user and user.pw_gid,
        cwd=folder,
    )
    try:
        _wait_until_ready(folder)
        yield lambda: _create_database(folder)
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """Minga, imported once for all tests of this process."""
    with warmed() as server:
        yield server


@pytest.fixture(params=["encrypted", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Where Minga keeps its store: the encrypted file, or PostgreSQL."""
    if request.param == "encrypted":
        return Place("encrypted", "", tmp_path / "store" / "minga.db")
    return Place("postgres", request.getfixturevalue("postgres_cluster")(), tmp_path)


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    """The whole schema of Minga, empty, on each engine."""
    opened = place.database()
    yield opened
    asyncio.run(opened.close())


def _postgres_programs() -> Path | None:
    """The newest folder with both programs."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin: int(bin.parent.name), reverse=True)
    return next((bin for bin in folders if (bin / "initdb").exists() and (bin / "postgres").exists()), None)


def _unprivileged() -> pwd.struct_passwd | None:
    """Whom to run the server as: PostgreSQL refuses to be run by root. None: as who runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name: user for user in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _wait_until_ready(folder: Path) -> None:
    for _ in range(200):
        try:
            Postgres(f"postgresql://minga@/postgres?host={folder}").close()
            return
        except StoreUnreachable:
            time.sleep(0.05)
    raise TimeoutError("the PostgreSQL server of the tests did not start")


def _create_database(folder: Path) -> str:
    name = f"test_{next(_numbers)}"
    admin = Postgres(f"postgresql://minga@/postgres?host={folder}")
    admin.execute(f"CREATE DATABASE {name}")
    admin.close()
    return f"postgresql://minga@/{name}?host={folder}"
