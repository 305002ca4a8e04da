"""Who asks at Google: the file that GOOGLE_APPLICATION_CREDENTIALS names, or the machine itself.

cloud.google.com/docs/authentication/application-default-credentials, seen November 2026.
"""

from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from minga.infrastructure.destinations import is_own

METADATA_HOST = "GCE_METADATA_HOST"
"""The variable by which Google's own libraries are told where a machine's metadata server is."""

GRANTS = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class ServiceAccount(msgspec.Struct, frozen=True, tag="service_account", tag_field="type"):
    client_email: str
    private_key: str
    token_uri: str
    private_key_id: str = ""

    def __repr__(self) -> str:
        return f"ServiceAccount({self.client_email!r})"


class AuthorizedUser(msgspec.Struct, frozen=True, tag="authorized_user", tag_field="type"):
    """``quota_project_id``: the project that pays, empty for that of the path."""

    client_id: str
    client_secret: str
    refresh_token: str
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    quota_project_id: str = ""

    def __repr__(self) -> str:
        return f"AuthorizedUser({self.client_id!r})"


class Machine(msgspec.Struct, frozen=True, tag="machine", tag_field="type"):
    """Its metadata server says who it is."""

    host: str


GoogleAccount: TypeAlias = ServiceAccount | AuthorizedUser | Machine


def read(file: Path) -> ServiceAccount | AuthorizedUser:
    """Raises ValueError, which says what is wrong and nothing of what the file holds."""
    try:
        account = msgspec.json.decode(file.read_bytes(), type=ServiceAccount | AuthorizedUser)
    except OSError as wrong:
        raise ValueError("it cannot be read") from wrong
    except msgspec.ValidationError as wrong:
        raise ValueError(f"it is no service account and no authorized user: {_place(wrong)}") from wrong
    except (msgspec.DecodeError, UnicodeDecodeError) as wrong:
        raise ValueError("it is no JSON") from wrong
    if problem := _wrong_with(account.token_uri):
        raise ValueError(f"its `token_uri` {problem}")
    return account


def machine(host: str) -> Machine:
    """Raises ValueError."""
    if any(one in host for one in "/@?# ") or not urlsplit(f"http://{host}").hostname:
        raise ValueError("it is not HOST or HOST:PORT")
    return Machine(host)


def _place(wrong: msgspec.ValidationError) -> str:
    told = str(wrong)
    return "its `type` is another one" if "$.type" in told or "`type`" in told else told


def _wrong_with(uri: str) -> Literal["", "is not https:// with a host"]:
    """Keys go there: without TLS only within one's own network, to an address that stands there literally."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
        plain = parts.scheme == "http" and is_own(host)
        is_right = bool(host) and "@" not in parts.netloc and parts.port != 0 and (parts.scheme == "https" or plain)
    except ValueError:
        is_right = False
    return "" if is_right else "is not https:// with a host"
