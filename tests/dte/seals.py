"""Documents that are stamped and signed, right and otherwise: what the rules of signature and stamp are tried on."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from minga.domain.terms import chile
from minga.dte import Grounds, Piece, check_piece, trial
from minga.dte.examples import example
from minga.dte.grounds import Report
from minga.dte.sealing import ENCODING
from minga.dte.signatures import message, sign, signature
from minga.dte.stamps import stamp, stamp_of
from minga.dte.writing import Tree, order_of, text
from minga.infrastructure.signing_keys import HeldKey

SII = "http://www.sii.cl/SiiDte"
NOON = datetime(2026, 11, 10, 12, tzinfo=chile())
GROUNDS = trial.grounds(Grounds(date(2026, 11, 26)))
FOLIOS = trial.Folios("76086428-5", 33, 1, 1000, date(2026, 11, 1))
BODY = re.compile(rb"<Documento .*</Documento>", re.DOTALL)
SIGNATURE = re.compile(rb"<Signature .*</Signature>", re.DOTALL)


def same(written: str) -> str:
    return written


def stamped(
    tree: Tree | None = None, folios: trial.Folios = FOLIOS, say: Callable[[str], str] = same, now: datetime = NOON
) -> str:
    """The TED of the example 33, with its DD changed by ``say`` before it is signed."""
    ted = stamp_of(tree or example("33"), trial.caf(folios), trial.caf_key(), now)
    dd = say(ted[ted.index("<DD>") : ted.index("<FRMT")])
    value = b64encode(trial.caf_key().sign_sha1(dd.encode("iso-8859-1"))).decode()
    return f'<TED version="1.0">{dd}<FRMT algoritmo="SHA1withRSA">{value}</FRMT></TED>'


def signed(
    ted: str | None = None,
    key: HeldKey | None = None,
    signed_at: str = "<TmstFirma>2026-11-10T12:00:00</TmstFirma>",
    tree: Tree | None = None,
) -> bytes:
    """The example 33 as a DTE, signed by ``key``."""
    inside = text(tree or example("33"), order_of(33)) + (stamped() if ted is None else ted) + signed_at
    body = f'<Documento ID="T33F101">{inside}</Documento>'.encode("iso-8859-1")
    return wrapped(body, sign(body, ENCODING, {"": SII}, key or trial.signing_key()))


def wrapped(body: bytes, signature: bytes) -> bytes:
    return f'<DTE xmlns="{SII}" version="1.0">'.encode() + body + signature + b"</DTE>"


def certified(owner: trial.Owner) -> HeldKey:
    return trial.signing_key(owner)


def broken(raw: bytes, grounds: Grounds = GROUNDS) -> set[str]:
    """The rules of signature and stamp that it breaks, but for the note that it is of a trial."""
    return {each.rule.id for each in check_piece(Piece(raw), grounds, (signature, stamp)).findings} - {"caf-trial"}


@dataclass(frozen=True)
class Sealed:
    """A `Part` of a message."""

    raw: bytes
    signature: bytes
    encoding: str = ENCODING
    declared: Mapping[str, str] = field(default_factory=lambda: {"": SII})

    @property
    def name(self) -> str:
        found = re.match(rb"\s*<(?:\w+:)?(\w+)", self.raw)
        return found[1].decode() if found else ""


def broken_message(element: bytes, signature: bytes, grounds: Grounds = GROUNDS) -> set[str]:
    report = Report()
    message(Sealed(element, signature), grounds, report)
    return {each.rule for each in report.faults}


def between(raw: bytes, tag: str) -> bytes:
    """The text of the first element of that name."""
    found = re.search(f"<{tag}[^>]*>(.*?)</{tag}>".encode(), raw, re.DOTALL)
    assert found is not None
    return found[1]
