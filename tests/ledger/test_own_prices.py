"""Prices that a person sets: they win, from their date on; a file that cannot be read is told with its line."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from minga.domain.errors import BadSetting
from minga.domain.events import Usage
from minga.infrastructure.clock import FakeClock
from minga.ledger.own_prices import own_prices
from minga.ledger.prices import PriceTable

FILE = """
[[prices]]
model = "our-*"
input = 2
output = 4.5

[[prices]]
model = "gpt-5"
input = 1
cached = 0.5
cache_write = 3
output = 8
from = 2026-12-01
"""

USED = Usage("", 1000, 100, 10, 1)


def written(folder: Path, text: str) -> Path:
    file = folder / "prices.toml"
    file.write_text(text)
    return file


def test_an_own_price_wins_from_its_date_on(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    table = PriceTable(own=partial(own_prices, written(tmp_path, FILE)), clock=clock)
    shipped = PriceTable()
    assert shipped.cost_micro_usd("our-model", USED) is None
    assert table.cost_micro_usd("our-model", USED) == table.cost_micro_usd("openai/our-model", USED) == round(2224.5)
    assert table.cost_micro_usd("gpt-5", USED) == shipped.cost_micro_usd("gpt-5", USED)
    clock.advance(1)
    assert table.cost_micro_usd("gpt-5", USED) == 1000 + 50 + 30 + 8 != shipped.cost_micro_usd("gpt-5", USED)
    assert table.cost_micro_usd("gpt-5-mini", USED) == shipped.cost_micro_usd("gpt-5-mini", USED)


def test_the_newest_of_several_prices_counts(tmp_path: Path) -> None:
    text = "".join(
        f'[[prices]]\nmodel = "m*"\ninput = {usd}\noutput = 0\nfrom = 2026-{usd:02}-01\n' for usd in (3, 9, 5)
    )
    clock = FakeClock(datetime(2026, 6, 1, tzinfo=UTC))
    table = PriceTable(own=partial(own_prices, written(tmp_path, text)), clock=clock)
    assert table.cost_micro_usd("m1", Usage("", 1, 0, 0, 0)) == 5
    clock.advance(200 * 86_400)
    assert table.cost_micro_usd("m1", Usage("", 1, 0, 0, 0)) == 9


def test_what_a_call_may_cost_at_most_is_reckoned_as_if_it_filled_the_cache(tmp_path: Path) -> None:
    table = PriceTable(
        own=partial(own_prices, written(tmp_path, FILE)), clock=FakeClock(datetime(2026, 12, 2, tzinfo=UTC))
    )
    assert table.most_micro_usd("gpt-5", 100, 10) == 300 + 80
    assert table.most_micro_usd("our-model", 100, 10) == 200 + 45
    assert table.most_micro_usd("nobodys", 100, 10) is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[[prices]]\nmodel = "a"\ninput = \n', "line 3"),
        (FILE + '\n[[prices]]\nmodel = "b"\ninput = -1\noutput = 1\n', "line 15"),
        (FILE + '\n[[prices]]\nmodel = "b"\n', "line 15"),
        ('[[prices]]\nmodel = "a"\ninput = 1\noutput = 1\nwhen = 3\n', "line 1"),
        ('[[prices]]\nmodel = "a"\ninput = 1\noutput = 1\nfrom = "soon"\n', "line 1"),
    ],
    ids=["syntax", "negative", "missing", "unknown", "no-date"],
)
def test_a_file_that_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, line: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(BadSetting) as wrong:
        own_prices(file)
    assert line in wrong.value.message
    assert str(file) in wrong.value.message


def test_no_file_is_no_price(tmp_path: Path) -> None:
    assert own_prices(tmp_path / "prices.toml") == ()
