"""Who may sign is given as a person writes it: an option, else a setting."""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from minga.dte import Grounds, check_piece
from minga.dte.authorised import authorised
from minga.dte.engine import Engine
from minga.dte.examples import example
from minga.dte.schemas import Schemas
from minga.dte.trial import SIGNER, grounds, sign_piece

RULE = "certificate-not-authorised"
ISSUER = "76086428-5"
PIECE = sign_piece(example("33"))
GROUNDS = grounds(Grounds(date(2026, 11, 26)))


def refused(*written: str) -> bool:
    found = check_piece(PIECE, replace(GROUNDS, signers=authorised(written))).findings
    return RULE in {each.rule.id for each in found}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ((), False),
        ((SIGNER.rut,), False),
        (("12345678-5",), True),
        (("12.345.678-5", f"{ISSUER}={SIGNER.rut}"), False),
        ((f"{ISSUER}=12345678-5",), True),
        ((f"{ISSUER}=12345678-5", SIGNER.rut), False),
        ((f"{ISSUER} = 12345678-5", f"76.086.428-5={SIGNER.rut}"), False),
        (("96790240-3=12345678-5",), False),
    ],
    ids=["none", "right", "other", "issuer", "issuer-other", "both", "twice", "of-another-issuer"],
)
def test_a_signer_is_judged_by_what_was_given(written: tuple[str, ...], expected: bool) -> None:
    assert refused(*written) is expected


@pytest.mark.parametrize("written", ["12345678-4", "Ana", "", "=12345678-5", "123456789012-3", "1=2=3"])
def test_what_is_no_rut_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"^.*$"):
        authorised([written])


def checked(where: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    (where / "a.xml").write_bytes(b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + PIECE.raw)
    command = [sys.executable, "-m", "minga", "dte", "check", "--trial", "a.xml", *options]
    env = {**os.environ, "MINGA_HOME": str(where), **settings}
    return subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, timeout=60)


def test_the_option_stands_before_the_setting(tmp_path: Path) -> None:
    wrong = "12345678-5"
    assert f"[{RULE}]" in checked(tmp_path, "--signer", wrong).stdout
    assert f"[{RULE}]" in checked(tmp_path, MINGA_DTE_SIGNERS=f"{ISSUER}={wrong}, 96790240-3=12345678-5").stdout
    assert checked(tmp_path, "--signer", SIGNER.rut, MINGA_DTE_SIGNERS=wrong).returncode == 0


def test_a_wrong_rut_is_bad_input_and_says_where(tmp_path: Path) -> None:
    done = checked(tmp_path, "--signer", "12345678-4")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--signer: '12345678-4' is no RUT with the right check digit" in done.stderr
    done = checked(tmp_path, MINGA_DTE_SIGNERS="Ana")
    assert (done.returncode, done.stdout) == (2, "")
    assert "'dte_signers'" in done.stderr
    assert "MINGA_DTE_SIGNERS" in done.stderr


def test_who_asks_in_words_gets_it_too() -> None:
    engine = Engine(Schemas(()), ["12345678-5"], takes_trials=True)
    [examined, *_] = engine.examine("a.xml", PIECE.raw, date(2026, 11, 26), "es")
    assert RULE in {each.rule for each in examined.objections}
