"""Whose keys sign what goes to Amazon: those in the environment, or a profile of the file that Amazon's tools share.

docs.aws.amazon.com/sdkref/latest/guide/file-format.html, seen November 2026.
"""

from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as Malformed
from dataclasses import dataclass, field
from pathlib import Path

REGION = "AWS_REGION"
KEY_ID = "ACCESS_KEY_ID"
PROFILE = "PROFILE"


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """``session_token`` is empty for keys that do not end."""

    key_id: str
    secret: str = field(repr=False)
    session_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AwsProfile:
    """The keys that stand in a file under ``name`` at the time of a call: tools put new ones there."""

    file: Path
    name: str

    def keys(self) -> AwsKeys:
        """Raises ValueError, which says what is wrong and not where."""
        parser = ConfigParser(interpolation=None, default_section="")
        try:
            parser.read_string(self.file.read_text())
        except (OSError, UnicodeDecodeError) as wrong:
            raise ValueError("the file of its profiles cannot be read") from wrong
        except Malformed as wrong:
            raise ValueError("the file of its profiles is malformed") from wrong
        if not parser.has_section(self.name):
            raise ValueError(f"there is no profile {self.name!r}")
        found = parser[self.name]
        key_id, secret = found.get("aws_access_key_id", ""), found.get("aws_secret_access_key", "")
        if not key_id or not secret:
            raise ValueError(f"the profile {self.name!r} holds no keys")
        return AwsKeys(key_id, secret, found.get("aws_session_token", ""))


@dataclass(frozen=True, slots=True)
class AwsAccount:
    region: str
    source: AwsKeys | AwsProfile

    def keys(self) -> AwsKeys:
        """Raises ValueError."""
        return self.source if isinstance(self.source, AwsKeys) else self.source.keys()


def signs(variable: str) -> bool:
    """By its name: whether it tells of keys that sign, and not a bearer's key."""
    return KEY_ID in variable or PROFILE in variable


def read(variable: str, environment: Mapping[str, str]) -> AwsAccount | None:
    """The account of ``AWS_ACCESS_KEY_ID``, of ``AWS_ACCESS_KEY_ID_2`` …, or of ``AWS_PROFILE``. None where its secret
    or the region is not set."""
    region = environment.get(REGION, "").strip()
    named = environment[variable].strip()
    if not region:
        return None
    if PROFILE in variable:
        usual = Path(environment.get("HOME", "")) / ".aws" / "credentials"
        return AwsAccount(region, AwsProfile(Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or usual), named))
    secret = environment.get(variable.replace(KEY_ID, "SECRET_ACCESS_KEY"), "").strip()
    token = environment.get(variable.replace(KEY_ID, "SESSION_TOKEN"), "").strip()
    return AwsAccount(region, AwsKeys(named, secret, token)) if secret else None
