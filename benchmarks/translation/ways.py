"""Who asks whom: the form of the caller, that of the model server, and the gateway between them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.gateway import configs, targets
from benchmarks.gateway.load import MODEL, Door
from benchmarks.gateway.targets import BEARER, Launch, Minga, Target
from minga.domain.model_calls import Wire

CLAUDE = "claude-sonnet-4-5"

_MODELS: dict[Wire, str] = {"openai-chat": MODEL, "anthropic": CLAUDE}

_SHORT: dict[Wire, str] = {
    "openai-chat": "Chat",
    "anthropic": "Messages",
    "openai-responses": "Responses",
    "gemini": "Gemini",
}


@dataclass(frozen=True, slots=True)
class Way:
    """``gateway`` takes a call as ``caller`` and asks a server that speaks ``server``."""

    gateway: str
    caller: Wire
    server: Wire

    def __str__(self) -> str:
        return f"{self.gateway}: {_SHORT[self.caller]} → {_SHORT[self.server]}"

    @property
    def model(self) -> str:
        return _MODELS[self.server]

    @property
    def is_translated(self) -> bool:
        return self.caller != self.server

    @property
    def passed(self) -> "Way":
        """Without translation, to the same server."""
        return Way(self.gateway, self.server, self.server)

    def path(self, *, stream: bool) -> str:
        if self.caller == "gemini":
            return f"/v1beta/models/{self.model}:{'streamGenerateContent?alt=sse' if stream else 'generateContent'}"
        return {"openai-chat": "/v1/chat/completions", "anthropic": "/v1/messages"}.get(self.caller, "/v1/responses")

    def door(self, port: int, key: str, *, stream: bool = False) -> Door:
        name = {"anthropic": "x-api-key", "gemini": "x-goog-api-key"}.get(self.caller, "Authorization")
        headers = {name: f"Bearer {key}" if name == "Authorization" else key}
        if self.caller == "anthropic":
            headers["anthropic-version"] = "2023-06-01"
        return Door(port, self.path(stream=stream), headers)


OURS, PEER = "Minga", "LiteLLM"

MINGA_WAYS = tuple(
    Way(OURS, caller, server)
    for server in ("openai-chat", "anthropic")
    for caller in ("openai-chat", "anthropic", "openai-responses", "gemini")
)
LITELLM_WAYS = (Way(PEER, "openai-chat", "openai-chat"), Way(PEER, "anthropic", "openai-chat"))


def minga(folder: Path, upstream: int) -> Minga:
    """Minga's store, with two providers: both are the same model server, each in one form."""
    ours = Minga(folder / "minga", upstream)
    ours.folder.mkdir()
    for name, wire, models in (("stub", "openai-chat", "gpt-*"), ("claude", "anthropic", "claude-*")):
        text = f"""
name = "{name}"
title = "A stub of the benchmark"
auth = "bearer"
key_variables = ["BENCH_KEY"]
models = {msgspec.json.encode([models]).decode()}

[wires]
{wire} = "http://127.0.0.1:{upstream}/v1"

[limits]
concurrent = {configs.CONCURRENT}
"""
        configs.written(ours.folder / "config" / "providers" / f"{name}.toml", text)
    ours.key = ours.run("virtual-keys", "add", "bench", *targets.WITHOUT_LIMITS).strip()
    return ours


def gateways(ours: Minga, *, peer: bool) -> Sequence[tuple[Target, str, Sequence[Way]]]:
    """Each with the key of its callers and what is measured of it."""
    version = ours.run("--version").split()[-1]
    found: list[tuple[Target, str, Sequence[Way]]] = [
        (Target(OURS, "ours", version, "", ours.start), ours.key, MINGA_WAYS)
    ]
    if peer:
        found.append((Target(PEER, "peer", "1.106.2", "", _litellm, 240), configs.KEY, LITELLM_WAYS))
    return found


_TO_CHAT = {"LITELLM_USE_CHAT_COMPLETIONS_URL_FOR_ANTHROPIC_MESSAGES": "True"}
"""Else it asks models of OpenAI in the Responses form, which this model server does not speak."""


def _litellm(folder: Path, port: int, upstream: int) -> Launch:
    door = Door(port, "/v1/chat/completions", BEARER)
    command = targets.litellm_command(configs.litellm(folder, upstream), port)
    return Launch(command, door, {**targets.LITELLM_ENVIRONMENT, **_TO_CHAT})
