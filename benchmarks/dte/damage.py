"""Mutants that no edit of an example makes: of the schema, the signature, the stamp and the folios' authorisation.

All are made of one signed invoice: its bytes are changed; or what it says, and it is signed anew; or what its stamp
says, and it is stamped and signed anew; or it is stamped with another CAF, or signed with another certificate.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

from benchmarks.dte.corpus import Mutant
from minga.domain.terms import chile
from minga.dte import Piece, rules, trial
from minga.dte.document import NAMESPACE
from minga.dte.examples import example
from minga.dte.sealing import ENCODING
from minga.dte.signatures import sign
from minga.dte.stamps import stamp_of
from minga.dte.writing import order_of, text
from minga.infrastructure.certifying import Owner

EXAMPLE = "33"

FOLIOS = trial.Folios("76086428-5", 33, 1, 1000, date(2026, 11, 1))
"""The example has folio 101."""

NOON = datetime(2026, 11, 10, 12, tzinfo=chile())

Change = tuple[str, str]
"""A pattern, and what is put where it first matches."""

BYTES: Mapping[str, tuple[Change, ...]] = {
    "signature-missing": (
        ("<Signature .*</Signature>", ""),
        ("<Signature .*</Signature>", r"<!--\g<0>-->"),
        ("<Signature (.*)</Signature>", r"<Firma \1</Firma>"),
    ),
    "signature-twice": (
        ("<Signature .*</Signature>", r"\g<0>\g<0>"),
        ("</Documento>(<Signature .*</Signature>)", r"\1\g<0>"),
        ("</DTE>", r'<d:Signature xmlns:d="http://www.w3.org/2000/09/xmldsig#"/></DTE>'),
    ),
    "signature-digest": (
        ("<MntTotal>1057450<", "<MntTotal>1057451<"),
        ("</Encabezado><Detalle>", "</Encabezado>\n<Detalle>"),
        ("Construcción", "Construccion"),
    ),
    "signature-value": (
        ("<DigestMethod", " <DigestMethod"),
        ("(?<=<SignatureValue>)....", "AAAA"),
        ("(?<=<SignatureValue>)[^<]*", b64encode(bytes(256)).decode()),
    ),
    "signature-reference": (('URI="#', 'URI="#X'), (' ID="', ' ID="X'), ('URI="[^"]*"', 'URI=""')),
    "signature-algorithm": (
        ("xmldsig#rsa-sha1", "xmldsig#dsa-sha1"),
        ("xmldsig#sha1", "xmldsig#sha0"),
        ("(?<=CanonicalizationMethod Algorithm=.)[^\"']*", "http://www.w3.org/2001/10/xml-exc-c14n#"),
    ),
    "signature-key-other": (
        ("<Exponent>AQAB<", "<Exponent>Aw==<"),
        ("(?<=<Modulus>)....", "1234"),
        ("(?<=<Modulus>)[^<]*", b64encode(b"\xff" * 256).decode()),
    ),
    "certificate-missing": (
        ("<X509Certificate>.*</X509Certificate>", ""),
        ("<X509Data>.*</X509Data>", ""),
        ("<KeyInfo>.*</KeyInfo>", ""),
    ),
    "field-version": ((' version="1.0"', ' version="2.0"'), (' version="1.0"', ""), (' version="1.0"', ' version="1"')),
}

SAID: Mapping[str, tuple[Change, ...]] = {
    "schema-invalid": (
        ("(<TipoDTE>.*?</TipoDTE>)(<Folio>.*?</Folio>)", r"\2\1"),
        ("<RznSoc>", "<Nada/><RznSoc>"),
        ("<MntNeto>", "<MntNeto>-"),
    ),
    "stamp-missing": (
        ("<TED .*</TED>", ""),
        ("<TED .*</TED>", r"<!--\g<0>-->"),
        ("<TED (.*)</TED>", r"<Timbre \1</Timbre>"),
    ),
    "stamp-signature": (
        ("<MNT>1057450<", "<MNT>1057449<"),
        ("<H>1000<", "<H>2000<"),
        ("<RR>77123456-9<", "<RR>76192083-9<"),
    ),
    "caf-signature": (
        ("<H>1000<", "<H>1000000<"),
        ("<RS>Empresa de prueba<", "<RS>Otra empresa<"),
        ("<FA>2026-11-01<", "<FA>2026-11-02<"),
    ),
}

STAMPED: Mapping[str, tuple[Change, ...]] = {
    "stamp-issuer": tuple(("<RE>[^<]*", f"<RE>{each}") for each in ("76192083-9", "76086428-6", "-")),
    "stamp-folio": tuple(("<F>[^<]*", f"<F>{each}") for each in ("102", "1", "10100")),
    "stamp-date": tuple(("<FE>[^<]*", f"<FE>{each}") for each in ("2026-11-11", "2025-11-10", "10-11-2026")),
    "stamp-receiver": tuple(("<RR>[^<]*", f"<RR>{each}") for each in ("76192083-9", "66666666-6", "77123456-8")),
    "stamp-amount": tuple(("<MNT>[^<]*", f"<MNT>{each}") for each in ("1057451", "1057450.5", "0")),
}

AUTHORISED: Mapping[str, tuple[trial.Folios, ...]] = {
    "caf-issuer": tuple(replace(FOLIOS, issuer=each) for each in ("76192083-9", "76086428-6", "1-9")),
    "caf-kind": tuple(replace(FOLIOS, kind=each) for each in (34, 61, 39)),
    "caf-range": (replace(FOLIOS, first=102), replace(FOLIOS, last=100), replace(FOLIOS, first=200, last=300)),
    "caf-date": tuple(replace(FOLIOS, authorised=date(2026 + year, 11, 11)) for year in range(3)),
}

OWNED: Mapping[str, tuple[Owner, ...]] = {
    "certificate-expired": tuple(
        replace(trial.SIGNER, valid_to=datetime(year, 11, 10, tzinfo=UTC)) for year in (2026, 2025, 2021)
    ),
    "certificate-not-yet": tuple(
        replace(trial.SIGNER, valid_from=datetime(year, 11, 12, tzinfo=UTC)) for year in (2026, 2027, 2040)
    ),
}


def right() -> Piece:
    """What all of them were before."""
    return Piece(_signed(_body(_stamp())), place=EXAMPLE)


def damaged() -> Iterator[Mutant]:
    body, whole = _body(_stamp()), right().raw.decode(ENCODING)
    for rule, changes in BYTES.items():
        yield from _mutants(rule, (_changed(whole, change).encode(ENCODING) for change in changes))
    for rule, changes in SAID.items():
        yield from _mutants(rule, (_signed(_changed(body, change)) for change in changes))
    for rule, changes in STAMPED.items():
        yield from _mutants(rule, (_signed(_body(_restamped(_changed(_stamp(), change)))) for change in changes))
    for rule, folios in AUTHORISED.items():
        yield from _mutants(rule, (_signed(_body(_stamp(each))) for each in folios))
    for rule, owners in OWNED.items():
        yield from _mutants(rule, (_signed(body, each) for each in owners))


def _mutants(rule: str, made: Iterable[bytes]) -> Iterator[Mutant]:
    for number, raw in enumerate(made, 1):
        yield Mutant(rules()[rule], Piece(raw, place=f"{rule} #{number}"), EXAMPLE)


def _changed(written: str, change: Change) -> str:
    made, count = re.subn(*change, written, count=1, flags=re.DOTALL)
    assert count, f"{change[0]!r} stands nowhere"
    return made


def _body(stamp: str) -> str:
    inside = text(example(EXAMPLE), order_of(33))
    return f'<Documento ID="T33F101">{inside}{stamp}<TmstFirma>2026-11-10T12:00:00</TmstFirma></Documento>'


def _signed(body: str, owner: Owner = trial.SIGNER) -> bytes:
    element = body.encode(ENCODING)
    signature = sign(element, ENCODING, {"": NAMESPACE}, trial.signing_key(owner))
    return f'<DTE xmlns="{NAMESPACE}" version="1.0">'.encode() + element + signature + b"</DTE>"


def _stamp(folios: trial.Folios = FOLIOS) -> str:
    return stamp_of(example(EXAMPLE), trial.caf(folios), trial.caf_key(), NOON)


def _restamped(stamp: str) -> str:
    said = stamp[stamp.index("<DD>") : stamp.index("<FRMT")]
    value = b64encode(trial.caf_key().sign_sha1(said.encode(ENCODING))).decode()
    return f'<TED version="1.0">{said}<FRMT algoritmo="SHA1withRSA">{value}</FRMT></TED>'
