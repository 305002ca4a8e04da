"""Connections of CLIs: planned, made, undone, looked at.

The record with the original bytes is on disk before a file is changed, and each file is replaced as a whole: whenever
the process is killed, each file is the old one or the new one, and `disconnect` restores it.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from minga.agents.connecting.adopting import adopted
from minga.agents.connecting.facts import ConnectingFacts, FileEdits, GatewayUse, Server, place, tools_part
from minga.agents.connecting.json_text import Unparsed
from minga.agents.connecting.planning import FilePlan, merged, plan_file, plan_undo, read, stands
from minga.agents.connecting.records import FileRecord, Record, read_record, record_file, remove_record, write_record
from minga.domain.errors import ConfigChanged, ConfigUnwritable, MingaError
from minga.infrastructure.file_lock import FileLock
from minga.infrastructure.files import remove_drafts, rewrite

State = Literal["connected", "not connected", "changed by hand", "minga moved"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done to which file. ``record``: what is kept afterwards; None: nothing. ``is_recorded``: whether
    what is known was on record."""

    agent: str
    files: tuple[FilePlan, ...]
    known: Record | None
    record: Record | None
    is_recorded: bool

    @property
    def changes(self) -> bool:
        return any(one.changes for one in self.files)

    @property
    def has_work(self) -> bool:
        """Whether files, or the record, will change."""
        return self.changes or self.record != (self.known if self.is_recorded else None)


@dataclass(frozen=True, slots=True)
class Connections:
    """``folder``: where the records lie. ``environment``: the person's, which says where a CLI's files are."""

    folder: Path
    environment: Mapping[str, str]

    def known(self, facts: ConnectingFacts) -> Record | None:
        """What was done for the CLI, in the place where its configuration is now."""
        return read_record(self._record_file(facts))

    def plan(
        self, facts: ConnectingFacts, parts: Sequence[FileEdits], server: Server, gateway: GatewayUse | None
    ) -> Plan:
        """What connecting takes.

        Raises ConnectionDamaged, ConfigUnreadable, ConfigUnfit, ConfigTouched, ConfigUnwritable."""
        on_record = self.known(facts)
        wanted = merged(parts)
        known = on_record or adopted(facts.agent, wanted, server, gateway)
        files = [plan_file(facts.agent, one, known.file(one.path) if known else None) for one in wanted]
        paths = {one.path for one in wanted}
        files += [plan_undo(facts.agent, one) for one in (known.files if known else ()) if one.path not in paths]
        kept = tuple(one.record for one in files if one.record)
        record = Record(facts.agent, server, gateway, kept) if kept else None
        return Plan(facts.agent, tuple(files), known, record, on_record is not None)

    def plan_end(self, facts: ConnectingFacts, server: Server) -> Plan:
        """What disconnecting takes. Raises ConnectionDamaged, ConfigUnreadable, ConfigTouched, ConfigUnwritable."""
        on_record = self.known(facts)
        known = on_record or self._found(facts, server)
        files = tuple(plan_undo(facts.agent, one) for one in (known.files if known else ()))
        return Plan(facts.agent, files, known, None, on_record is not None)

    async def carry_out(self, facts: ConnectingFacts, plan: Plan) -> None:
        """Do what was planned, unless it was done meanwhile. Raises ConfigChanged where something else was, and
        ConfigUnwritable; then what can be left as it was is left so."""
        lock = FileLock(self.folder / "lock")
        try:
            async with lock:
                if self._already(facts, plan):
                    return
                for one in plan.files:
                    if read(one.path) != one.before:
                        raise ConfigChanged(path=str(one.path))
                self._do(self._record_file(facts), plan)
        finally:
            lock.close()

    def state(self, facts: ConnectingFacts, server: Server) -> State:
        """How it stands with the CLI. Raises MingaError for a file that cannot be read."""
        known = self.known(facts) or self._found(facts, server)
        contents = [(one, read(one.path)) for one in known.files] if known else []
        if known is None or all(content is None or content == one.original for one, content in contents):
            return "not connected"
        try:
            if not all(content is not None and stands(content, one) for one, content in contents):
                return "changed by hand"
        except Unparsed:
            return "changed by hand"
        is_moved = (known.server.command, known.server.arguments) != (server.command, server.arguments)
        return "minga moved" if is_moved or not Path(known.server.command).exists() else "connected"

    def is_there(self, facts: ConnectingFacts, server: Server) -> bool:
        """Whether something that connecting wrote may be there. Raises ConnectionDamaged."""
        return (self.known(facts) or self._found(facts, server)) is not None

    def _found(self, facts: ConnectingFacts, server: Server) -> Record | None:
        """What stands in the files without a record."""
        return adopted(facts.agent, merged(tools_part(facts, server, self.environment)), server, None)

    def _record_file(self, facts: ConnectingFacts) -> Path:
        return record_file(self.folder, facts.agent, [place(file, self.environment) for file in facts.files])

    def _already(self, facts: ConnectingFacts, plan: Plan) -> bool:
        is_same = all(read(one.path) == one.after for one in plan.files)
        return is_same and self.known(facts) == plan.record

    def _do(self, file: Path, plan: Plan) -> None:
        with _unwritable(file):
            if basis := plan.record or plan.known:
                write_record(file, msgspec.structs.replace(basis, files=_both(plan)))
        try:
            for one in plan.files:
                _write(one)
        except ConfigUnwritable:
            self._put_back(file, plan)
            raise
        with _unwritable(file):
            if plan.record:
                write_record(file, plan.record)
            else:
                remove_record(file)

    def _put_back(self, file: Path, plan: Plan) -> None:
        """After a file could not be written: the others as they were, then the old record. What cannot be put back
        stays on record, so that it can be undone later."""
        try:
            for one in plan.files:
                if read(one.path) == one.after:
                    _write(FilePlan(one.path, one.target, one.after, one.before, one.record))
        except MingaError:
            return
        with _unwritable(file):
            if plan.known:
                write_record(file, plan.known)
            else:
                remove_record(file)


def _both(plan: Plan) -> tuple[FileRecord, ...]:
    """The records of all files while they are being written: each knows the writing before and the new one."""
    found: dict[Path, FileRecord] = {one.path: one for one in (plan.known.files if plan.known else ())}
    for one in plan.files:
        if one.record and (known := found.get(one.path)) and known.steps != one.record.steps:
            steps = (*known.steps, *one.record.steps)
            found[one.path] = msgspec.structs.replace(one.record, steps=steps)
        elif one.record:
            found[one.path] = one.record
    return tuple(found.values())


def _write(one: FilePlan) -> None:
    """Raises ConfigUnwritable."""
    if not one.changes:
        return
    with _unwritable(one.path):
        remove_drafts(one.target)
        if one.after is not None:
            one.target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            rewrite(one.target, one.after)
            return
        one.target.unlink(missing_ok=True)
        for folder in reversed(one.folders):
            with contextlib.suppress(OSError):  # something else lies there
                folder.rmdir()


@contextlib.contextmanager
def _unwritable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as wrong:
        raise ConfigUnwritable(path=str(path), detail=wrong.strerror or str(wrong)) from wrong
