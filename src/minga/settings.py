"""The settings: one frozen tree, file < environment < flag; the only reader of the environment and of the file.

The file is ``config.toml`` in the configuration directory; `minga config` prints every setting with its source.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import platformdirs

from minga.domain.errors import BadSetting
from minga.domain.task import Endpoint, GatewayUse, OnLimit, Permissions, Strategy

COUNT_MAX = 999_999_999


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it can be given: its key in the file, its environment variable, what it means."""

    key: str
    variable: str
    meaning: str
    choices: tuple[str, ...] = ()


SETTINGS = (
    Setting("database_url", "MINGA_DATABASE_URL", "PostgreSQL address; without it, SQLite in the data directory"),
    Setting("lock_wait_s", "MINGA_LOCK_WAIT_S", "seconds to wait for a store that another program holds; 10"),
    Setting("user", "MINGA_USER", "whose sessions: a profile of `minga users add`; your account if not set"),
    Setting(
        "master_key",
        "MINGA_MASTER_KEY",
        "where the first master key is made: file, keyring or vault:ADDRESS; file if not set",
    ),
    Setting("endpoint", "MINGA_ENDPOINT", "base URL of a model server that agents use instead of their own login"),
    Setting("endpoint_key", "MINGA_ENDPOINT_KEY", "key for that server"),
    Setting("endpoint_model", "MINGA_ENDPOINT_MODEL", "model to ask that server for"),
    Setting(
        "gateway",
        "MINGA_GATEWAY",
        "whether runs go through Minga's gateway: auto, off or required; auto if not set",
        tuple(GatewayUse),
    ),
    Setting("agents", "MINGA_AGENTS", "agents to try, in order, separated by commas; without it the router chooses"),
    Setting(
        "permissions",
        "MINGA_PERMISSIONS",
        "what agents may do: ask, read-only, edits or all; ask if not set",
        tuple(Permissions),
    ),
    Setting(
        "on_limit",
        "MINGA_ON_LIMIT",
        "switch, wait or stop when a rate limit is spent; switch if not set",
        tuple(OnLimit),
    ),
    Setting(
        "strategy",
        "MINGA_STRATEGY",
        "how agents and checks work together: auto, cascade, single or panel; auto if not set",
        tuple(Strategy),
    ),
    Setting("verify", "MINGA_VERIFY", "whether answers are checked: on or off; on if not set", ("on", "off")),
    Setting(
        "memory",
        "MINGA_MEMORY",
        "what runs are told of earlier sessions: on, words (found by words only, not by meaning) or off; on if not set",
        ("on", "words", "off"),
    ),
    Setting("memory_tokens", "MINGA_MEMORY_TOKENS", "how many tokens a run is told of earlier sessions; 1500"),
    Setting(
        "memory_model",
        "MINGA_MEMORY_MODEL",
        "model of the gateway that reads sessions which have ended, for digests and facts; none if not set",
    ),
    Setting("memory_budget_usd", "MINGA_MEMORY_BUDGET_USD", "what that model may cost a day (UTC), in dollars; 0.10"),
    Setting("baseline", "MINGA_BASELINE", "agent with which the cost of cascades is compared; the dearest if not set"),
    Setting(
        "explore_percent",
        "MINGA_EXPLORE_PERCENT",
        "of 100 cascades, how many begin with an agent drawn by lot, to learn what others do; 0",
    ),
    Setting(
        "wrong_max_percent",
        "MINGA_WRONG_MAX_PERCENT",
        "of 100 answers given, how many may be wrong: what cannot be promised so is withheld; no promise if not set",
    ),
    Setting("timeout_s", "MINGA_TIMEOUT_S", "seconds that a run may take; 1800 if not set"),
    Setting("ask_wait_s", "MINGA_ASK_WAIT_S", "seconds to wait for a person's answer to a permission request; 120"),
    Setting("a2a_directory", "MINGA_A2A_DIRECTORY", "directory in which agents of others may have tasks done; none"),
    Setting("ask_budget_usd", "MINGA_ASK_BUDGET_USD", "most that an agent asked by another may cost, in USD; 0.5"),
    Setting(
        "tools",
        "MINGA_TOOLS",
        "whether runs, and agents that agents ask, get the tools of `minga mcp`: on or off; off if not set",
        ("on", "off"),
    ),
    Setting(
        "mcp_consent",
        "MINGA_MCP_CONSENT",
        "who accepts what a tool of `minga mcp` changes: person (default), or client, where it asks before each tool",
        choices=("person", "client"),
    ),
    Setting("worktree_age_days", "MINGA_WORKTREE_AGE_DAYS", "days after which an unmerged worktree is removed; 7"),
    Setting("worktree_quota_mb", "MINGA_WORKTREE_QUOTA_MB", "disk space for all worktrees together, in MB; 5000"),
    Setting("backup_folder", "MINGA_BACKUP_FOLDER", "directory for backups; backups/ in the data directory if not set"),
    Setting("backup_every_minutes", "MINGA_BACKUP_EVERY_MINUTES", "minutes between automatic backups; 60, 0 for none"),
    Setting("backup_hourly", "MINGA_BACKUP_HOURLY", "how many of the newest automatic backups are kept; 24"),
    Setting("backup_daily", "MINGA_BACKUP_DAILY", "for how many days the last automatic backup of a day is kept; 7"),
    Setting("sessions_at_work_max", "MINGA_SESSIONS_AT_WORK_MAX", "sessions of one user at work at once, at most; 50"),
    Setting(
        "session_idle_hours",
        "MINGA_SESSION_IDLE_HOURS",
        "hours after which an unused chat at a terminal ends; 24",
    ),
    Setting("sync_place", "MINGA_SYNC_PLACE", "where `minga sync` meets your other devices: a folder or a server"),
    Setting(
        "gateway_client",
        "MINGA_GATEWAY_CLIENT",
        "what asks the providers for `minga serve`: thin or aiohttp; thin if not set",
        ("thin", "aiohttp"),
    ),
    Setting("gateway_wait_s", "MINGA_GATEWAY_WAIT_S", "seconds a gateway call waits for a free deployment; 60"),
    Setting("gateway_silence_s", "MINGA_GATEWAY_SILENCE_S", "seconds a provider may be silent within an answer; 300"),
    Setting(
        "dte_trial",
        "MINGA_DTE_TRIAL",
        "on: tax documents of trials are checked as if the SII had given their folios; off if not set",
        ("on", "off"),
    ),
    Setting(
        "dte_signers",
        "MINGA_DTE_SIGNERS",
        "who may sign tax documents: RUTs, or ISSUER=RUT for one issuer only, separated by commas",
    ),
    Setting("language", "MINGA_LANGUAGE", "es or en; the locale's if not set", ("es", "en")),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """``home`` is the data directory (MINGA_HOME), ``config`` the configuration directory (MINGA_CONFIG)."""

    home: Path
    config: Path
    environment: Mapping[str, str] = field(repr=False)
    values: Mapping[str, str] = field(repr=False)
    sources: Mapping[str, str]

    @property
    def clis(self) -> Path:
        return self.home / "clis"

    @property
    def homes(self) -> Path:
        """Homes that last; those used with an endpoint lie in memory, where there is any."""
        return self.home / "homes"

    @property
    def logs(self) -> Path:
        """Where the first versions kept the standard error of CLIs, in plaintext; removed when it is found."""
        return self.home / "logs"

    @property
    def worktrees(self) -> Path:
        return self.home / "worktrees"

    @property
    def dte_folios(self) -> Path:
        """Which folios were handed out, beside the store: no backup brings one back."""
        return self.home / "dte" / "folios"

    @property
    def dte_trial(self) -> bool:
        """Whether documents made with the public keys of trials are taken as real ones."""
        return self.text("dte_trial") == "on"

    @property
    def dte_signers(self) -> tuple[str, ...]:
        """As they were written."""
        return tuple(each for each in self.text("dte_signers").split(",") if each.strip())

    @property
    def dte_schemas(self) -> Path:
        """The SII's XML schemas, a directory a set."""
        return self.home / "dte" / "schemas"

    @property
    def store(self) -> Path:
        return self.home / "minga.db"

    @property
    def store_shown(self) -> str:
        """The store as it may be shown: a server without user and password, which may also stand behind the ``?``."""
        parts = urlsplit(self.text("database_url"))
        return f"{parts.hostname or 'localhost'}{parts.path}" if parts.scheme else str(self.store)

    def search_index(self, user: str) -> Path:
        return self.home / "search" / f"{quote(user, safe='')}.db"

    def memory_file(self, user: str) -> Path:
        return self.home / "memory" / f"{quote(user, safe='')}.db"

    @property
    def keys(self) -> Path:
        return self.home / "keys.db"

    @property
    def master_file(self) -> Path:
        return self.config / "master.key"

    @property
    def backups(self) -> Path:
        folder = self.text("backup_folder")
        return Path(folder).expanduser().absolute() if folder else self.home / "backups"

    @property
    def endpoint(self) -> Endpoint | None:
        url = self.values.get("endpoint")
        if not url:
            return None
        return Endpoint(url, self.values.get("endpoint_key") or "none", self.values.get("endpoint_model", ""))

    def text(self, key: str) -> str:
        return self.values.get(key, "")

    def number(self, key: str, default: float) -> float:
        """Raises BadSetting if the value is no positive number."""
        text = self.values.get(key)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not value > 0 or value == float("inf"):
            raise BadSetting(name=key, source=self.sources[key], detail=f"{text!r} is not a positive number")
        return value

    def count(self, key: str, default: int) -> int:
        """Raises BadSetting if the value is no whole number from 0 to `COUNT_MAX`."""
        text = self.values.get(key, str(default))
        if not (text.isascii() and text.isdigit()):
            raise BadSetting(name=key, source=self.sources[key], detail=f"{text!r} is not a whole number")
        if len(text.lstrip("0")) > len(str(COUNT_MAX)):
            raise BadSetting(name=key, source=self.sources[key], detail=f"{text!r} is more than {COUNT_MAX}")
        return int(text)


def read(environment: Mapping[str, str]) -> Settings:
    """Read the settings from ``environment`` and the file it points to. Raises BadSetting."""
    home = _directory(environment, "MINGA_HOME", platformdirs.user_data_path("minga"))
    config = _directory(environment, "MINGA_CONFIG", platformdirs.user_config_path("minga"))
    file = config / "config.toml"
    values: dict[str, str] = {}
    sources: dict[str, str] = {}
    given = _from_file(file)
    for setting in SETTINGS:
        if setting.key in given:
            values[setting.key], sources[setting.key] = _text(given[setting.key]), str(file)
        if text := environment.get(setting.variable, "").strip():
            values[setting.key], sources[setting.key] = text, setting.variable
        if setting.choices and values.get(setting.key, setting.choices[0]) not in setting.choices:
            detail = f"{values[setting.key]!r} is none of {', '.join(setting.choices)}"
            raise BadSetting(name=setting.key, source=sources[setting.key], detail=detail)
    return Settings(home, config, dict(environment), values, sources)


def named_agents(text: str) -> tuple[str, ...]:
    """``codex, claude`` -> the two names, in order, once each."""
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in text.split(",")))))


def _directory(environment: Mapping[str, str], variable: str, default: Path) -> Path:
    return Path(environment[variable]).expanduser().absolute() if environment.get(variable) else default


def _from_file(file: Path) -> dict[str, Any]:
    try:
        given = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise BadSetting(name="config.toml", source=str(file), detail=str(wrong)) from wrong
    known = {setting.key for setting in SETTINGS}
    if unknown := sorted(set(given) - known):
        raise BadSetting(name=unknown[0], source=str(file), detail=_unknown(unknown[0], known))
    return given


def _unknown(key: str, known: set[str]) -> str:
    near = get_close_matches(key, known, n=1)
    return f"there is no such setting; did you mean {near[0]!r}?" if near else "there is no such setting"


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
