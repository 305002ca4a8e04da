"""Tokens of Google accounts, from a server that checks what asks for them with Google's own library."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from cloud_server import Cloud, cloud
from google.auth.transport.requests import Request
from google.oauth2.credentials import Credentials as UserCredentials
from google.oauth2.service_account import Credentials

from minga.domain.model_calls import Refused
from minga.infrastructure.clock import FakeClock
from minga.infrastructure.http import Unreachable
from minga.infrastructure.thin_client import ThinClient
from minga.providers.clouds import google_account
from minga.providers.clouds.google_account import AuthorizedUser, Machine, ServiceAccount
from minga.providers.clouds.google_tokens import SCOPE, GoogleTokens

Result = TypeVar("Result")


@pytest.fixture(scope="module")
def server() -> Iterator[Cloud]:
    with cloud() as made:
        yield made


@pytest.fixture
def there(server: Cloud) -> Cloud:
    server.tokens, server.denied, server.expires_in = 0, None, 3600
    server.asked.clear()
    server.may_answer.set()
    return server


def service_account(there: Cloud, tmp_path: Path, **other: str) -> ServiceAccount | AuthorizedUser:
    file = tmp_path / "account.json"
    file.write_text(json.dumps({**there.service_account(), **other}))
    return google_account.read(file)


def with_tokens(work: Callable[[GoogleTokens, FakeClock], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        client, clock = ThinClient(), FakeClock(datetime.now(UTC) - timedelta(seconds=3400))
        try:
            return await work(GoogleTokens(client, clock), clock)
        finally:
            await client.close()

    return asyncio.run(run())


def test_the_token_server_takes_googles_own_library(there: Cloud) -> None:
    theirs = Credentials.from_service_account_info(there.service_account(), scopes=[SCOPE])
    theirs.refresh(Request())
    assert theirs.token == "ya29.1"
    user = UserCredentials.from_authorized_user_info(there.authorized_user())
    user._token_uri = f"{there.url}/token"  # it takes no other one from the file
    user.refresh(Request())
    assert user.token == "ya29.2"


def test_a_token_is_kept_until_shortly_before_its_end_and_then_fetched_anew(there: Cloud, tmp_path: Path) -> None:
    account = service_account(there, tmp_path)

    async def work(tokens: GoogleTokens, clock: FakeClock) -> list[str]:
        found = [await tokens.get(account), await tokens.get(account)]
        clock.advance(3600 - 230)
        found.append(await tokens.get(account))
        clock.advance(10)
        return [*found, await tokens.get(account)]

    assert with_tokens(work) == ["ya29.1", "ya29.1", "ya29.1", "ya29.2"]


def test_a_short_token_is_not_fetched_for_every_call(there: Cloud, tmp_path: Path) -> None:
    there.expires_in = 60
    account = service_account(there, tmp_path)

    async def work(tokens: GoogleTokens, clock: FakeClock) -> list[str]:
        return [await tokens.get(account), await tokens.get(account)]

    assert with_tokens(work) == ["ya29.1", "ya29.1"]


def test_however_many_ask_at_once_one_token_is_fetched_also_when_the_first_goes_away(
    there: Cloud, tmp_path: Path
) -> None:
    account = service_account(there, tmp_path)
    there.may_answer.clear()
    there.token_wanted.clear()

    async def work(tokens: GoogleTokens, clock: FakeClock) -> list[str]:
        asking = [asyncio.create_task(tokens.get(account)) for _ in range(20)]
        assert await asyncio.to_thread(there.token_wanted.wait, 30)
        asking[0].cancel()
        there.may_answer.set()
        return list(await asyncio.gather(*asking[1:]))

    assert with_tokens(work) == ["ya29.1"] * 19


def test_a_refused_token_is_fetched_anew_once_for_all_who_had_it(there: Cloud, tmp_path: Path) -> None:
    account = service_account(there, tmp_path)

    async def work(tokens: GoogleTokens, clock: FakeClock) -> list[str]:
        first = await tokens.get(account)
        again = await asyncio.gather(*(tokens.get(account, refused=first) for _ in range(5)))
        return [first, *again, await tokens.get(account, refused=first)]

    assert with_tokens(work) == ["ya29.1", *["ya29.2"] * 6]


def test_a_persons_login_and_a_machine_get_tokens_too(there: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "adc.json"
    file.write_text(json.dumps(there.authorized_user()))
    accounts = [google_account.read(file), google_account.machine(there.url.removeprefix("http://"))]

    async def work(tokens: GoogleTokens, clock: FakeClock) -> list[str]:
        return [await tokens.get(one) for one in accounts]

    assert with_tokens(work) == ["ya29.1", "ya29.2"]
    assert accounts[0] == AuthorizedUser("c", "s", "r", f"{there.url}/token", "payer")
    assert isinstance(accounts[1], Machine)


@pytest.mark.parametrize(
    ("status", "body", "kind", "told"),
    [
        (400, b'{"error":"invalid_grant","error_description":"Invalid JWT Signature."}', Refused, "JWT Signature"),
        (
            400,
            b'{"error":"invalid_grant","error_description":"Token must be a short-lived token (60 minutes) and in a'
            b' reasonable timeframe."}',
            Refused,
            "the clock of this machine may be wrong",
        ),
        (403, b"<html>", Refused, "does not say why"),
        (503, b"{}", Unreachable, "status 503"),
        (200, b"{}", Unreachable, "no token"),
        (200, b'{"access_token": "a\\r\\nb", "expires_in": 9}', Unreachable, "no token"),
        (200, b"\xff", Unreachable, "no token"),
        (302, b"", Unreachable, "status 302"),
    ],
    ids=[str(number) for number in range(8)],
)
def test_why_no_token_came_is_told_and_asked_again_the_next_time(
    there: Cloud, tmp_path: Path, status: int, body: bytes, kind: type[Exception], told: str
) -> None:
    account = service_account(there, tmp_path)
    there.denied = (status, body)

    async def work(tokens: GoogleTokens, clock: FakeClock) -> str:
        with pytest.raises(kind, match=told):
            await tokens.get(account)
        there.denied = None
        return await tokens.get(account)

    assert with_tokens(work) == "ya29.1"


def test_a_key_that_is_none_is_told_without_any_of_it(there: Cloud, tmp_path: Path) -> None:
    account = service_account(there, tmp_path, private_key="-----BEGIN PRIVATE KEY-----\nhunter2\n")

    async def work(tokens: GoogleTokens, clock: FakeClock) -> str:
        with pytest.raises(Refused, match="private key cannot be read") as refused:
            await tokens.get(account)
        return str(refused.value)

    assert "hunter2" not in with_tokens(work)
    assert "hunter2" not in repr(account)


USER = {"type": "authorized_user", "client_id": "", "client_secret": "hunter2", "refresh_token": ""}

FILES = {
    "no file": (None, "cannot be read"),
    "no JSON": (b"{", "no JSON"),
    "no text": (b"\xff", "no JSON"),
    "another type": (b'{"type": "external_account"}', "`type` is another"),
    "no key": (b'{"type": "service_account", "client_email": "x", "token_uri": "https://x"}', "private_key"),
    "plain": (json.dumps({**USER, "token_uri": "http://x.example"}).encode(), "`token_uri` is not https"),
    "metadata": (json.dumps({**USER, "token_uri": "http://169.254.169.254/t"}).encode(), "`token_uri` is not https"),
    "password": (json.dumps({**USER, "token_uri": "https://a:b@x.example"}).encode(), "`token_uri` is not https"),
}


@pytest.mark.parametrize("name", list(FILES))
def test_a_file_that_cannot_be_used_says_why_and_nothing_of_what_it_holds(tmp_path: Path, name: str) -> None:
    content, told = FILES[name]
    file = tmp_path / "account.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=told) as wrong:
        google_account.read(file)
    assert "hunter2" not in str(wrong.value)
    assert str(tmp_path) not in str(wrong.value)


@pytest.mark.parametrize("host", ["", "a b", "x/y", "a@b", "http://x"])
def test_a_metadata_host_is_a_host(host: str) -> None:
    with pytest.raises(ValueError, match="HOST"):
        google_account.machine(host)
