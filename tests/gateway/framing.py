"""Amazon's event framing, written apart from the code that reads it. Botocore only reads it, and must."""

import base64
import json
import struct
import uuid
from collections.abc import Mapping
from typing import TypeAlias
from zlib import crc32

Value: TypeAlias = "bool | str | bytes | uuid.UUID | tuple[str, int]"
"""A number stands with its type: byte, short, int, long or time."""

NUMBERS = {"byte": (2, "!b"), "short": (3, "!h"), "int": (4, "!i"), "long": (5, "!q"), "time": (8, "!q")}


def frame(headers: Mapping[str, Value], payload: bytes) -> bytes:
    block = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 16 + len(block) + len(payload), len(block))
    whole = prelude + struct.pack("!I", crc32(prelude)) + block + payload
    return whole + struct.pack("!I", crc32(whole))


def chunk(event: bytes) -> bytes:
    """As Bedrock sends one of Anthropic's events."""
    headers: dict[str, Value] = {
        ":event-type": "chunk",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    return frame(headers, json.dumps({"bytes": base64.b64encode(event).decode(), "p": "abcdefgh"}).encode())


def exception(kind: str, message: str) -> bytes:
    headers: dict[str, Value] = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return frame(headers, json.dumps({"message": message}).encode())


def _header(name: str, value: Value) -> bytes:
    named = bytes([len(name.encode())]) + name.encode()
    match value:
        case bool():
            return named + bytes([0 if value else 1])
        case str():
            return named + b"\x07" + struct.pack("!H", len(value.encode())) + value.encode()
        case bytes():
            return named + b"\x06" + struct.pack("!H", len(value)) + value
        case uuid.UUID():
            return named + b"\x09" + value.bytes
        case (kind, number):
            code, form = NUMBERS[kind]
            return named + bytes([code]) + struct.pack(form, number)
