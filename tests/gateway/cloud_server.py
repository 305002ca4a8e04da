"""A server that is Amazon's and Google's at once, as far as the gateway asks them: it checks who asks, with the clouds'
own libraries, and answers as the name of the model says."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from framing import chunk, exception
from google.auth import jwt

REGION = "eu-central-1"
SECRETS = {"AKIDTEST": "the-secret/of+amazon", "AKIDFILE": "of-the-profile"}
SESSION = "the-session-token"
BEARER = "a-bedrock-api-key"
REFRESH = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}

USED = {"input_tokens": 11, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3, "output_tokens": 7}

MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude",
    "content": [{"type": "text", "text": "¡Hola!"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": USED,
}

EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": {**MESSAGE, "content": [], "usage": {**USED, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "¡Hola!"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 7},
    },
    {"type": "message_stop"},
]

CANDIDATES = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "¡Hola!"}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 18},
}

CHAT = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-oss",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "¡Hola!"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
}


@dataclass
class Asked:
    """``body`` is the JSON that came, or the fields of a form."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class Cloud:
    """``skew``: so far its clock is from that of this machine."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    tokens: int = 0
    times: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)
    skew: timedelta = timedelta(0)
    denied: tuple[int, bytes] | None = None
    token_wanted: Event = field(default_factory=Event)
    may_answer: Event = field(default_factory=Event)
    expires_in: float = 3600
    key: str = ""
    public: bytes = b""

    def __post_init__(self) -> None:
        key = generate_private_key(65537, 2048)
        self.key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.may_answer.set()

    def of(self, model: str) -> list[Asked]:
        return [one for one in self.asked if model in unquote(one.path)]

    def service_account(self) -> dict[str, str]:
        return {
            "type": "service_account",
            "project_id": "p",
            "private_key_id": "k1",
            "private_key": self.key,
            "client_email": "minga@p.iam.gserviceaccount.com",
            "token_uri": f"{self.url}/token",
        }

    def authorized_user(self) -> dict[str, str]:
        return {"type": "authorized_user", **REFRESH, "token_uri": f"{self.url}/token", "quota_project_id": "payer"}

    def count(self, what: str) -> int:
        with self.lock:
            self.times[what] += 1
            return self.times[what]

    def grant(self) -> dict[str, object]:
        with self.lock:
            self.tokens += 1
            return {"access_token": f"ya29.{self.tokens}", "expires_in": self.expires_in, "token_type": "Bearer"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud: Cloud

    def log_message(self, *_: object) -> None:
        """Not to the test's output."""

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        is_form = headers.get("content-type") == "application/x-www-form-urlencoded"
        body = (
            {name: values[0] for name, values in parse_qs(raw.decode()).items()}
            if is_form
            else json.loads(raw or b"{}")
        )
        self.cloud.asked.append(Asked(self.path, headers, body))
        if self.path == "/token":
            return self.token(body)
        if self.path.startswith("/computeMetadata/"):
            assert headers["metadata-flavor"] == "Google"
            return self.tell(200, self.cloud.grant())
        if self.path.startswith("/v1/projects/"):
            return self.vertex(headers)
        return self.bedrock(raw, headers)

    def tell(self, status: int, told: object, *lines: tuple[str, str]) -> None:
        body = told if isinstance(told, bytes) else json.dumps(told, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in (("content-type", "application/json"), *lines):
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.now(UTC) + self.cloud.skew, usegmt=True)

    def pour(self, content_type: str, *pieces: bytes) -> None:
        """A stream; it ends with the connection."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", content_type)
        self.send_header("connection", "close")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()

    def token(self, body: Mapping[str, str]) -> None:
        """What Google's own library makes of the assertion decides."""
        self.cloud.token_wanted.set()
        self.cloud.may_answer.wait(30)
        if self.cloud.denied:
            return self.tell(*self.cloud.denied)
        if body["grant_type"] == "refresh_token":
            assert {name: body[name] for name in REFRESH} == REFRESH
        else:
            assert body["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            claims = jwt.decode(
                body["assertion"], certs=self.cloud.public, audience="https://oauth2.googleapis.com/token"
            )
            assert claims["iss"] == "minga@p.iam.gserviceaccount.com"
            assert "https://www.googleapis.com/auth/cloud-platform" in claims["scope"]
            assert claims["exp"] - claims["iat"] == 3600
        return self.tell(200, self.cloud.grant())

    def vertex(self, headers: Mapping[str, str]) -> None:
        model, _, way = self.path.rpartition("/")[2].partition("?")[0].partition(":")
        model = unquote(model)
        first = self.cloud.count(model) == 1
        if not headers.get("authorization", "").startswith("Bearer ya29.") or ("expired" in model and first):
            told = {"error": {"code": 401, "message": "invalid token", "status": "UNAUTHENTICATED"}}
            return self.tell(401, told)
        if "denied" in model:
            return self.tell(401, {"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}})
        if "quota" in model and (first or "always" in model):
            told = {"error": {"code": 429, "message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED"}}
            return self.tell(429, [told] if way.startswith("stream") else told)
        if "wrong" in model:
            told = {"error": {"code": 400, "message": "no such field", "status": "INVALID_ARGUMENT"}}
            return self.tell(400, told)
        if "/publishers/google/" in self.path:
            if way == "countTokens":
                return self.tell(200, {"totalTokens": 11})
            if way == "streamGenerateContent":
                return self.pour("text/event-stream", b"data: %b\r\n\r\n" % json.dumps(CANDIDATES).encode())
            return self.tell(200, CANDIDATES)
        if model == "count-tokens":
            return self.tell(200, {"input_tokens": 11})
        if way == "streamRawPredict":
            events = [f"event: {one['type']}\ndata: {json.dumps(one)}\n\n".encode() for one in EVENTS]
            return self.pour("text/event-stream", *events)
        return self.tell(200, MESSAGE)

    def bedrock(self, raw: bytes, headers: Mapping[str, str]) -> None:
        model = "chat" if self.path.startswith("/openai/") else unquote(self.path.split("/")[2])
        first = self.cloud.count(model) == 1
        if "off-clock" in model:
            told = {"message": "Signature expired: 20261125T100000Z is now earlier than 20261125T100500Z"}
            return self.tell(403, told, ("x-amzn-errortype", "InvalidSignatureException"))
        if not self.is_signed(raw, headers):
            told = {"message": "The request signature we calculated does not match the signature you provided."}
            return self.tell(403, told, ("x-amzn-errortype", "InvalidSignatureException:http://internal.amazon.com/"))
        if "throttled" in model and (first or "always" in model):
            told = {"message": "Too many requests"}
            return self.tell(400, told, ("x-amzn-errortype", "ThrottlingException"))
        if "wrong" in model:
            return self.tell(
                400, {"message": "max_tokens: Field required"}, ("x-amzn-errortype", "ValidationException")
            )
        if model == "chat":
            return self.tell(200, CHAT)
        if self.path.endswith("/count-tokens"):
            return self.tell(200, {"inputTokens": 11})
        if not self.path.endswith("/invoke-with-response-stream"):
            return self.tell(200, MESSAGE)
        frames = STREAMS[next((name for name in STREAMS if name in model), "whole")](first)
        return self.pour("application/vnd.amazon.eventstream", *frames)

    def is_signed(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        given = headers["authorization"]
        if given.startswith("Bearer "):
            return given == f"Bearer {BEARER}"
        told = dict(one.strip().split("=", 1) for one in given.removeprefix("AWS4-HMAC-SHA256 ").split(","))
        key_id, day, region, service, _ = told["Credential"].split("/")
        signer = SigV4Auth(Credentials(key_id, SECRETS[key_id]), "bedrock", REGION)
        own = {name: headers[name] for name in told["SignedHeaders"].split(";")}
        request = AWSRequest(self.command, f"http://{headers['host']}{self.path}", own, raw)
        request.context["timestamp"] = headers["x-amz-date"]
        expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
        signed_at = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        is_now = abs(datetime.now(UTC) - signed_at) < timedelta(minutes=5)
        covered = {"host", "x-amz-date", "content-type"} <= set(own) and headers["x-amz-date"].startswith(day)
        return told["Signature"] == expected and is_now and covered and (region, service) == (REGION, "bedrock")


def frames_of(events: list[dict[str, Any]]) -> list[bytes]:
    return [chunk(json.dumps(one, ensure_ascii=False).encode()) for one in events]


def _cut(first: bool) -> list[bytes]:
    whole = frames_of(EVENTS[:4])
    return [*whole[:3], whole[3][:-9]]


def _garbled(first: bool) -> list[bytes]:
    whole = frames_of(EVENTS)
    return [*whole[:3], whole[3][:-1] + bytes([whole[3][-1] ^ 1]), *whole[4:]]


STREAMS: Mapping[str, Callable[[bool], list[bytes]]] = {
    "busy-frame": lambda first: [exception("throttlingException", "slow down")] if first else frames_of(EVENTS),
    "cut": _cut,
    "garbled": _garbled,
    "html": lambda first: [b"<html>this is no frame, whatever its head says</html>"],
    "ends": lambda first: frames_of(EVENTS[:4]),
    "fails": lambda first: [*frames_of(EVENTS[:3]), exception("modelStreamErrorException", "the model fell over")],
    "split": lambda first: [bytes([one]) for one in b"".join(frames_of(EVENTS))],
    "whole": lambda first: frames_of(EVENTS),
}
"""Part of a model's name -> the pieces of its stream."""


@contextmanager
def cloud() -> Iterator[Cloud]:
    made = Cloud()
    handler = type("CloudHandler", (Handler,), {"cloud": made})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        Thread(target=server.serve_forever, daemon=True).start()
        yield made
        made.may_answer.set()
        server.shutdown()
