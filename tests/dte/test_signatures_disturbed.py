"""Whatever stands where a signature or a stamp should: findings, never an exception; no changed letter goes unseen."""

import random
import re
from collections.abc import Callable

import pytest
from seals import BODY, ENCODING, GROUNDS, SIGNATURE, SII, Sealed, broken, broken_message, signed

from minga.dte.grounds import Report
from minga.dte.signatures import message

RIGHT = signed()
BODY_OF, SIGNATURE_OF = BODY.search(RIGHT)[0], SIGNATURE.search(RIGHT)[0]  # type: ignore[index]
TEXTS = (b"", b" ", b"-1", b"0", b"9" * 400, b"A", b"AA==", b"====", b"&#13;AA", b"\xff\xfe", b"2026-13-45", b"T")
WORDS = [
    *(b"<", b">", b"</", b"/>", b"&amp;", b"&#0;", b"&#xD;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x", b"?>"),
    *(b"\x00", b"\xff", b"=", b"'", b'"', b" xmlns=''", b" xmlns:p='u'", b"p:", b"<DD>", b"</DD>", b"<CAF>"),
    *(b"<Signature>", b"</Signature>", b"<X509Certificate>", b"<Documento>", b"</Documento>"),
    *(b"AAAA", b"99999999999999999999", b"-1", b"", b"\r\n"),
]
NAMES = (
    "SignedInfo Reference DigestValue SignatureValue KeyInfo Modulus X509Data DD CAF DA RNG FA RSAPK IDK FRMA FRMT"
    " TSTED TED Encabezado"
)


def inserted(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text))
    return text[:at] + chance.choice(WORDS) + text[at + chance.choice((0, 0, 1, 5)) :]


def removed(text: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(text))
    return text[:start] + text[start + chance.randrange(1, 200) :]


def doubled(text: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(text))
    end = start + chance.randrange(1, 500)
    return text[:end] + text[start:end] + text[end:]


def without_an_element(text: bytes, chance: random.Random) -> bytes:
    name = chance.choice(NAMES.split()).encode()
    start, end = text.find(b"<" + name), text.find(b"</" + name + b">")
    return text if start < 0 or end < 0 else text[:start] + text[end + len(name) + 3 :]


def retold(text: bytes, chance: random.Random) -> bytes:
    """Another text in an element."""
    found = chance.choice(list(re.finditer(rb">([^<>]+)</", text)) or [None])  # type: ignore[list-item]
    if found is None:
        return text
    return text[: found.start(1)] + chance.choice(TEXTS) + text[found.end(1) :]


def renamed(text: bytes, chance: random.Random) -> bytes:
    """Another name for an element, everywhere."""
    found = chance.choice(list(re.finditer(rb"</(\w+)>", text)) or [None])  # type: ignore[list-item]
    if found is None:
        return text
    new = chance.choice((b"X", b"DD", b"Signature", b"DA", b"TED", b"Documento"))
    return re.sub(rb"(</?)" + found[1] + rb"(?=[\s/>])", rb"\1" + new, text)


WELL_FORMED = (without_an_element, retold, renamed, retold)
CHANGES: list[Callable[[bytes, random.Random], bytes]] = [inserted, removed, doubled, *WELL_FORMED]


@pytest.mark.parametrize("seed", range(4))
def test_no_disturbed_document_raises(seed: int) -> None:
    chance = random.Random(seed)
    for number in range(150):
        text = RIGHT
        for _ in range(chance.choice((1, 1, 2, 4))):
            text = chance.choice(CHANGES if number % 3 else WELL_FORMED)(text, chance)
        if text.replace(b"&#xD;", b"").replace(b"\r\n", b"") != RIGHT:
            assert broken(text), text


def test_no_disturbed_message_raises() -> None:
    chance = random.Random(7)
    for _ in range(150):
        element, seal = chance.choice(CHANGES)(BODY_OF, chance), chance.choice(CHANGES)(SIGNATURE_OF, chance)
        around = chance.choice([{}, {"": SII}, {"": "not a uri <>", "p": "urn:p"}])
        encoding = chance.choice((ENCODING, "UTF-8", "UTF-16", "none"))
        message(Sealed(element, seal, encoding, around), GROUNDS, Report())


@pytest.mark.parametrize("text", [b"", b"text", b"<", b"<a", b"<a>", b"</a>", b"<!-- a -->", b"<a xmlns=>", b"\xff"])
def test_what_is_no_element_is_told(text: bytes) -> None:
    assert broken_message(text, SIGNATURE_OF)
    assert "signature-unreadable" in broken_message(BODY_OF, text)


def test_no_changed_letter_of_a_document_goes_unseen() -> None:
    """Up to the certificate: its authority's signature is not looked at."""
    chance = random.Random(11)
    start, end = RIGHT.index(b"<Encabezado>"), RIGHT.index(b"<X509Certificate>")
    letters = [at for at in range(start, end) if RIGHT[at : at + 1].isalnum()]
    for at in chance.sample(letters, 200):
        changed = bytes([RIGHT[at] ^ 1])
        assert broken(RIGHT[:at] + changed + RIGHT[at + 1 :]), at
