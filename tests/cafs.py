"""CAF files of invented issuers, as the SII gives them out: signed, and with a key, as those of trials are."""

import textwrap
from base64 import b64encode
from datetime import date

from minga.dte import trial
from minga.dte.stamps.folios import TRIAL_KEY
from minga.infrastructure.rsa import PrivateKey

ISSUER = "76086428-5"

PRIVATE = "-----BEGIN RSA PRIVATE KEY-----"


def caf_file(
    first: int = 1,
    last: int = 10,
    kind: int = 33,
    issuer: str = ISSUER,
    dated: str = "2026-11-01",
    idk: int = TRIAL_KEY,
) -> bytes:
    folios = trial.Folios(issuer, kind, first, last, date.fromisoformat(dated), "MADERAS &amp; ÑANDÚ SPA", idk)
    caf = trial.caf(folios).replace("><", ">\n<")
    key = pem(trial.caf_key())
    return f'<?xml version="1.0"?>\n<AUTORIZACION>\n{caf}\n<RSASK>{key}</RSASK>\n</AUTORIZACION>\n'.encode("iso-8859-1")


def pem(key: PrivateKey) -> str:
    """PKCS#1, as in the SII's files."""
    p, q, d = key.p, key.q, key.d
    numbers = (0, key.public.modulus, key.public.exponent, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    body = b"".join(_tagged(2, number.to_bytes(number.bit_length() // 8 + 1, "big")) for number in numbers)
    lines = "\n".join(textwrap.wrap(b64encode(_tagged(0x30, body)).decode(), 64))
    return f"{PRIVATE}\n{lines}\n-----END RSA PRIVATE KEY-----\n"


def _tagged(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content
