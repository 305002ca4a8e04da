"""Several Mingas at once on one store: backups, new keys, rules, deletions and work do not harm each other."""

import subprocess
from contextlib import ExitStack

from program import Program

PROOF = "valida el RUT 76.086.428-5"


def test_backups_rotations_rules_deletions_and_work_at_once_lose_nothing(minga: Program) -> None:
    for _ in range(4):
        assert minga.run("run", "-q", PROOF).code == 0
    kept = {one["id"] for one in minga.sessions()}
    doomed = min(kept)
    commands = [
        *[("backup", "now")] * 2,
        *[("keys", "rotate", "master")] * 2,
        *[("keys", "rotate", "user")] * 2,
        ("sessions", "retention", "--days", "700", "--now"),
        ("sessions", "retention", "--project", ".", "--days", "700", "--now"),
        ("sessions", "delete", doomed, "--yes"),
        ("sessions", "search", "76.086.428"),
        *[("run", "-q", PROOF)] * 2,
    ]
    with ExitStack() as stack:
        started = [minga.start(*one, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for one in commands]
        running = [stack.enter_context(one) for one in started]
        told = [run.communicate(timeout=120)[1].decode() for run in running]
    failed = [(command, err) for command, run, err in zip(commands, running, told, strict=True) if run.returncode]
    assert not failed
    assert kept - {doomed} <= {one["id"] for one in minga.sessions()}
    assert len(minga.sessions()) == 5
    for one in minga.sessions():
        assert "76.086.428-5" in minga.run("sessions", "show", one["id"]).out
    assert minga.run("backup", "verify").code == 0
    assert [master.split()[1:3] for master in minga.run("keys", "show").out.splitlines()[:1]] == [["in", "use"]]
