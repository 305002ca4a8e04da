"""Who signed, and when: the certificate on the day of the signature, its owner against those who may sign."""

from collections.abc import Collection
from datetime import datetime

from minga.domain.terms import chile
from minga.dte.grounds import Grounds, Report
from minga.infrastructure.certificates import Certificate

COMPANY_FROM = 50_000_000
"""RUTs of companies begin about here: a certificate is a person's, so a company that is named cannot be compared."""


def instant(text: str | None) -> datetime | None:
    """A time as the SII's texts write it, without zone: in Chile. None where it is none."""
    if text is None or "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=chile())


def in_time(certificate: Certificate, signed_at: str | None, path: str, report: Report) -> None:
    """Whether it was valid when the signature was made, not today."""
    when = instant(signed_at)
    if when is None:
        report.fault("signature-time", path, signed_at or "")
    elif when > certificate.valid_to:
        report.fault("certificate-expired", path, signed_at, _in_chile(certificate.valid_to))
    elif when < certificate.valid_from:
        report.fault("certificate-not-yet", path, signed_at, _in_chile(certificate.valid_from))


def _in_chile(moment: datetime) -> str:
    """As the SII writes times. Certificates may name years that no clock has."""
    try:
        return moment.astimezone(chile()).replace(tzinfo=None).isoformat(timespec="seconds")
    except OverflowError:
        return moment.isoformat(timespec="seconds")


def permitted(certificate: Certificate, issuer: str, path: str, grounds: Grounds, report: Report) -> None:
    """Whether the owner is among those who may sign for ``issuer``, as far as the grounds tell."""
    allowed = grounds.signers.get(issuer)
    if certificate.rut is None:
        report.fault("certificate-no-rut", path)
    elif allowed is not None and certificate.rut not in {issuer, *allowed}:
        report.fault("certificate-not-authorised", path, certificate.rut, ", ".join(sorted(allowed)))


def named(certificate: Certificate, written: Collection[str], path: str, report: Report) -> None:
    """Whether the owner is one of those whom the signed element names as its signers."""
    persons = [each for each in written if each.partition("-")[0].isdigit() and int(each.split("-")[0]) < COMPANY_FROM]
    if certificate.rut is not None and persons and len(persons) == len(written) and certificate.rut not in persons:
        report.fault("signature-signer-other", path, certificate.rut, ", ".join(persons))
