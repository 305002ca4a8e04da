"""The stamp (TED) of a document: made with the key of its folio, over what the document says."""

import re
from collections.abc import Iterator
from functools import lru_cache

from minga.dte.document import BODIES, Document
from minga.dte.grounds import Grounds, Report
from minga.dte.node import as_day
from minga.dte.plain import Plain
from minga.dte.raw import REMEMBERED_MAX, CutFailed, Raw, child, children, only, read
from minga.dte.signatures.signed import decoded
from minga.dte.stamps.folios import (
    ALGORITHM,
    TRIAL_KEY,
    Caf,
    algorithm,
    caf,
    compact,
    is_for_certification,
    sii_keys,
)
from minga.dte.stamps.saying import says_as_document
from minga.infrastructure.rsa import PublicKey

_CAF = "TED/DD/CAF"
_DA = f"{_CAF}/DA"
_LAST = re.compile(
    rb"<TED version=\"1\.0\">\s*(<DD>.*</DD>)\s*(<FRMT[^<>]*>[^<]*</FRMT>)\s*</TED>\s*"
    rb"<TmstFirma>[^<]*</TmstFirma>\s*</[A-Za-z]+>",
    re.DOTALL,
)


def stamp(document: Document, grounds: Grounds, report: Report) -> None:
    """``held["stamp"]`` tells how the bytes were read that the stamp holds over."""
    node = document.body.first("TED")
    if node is None:
        report.fault("stamp-missing", "TED")
        return
    try:
        dd, frmt = _cut(document)
        found = caf(raw) if (raw := only(dd, b"CAF") or child(dd, "CAF")) else None
        value = decoded(frmt)
    except CutFailed as wrong:
        report.fault("stamp-unreadable", "TED", str(wrong))
        return
    told = node.first("DD")
    if told is None or value is None or found is None:
        report.fault("stamp-unreadable", "TED" if told is None else _CAF if found is None else "TED/FRMT")
        return
    agrees = says_as_document(told, document, report)
    alive = _authorised(found, document, grounds, report)
    _made(found, dd, value, algorithm(frmt), agrees and alive, report)


def _cut(document: Document) -> tuple[Raw, Raw]:
    """DD and FRMT."""
    if document.plain is not None and (found := _at_the_end(document.plain, document.piece.encoding)):
        return found
    raw = read(document.piece.raw, document.piece.encoding)
    dd, frmt = only(raw, b"DD"), only(raw, b"FRMT")
    if dd is not None and frmt is not None:
        return dd, frmt
    body = next((raw.cut(span) for span in children(raw) if span.name in BODIES), None)
    ted = child(body, "TED") if body else None
    dd, frmt = (child(ted, "DD"), child(ted, "FRMT")) if ted else (None, None)
    if dd is None or frmt is None:
        raise CutFailed("DD or FRMT is missing")
    return dd, frmt


def _at_the_end(plain: Plain, encoding: str) -> tuple[Raw, Raw] | None:
    """Where the stamp stands last but one in the body, as the schema has it; None where it does not, or there is more
    than one of anything."""
    stamps = plain.node.all("TED")
    found = _LAST.fullmatch(plain.text, max(0, plain.text.rfind(b"<TED ")))
    if found is None or len(stamps) != 1 or any(len(each) > 1 for each in stamps[0].parts.values()):
        return None
    dd, frmt = found.groups()
    return Raw(dd, dd, encoding), Raw(frmt, frmt, encoding)


def _authorised(found: Caf, document: Document, grounds: Grounds, report: Report) -> bool:
    """Whether the SII signed the CAF; then each of its limits against the document."""
    if found.issuer != document.issuer.upper():
        report.fault("caf-issuer", f"{_DA}/RE", found.issuer, document.issuer)
    if found.kind != document.kind:
        report.fault("caf-kind", f"{_DA}/TD", found.kind, document.kind)
    if document.folio and not found.first <= document.folio <= found.last:
        report.fault("caf-range", f"{_DA}/RNG", document.folio, f"{found.first}-{found.last}")
    if found.authorised and document.issued and found.authorised > document.issued:
        report.fault("caf-date", f"{_DA}/FA", found.authorised, document.issued)
    _alive(found, document, report)
    return _signed_by_sii(found, grounds, report)


def _alive(found: Caf, document: Document, report: Report) -> None:
    """The SII compares with the day of the signature."""
    last = found.expires()
    signed = as_day((document.body.of("TmstFirma") or "")[:10]) or document.issued
    if last is not None and signed is not None and signed > last:
        report.fault("caf-expired", f"{_DA}/FA", signed, last)


def _signed_by_sii(found: Caf, grounds: Grounds, report: Report) -> bool:
    key = grounds.caf_keys.get(found.key_id) or sii_keys().get(found.key_id)
    if found.key_id == TRIAL_KEY or is_for_certification(found.key_id):
        taken = TRIAL_KEY in grounds.caf_keys
        report.fault("caf-trial" if taken else "caf-certification", f"{_DA}/IDK", found.key_id, "" if taken else 300)
    if key is None and found.key_id == TRIAL_KEY:
        return False
    if key is None:
        report.fault("caf-key-unknown", f"{_DA}/IDK", found.key_id, ", ".join(map(str, sii_keys())))
        return False
    if found.algorithm != ALGORITHM:
        report.fault("stamp-algorithm", f"{_CAF}/FRMA", found.algorithm, ALGORITHM)
        return False
    holds = _holds if len(found.signed) <= REMEMBERED_MAX else PublicKey.holds
    if not holds(key, found.signed, found.signature):
        report.fault("caf-signature", f"{_CAF}/FRMA")
        return False
    return True


def _made(found: Caf, dd: Raw, value: bytes, named: str, rest_holds: bool, report: Report) -> None:
    """Whether the stamp was made with the key of the CAF. Where all else of it is right, a program most likely wrote it
    anew and changed its bytes."""
    if found.key is None or named != ALGORITHM:
        report.fault("stamp-algorithm", "TED/FRMT", named, ALGORITHM)
        return
    held = next((name for name, form in _forms(dd) if found.key.holds(form, value)), "")
    if held:
        report.held["stamp"] = held
    else:
        report.fault("stamp-rewritten" if rest_holds else "stamp-signature", "TED/FRMT")


def _forms(dd: Raw) -> Iterator[tuple[str, bytes]]:
    """The bytes that programs sign, by name, in the order of trying."""
    as_is = compact(dd.text, dd.encoding)
    yield "as-is", as_is
    if b"\n" in as_is or b"\r" in as_is:
        yield "no-line-breaks", compact(dd.text.replace(b"\r", b"").replace(b"\n", b""), dd.encoding)
    if b"&apos;" in as_is or b"&quot;" in as_is:
        yield "unescaped", as_is.replace(b"&apos;", b"'").replace(b"&quot;", b'"')


@lru_cache(maxsize=4096)
def _holds(key: PublicKey, signed: bytes, signature: bytes) -> bool:
    return key.holds(signed, signature)


LOOKS = (stamp,)
