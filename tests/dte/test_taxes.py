"""The table of taxes and retentions: every code of the SII, rates on both sides of their days."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from minga.dte.content.taxes import REMOVED, UNDESCRIBED
from minga.dte.taxes import iva_rate, taxes

SCHEMA = Path(__file__).parents[2].parent / "shared" / "data" / "dte" / "xsd_2026-02-06" / "SiiTypes_v10.xsd"


@pytest.mark.parametrize(
    ("day", "rate"),
    [(date(2002, 8, 1), 18), (date(2003, 9, 30), 18), (date(2003, 10, 1), 19), (date(2026, 11, 26), 19), (None, 19)],
)
def test_the_rate_of_iva_changed_in_october_2003(day: date | None, rate: int) -> None:
    assert iva_rate(day) == rate


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [("24", "27", "31.5"), ("25", "15", "20.5"), ("26", "15", "20.5"), ("27", "13", "10"), ("271", None, "18")],
)
def test_drinks_are_taxed_by_the_law_of_the_day(code: str, before: str | None, after: str) -> None:
    rates = taxes()[code].rates_on
    assert rates(date(2014, 9, 28)) == (() if before is None else (Decimal(before),))
    assert Decimal(after) in rates(date(2014, 9, 29))
    assert rates(date(2014, 10, 1)) == (Decimal(after),)


def test_a_retention_by_product_has_its_code_for_the_whole_iva() -> None:
    partial = {code: tax for code, tax in taxes().items() if tax.total}
    assert set(partial) == {"30", "32", "33", "34", "36", "37", "48"}
    for code, tax in partial.items():
        whole = taxes()[tax.total]
        assert tax.total == code + "1"
        assert (whole.rule, whole.sign) == ("vat", "-")
        assert tax.usual


def test_what_the_buyer_keeps_back_is_taken_off_and_the_rest_added() -> None:
    kept = {code for code, tax in taxes().items() if tax.sign == "-"}
    purchases = {code for code, tax in taxes().items() if tax.documents == "purchase"}
    assert kept == purchases - {"49"} | {"46"}


@pytest.mark.skipif(not SCHEMA.is_file(), reason="the SII's schemas are not on this machine")
def test_every_code_of_the_schema_is_known_or_told_to_be_without_meaning() -> None:
    text = SCHEMA.read_text("iso-8859-1")
    listed = text[text.index('name="ImpAdicDTEType"') :]
    codes = set(re.findall(r'enumeration value="(\d+)"', listed[: listed.index("</xs:simpleType>")]))
    assert codes == set(taxes()) | set(REMOVED) | set(UNDESCRIBED)
