"""A call on its way to its provider: with the provider's own way of saying who asks, its paths and its framing."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime

from minga.domain.model_calls import ModelCall, Refused
from minga.infrastructure.clock import Clock
from minga.infrastructure.http import Client, Incoming, Outgoing
from minga.providers.clouds import bedrock, sigv4, vertex
from minga.providers.clouds.answers import Told, mended, read
from minga.providers.clouds.aws_account import AwsAccount
from minga.providers.clouds.google_account import AuthorizedUser, GoogleAccount
from minga.providers.clouds.google_tokens import GoogleTokens
from minga.providers.deployments import Deployment
from minga.providers.wires import outgoing

AMAZON_SERVICE = "bedrock"

_SKEWED = (b"Signature expired", b"Signature not yet current")
"""How Amazon says that a request is not of now (it allows five minutes)."""


class Calling:
    """Sends calls; keeps what tokens they need."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._tokens = GoogleTokens(client, clock)

    async def send(self, call: ModelCall, deployment: Deployment, first_s: float, silence_s: float) -> Incoming:
        """``first_s``: so long the head of the answer may take. Raises Unreachable; and Refused for what the provider
        does not do, or where it does not know the gateway's account."""
        if deployment.credentials is None and not deployment.form:
            return await self._client.send(outgoing(call, deployment, first_s, silence_s))
        sent = _shaped(call, deployment, first_s, silence_s)
        match deployment.credentials:
            case None:
                incoming = await self._client.send(sent)
            case AwsAccount() as account:
                incoming = await self._signed(sent, account, deployment.provider)
            case account:
                incoming = await self._with_token(sent, account)
        return await _understood(incoming, call, deployment)

    async def close(self) -> None:
        await self._client.close()

    async def _signed(self, sent: Outgoing, account: AwsAccount, provider: str) -> Incoming:
        now = self._clock.now()
        try:
            keys = await asyncio.to_thread(account.keys)  # which may read a file
        except ValueError as wrong:
            raise Refused("provider-key", f"the gateway's account at {provider} cannot be used: {wrong}") from wrong
        sent.headers = [one for one in sent.headers if not one[0].startswith("x-amz")]
        sigv4.sign(sent, keys, account.region, AMAZON_SERVICE, now)
        incoming = await self._client.send(sent)
        if incoming.status in (400, 403):
            told = await read(incoming)
            if any(words in told.body for words in _SKEWED):
                raise Refused("provider-key", f"{provider} refuses the time of this machine{_skew(told, now)}: set it")
            return told
        return incoming

    async def _with_token(self, sent: Outgoing, account: GoogleAccount) -> Incoming:
        """A token that is refused before its end is fetched anew, once."""
        own = [one for one in sent.headers if not one[0].startswith("x-goog-")]
        if isinstance(account, AuthorizedUser) and account.quota_project_id:
            own.append(("x-goog-user-project", account.quota_project_id))
        token = await self._tokens.get(account)
        sent.headers = [*own, ("authorization", f"Bearer {token}")]
        incoming = await self._client.send(sent)
        if incoming.status != 401:
            return incoming
        incoming.close()
        token = await self._tokens.get(account, refused=token)
        sent.headers = [*own, ("authorization", f"Bearer {token}")]
        return await self._client.send(sent)


def _shaped(call: ModelCall, deployment: Deployment, first_s: float, silence_s: float) -> Outgoing:
    """Raises Refused."""
    if not deployment.form:
        return outgoing(call, deployment, first_s, silence_s)
    form = bedrock if deployment.form == "bedrock" else vertex
    shaped = form.request(call, deployment.model)
    sent = outgoing(replace(shaped, path="", model=deployment.model), deployment, first_s, silence_s)
    sent.url += shaped.path
    return sent


async def _understood(incoming: Incoming, call: ModelCall, deployment: Deployment) -> Incoming:
    """Raises Unreachable."""
    if incoming.status >= 400:
        return mended(await read(incoming), call.wire)
    if deployment.form != "bedrock" or incoming.status != 200:
        return incoming
    if call.counts:
        told = await read(incoming)
        return Told(told.status, told.headers, bedrock.counted(told.body))
    return bedrock.Unframed(incoming) if _is_framed(incoming.headers) else incoming


def _is_framed(headers: Sequence[tuple[str, str]]) -> bool:
    return any(name == "content-type" and value.startswith(bedrock.FRAMED) for name, value in headers)


def _skew(told: Told, now: datetime) -> str:
    """By how much it differs, if the answer tells its own time."""
    date = next((value for name, value in told.headers if name == "date"), "")
    try:
        seconds = (now - parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError):
        return ""
    return f", which is {abs(seconds):.0f} s {'ahead' if seconds > 0 else 'behind'}"
