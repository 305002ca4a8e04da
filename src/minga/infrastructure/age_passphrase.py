"""Files of age that open with a passphrase, as a stream (age-encryption.org/v1, the specification of C2SP).

pyrage makes them only in memory as a whole, with a work factor that takes 1 GB; what is written here it opens, and the
other way round.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

WORK_FACTOR = 17
"""Of scrypt: 2**17 blocks of 1 KiB, 128 MiB and about half a second a guess."""

WORK_FACTOR_MAX = 20
"""What a file may ask for: 1 GiB, as much as pyrage and rage choose on a quick machine."""

CHUNK = 64 * 1024
_TAG = 16
_NONCE = 16
_SALT = 16
_FILE_KEY = 16
_HEADER_MAX = 1024

_LABEL = b"age-encryption.org/v1/scrypt"
_BEGIN = b"age-encryption.org/v1\n-> scrypt "
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n-> scrypt ([A-Za-z0-9+/]{22}) ([1-9][0-9]?)\n([A-Za-z0-9+/]{43})\n---"
    rb" ([A-Za-z0-9+/]{43})\n"
)


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    def write(self, piece: bytes, /) -> int: ...

    def flush(self) -> None: ...


class WrongKey(Exception):
    """The file was not made for this passphrase or identity."""


class Damaged(Exception):
    """The file is cut short or was changed; the text says how it was noticed."""


def encrypt(source: Source, sink: Sink, passphrase: str) -> None:
    """Encrypt everything that ``source`` gives."""
    file_key, salt, nonce = (secrets.token_bytes(size) for size in (_FILE_KEY, _SALT, _NONCE))
    body = ChaCha20Poly1305(_wrapping(passphrase, salt, WORK_FACTOR)).encrypt(bytes(12), file_key, None)
    head = _BEGIN + _text(salt) + f" {WORK_FACTOR}\n".encode() + _text(body) + b"\n---"
    sink.write(head + b" " + _text(_mac(file_key, head)) + b"\n" + nonce)
    cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    piece, number = _read(source, CHUNK), 0
    while True:
        after = _read(source, CHUNK) if len(piece) == CHUNK else b""
        sink.write(cipher.encrypt(_counter(number, last=not after), piece, None))
        if not after:
            break
        piece, number = after, number + 1
    sink.flush()


def decrypt(source: Source, sink: Sink, passphrase: str) -> None:
    """Raises WrongKey and Damaged; what was damaged late has given its beginning to ``sink`` already."""
    file_key = _open_header(_header(source), passphrase)
    nonce = _read(source, _NONCE)
    if len(nonce) < _NONCE:
        raise Damaged("it ends within its header")
    cipher = ChaCha20Poly1305(_derived(file_key, nonce, b"payload"))
    piece, number = _read(source, CHUNK + _TAG), 0
    while True:
        after = _read(source, CHUNK + _TAG) if len(piece) == CHUNK + _TAG else b""
        try:
            plain = cipher.decrypt(_counter(number, last=not after), piece, None)
        except InvalidTag as wrong:
            raise Damaged("it is cut short, or some of it was changed") from wrong
        sink.write(plain)
        if not after:
            break
        piece, number = after, number + 1
    sink.flush()


def is_for_passphrase(beginning: bytes) -> bool:
    return beginning.startswith(_BEGIN)


def _header(source: Source) -> bytes:
    """The header with its MAC. It is read byte by byte, so that nothing of the payload is taken with it."""
    head = b""
    while not (head.count(b"\n") >= 4 and head.endswith(b"\n")):
        byte = source.read(1)
        if not byte or len(head) > _HEADER_MAX:
            raise Damaged("it ends within its header")
        head += byte
    return head


def _open_header(header: bytes, passphrase: str) -> bytes:
    found = _HEADER.fullmatch(header)
    if found is None:
        raise Damaged("its header was changed")
    salt, factor, body, mac = _bytes(found[1]), int(found[2]), _bytes(found[3]), _bytes(found[4])
    if factor > WORK_FACTOR_MAX:
        raise Damaged(f"it asks for a work factor of {factor}, more than {WORK_FACTOR_MAX}")
    try:
        file_key = ChaCha20Poly1305(_wrapping(passphrase, salt, factor)).decrypt(bytes(12), body, None)
    except InvalidTag as wrong:
        raise WrongKey from wrong
    if not hmac.compare_digest(mac, _mac(file_key, header[: header.index(b"\n---") + 4])):
        raise Damaged("its header was changed")
    return file_key


def _wrapping(passphrase: str, salt: bytes, factor: int) -> bytes:
    blocks = 1 << factor
    return hashlib.scrypt(
        passphrase.encode(), salt=_LABEL + salt, n=blocks, r=8, p=1, maxmem=blocks * 1024 + (1 << 20), dklen=32
    )


def _mac(file_key: bytes, head: bytes) -> bytes:
    return hmac.digest(_derived(file_key, b"", b"header"), head, "sha256")


def _derived(key: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 (RFC 5869), one block."""
    extracted = hmac.digest(salt or bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def _counter(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _read(source: Source, size: int) -> bytes:
    """As much as there is, up to ``size``."""
    pieces: list[bytes] = []
    while size and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _text(value: bytes) -> bytes:
    return b64encode(value).rstrip(b"=")


def _bytes(text: bytes) -> bytes:
    return b64decode(text + b"=" * (-len(text) % 4))
