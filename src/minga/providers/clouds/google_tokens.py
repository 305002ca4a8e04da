"""Access tokens of Google accounts, each fetched once and kept until shortly before its end.

developers.google.com/identity/protocols/oauth2/service-account and cloud.google.com/compute/docs/metadata, seen
November 2026.
"""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

import msgspec

from minga.domain.model_calls import Refused
from minga.infrastructure import rs256
from minga.infrastructure.clock import Clock
from minga.infrastructure.destinations import is_own
from minga.infrastructure.http import Client, Outgoing, Unreachable
from minga.providers.clouds.answers import read
from minga.providers.clouds.google_account import GRANTS, AuthorizedUser, GoogleAccount, Machine, ServiceAccount

SCOPE = "https://www.googleapis.com/auth/cloud-platform"

AUDIENCE = "https://oauth2.googleapis.com/token"
"""Whom a service account asserts it to: this, wherever the token is fetched."""

EARLY_S = 225.0
"""So long before its end a token is fetched anew, as Google's own library does it."""

LIMIT_S = 10.0
"""For a token to come."""

ASSERTED_S = 3600
"""So long what a service account asserts of itself holds; more is refused."""

_PRINTS = re.compile(r"[!-~]+")
_METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"
_CLOCK = "; the clock of this machine may be wrong"


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float


class _Denied(msgspec.Struct, frozen=True):
    error: str = ""
    error_description: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    """``until_s``: on the clock that never goes back."""

    token: str
    until_s: float


class GoogleTokens:
    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._held: dict[GoogleAccount, _Held] = {}
        self._coming: dict[GoogleAccount, asyncio.Task[str]] = {}

    async def get(self, account: GoogleAccount, refused: str = "") -> str:
        """Another one than ``refused``. However many ask, one is fetched; whoever goes away stops nobody else's.
        Raises Refused where Google gives none, Unreachable where it does not answer."""
        held = self._held.get(account)
        if held is not None and held.token != refused and self._clock.monotonic() < held.until_s:
            return held.token
        coming = self._coming.get(account)
        if coming is None:
            coming = asyncio.create_task(self._fetched(account))
            self._coming[account] = coming
            coming.add_done_callback(lambda done: self._came(account, done))
        return await asyncio.shield(coming)

    def _came(self, account: GoogleAccount, done: "asyncio.Task[str]") -> None:
        self._coming.pop(account, None)
        if not done.cancelled():
            done.exception()  # told to those who wait, if any still do

    async def _fetched(self, account: GoogleAccount) -> str:
        asked = await self._asking(account)
        began_s = self._clock.monotonic()
        try:
            async with asyncio.timeout(LIMIT_S):
                told = await read(await self._client.send(asked))
        except TimeoutError as wrong:
            raise Unreachable(f"no token for its account came within {LIMIT_S:g} s") from wrong
        except Unreachable as wrong:
            raise Unreachable(f"no token for its account came: {wrong}") from wrong
        if told.status in (400, 401, 403):
            raise Refused("provider-key", f"Google gives no token for the gateway's account: {_denied(told.body)}")
        try:
            granted = msgspec.json.decode(told.body, type=_Granted)
        except (msgspec.DecodeError, UnicodeDecodeError):
            granted = None
        if told.status != 200 or granted is None or not _PRINTS.fullmatch(granted.access_token):
            raise Unreachable(f"no token for its account came: status {told.status}")
        kept_s = max(granted.expires_in - EARLY_S, granted.expires_in / 2)
        self._held[account] = _Held(granted.access_token, began_s + kept_s)
        return granted.access_token

    async def _asking(self, account: GoogleAccount) -> Outgoing:
        """Raises Refused."""
        match account:
            case Machine():
                flavor = [("metadata-flavor", "Google")]
                return Outgoing("GET", f"http://{account.host}{_METADATA}", flavor, b"", True, LIMIT_S, LIMIT_S)
            case ServiceAccount():
                return _form(account.token_uri, {"grant_type": GRANTS, "assertion": await self._assertion(account)})
            case AuthorizedUser():
                fields = {"client_id": account.client_id, "client_secret": account.client_secret}
                grant = {"grant_type": "refresh_token", "refresh_token": account.refresh_token}
                return _form(account.token_uri, {**grant, **fields})

    async def _assertion(self, account: ServiceAccount) -> str:
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": account.client_email,
            "scope": SCOPE,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + ASSERTED_S,
        }
        try:
            return await asyncio.to_thread(rs256.token, claims, account.private_key, account.private_key_id)
        except ValueError as wrong:
            raise Refused("provider-key", f"the gateway's account at Google cannot be used: {wrong}") from wrong


def _form(url: str, fields: dict[str, str]) -> Outgoing:
    headers = [("content-type", "application/x-www-form-urlencoded"), ("accept-encoding", "identity")]
    private = is_own(urlsplit(url).hostname or "")
    return Outgoing("POST", url, headers, urlencode(fields).encode(), private, LIMIT_S, LIMIT_S)


def _denied(body: bytes) -> str:
    """Google says of a token from the future, or of long ago, that it is not ``short-lived`` or of a reasonable
    ``timeframe``."""
    try:
        told = msgspec.json.decode(body, type=_Denied)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "it does not say why"
    why = f"{told.error}: {told.error_description}".strip(": ") or "it does not say why"
    return why + (_CLOCK if "timeframe" in why or "short-lived" in why else "")
