"""Folios: each handed out once, whoever asks at the same time and whoever is killed; none is lost untold."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from folio_takers import folios_in

from cafs import ISSUER, PRIVATE, caf_file, pem
from minga.domain.errors import BadCaf, FolioUsed, MingaError, NoFolio, UnknownFolio
from minga.dte import trial
from minga.dte.folios import Folio, Folios, Held, Marks, read_caf
from minga.infrastructure.clock import FakeClock
from minga.storage.database import Database
from minga.storage.wrapping import Cipher

TODAY = date(2026, 11, 26)
CLOCK = FakeClock(datetime(2026, 11, 26, tzinfo=UTC))
TAKERS = Path(__file__).parent / "folio_takers.py"


@pytest.fixture
def folios(database: Database, tmp_path: Path) -> Folios:
    return Folios(database, Cipher(bytes(32)), Marks(tmp_path / "folios"), CLOCK)


def added(folios: Folios, *contents: bytes) -> None:
    for content in contents:
        assert asyncio.run(folios.add(content, "caf.xml"))[1]


def taken(folios: Folios, number: int | None = None, today: date = TODAY) -> Folio:
    async def work() -> Folio:
        found = folios.next(ISSUER, 33, today) if number is None else folios.given(ISSUER, 33, number)
        folio = await found
        await folios.take(folio)
        return folio

    return asyncio.run(work())


def take(folios: Folios, number: int | None = None, today: date = TODAY) -> int:
    return taken(folios, number, today).number


def the_only(folios: Folios) -> Held:
    (held,) = asyncio.run(folios.all())
    return held


def refused(work: Callable[[], object], error: type[MingaError]) -> str:
    with pytest.raises(error) as raised:
        work()
    return raised.value.message


def test_folios_are_handed_out_in_order_from_one_caf_after_the_other(folios: Folios) -> None:
    added(folios, caf_file(11, 12), caf_file(1, 2), caf_file(1, 5, kind=61))
    assert [take(folios) for _ in range(4)] == [1, 2, 11, 12]
    assert "all are used" in refused(lambda: take(folios), NoFolio)


def test_a_caf_is_kept_once_and_none_may_overlap(folios: Folios) -> None:
    added(folios, caf_file(1, 10))
    assert asyncio.run(folios.add(caf_file(1, 10), "caf.xml"))[1] is False
    assert "1 to 10" in refused(lambda: asyncio.run(folios.add(caf_file(10, 20), "b.xml")), BadCaf)


def test_no_caf_an_expired_one_and_one_that_is_not_valid_yet_are_told_apart(folios: Folios) -> None:
    assert "no folio authorisation" in refused(lambda: take(folios), NoFolio)
    added(folios, caf_file(dated="2026-05-25"))
    assert take(folios, today=date(2026, 11, 25)) == 1
    assert "valid from 2026-05-25 to 2026-11-25" in refused(lambda: take(folios, today=date(2026, 11, 26)), NoFolio)
    refused(lambda: take(folios, today=date(2026, 5, 24)), NoFolio)


def test_a_folio_of_ones_choice_is_handed_out_once_and_skipped_later(folios: Folios) -> None:
    added(folios, caf_file(1, 3))
    assert take(folios, 2) == 2
    assert [take(folios), take(folios)] == [1, 3]
    refused(lambda: take(folios, 2), FolioUsed)
    refused(lambda: take(folios, 4), UnknownFolio)


def test_a_taken_folio_is_listed_until_it_is_used_released_or_void(folios: Folios) -> None:
    added(folios, caf_file(1, 5))
    one, two, three = (taken(folios) for _ in range(3))
    asyncio.run(folios.settle(one, "ab"))
    assert (the_only(folios).open, the_only(folios).left) == ((two.number, three.number), 2)
    asyncio.run(folios.release(ISSUER, 33, two.number))
    asyncio.run(folios.void(ISSUER, 33, three.number))
    assert (the_only(folios).open, the_only(folios).left) == ((), 3)
    refused(lambda: asyncio.run(folios.release(ISSUER, 33, three.number)), FolioUsed)
    assert [take(folios), take(folios)] == [2, 4]
    assert [(each.folio, each.state) for each in asyncio.run(folios.used(ISSUER, 33))] == [
        (1, "used"), (2, "taken"), (3, "void"), (4, "taken"),
    ]  # fmt: skip


def test_after_an_old_backup_was_restored_no_folio_is_handed_out_again(folios: Folios, database: Database) -> None:
    added(folios, caf_file(1, 5))
    assert [take(folios), take(folios)] == [1, 2]

    def restore(transaction: object) -> None:
        transaction.execute("DELETE FROM dte_folios")  # type: ignore[attr-defined]
        transaction.execute("UPDATE dte_cafs SET next_folio = 1")  # type: ignore[attr-defined]

    asyncio.run(database.write(restore))
    assert (the_only(folios).open, the_only(folios).left) == ((1, 2), 3)
    refused(lambda: take(folios, 2), FolioUsed)
    assert take(folios) == 3


def test_a_folio_that_somebody_else_took_meanwhile_is_refused(folios: Folios) -> None:
    added(folios, caf_file())
    offered = asyncio.run(folios.next(ISSUER, 33, TODAY))
    assert take(folios) == offered.number
    refused(lambda: asyncio.run(folios.take(offered)), FolioUsed)


def test_the_private_key_stands_nowhere_in_the_store(folios: Folios, database: Database) -> None:
    added(folios, caf_file())
    rows = asyncio.run(database.read(lambda transaction: transaction.execute("SELECT * FROM dte_cafs")))
    assert b"AUTORIZACION" not in bytes(rows[0][5])
    folio = asyncio.run(folios.next(ISSUER, 33, TODAY))
    assert folio.authorisation.key == trial.caf_key()
    assert str(trial.caf_key().p) not in repr(folio)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no <CAF>"),
        (b"\xff\xfe\x00", "no <CAF>"),
        (caf_file().replace(b"RSASK", b"OTHER"), "no private key"),
        (caf_file().replace(PRIVATE.encode(), b"-----BEGIN NOTHING-----"), "(RSASK) cannot be read"),
        (caf_file().replace(pem(trial.caf_key()).encode(), pem(trial.signing_key().key).encode()), "another CAF"),
        (caf_file().replace(b"<TD>33</TD>", b"<TD></TD>"), "type, date or key"),
        (caf_file().replace(b"</DA>", b""), "not whole"),
        (caf_file(last=0), "no folios from 1 to 0"),
        (caf_file(last=10_000_001), "no folios from 1 to 10000001"),
        (caf_file(issuer="76086428-6"), "no RUT"),
        (caf_file(idk=300), "did not sign"),
        (caf_file().replace(b"2026-11-01", b"2026-13-01"), "type, date or key"),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + caf_file(), "document type"),
        (caf_file() + b" " * 100_000, "too large"),
    ],
    ids=["empty", "binary", "no-key", "unreadable-key", "other-key", "no-type", "cut", "no-range", "huge-range", "rut",
         "not-the-siis", "date", "dtd", "large"],
)  # fmt: skip
def test_what_is_no_caf_is_refused_with_its_reason(content: bytes, said: str) -> None:
    assert said in refused(lambda: read_caf(content, "caf.xml"), BadCaf)


def test_the_caf_stands_in_the_stamp_without_white_space_between_its_tags() -> None:
    found = read_caf(caf_file(), "caf.xml")
    assert found.text.startswith(
        '<CAF version="1.0"><DA><RE>76086428-5</RE><RS>MADERAS &amp; ÑANDÚ SPA</RS><TD>33</TD>'
    )
    assert found.text.endswith("</FRMA></CAF>")
    assert found.valid == (date(2026, 11, 1), date(2027, 5, 1))


def told_by(*arguments: str) -> list[int]:
    environment = {**os.environ, "PYTHONPATH": str(TAKERS.parents[1])}
    command = [sys.executable, TAKERS, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=environment)
    return [int(line) for line in done.stdout.split()]


def test_processes_side_by_side_never_get_the_same_folio(tmp_path: Path) -> None:
    folios, database = folios_in(tmp_path)
    added(folios, caf_file(1, 60))
    asyncio.run(database.close())
    assert sorted(told_by("race", str(tmp_path), "2")) == list(range(1, 61))


def test_whenever_a_process_is_killed_no_folio_is_told_twice_and_none_is_lost(tmp_path: Path) -> None:
    folios, database = folios_in(tmp_path)
    added(folios, caf_file(1, 400))
    asyncio.run(database.close())
    told = told_by("kill", str(tmp_path))
    folios, database = folios_in(tmp_path)
    held = the_only(folios)
    used = {each.folio for each in asyncio.run(folios.used(ISSUER, 33)) if each.state == "used"}
    asyncio.run(database.close())
    assert told
    assert len(told) == len(set(told))
    assert set(told) <= used | set(held.open)
    assert len(used) + len(held.open) + held.left == 400
    assert held.open, "no process was killed between taking and using"
