"""No word of a conversation stands in any file that Minga writes, nor in any temporary file or crash dump.

Planted markers, which no other test has (some run beside this one), are looked for in every file, in the forms in
which text is written plainly. What is compressed cannot be found so: Minga compresses in the search index only, and
encrypts that file (`test_search.py` looks into it).
"""

import base64
import contextlib
import json
import os
import resource
import secrets
import signal
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from program import Program

from minga.infrastructure import scratch
from minga.storage.postgres import Postgres

OURS = secrets.randbelow(10**9)
"""Makes the markers those of this process: what the same tests beside it leave in /dev/shm is not ours."""
ASKED, FILED, CRASHED, HUNG, FOUND, WATCHED, PARALLEL, FELL = MARKERS = tuple(
    f"{animal}-{OURS:09}-plain"
    for animal in ("guanaco", "ñandú", "chinchilla", "vizcacha", "pudú", "huemul", "quirquincho", "monito")
)
NATIVE = "11111111-1111-4111-8111-111111111111"


def forms(marker: str) -> set[bytes]:
    """How the marker may stand in a file: plain, as a dump shows binary columns, as JSON escapes it, in Base64."""
    plain = marker.encode()
    found = {plain, plain.hex().encode(), plain.hex().upper().encode(), json.dumps(marker)[1:-1].encode()}
    found |= {marker.encode(code) for code in ("latin-1", "utf-16-le", "utf-16-be")}
    for shift in range(3):
        whole = base64.b64encode(b"x" * shift + plain)
        found.add(whole[4 if shift else 0 : len(whole) // 4 * 4 - 4])
    return found


def plain_in(folder: Path) -> list[tuple[str, bytes]]:
    wanted = {form for marker in MARKERS for form in forms(marker)}
    found = []
    for path in (Path(place, name) for place, _, names in os.walk(folder) for name in names):
        with contextlib.suppress(FileNotFoundError):  # in /dev/shm, what runs beside this test comes and goes
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                found += [(str(path), form) for form in wanted if form in content]
    return found


def test_each_form_would_be_found(tmp_path: Path) -> None:
    for shift in range(3):
        (tmp_path / "file").write_bytes(base64.b64encode(b"x" * shift + f"...{FILED}...".encode()))
        assert plain_in(tmp_path), shift
    (tmp_path / "file").write_text(json.dumps({"text": f"… {FILED}"}))
    assert plain_in(tmp_path)


@pytest.fixture(params=["sqlite", "postgres"])
def program(request: pytest.FixtureRequest, minga: Program) -> Program:
    if request.param == "postgres":
        minga.environment["MINGA_DATABASE_URL"] = request.getfixturevalue("postgres_cluster")()
    minga.environment["TMPDIR"] = str(minga.root / "temporary")
    (minga.root / "temporary").mkdir()
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    minga.limits = {resource.RLIMIT_CORE: (hard, hard)}  # as in a shell in which core dumps are allowed
    minga.add_agent()
    for git in (("init", "-q"), ("commit", "-q", "--allow-empty", "-m", "x")):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *git], cwd=minga.work, check=True)
    return minga


def line(program: Program, text: str, number: int) -> str:
    fields = {
        "parentUuid": None,
        "isSidechain": False,
        "type": "user",
        "uuid": f"{number:08}-2222-4222-8222-222222222222",
        "timestamp": "2026-11-24T12:00:00.000Z",
        "sessionId": NATIVE,
        "cwd": str(program.work),
        "version": "2.1.330",
        "message": {"role": "user", "content": text},
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


def killed(program: Program, task: str, sign: signal.Signals) -> None:
    with program.start("run", "--json", "-a", "plain", task, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        while json.loads(run.stdout.readline())["kind"] != "text":
            pass
        run.send_signal(sign)


def bring_in(program: Program) -> None:
    """By import, and by watching."""
    native = Path(program.environment["HOME"]) / ".claude" / "projects" / "-work" / f"{NATIVE}.jsonl"
    native.parent.mkdir(parents=True)
    native.write_text(line(program, FOUND, 1), "utf-8")
    assert program.run("sessions", "import", "--all").code == 0
    with program.start("sessions", "watch", stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as watch:
        assert watch.stdout is not None
        try:
            with native.open("a", encoding="utf-8") as file:
                file.write(line(program, WATCHED, 2))
            while "1" not in watch.stdout.readline().decode():
                pass
        finally:
            watch.terminate()
    for words in (FOUND, WATCHED):
        assert program.run("sessions", "search", words).code == 0


def do_everything(program: Program) -> None:
    program.environment["MINGA_MEMORY"] = "off"  # the agent does what its task begins with
    (program.work / "notes.txt").write_text(FILED)
    assert program.run("run", "-q", "-a", "plain", "--file", "notes.txt", ASKED).code == 0
    (program.work / "notes.txt").unlink()
    assert program.run("run", "-q", "-a", "plain", f"crash {CRASHED}").code == 1
    fell = program.run("run", "--json", "--agents", "plain,builtin", f"crash {FELL}")
    assert '"handed-over"' in fell.out
    for sign in (signal.SIGKILL, signal.SIGABRT):
        killed(program, f"hang {HUNG}", sign)
    assert program.run("run", "-q", "--parallel", "--agents", "plain,builtin", PARALLEL).code == 1
    bring_in(program)
    assert program.run("users", "add", "ana").code == 0
    session = program.sessions()[0]["id"]
    assert program.run("sessions", "share", session, "--with", "ana").code == 0
    assert program.run("sessions", "search", ASKED).code == 0
    found = program.run("memory", "search", "--everywhere", "--all", ASKED, env={"MINGA_MEMORY": "words"})
    assert ASKED in found.out
    assert program.run("sessions", "stats").code == 0
    assert ASKED in "".join(program.run("sessions", "export", one["id"]).out for one in program.sessions())
    if "MINGA_DATABASE_URL" not in program.environment:
        assert program.run("backup", "now").code == 0


def test_no_word_stands_in_any_file_whatever_happens(program: Program) -> None:
    do_everything(program)
    for folder in ("home", "config", "temporary", "work"):
        assert plain_in(program.root / folder) == [], folder
    assert not [left for left in scratch.MEMORY.glob("minga-scratch-*") if plain_in(left)]
    assert [path for path in program.root.rglob("core*") if path.is_file()] == []
    if url := program.environment.get("MINGA_DATABASE_URL"):
        check_server(url, program.root / "dump")


def check_server(url: str, target: Path) -> None:
    """The files of the server, its log of changes with them; and a dump."""
    engine = Postgres(url)
    engine.execute("CHECKPOINT")
    engine.close()
    [host] = parse_qs(urlsplit(url).query)["host"]
    assert plain_in(Path(host) / "data") == []
    dump = ["pg_dump", "-h", host, "-U", "minga", "--inserts", urlsplit(url).path[1:]]
    target.mkdir()
    (target / "plain.sql").write_bytes(subprocess.run(dump, check=True, capture_output=True).stdout)
    assert b"INSERT INTO public.events" in (target / "plain.sql").read_bytes()
    assert plain_in(target) == []
