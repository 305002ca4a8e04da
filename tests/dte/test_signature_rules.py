"""Each rule of signatures against documents that break it, in ways that really differ."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from seals import BODY, GROUNDS, SIGNATURE, between, broken, broken_message, certified, signed, wrapped

from minga.dte import rules, trial
from minga.dte.sealing import ENCODING
from minga.dte.signatures import sign
from minga.infrastructure.certifying import certify
from minga.infrastructure.rsa import PrivateKey, private_key
from minga.infrastructure.signing_keys import HeldKey

RIGHT = signed()
BODY_OF = BODY.search(RIGHT)[0]  # type: ignore[index]
SIGNATURE_OF = SIGNATURE.search(RIGHT)[0]  # type: ignore[index]
NOON = datetime(2026, 11, 10, 15, tzinfo=UTC)
SII = trial.keys()["sii"]
FOLIOS = trial.keys()["folios"]


def put(old: bytes, new: bytes) -> bytes:
    assert old in RIGHT, old
    return RIGHT.replace(old, new, 1)


def cut(tag: str) -> bytes:
    start, end = RIGHT.index(f"<{tag}".encode()), RIGHT.index(f"</{tag}>".encode())
    return RIGHT[:start] + RIGHT[end + len(tag) + 3 :]


def flipped(tag: str) -> bytes:
    """Another bit in the number that stands there."""
    text = between(RIGHT, tag)
    number = bytearray(b64decode(text))
    number[3] ^= 1
    return put(text, b64encode(number))


def owned(**changes: object) -> bytes:
    return signed(key=certified(replace(trial.SIGNER, **changes)))  # type: ignore[arg-type]


def short(key: PrivateKey) -> bytes:
    return signed(key=HeldKey(certify(trial.SIGNER, key, trial.AUTHORITY, trial.keys()["authority"]), key))


def referenced(times: int) -> bytes:
    start, end = RIGHT.index(b"<Reference"), RIGHT.index(b"</Reference>") + len(b"</Reference>")
    return RIGHT[:start] + RIGHT[start:end] * times + RIGHT[end:]


C14N = b"http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

MUTANTS: Mapping[str, list[bytes]] = {
    "signature-missing": [
        wrapped(BODY_OF, b""),
        wrapped(BODY_OF, b"<!--" + SIGNATURE_OF + b"-->"),
        wrapped(BODY_OF, SIGNATURE_OF.replace(b"<Signature ", b"<Firma ").replace(b"</Signature>", b"</Firma>")),
    ],
    "signature-twice": [
        wrapped(BODY_OF, SIGNATURE_OF * 2),
        wrapped(BODY_OF.replace(b"</Documento>", SIGNATURE_OF + b"</Documento>"), SIGNATURE_OF),
        wrapped(BODY_OF, SIGNATURE_OF + b'<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/>'),
    ],
    "signature-misplaced": [
        wrapped(SIGNATURE_OF, BODY_OF),
        wrapped(BODY_OF.replace(b"</Documento>", SIGNATURE_OF + b"</Documento>"), b""),
        wrapped(BODY_OF, b"<Firmas>" + SIGNATURE_OF + b"</Firmas>"),
    ],
    "signature-unreadable": [
        cut("SignatureValue"),
        cut("SignedInfo"),
        put(between(RIGHT, "SignatureValue"), b"no, es, base64"),
        put(between(RIGHT, "SignatureValue"), b""),
        cut("KeyValue"),
        put(between(RIGHT, "Modulus"), b"==="),
    ],
    "signature-references": [referenced(0), referenced(2), referenced(3)],
    "signature-reference": [
        put(b'URI="#T33F101"', b'URI="#T33F102"'),
        put(b'URI="#T33F101"', b'URI=""'),
        put(b'ID="T33F101"', b'ID="T33F102"'),
        put(b'ID="T33F101"', b'Id="T33F101"'),
    ],
    "signature-algorithm": [
        put(
            b'CanonicalizationMethod Algorithm="' + C14N,
            b'CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#',
        ),
        put(b"xmldsig#rsa-sha1", b"xmldsig#dsa-sha1"),
        put(b'SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"', b"SignatureMethod"),
        put(b"http://www.w3.org/2000/09/xmldsig#sha1", b"http://www.w3.org/2001/04/xmlenc#sha256"),
        put(b'Transform Algorithm="' + C14N, b'Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116'),
    ],
    "signature-digest": [
        put(b"<MntTotal>1057450<", b"<MntTotal>1057451<"),
        put(b"</Encabezado><Detalle>", b"</Encabezado>\n<Detalle>"),
        put("Construcción".encode("latin-1"), b"Construccion"),
        put(between(RIGHT, "DigestValue"), b"AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ],
    "signature-value": [
        flipped("SignatureValue"),
        put(b"<DigestMethod", b" <DigestMethod"),
        put(
            between(RIGHT, "SignatureValue"),
            between(signed(signed_at="<TmstFirma>2026-11-10T12:00:01</TmstFirma>"), "SignatureValue"),
        ),
        put(between(RIGHT, "SignatureValue"), b64encode(bytes(256))),
        put(between(RIGHT, "SignatureValue"), b64encode(b"kurz")),
    ],
    "signature-key-other": [
        flipped("Modulus"),
        put(b"<Exponent>AQAB<", b"<Exponent>Aw==<"),
        put(between(RIGHT, "Modulus"), b64encode(SII.public.modulus.to_bytes(64, "big"))),
    ],
    "signature-key-weak": [short(SII), short(FOLIOS), short(private_key(SII.p, FOLIOS.p, 65537))],
    "signature-time": [
        signed(signed_at=""),
        signed(signed_at="<TmstFirma>ayer</TmstFirma>"),
        signed(signed_at="<TmstFirma>2026-11-10</TmstFirma>"),
        signed(signed_at="<TmstFirma>2026-11-31T10:00:00</TmstFirma>"),
    ],
    "certificate-missing": [cut("KeyInfo"), cut("X509Data"), put(between(RIGHT, "X509Certificate"), b" \n")],
    "certificate-unreadable": [
        put(between(RIGHT, "X509Certificate"), between(RIGHT, "X509Certificate")[:400]),
        put(between(RIGHT, "X509Certificate"), b64encode(b"no soy un certificado")),
        put(between(RIGHT, "X509Certificate"), b"-----BEGIN CERTIFICATE-----"),
    ],
    "certificate-expired": [
        owned(valid_to=NOON - timedelta(seconds=1)),
        owned(valid_to=datetime(2021, 1, 1, tzinfo=UTC)),
        signed(signed_at="<TmstFirma>2050-06-01T12:00:00</TmstFirma>"),
    ],
    "certificate-not-yet": [
        owned(valid_from=NOON + timedelta(seconds=1)),
        owned(valid_from=datetime(2027, 1, 1, tzinfo=UTC)),
        signed(signed_at="<TmstFirma>2019-12-31T12:00:00</TmstFirma>"),
    ],
    "certificate-no-rut": [owned(rut=""), owned(rut="sin RUT"), owned(rut="123456789-0")],
}


@pytest.mark.parametrize("rule", MUTANTS)
def test_each_mutant_breaks_its_rule_and_the_right_document_none(rule: str) -> None:
    assert broken(RIGHT) == set()
    assert len(MUTANTS[rule]) >= 3
    for mutant in MUTANTS[rule]:
        assert rule in broken(mutant), mutant


@pytest.mark.parametrize("listed", [["22222222-2"], [], ["22222222-2", "9999999-3"]], ids=["other", "nobody", "others"])
def test_a_signer_that_is_not_on_the_list_given_is_told(listed: list[str]) -> None:
    given = replace(GROUNDS, signers={"76086428-5": listed})
    assert broken(RIGHT, given) == {"certificate-not-authorised"}
    assert broken(RIGHT, replace(GROUNDS, signers={"76086428-5": [*listed, "11111111-1"]})) == set()
    assert broken(RIGHT, replace(GROUNDS, signers={"96790240-3": listed})) == set()


def naming(name: str, inside: str, time: str) -> bytes:
    return f'<{name} ID="S">{inside}<{time}>2026-11-10T12:00:00</{time}></{name}>'.encode()


ENVELOPE = "<Caratula><RutEnvia>{}</RutEnvia></Caratula>"
NAMING = {
    "SetDTE": naming("SetDTE", ENVELOPE, "TmstFirmaEnv"),
    "DocumentoRecibo": naming("DocumentoRecibo", "<RutFirma>{}</RutFirma>", "TmstFirmaRecibo"),
    "DocumentoCesion": naming(
        "DocumentoCesion",
        "<Cedente><RUTAutorizado><RUT>{}</RUT></RUTAutorizado></Cedente>",
        "TmstCesion",
    ),
    "EnvioLibro": naming("EnvioLibro", ENVELOPE, "TmstFirma"),
}


@pytest.mark.parametrize("name", NAMING)
def test_a_message_is_signed_by_the_person_that_it_names(name: str) -> None:
    right, other, company = (NAMING[name].replace(b"{}", rut) for rut in (b"11111111-1", b"22222222-2", b"76086428-5"))
    made = {
        each: sign(each, ENCODING, {"": "http://www.sii.cl/SiiDte"}, trial.signing_key())
        for each in (right, other, company)
    }
    assert broken_message(right, made[right]) == set()
    assert broken_message(other, made[other]) == {"signature-signer-other"}
    assert broken_message(company, made[company]) == set(), "a company cannot be compared with a person"
    assert broken_message(other, made[right]) >= {"signature-digest"}


def test_every_rule_of_signatures_has_mutants() -> None:
    known = {name for name in rules() if name.startswith(("signature-", "certificate-"))}
    assert known == {*MUTANTS, "certificate-not-authorised", "signature-signer-other"}
