"""`minga dte make`, `folios`, `respond` and `cede`, as a person uses them: nothing made twice, nothing lost untold."""

import json
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import load_der_x509_certificate
from program import Program

from cafs import ISSUER, caf_file
from minga.dte import trial
from minga.dte.making import example
from minga.infrastructure.rsa import openssl_private

PASSWORD = "una clave de prueba"
TODAY = datetime.now(UTC).date()
GIVEN = TODAY - timedelta(days=20)
"""The day of a CAF."""


@pytest.fixture
def short(minga: Program) -> Path:
    """A short form of an invoice of today."""
    text = example(33)
    file = minga.work / "invoice.toml"
    head, rest = text.split("date = 2026-11-10\n", 1)
    issuer = 'acteco = [466301]\noffice = "Temuco"\nresolution = 80\nresolved = 2014-08-22\n'
    file.write_text((head + rest).replace("due = 2026-12-10\n", "").replace("acteco = [466301]\n", issuer))
    return file


@pytest.fixture
def key(minga: Program) -> list[str]:
    """The options of a certificate in a PKCS#12 file."""
    owner = trial.signing_key()
    content = pkcs12.serialize_key_and_certificates(
        b"firma",
        openssl_private(owner.key),
        load_der_x509_certificate(owner.certificate),
        None,
        BestAvailableEncryption(PASSWORD.encode()),
    )
    (minga.work / "firma.p12").write_bytes(content)
    (minga.work / "clave.txt").write_text(PASSWORD)
    return ["--key", "firma.p12", "--key-password-file", "clave.txt"]


def add_caf(minga: Program, last: int = 10, **values: Any) -> None:
    (minga.work / "caf.xml").write_bytes(caf_file(1, last, dated=GIVEN.isoformat(), **values))
    assert minga.run("dte", "folios", "add", "caf.xml").code == 0


def listed(minga: Program) -> dict[str, Any]:
    (held,) = json.loads(minga.run("dte", "folios", "list", "--json").out)
    found: dict[str, Any] = held
    return found


def test_a_trial_needs_nothing_and_says_everywhere_that_it_is_worth_nothing(minga: Program, short: Path) -> None:
    done = minga.run("dte", "make", "invoice.toml", "--trial", "--pdf", "invoice.pdf")
    assert done.code == 0, done.err
    assert "A trial: it is worth nothing." in done.err
    assert b"SIN VALIDEZ TRIBUTARIA" in (minga.work / f"{ISSUER}-33-1.xml").read_bytes()
    assert (minga.work / "invoice.pdf").read_bytes().startswith(b"%PDF")
    assert not minga.store.exists()


def test_documents_take_their_folios_in_order_and_are_written_with_their_envelope(
    minga: Program, short: Path, key: list[str]
) -> None:
    add_caf(minga)
    made = minga.run("dte", "make", "invoice.toml", *key, "--json").lines()[0]
    file = f"{ISSUER}-33-1.xml"
    assert made == {**made, "issuer": ISSUER, "type": 33, "folio": 1, "total": "1057450", "trial": False, "file": file}
    envelope = minga.run("dte", "make", "invoice.toml", *key, "--envelope", "sii", "-o", "envio.xml")
    assert envelope.code == 0, envelope.err
    content = (minga.work / "envio.xml").read_bytes()
    assert b"<RutReceptor>60803000-K</RutReceptor><FchResol>2014-08-22</FchResol><NroResol>80</NroResol>" in content
    assert (listed(minga)["left"]) == 8


def test_what_is_wrong_costs_no_folio(minga: Program, short: Path, key: list[str]) -> None:
    add_caf(minga)
    text = short.read_text()
    short.write_text(text + '[extra]\n"Encabezado/Totales/IVA" = 1\n')
    wrong = minga.run("dte", "make", "invoice.toml", *key)
    wrong.refused(2, "totals-iva", "1 times")
    short.write_text(text)
    (minga.work / "there.xml").write_text("mine")
    minga.run("dte", "make", "invoice.toml", *key, "-o", "there.xml").refused(2, "exists already")
    (minga.work / f"{ISSUER}-33-1.xml").write_text("mine")
    minga.run("dte", "make", "invoice.toml", *key, "--pdf", "a.pdf").refused(2, "exists already")
    assert not (minga.work / "a.pdf").exists()
    held = listed(minga)
    assert (held["left"], held["taken"]) == (10, [])


def test_folios_that_are_gone_expired_or_of_another_are_told(minga: Program, short: Path, key: list[str]) -> None:
    minga.run("dte", "make", "invoice.toml", *key).refused(2, "no folio authorisation", "folios add")
    (minga.work / "old.xml").write_bytes(caf_file(11, 20, dated="2020-01-01"))
    minga.run("dte", "make", "invoice.toml", *key, "--caf", "old.xml").refused(2, "valid from 2020-01-01 to 2020-07-01")
    (minga.work / "no.xml").write_text("<no/>")
    minga.run("dte", "folios", "add", "no.xml").refused(2, "no <CAF>")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--key FILE; or --trial"),
        (["--trial", "--key", "firma.p12"], "--trial takes no key"),
        (["--device", "lib.so"], "--device and --token go together"),
        (["--key", "gone.p12"], "cannot be read"),
        (["--key", "firma.p12", "--key-password-file", "invoice.toml"], "the password is another"),
        (["--trial", "--logo", "invoice.toml"], "no picture"),
    ],
    ids=["no-key", "both", "half-a-device", "no-file", "wrong-password", "logo"],
)
def test_a_key_that_does_not_do_is_told(
    minga: Program, short: Path, key: list[str], options: list[str], said: str
) -> None:
    minga.run("dte", "make", "invoice.toml", *options).refused(2, said)


def test_a_folio_is_named_by_its_issuer_where_several_have_it(minga: Program) -> None:
    add_caf(minga)
    add_caf(minga, issuer="77123456-9")
    minga.run("dte", "folios", "void", "33", "3").refused(2, "--issuer RUT")
    assert minga.run("dte", "folios", "void", "33", "3", "--issuer", "76.086.428-5").code == 0
    for kind, folio in (("33", "9" * 30), ("9" * 30, "1")):
        minga.run("dte", "folios", "void", kind, folio, "--issuer", ISSUER).refused(2, "stands in no folio")


def test_what_does_not_go_together_costs_no_folio(minga: Program, short: Path, key: list[str]) -> None:
    add_caf(minga)
    for options, said in (
        ([*key, "-o", "-", "--pdf", "-"], "the same name"),
        ([*key, "-o", "a", "--pdf", "./a"], "the same name"),
        (["--trial", "--caf", "caf.xml"], "--trial takes no folios"),
        ([*key, "--device", "lib.so", "--token", "t"], "--key or --device"),
        (key[:2], "--key-password-file"),
    ):
        minga.run("dte", "make", "invoice.toml", *options).refused(2, said)
    assert (listed(minga)["left"], listed(minga)["taken"]) == (10, [])


def test_a_name_that_is_too_long_is_told_and_a_print_that_went_out_keeps_its_folio(
    minga: Program, short: Path, key: list[str]
) -> None:
    add_caf(minga)
    (minga.work / "-").write_text("a file of the person")
    make = ("dte", "make", "invoice.toml", *key, "-o")
    minga.run(*make, "x" * 300).refused(3, "cannot be written")
    minga.run(*make, "x" * 250).refused(3, "cannot be written")
    assert listed(minga)["taken"] == []
    assert minga.run(*make, "x" * 250, "--pdf", "-").code == 3
    assert listed(minga)["taken"] == [1]
    assert (minga.work / "-").exists()


def test_neither_the_password_nor_a_key_is_ever_told(minga: Program, short: Path, key: list[str]) -> None:
    add_caf(minga)
    runs = [
        minga.run("dte", "make", "invoice.toml", *key, "--json"),
        minga.run("dte", "folios", "list", "--json"),
        minga.run("dte", "make", "invoice.toml", *key[:3], "invoice.toml"),
    ]
    told = "".join(run.out + run.err for run in runs)
    assert PASSWORD not in told
    assert "PRIVATE KEY" not in told
    files = [file for file in (minga.root / "home").rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if b"PRIVATE KEY" in file.read_bytes()]


def test_a_document_that_is_cut_off_leaves_its_folio_taken_and_listed(
    minga: Program, short: Path, key: list[str]
) -> None:
    add_caf(minga)
    script = (
        "import os, signal\n"
        "from minga.entrypoints.cli import dte_make\n"
        "dte_make.write = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from minga.entrypoints.cli.main import main\n"
        f"main(['dte', 'make', 'invoice.toml', *{key!r}])\n"
    )
    killed = subprocess.run([sys.executable, "-c", script], cwd=minga.work, env=minga.environment)
    assert killed.returncode == -signal.SIGKILL
    said = minga.run("dte", "folios", "list")
    assert "1 was taken, and no document of it is known" in said.out
    assert "minga dte folios release TYPE FOLIO" in said.err
    assert minga.run("dte", "make", "invoice.toml", *key, "--json").lines()[0]["folio"] == 2
    assert minga.run("dte", "folios", "release", "33", "1").code == 0
    assert minga.run("dte", "make", "invoice.toml", *key, "--json").lines()[0]["folio"] == 1
    minga.run("dte", "folios", "void", "33", "1").refused(2, "was used already")


def test_a_restored_backup_hands_out_no_folio_again(minga: Program, short: Path, key: list[str]) -> None:
    add_caf(minga)
    assert minga.run("backup", "now").code == 0
    assert minga.run("dte", "make", "invoice.toml", *key).code == 0
    name = minga.run("backup", "list").out.split()[0]
    restored = minga.run("backup", "restore", name)
    assert restored.code == 0, restored.err
    assert listed(minga)["taken"] == [1]
    assert minga.run("dte", "make", "invoice.toml", *key, "--json").lines()[0]["folio"] == 2


def test_documents_are_answered(minga: Program, short: Path) -> None:
    minga.run("dte", "make", "invoice.toml", "--trial", "--envelope", "exchange", "-o", "envio.xml")
    for answer, options, expected in (
        ("reception", [], b"<EstadoRecepEnv>0</EstadoRecepEnv>"),
        ("reception", ["--rut", "76902318-6"], b"<EstadoRecepEnv>3</EstadoRecepEnv>"),
        ("rejected", ["--reason", "otro precio"], b"DTE Rechazado - otro precio"),
        ("receipt", ["--place", "Bodega"], b"<Recinto>Bodega</Recinto>"),
    ):
        done = minga.run("dte", "respond", "envio.xml", "--as", answer, "--trial", "-o", "-", *options)
        assert done.code == 0, done.err
        assert expected.decode() in done.out
    minga.run("dte", "respond", "envio.xml", "--as", "rejected", "--trial", "-o", "-").refused(2, "--reason")
    minga.run("dte", "respond", "invoice.toml", "--as", "accepted", "--trial", "-o", "-").refused(2, "no tax document")
    file = minga.work / "envio.xml"
    file.write_bytes(file.read_bytes().replace(b"<NroResol>80<", b"<NroResol>81<"))
    done = minga.run("dte", "respond", "envio.xml", "--as", "reception", "--trial", "-o", "-")
    assert "<EstadoRecepEnv>2</EstadoRecepEnv>" in done.out


def test_a_claim_is_ceded_and_ceded_on(minga: Program, short: Path) -> None:
    minga.run("dte", "make", "invoice.toml", "--trial", "-o", "invoice.xml", "--pdf", "invoice.pdf")
    terms = minga.run("dte", "cede", "--example").out.replace("2026-12-10", f"{replace_year(TODAY)}")
    (minga.work / "terms.toml").write_text(terms)
    first = minga.run("dte", "cede", "invoice.xml", "terms.toml", "--trial", "-o", "aec.xml", "--pdf", "invoice.pdf")
    assert first.code == 0, first.err
    minga.run("dte", "cede", "aec.xml", "terms.toml", "--trial").refused(2, "would break rules, 1 times")
    (minga.work / "on.toml").write_text(terms.replace("76902318-6", "76.330.915-0").replace(ISSUER, "76902318-6"))
    second = minga.run("dte", "cede", "aec.xml", "on.toml", "--trial")
    assert second.out.count("<SeqCesion>") == 2
    wrong_ones = (("due", "duo", "Did you mean 'due'?"), (ISSUER, "76086428-6", "'76086428-6' is no valid RUT"))
    for right, wrong, said in wrong_ones:
        (minga.work / "terms.toml").write_text(terms.replace(right, wrong))
        minga.run("dte", "cede", "invoice.xml", "terms.toml", "--trial", "-o", "new.xml").refused(2, said)
    (minga.work / "terms.toml").write_text(terms)
    done = minga.run("dte", "cede", "invoice.xml", "terms.toml", "--trial", "--pdf", "terms.toml", "-o", "new.xml")
    done.refused(2, "should be a PDF")
    assert not (minga.work / "new.xml").exists()


def replace_year(day: date) -> date:
    return date(day.year + 1, day.month, 1)


def test_the_short_forms_that_it_prints_are_the_ones_it_takes(minga: Program) -> None:
    (minga.work / "short.toml").write_text(minga.run("dte", "make", "--example", "110").out)
    done = minga.run("dte", "make", "short.toml", "--trial", "-o", "-")
    assert done.code == 0, done.err
    assert "<TipoDTE>110</TipoDTE>" in done.out
    minga.run("dte", "make", "--example", "35").refused(2, "type 35")
    assert "lines[].treatment: deducted, deposit, exempt" in minga.run("dte", "make", "--fields").out


def test_documents_of_an_envelope_are_printed_with_its_resolution(minga: Program, short: Path) -> None:
    minga.run("dte", "make", "invoice.toml", "--trial", "--envelope", "exchange", "-o", "envio.xml")
    (minga.work / "prints").mkdir()
    done = minga.run("dte", "print", "envio.xml", "-o", "prints")
    assert done.code == 0, done.err
    pdf = (minga.work / "prints" / f"{ISSUER}-33-1.pdf").read_bytes()
    told = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert "Res. 80 de 2014" in told
    assert "SIN VALIDEZ TRIBUTARIA" in told
    minga.run("dte", "print", "envio.xml", "-o", "prints").refused(2, "exists already")
