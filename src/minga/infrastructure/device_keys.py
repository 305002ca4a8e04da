"""Keys in devices that never give them away (PKCS#11: tokens, smart cards, hardware security modules).

Imported by `bootstrap` only when one is asked for: it needs the extra ``pkcs11``.
"""

from collections.abc import Callable

import pkcs11
from pkcs11.exceptions import PinIncorrect, PinInvalid, PinLenRange, PinLocked, PKCS11Error

from minga.domain.errors import DeviceFailed
from minga.infrastructure.certificates import certificate
from minga.infrastructure.rsa import digest_information


class DeviceKey:
    """A `SigningKey`. The session with the device is open until `close`."""

    def __init__(self, session: pkcs11.Session, key: pkcs11.SignMixin, der: bytes, device: str) -> None:
        self.certificate = der
        self._session = session
        self._key = key
        self._device = device

    def sign_sha1(self, message: bytes) -> bytes:
        """The hash is made here: more and more devices refuse SHA-1. Raises DeviceFailed."""
        try:
            made = self._key.sign(digest_information(message), mechanism=pkcs11.Mechanism.RSA_PKCS)
        except PKCS11Error as wrong:
            raise _failed(self._device, wrong) from wrong
        return bytes(made)

    def close(self) -> None:
        self._session.close()


def open_device(module: str, token: str, label: str, ask: Callable[[], str]) -> DeviceKey:
    """``module`` is the library of the device's maker, ``token`` its label, ``label`` that of key and certificate,
    which may be empty where there is one key. ``ask`` asks for the PIN, which no error shows. Raises DeviceFailed."""
    try:
        session = pkcs11.lib(module).get_token(token_label=token).open(user_pin=ask())
    except (PKCS11Error, RuntimeError, OSError) as wrong:
        raise _failed(token, wrong) from wrong
    try:
        return _found(session, token, label)
    except PKCS11Error as wrong:
        session.close()
        raise _failed(token, wrong) from wrong
    except DeviceFailed:
        session.close()
        raise


def _found(session: pkcs11.Session, token: str, label: str) -> DeviceKey:
    named = {pkcs11.Attribute.LABEL: label} if label else {}
    ders = [
        bytes(each[pkcs11.Attribute.VALUE])
        for each in session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE, **named})
    ]
    kind = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.Attribute.KEY_TYPE: pkcs11.KeyType.RSA}
    for key in session.get_objects({**kind, **named}):
        modulus = int.from_bytes(key[pkcs11.Attribute.MODULUS], "big")
        for der in ders:
            if isinstance(key, pkcs11.SignMixin) and _modulus(der) == modulus:
                return DeviceKey(session, key, der, token)
    detail = "there is no RSA key with its certificate in it"
    raise DeviceFailed(device=token, detail=f"{detail} under the label {label!r}" if label else detail)


def _modulus(der: bytes) -> int | None:
    try:
        public = certificate(der).key
    except ValueError:
        return None
    return public.modulus if public else None


def _failed(device: str, wrong: Exception) -> DeviceFailed:
    if isinstance(wrong, PinLocked):
        return DeviceFailed(device=device, detail="its PIN is locked after too many wrong ones")
    if isinstance(wrong, (PinIncorrect, PinInvalid, PinLenRange)):
        return DeviceFailed(device=device, detail="the PIN is another")
    name = type(wrong).__name__
    return DeviceFailed(device=device, detail=f"it answered {name}" if isinstance(wrong, PKCS11Error) else str(wrong))
