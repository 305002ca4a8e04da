"""A `minga serve` process in a place of its own, in front of a provider of the test's."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from minga.bootstrap import Minga, build
from minga.domain.model_calls import KeyId, VirtualKey
from minga.reports.costs import By, Costs
from minga.settings import read
from warm import Warm

Result = TypeVar("Result")

PLAIN = VirtualKey(
    id=KeyId(""),
    name="",
    user="ana",
    team="",
    project="",
    models=(),
    created_at=datetime(2026, 11, 25, tzinfo=UTC),
    expires_at=None,
    revoked_at=None,
    requests_per_minute=None,
    concurrent_max=None,
    budget_micro_usd=None,
    budget_window="month",
)

PROVIDER_KEY = "the-providers-own-key"

TOML = """
name = "{name}"
title = "A provider of a test's"
auth = "{auth}"
key_variables = ["TEST_PROVIDER_KEY"]
models = ["gpt-*", "claude-*", "gemini-*"]

[wires]
openai-chat = "{url}/v1"
openai-responses = "{url}/v1"
openai-embeddings = "{url}/v1"
anthropic = "{url}/v1"
gemini = "{url}/v1beta"
"""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Serving:
    """``url`` once it runs. ``keys`` by name, of `make_keys`. With ``warm`` nothing is imported anew."""

    root: Path
    warm: Warm | None = None
    url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[str] | None" = None
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for folder in ("home", "config/providers", "work"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        self.environment |= {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "LANG": "C.UTF-8",
            "MINGA_HOME": str(self.root / "home"),
            "MINGA_CONFIG": str(self.root / "config"),
            "TEST_PROVIDER_KEY": PROVIDER_KEY,
            "MINGA_GATEWAY_WAIT_S": "2",
        }

    def provide(self, url: str, name: str = "test", auth: str = "bearer") -> None:
        toml = TOML.format(name=name, url=url, auth=auth)
        (self.root / "config" / "providers" / f"{name}.toml").write_text(toml)

    def minga(self, *arguments: str) -> str:
        done = self.done(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def done(self, *arguments: str, timeout_s: float = 120, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Minga, run to its end."""
        with self.begin(
            *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **environment
        ) as process:
            try:
                out, err = process.communicate(timeout=timeout_s)
            finally:
                process.kill()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def begin(
        self, *arguments: str, stdin: int, stdout: int, stderr: int, **environment: str
    ) -> "subprocess.Popen[str]":
        settings: dict[str, Any] = {
            "cwd": self.root / "work",
            "env": {**self.environment, **environment},
            "stdin": stdin,
            "stdout": stdout,
            "stderr": stderr,
            "text": True,
        }
        if self.warm is not None and self.warm.can(settings["env"]):
            return self.warm.start(arguments, **settings)
        return subprocess.Popen([sys.executable, "-m", "minga", *arguments], **settings)

    def use(self, work: Callable[[Minga], Awaitable[Result]]) -> Result:
        """In this process: quicker than a verb of the program."""

        async def run() -> Result:
            minga = build(read(self.environment))
            try:
                return await work(minga)
            finally:
                await minga.close()

        return asyncio.run(run())

    def key(self, name: str = "key", **wanted: Any) -> str:
        """A new virtual key; ``wanted`` as in `VirtualKey`."""
        made = replace(PLAIN, name=name, **wanted)
        return self.use(lambda minga: minga.virtual_keys.make(made))[0]

    def make_keys(self, wanted: Mapping[str, Mapping[str, Any]]) -> None:
        """Before the gateway starts: it sees a later key only within a second."""

        async def make(minga: Minga) -> None:
            for name, one in wanted.items():
                self.keys[name] = (await minga.virtual_keys.make(replace(PLAIN, name=name, **one)))[0]

        self.use(make)

    def revoke(self, name: str) -> None:
        self.use(lambda minga: minga.virtual_keys.revoke(name))

    def costs(self, *by: By) -> list[dict[str, Any]]:
        sums = self.use(lambda minga: Costs(minga.database).sums(by, None, None))
        return [{**dict(zip(by, one.names, strict=True)), **asdict(one)} for one in sums]

    @contextmanager
    def running(self, *options: str) -> Iterator["Serving"]:
        try:
            self.start(*options)
            yield self
        finally:
            self.stop()

    def start(self, *options: str) -> None:
        self.process = self.begin(
            "serve",
            "--port",
            "0",
            *options,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Gateway: "), self.process.communicate(timeout=60)
        self.url = line.removeprefix("Gateway: ").strip()

    def stop(self) -> int:
        """As a service manager stops it; what was booked is in the store then."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=60)
        return self.process.returncode

    def ask(
        self,
        path: str,
        body: bytes | Mapping[str, Any] | None,
        key: str = "",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Answer:
        with self.opened(path, body, key, headers, method) as response:
            given = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, given, response.read())

    @contextmanager
    def opened(
        self,
        path: str,
        body: bytes | Mapping[str, Any] | None,
        key: str = "",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Iterator[HTTPResponse]:
        """An answer whose body has not been read."""
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        credentials = {"Authorization": f"Bearer {key}"} if key else {}
        try:
            connection.request(method, path, data, {**credentials, **(headers or {})})
            yield connection.getresponse()
        finally:
            connection.close()


def said(serving: Serving, begin: str) -> str:
    """The next line of a running gateway's standard error that begins so."""
    assert serving.process is not None
    assert serving.process.stderr is not None
    return next(line for line in serving.process.stderr if line.startswith(begin))


def chat(model: str = "gpt-5.1", **more: object) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": "hola"}], **more}


ASKED: dict[str, tuple[str, dict[str, object], dict[str, object]]] = {
    "openai-chat": ("/v1/chat/completions", chat(), {"stream": True, "stream_options": {"include_usage": True}}),
    "openai-responses": ("/v1/responses", {"model": "gpt-5.1", "input": "hola"}, {"stream": True}),
    "anthropic": (
        "/v1/messages",
        {"model": "claude-sonnet-4-5", "max_tokens": 99, "messages": [{"role": "user", "content": "hola"}]},
        {"stream": True},
    ),
    "gemini": (
        "/v1beta/models/gemini-2.5-pro:generateContent",
        {"contents": [{"role": "user", "parts": [{"text": "hola"}]}]},
        {},
    ),
}
"""Wire -> path, body, and what makes a stream of it."""


def asked(wire: str, *, stream: bool) -> tuple[str, dict[str, object]]:
    path, body, streamed = ASKED[wire]
    if stream and wire == "gemini":
        return path.replace(":generateContent", ":streamGenerateContent?alt=sse"), body
    return path, {**body, **streamed} if stream else body
