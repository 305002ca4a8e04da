"""Documents of trials pass like real ones, with the same bytes each time, under every convention of issuers."""

import re
from base64 import b64encode
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from seals import GROUNDS, SII, broken, signed, stamped

from minga.domain.terms import chile
from minga.dte import Grounds, Piece, check_piece, trial
from minga.dte.editing import edited
from minga.dte.examples import example, names
from minga.dte.sealing import ENCODING
from minga.dte.signatures import XSI, sign, signature
from minga.dte.signatures.signed import DSIG
from minga.dte.stamps import stamp, stamp_of
from minga.dte.writing import at, order_of, text

SCHEMAS = Path(__file__).parents[2].parent / "shared" / "data" / "dte" / "xsd_2026-02-06"


@pytest.mark.parametrize("name", names())
def test_every_example_passes_once_it_is_stamped_and_signed(name: str) -> None:
    piece = trial.sign_piece(example(name))
    checked = check_piece(piece, GROUNDS, (signature, stamp))
    assert [(each.rule.id, each.path, each.found) for each in checked.findings] == [
        ("caf-trial", "TED/DD/CAF/DA/IDK", "900")
    ]
    assert checked.held == {"signature": "as-is", "stamp": "as-is"}
    assert trial.sign_piece(example(name)).raw == piece.raw


def test_without_the_key_of_trials_its_folios_are_not_authorised() -> None:
    assert broken(trial.sign_piece(example("33")).raw, Grounds(date(2026, 11, 26))) == {"caf-certification"}


def parsed(piece: Piece) -> etree._Element:
    return etree.fromstring(piece.raw, etree.XMLParser(encoding=piece.encoding))


@cache
def schema() -> etree.XMLSchema:
    if not SCHEMAS.is_dir():
        pytest.skip("the SII's schemas are not on this machine")
    return etree.XMLSchema(etree.parse(SCHEMAS / "DTE_v10.xsd"))


@pytest.mark.parametrize("name", [each for each in names() if not each.startswith(("39", "41"))])
def test_stamp_and_signature_are_valid_by_the_siis_schema(name: str) -> None:
    found = schema()
    assert found.validate(parsed(trial.sign_piece(example(name)))), found.error_log


LETTERS = 'Ñuñoa & Cía. <"L\'Étoile"> — 10 € '


def test_letters_of_every_kind_survive_stamp_and_signature() -> None:
    tree = edited(example("33"), {"Encabezado/Receptor/RznSocRecep": LETTERS * 2, "Detalle[1]/NmbItem": LETTERS + "&&"})
    piece = trial.sign_piece(tree)
    assert broken(piece.raw) == set()
    said = at(tree, "Encabezado/Receptor/RznSocRecep")
    assert said is not None
    assert parsed(piece).findtext(".//{*}RSR") == said[:40]


def test_a_boleta_to_nobody_can_be_stamped() -> None:
    tree = edited(example("39"), {"Encabezado/Receptor/RznSocRecep": "x"})
    tree = edited(tree, {"Encabezado/Receptor/RznSocRecep": False})
    assert "<RSR>Sin nombre</RSR>" in trial.sign_piece(tree).raw.decode("iso-8859-1")


def test_what_a_stamp_needs_must_be_there() -> None:
    tree = edited(example("33"), {"Encabezado/Totales/MntTotal": False})
    with pytest.raises(KeyError, match="MntTotal"):
        stamp_of(tree, "<CAF/>", trial.caf_key(), datetime(2026, 11, 10, tzinfo=chile()))


OUTER = {"": SII, "xsi": XSI, "extra": "urn:extra"}


@pytest.mark.parametrize(
    ("signed_under", "declared", "around", "held"),
    [
        ({"": SII}, {"": SII}, {}, "as-is"),
        ({"": SII}, {"": SII}, OUTER, "as-is"),
        ({}, {}, {}, "as-is"),
        ({}, {}, OUTER, "as-is"),
        ({}, {"": SII}, {}, "no-ns"),
        ({"": SII}, {}, OUTER, "sii-ns"),
        ({"": SII, "xsi": XSI}, {"": SII, "xsi": XSI}, {}, "as-is"),
        ({"": SII, "xsi": XSI}, {}, {"": SII, "xsi": XSI}, "sii-ns+xsi"),
        (OUTER, {}, OUTER, "in-place"),
    ],
    ids=["own", "own in an envelope", "bare", "bare in an envelope", "namespace added", "namespace of the envelope",
         "own with xsi", "all of the envelope", "more in the envelope"],
)  # fmt: skip
def test_each_convention_of_namespaces_holds_and_is_told(
    signed_under: dict[str, str], declared: dict[str, str], around: dict[str, str], held: str
) -> None:
    inside = text(example("33"), order_of(33)) + stamped() + "<TmstFirma>2026-11-10T12:00:00</TmstFirma>"
    body = f'<Documento ID="T33F101">{inside}</Documento>'.encode("iso-8859-1")
    made = sign(body, ENCODING, signed_under, trial.signing_key())
    opening = "".join(f' xmlns{":" if prefix else ""}{prefix}="{uri}"' for prefix, uri in declared.items())
    piece = Piece(f'<DTE{opening} version="1.0">'.encode() + body + made + b"</DTE>", declared=around)
    checked = check_piece(piece, GROUNDS, (signature,))
    assert [each.rule.id for each in checked.findings] == []
    assert checked.held == {"signature": held}


def test_a_signature_with_a_prefix_holds() -> None:
    key, right = trial.signing_key(), trial.sign_piece(example("33")).raw
    start = right.index(b"<Signature ")
    prefixed = re.sub(rb"<(/?)(?=\w)", rb"<\1ds:", right[start : -len(b"</DTE>")]).replace(b"xmlns=", b"xmlns:ds=", 1)
    information = prefixed[prefixed.index(b"<ds:SignedInfo") : prefixed.index(b"<ds:SignatureValue")]
    form = information.replace(b"SignedInfo", f'SignedInfo xmlns="{SII}" xmlns:ds="{DSIG}"'.encode(), 1)
    value = b64encode(key.sign_sha1(form))
    made = re.sub(rb"(<ds:SignatureValue>)[^<]*", rb"\g<1>" + value, prefixed)
    assert broken(right[:start] + made + b"</DTE>") == set()
    assert broken(right[:start] + prefixed + b"</DTE>") == {"signature-value"}


ODD_TIMES = [
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59",
    "2026-11-10T12:00:00Z",
    "2026-11-10T12:00:00-23:59",
    "T",
    "24T",
]


@pytest.mark.parametrize("time", ODD_TIMES)
@pytest.mark.parametrize("year", [1951, 9999])
def test_odd_times_are_judged(time: str, year: int) -> None:
    owner = trial.Owner("x", "11111111-1", datetime(1950, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC))
    found = broken(signed(key=trial.signing_key(owner), signed_at=f"<TmstFirma>{time}</TmstFirma>"))
    assert found or (year == 9999 and time.startswith(("2026", "9999")))


@pytest.mark.parametrize(
    "element", [b"<SetDTE/>", b"<SetDTE ID=''/>", b"<SetDTE ID='S'>", b"text", b"<p:SetDTE ID='S'/>"]
)
def test_what_cannot_be_signed_is_refused(element: bytes) -> None:
    with pytest.raises(ValueError, match=r"must be well-formed and have an ID|a start tag"):
        sign(element, ENCODING, {"": SII}, trial.signing_key())
