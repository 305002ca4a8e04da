"""Each rule of stamps and of the folios' authorisation against documents that break it, in ways that really differ."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime

import pytest
from seals import FOLIOS, GROUNDS, between, broken, signed, stamped

from minga.domain.terms import chile
from minga.dte import Grounds, Piece, check_piece, rules
from minga.dte.editing import edited
from minga.dte.examples import example
from minga.dte.signatures import signature
from minga.dte.stamps import last_day, stamp

TED = stamped()


def say(old: str, new: str) -> bytes:
    """The stamp says something else, and is right by itself."""

    def changed(dd: str) -> str:
        assert old in dd, old
        return dd.replace(old, new, 1)

    return signed(stamped(say=changed))


def write(old: str, new: str, ted: str = TED) -> bytes:
    """The stamp is changed after it was made; the document is signed with it."""
    assert old in ted, old
    return signed(ted.replace(old, new, 1))


def authorised(**changes: object) -> bytes:
    return signed(stamped(folios=replace(FOLIOS, **changes)))  # type: ignore[arg-type]


def flipped(tag: str) -> bytes:
    text = between(TED.encode("latin-1"), tag)
    number = bytearray(b64decode(text))
    number[9] ^= 4
    return write(text.decode(), b64encode(number).decode())


def rewritten(change: Callable[[str], str]) -> bytes:
    """The stamp's letters are written in another way than they were signed."""
    assert change(TED) != TED
    return signed(change(TED))


def issued(day: str, folio: int = 101) -> bytes:
    """A document of that day with a CAF of 2026-01-15."""
    tree = edited(example("33"), {"Encabezado/IdDoc/FchEmis": day, "Encabezado/IdDoc/Folio": str(folio)})
    folios = replace(FOLIOS, authorised=date(2026, 1, 15))
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), chile())
    return signed(stamped(tree, folios, now=moment), signed_at=f"<TmstFirma>{day}T23:00:00</TmstFirma>", tree=tree)


MUTANTS: Mapping[str, list[bytes]] = {
    "stamp-missing": [signed(""), signed(f"<!--{TED}-->"), signed(TED.replace("TED", "Timbre"))],
    "stamp-unreadable": [
        signed("<TED/>"),
        write("</FRMT>", "=== no es base64</FRMT>"),
        signed(TED[: TED.index("<FRMT")] + "</TED>"),
        signed(TED[: TED.index("<CAF")] + TED[TED.index("</CAF>") + 6 :]),
        write("<RNG><D>1</D><H>1000</H></RNG>", ""),
    ],
    "stamp-algorithm": [
        write('FRMT algoritmo="SHA1withRSA"', 'FRMT algoritmo="SHA1withDSA"'),
        write('FRMT algoritmo="SHA1withRSA"', "FRMT"),
        write('FRMA algoritmo="SHA1withRSA"', 'FRMA algoritmo="SHA256withRSA"'),
        write(TED[TED.index("<RSAPK>") : TED.index("</RSAPK>") + 8], "<DSAPK/>"),
    ],
    "stamp-signature": [
        write("<MNT>1057450</MNT>", "<MNT>1057449</MNT>"),
        write("<H>1000</H>", "<H>2000</H>"),
        write("<RR>77123456-9</RR>", "<RR>76192083-9</RR>"),
    ],
    "stamp-rewritten": [
        rewritten(lambda ted: ted.replace("<RE>", "<RE >", 1)),
        rewritten(lambda ted: ted.replace("Alerce", "&#65;lerce")),
        rewritten(lambda ted: ted.replace("<TSTED>2026-11-10T12:00:00", "<TSTED>2026-11-10T11:59:59")),
        flipped("FRMT"),
    ],
    "stamp-issuer": [
        say("<RE>76086428-5</RE><TD>", f"<RE>{each}</RE><TD>") for each in ("76192083-9", "76086428-6", "-")
    ],
    "stamp-kind": [say("<TD>33</TD><F>", f"<TD>{each}</TD><F>") for each in ("34", "61", "x")],
    "stamp-folio": [say("<F>101</F>", f"<F>{each}</F>") for each in ("102", "1", "10100")],
    "stamp-date": [say("<FE>2026-11-10", f"<FE>{each}") for each in ("2026-11-11", "2025-11-10", "10-11-2026")],
    "stamp-receiver": [say("<RR>77123456-9", f"<RR>{each}") for each in ("76192083-9", "66666666-6", "77123456-8")],
    "stamp-amount": [say("<MNT>1057450", f"<MNT>{each}") for each in ("1057451", "1057450.5", "0")],
    "stamp-receiver-name": [
        say("Constructora Alerce Ltda", each) for each in ("Constructora", "CONSTRUCTORA ALERCE LTDA", "Otra Ltda")
    ],
    "stamp-item": [
        say("Tabla de pino seco 1x4", each) for each in ("Tabla", "tabla de pino seco 1x4", "Viga de pino 2x6")
    ],
    "stamp-time": [
        say("<TSTED>2026-11-10T12:00:00", f"<TSTED>{each}")
        for each in ("2026-11-10T12:00:01", "2026-11-11T00:00:00", "2027-11-10T12:00:00")
    ],
    "caf-signature": [
        flipped("FRMA"),
        write("<H>1000</H>", "<H>1000000</H>"),
        write("<RS>Empresa de prueba</RS>", "<RS>Otra empresa</RS>"),
        authorised(key_id=300),
    ],
    "caf-key-unknown": [authorised(key_id=901), authorised(key_id=0), write("<IDK>900</IDK>", "")],
    "caf-issuer": [authorised(issuer=each) for each in ("76192083-9", "76086428-6", "")],
    "caf-kind": [authorised(kind=34), authorised(kind=61), write("</RS><TD>33</TD>", "</RS>")],
    "caf-range": [authorised(first=102), authorised(last=100), authorised(first=200, last=100)],
    "caf-date": [
        authorised(authorised=date(2026, 11, 11)),
        authorised(authorised=date(2027, 1, 1)),
        issued("2026-01-14"),
    ],
    "caf-expired": [issued("2026-07-16"), issued("2026-11-10"), authorised(authorised=date(2018, 6, 30))],
}


@pytest.mark.parametrize("rule", MUTANTS)
def test_each_mutant_breaks_its_rule_and_the_right_document_none(rule: str) -> None:
    assert broken(signed()) == set()
    assert len(MUTANTS[rule]) >= 3
    for mutant in MUTANTS[rule]:
        assert rule in broken(mutant), mutant


@pytest.mark.parametrize(
    "raw", [signed(), authorised(key_id=100), write("<IDK>900<", "<IDK>100<"), write("<IDK>900<", "<IDK>0100<")]
)
def test_folios_for_tests_are_an_error_unless_they_are_taken_and_then_told(raw: bytes) -> None:
    assert "caf-certification" in broken(raw, Grounds(date(2026, 11, 26)))
    taken = [each.rule.id for each in check_piece(Piece(raw), GROUNDS, (stamp,)).findings]
    assert "caf-trial" in taken
    assert "caf-certification" not in taken


def test_every_rule_of_stamps_has_mutants() -> None:
    in_a_test_of_its_own = {"caf-certification", "caf-trial"}
    assert {name for name in rules() if name.startswith(("stamp-", "caf-"))} == {*MUTANTS, *in_a_test_of_its_own}


def test_a_changed_amount_and_a_program_that_rewrites_are_told_apart() -> None:
    assert broken(write("<MNT>1057450</MNT>", "<MNT>1</MNT>")) == {"stamp-amount", "stamp-signature"}
    assert broken(rewritten(lambda ted: ted.replace("<RE>", "<RE >", 1))) == {"stamp-rewritten"}


@pytest.mark.parametrize(
    ("written", "held"),
    [
        (TED, "as-is"),
        (TED.replace("><", ">\n   <"), "as-is"),
        (TED.replace("><", ">\r\n\t<"), "as-is"),
        (TED.replace("Alerce", "Aler\nce"), "no-line-breaks"),
        (stamped(edited(example("33"), {"Encabezado/Receptor/RznSocRecep": 'Constructora "Alerce" Ltda'})), "as-is"),
    ],
    ids=["as made", "in lines", "in lines of Windows", "broken within a text", "quotes"],
)
def test_how_a_stamp_was_read_is_told(written: str, held: str) -> None:
    tree = edited(
        example("33"), {"Encabezado/Receptor/RznSocRecep": between(written.encode("latin-1"), "RSR").decode("latin-1")}
    )
    checked = check_piece(Piece(signed(written, tree=tree)), GROUNDS, (stamp,))
    assert [each.rule.id for each in checked.findings] == ["caf-trial"]
    assert checked.held == {"stamp": held}


def test_quotes_that_were_escaped_after_stamping_are_read_back() -> None:
    tree = edited(example("33"), {"Encabezado/Receptor/RznSocRecep": 'Constructora "Al\'erce" Ltda'})
    written = stamped(tree).replace('"Al\'erce"', "&quot;Al&apos;erce&quot;")
    assert check_piece(Piece(signed(written, tree=tree)), GROUNDS, (stamp,)).held == {"stamp": "unescaped"}


def test_a_stamp_is_made_over_iso_8859_1_also_in_a_file_in_utf_8() -> None:
    tree = edited(example("33"), {"Encabezado/Receptor/RznSocRecep": "Áridos Ñuñoa SpA"})
    raw = signed(stamped(tree), tree=tree).decode("iso-8859-1").encode("utf-8")
    checked = check_piece(Piece(raw, "UTF-8"), GROUNDS, (signature, stamp))
    assert [each.rule.id for each in checked.findings] == ["caf-trial"]
    assert checked.held == {"signature": "as-is", "stamp": "as-is"}


def test_folios_live_six_calendar_months_and_only_those_that_give_credit_expire() -> None:
    assert "caf-expired" not in broken(issued("2026-07-15"))
    assert "caf-expired" in broken(issued("2026-07-16"))
    assert rules()["caf-expired"].kinds == {33, 43, 46, 56, 61}


@pytest.mark.parametrize(
    ("authorised", "last"),
    [
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2018, 7, 1), date(2019, 1, 1)),
        (date(2018, 6, 30), date(2018, 12, 31)),
        (date(2016, 1, 1), date(2017, 7, 1)),
        (date(2015, 12, 31), date(2017, 6, 30)),
        (date(9999, 12, 1), date.max),
    ],
    ids=str,
)
def test_the_last_day_of_folios_goes_by_the_resolution_of_their_day(authorised: date, last: date) -> None:
    assert last_day(authorised) == last
