"""A model server that fails as it is asked to: ``python -m benchmarks.gateway.fault_stub PORT``.

The first part of the path is the fault, with ``-stream`` behind it or not: ``e500`` and ``e429`` (an error at once),
``cut`` (the connection dies after ten chunks), ``bad`` (a broken event after five, then it goes on), ``stall`` (silence
after five, for `SILENT_S`); anything else is well.
``GET /hits`` tells what was asked for since the last time.
"""

import asyncio
import contextlib
import sys
from collections import Counter

import msgspec

SILENT_S = 20.0
CHUNKS = 20
CHUNK_EVERY_S = 0.01

_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

_ERROR = {"error": {"message": "boom", "type": "server_error", "code": None}}


class _Server:
    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while await self._answer(reader, writer):
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """False where the connection is to end."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
        body = (await reader.readexactly(int(length))).replace(b" ", b"")
        name = head.split()[1].split("/")[1]
        if name == "hits":
            writer.write(_whole(200, dict(self.hits)))
            self.hits.clear()
            return True
        self.hits[name] += 1
        fault = name.removesuffix("-stream")
        if fault in ("e500", "e429"):
            writer.write(_whole(int(fault[1:]), _ERROR))
            return True
        if b'"stream":true' not in body:
            writer.write(_whole(200, _answered()))
            return True
        return await _stream(writer, fault)


async def _stream(writer: asyncio.StreamWriter, fault: str) -> bool:
    writer.write(_STREAM)
    for number in range(CHUNKS):
        if fault == "cut" and number == 10:
            await writer.drain()
            writer.transport.abort()
            return False
        if fault == "stall" and number == 5:
            await writer.drain()
            await asyncio.sleep(SILENT_S)
            return False
        if fault == "bad" and number == 5:
            writer.write(_chunk('data: {"id":"c","choices":[{"index":0,"delta":{"con\n\n'))
        writer.write(_chunk(_event({"content": f"w{number} "}, None)))
        await asyncio.sleep(CHUNK_EVERY_S)
    writer.write(_chunk(_event({}, "stop")))
    writer.write(_chunk("data: [DONE]\n\n") + b"0\r\n\r\n")
    return True


def _event(delta: dict[str, str], reason: str | None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    fields = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    if reason:
        fields["usage"] = {"prompt_tokens": 5, "completion_tokens": CHUNKS, "total_tokens": 5 + CHUNKS}
    return f"data: {msgspec.json.encode(fields).decode()}\n\n"


def _answered() -> dict[str, object]:
    message = {"role": "assistant", "content": "a fox"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def _whole(status: int, value: object) -> bytes:
    body = msgspec.json.encode(value)
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _chunk(text: str) -> bytes:
    data = text.encode()
    return b"%x\r\n%b\r\n" % (len(data), data)


async def _main() -> None:
    server = await asyncio.start_server(_Server().serve, "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
