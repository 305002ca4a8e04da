"""Signature Version 4, by which Amazon knows who asks.

docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, seen November 2026.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote, urlsplit

from minga.infrastructure.http import Outgoing
from minga.providers.clouds.aws_account import AwsKeys

_ALGORITHM = "AWS4-HMAC-SHA256"

_SIGNED = ("content-type",)
"""Of a request's own headers, beside the host and those that the signature brings: a proxy may change any other."""


def sign(request: Outgoing, keys: AwsKeys, region: str, service: str, at: datetime) -> None:
    """Add the headers that sign it. Its path has no dot segments and no empty ones."""
    stamp = at.strftime("%Y%m%dT%H%M%SZ")
    added = [("x-amz-date", stamp)]
    if keys.session_token:
        added.append(("x-amz-security-token", keys.session_token))
    parts = urlsplit(request.url)
    own = [one for one in request.headers if one[0] in _SIGNED]
    told = sorted([("host", parts.netloc), *own, *added])
    names = ";".join(name for name, _ in told)
    canonical = _canonical(request.method, parts.path, parts.query, told, names, request.body)
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = f"AWS4{keys.secret}".encode()
    for part in (stamp[:8], region, service, "aws4_request"):
        key = _mac(key, part)
    signature = _mac(key, to_sign).hex()
    credential = f"Credential={keys.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    request.headers = [*request.headers, *added, ("authorization", f"{_ALGORITHM} {credential}")]


def _canonical(method: str, path: str, query: str, headers: Sequence[tuple[str, str]], names: str, body: bytes) -> str:
    """The path is encoded once more than it is sent."""
    lines = [f"{name}:{' '.join(value.split())}" for name, value in headers]
    pairs = sorted(tuple(one.partition("=")[::2]) for one in query.split("&")) if query else []
    asked = "&".join(f"{name}={value}" for name, value in pairs)
    digest = hashlib.sha256(body).hexdigest()
    return "\n".join((method, quote(path or "/", safe="/~"), asked, *lines, "", names, digest))


def _mac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
