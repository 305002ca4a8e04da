"""A call leaves nothing that only the collector of cycles could take away: bodies are large, and it looks seldom."""

import asyncio
import gc
import json
from collections import Counter
from dataclasses import replace

import pytest
from serving import PLAIN, Serving

from minga.bootstrap import build
from minga.entrypoints.gateway.application import Application
from minga.entrypoints.gateway.front import Front
from minga.entrypoints.gateway.proxies import Proxies
from minga.entrypoints.gateway.rules import Rules
from minga.entrypoints.gateway.server import Server
from minga.gateway_wiring import gateway
from minga.infrastructure.listening import listen
from minga.settings import read

OURS = ("minga.entrypoints", "minga.pipeline", "minga.infrastructure", "minga.providers", "minga.policy")


async def ask(port: int, key: str, count: int, *, stream: bool) -> None:
    """So many calls over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    told = {"model": "gpt-5.1", "messages": [{"role": "user", "content": "hi"}], "stream": stream}
    body = json.dumps(told).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {key}\r\n"
    for _ in range(count):
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        if stream:
            await reader.readuntil(b"0\r\n\r\n")
        else:
            length = next(line for line in answer.split(b"\r\n") if line.startswith(b"content-length: "))
            await reader.readexactly(int(length[16:]))
    writer.close()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_call_leaves_no_cycle_of_objects(serving: Serving, stream: bool) -> None:
    async def run() -> Counter[str]:
        minga = build(read(serving.environment))
        key, _ = await minga.virtual_keys.make(replace(PLAIN, name="key"))
        wired = await gateway(minga)
        (listening,) = listen("127.0.0.1", 0, 1)
        server = Server(Front(Application(wired.gateway), wired.readiness), Rules(), Proxies(), None, 1.0)
        port = listening.getsockname()[1]
        serves = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            await ask(port, key, 3, stream=stream)
            gc.collect()
            gc.disable()
            gc.set_debug(gc.DEBUG_SAVEALL)
            await ask(port, key, 20, stream=stream)
            await wired.gateway.gateway.books.book.flush()
            gc.collect()
            return Counter(kind for one in gc.garbage if (kind := type(one).__module__).startswith(OURS))
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
            server.stop()
            await serves
            await wired.close()
            await minga.close()

    assert sum(asyncio.run(run()).values()) < 20  # those of the connection that was closed
