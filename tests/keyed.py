"""Key stores and vaults as Minga wires them, over SQLite and PostgreSQL, for the tests of secrecy."""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from minga.bootstrap import Minga, build
from minga.domain.ids import SessionId
from minga.domain.secrecy import UserName
from minga.settings import read
from minga.storage.vault import KeyVault

ANA, BEA, CLEO = UserName("ana"), UserName("bea"), UserName("cleo")
ONE, TWO, THREE = SessionId("session-1"), SessionId("session-2"), SessionId("session-3")


@dataclass(frozen=True, slots=True)
class Folder:
    """A data directory and a configuration of their own; ``url`` is the PostgreSQL address, empty for SQLite."""

    root: Path
    url: str = ""
    opened: list[Minga] = field(default_factory=list)

    @property
    def keys_file(self) -> Path:
        return self.root / "home" / "keys.db"

    @property
    def master_file(self) -> Path:
        return self.root / "config" / "master.key"

    def environment(self, user: str = "") -> dict[str, str]:
        given = {
            "MINGA_HOME": str(self.root / "home"),
            "MINGA_CONFIG": str(self.root / "config"),
            "MINGA_DATABASE_URL": self.url,
            "MINGA_USER": user,
        }
        return {name: value for name, value in given.items() if value}

    def minga(self, user: str = "", **variables: str) -> Minga:
        made = build(read({**self.environment(user), **variables}))
        self.opened.append(made)
        return made

    def close(self) -> None:
        for minga in self.opened:
            minga.keys.close()

    def vault(self, user: str = "") -> KeyVault:
        """As of a new process: nothing is remembered from before."""
        return self.minga(user).vault

    def add(self, *users: UserName) -> None:
        with closing(self.minga().keys) as keys:
            for user in users:
                keys.add_user(user)

    def everything(self) -> bytes:
        """All bytes of the key store's files."""
        return b"".join(file.read_bytes() for file in sorted(self.keys_file.parent.glob("keys.db*")))
