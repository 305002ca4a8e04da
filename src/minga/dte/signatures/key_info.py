"""KeyInfo: the key that a signature is said to be made with, and the certificate that names its owner."""

from dataclasses import dataclass
from functools import lru_cache

from minga.dte.raw import REMEMBERED_MAX, Raw, child, content, parts
from minga.dte.signatures.signed import decoded
from minga.infrastructure.certificates import Certificate, certificate
from minga.infrastructure.rsa import PublicKey

WEAK_BITS = 1024


@dataclass(frozen=True, slots=True)
class Keys:
    """``offered`` are the certificate's key and the one in KeyValue, once if they are the same. ``faults`` are the
    rules broken, each with what was found."""

    offered: tuple[PublicKey, ...]
    certificate: Certificate | None
    faults: tuple[tuple[str, str], ...] = ()


def keys(key_info: Raw | None) -> Keys:
    """The keys of one signer are the same bytes in each of his documents: they are read once."""
    if key_info is None:
        return Keys((), None, (("certificate-missing", ""),))
    read_keys = _keys if len(key_info.text) <= REMEMBERED_MAX else _keys.__wrapped__
    return read_keys(key_info.text, key_info.blanked, key_info.encoding)


@lru_cache(maxsize=1024)
def _keys(text: bytes, blanked: bytes, encoding: str) -> Keys:
    inside = parts(Raw(text, blanked, encoding))
    stated = _stated(inside.get("KeyValue"))
    alone = (stated,) if stated else ()
    data = inside.get("X509Data")
    written = child(data, "X509Certificate") if data else None
    if written is None or not content(written).strip():
        return Keys(alone, None, (("certificate-missing", ""),))
    der = decoded(written)
    try:
        found = certificate(der or b"")
    except ValueError:
        return Keys(alone, None, (("certificate-unreadable", ""),))
    if found.key is None:
        return Keys(alone, found, (("signature-algorithm", "a key that is no RSA key"),))
    offered = (found.key,) if stated in (None, found.key) else (found.key, *alone)
    return Keys(offered, found, tuple(_faults(found.key, stated)))


def _stated(value: Raw | None) -> PublicKey | None:
    whole = child(value, "RSAKeyValue") if value else None
    if whole is None:
        return None
    numbers = parts(whole)
    modulus, exponent = decoded(numbers.get("Modulus")), decoded(numbers.get("Exponent"))
    if modulus is None or exponent is None:
        return None
    return PublicKey(int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big"))


def _faults(key: PublicKey, stated: PublicKey | None) -> list[tuple[str, str]]:
    """The schema has KeyValue as mandatory, though nobody needs it."""
    found = []
    if stated is None:
        found.append(("signature-unreadable", "KeyValue"))
    elif stated != key:
        found.append(("signature-key-other", f"{stated.bits} bits"))
    if key.bits < WEAK_BITS:
        found.append(("signature-key-weak", f"{key.bits} bits"))
    return found
