"""Small projects with a mistake, their tests, and mends of it that are right or nearly right."""

from collections.abc import Mapping
from dataclasses import dataclass

SETTINGS = '[project]\nname = "demo"\nversion = "1.0.0"\n\n[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\n'


@dataclass(frozen=True, slots=True)
class Job:
    """``broken``, ``right`` and ``wrong`` (text, why) are what stands in ``module``. ``expects`` is a line of ``tests``
    that fails as long as the mistake is there, ``yields`` the same line as it passes with the mistake. ``more`` are
    further tests that a right mend passes."""

    module: str
    prompt: tuple[str, str]
    broken: str
    right: tuple[str, ...]
    wrong: tuple[tuple[str, str], ...]
    tests: str
    expects: str
    yields: str
    more: str

    @property
    def path(self) -> str:
        return f"{self.module}.py"

    @property
    def test_path(self) -> str:
        return f"tests/test_{self.module}.py"

    @property
    def files(self) -> Mapping[str, str]:
        return {self.path: self.broken, self.test_path: self.tests, "pyproject.toml": SETTINGS}


_PAGES = "def pages(items, size):\n    return {}\n"
_LEAP = "def is_leap(year):\n    return {}\n"
_MEDIAN = "def median(values):\n    ordered = sorted(values)\n    middle = len(ordered) // 2\n{}"
_FIND = (
    "def find(values, wanted):\n    low, high = 0, len(values) - 1\n    while low {} high:\n        middle = (low + high) // 2\n"
    "        if values[middle] == wanted:\n            return middle\n        if values[middle] < wanted:\n"
    "            low = {}\n        else:\n            high = middle - 1\n    return -1\n"
)
_TAX = "def tax(net):\n    return {}\n"
_MONEY = "def parse(text):\n    {}\n"

JOBS = (
    Job(
        "pages",
        ("La última página se pierde cuando los ítems no son múltiplo del tamaño. Corrígelo.",
         "The last page is lost where the items are no multiple of the size. Mend it."),
        _PAGES.format("items // size"),
        (_PAGES.format("-(-items // size)"), _PAGES.format("(items + size - 1) // size")),
        ((_PAGES.format("items // size + 1"), "one page too many for multiples"),
         (_PAGES.format("(items + size) // size"), "one page too many for multiples"),
         (_PAGES.format("round(items / size)"), "a short last page is lost")),
        "from pages import pages\n\n\ndef test_a_short_last_page_counts():\n    assert pages(11, 10) == 2\n\n\n"
        "def test_whole_pages():\n    assert pages(20, 10) == 2\n    assert pages(0, 10) == 0\n",
        "assert pages(11, 10) == 2", "assert pages(11, 10) == 1",
        "\n\ndef test_one_item():\n    assert pages(1, 10) == 1\n",
    ),
    Job(
        "leap",
        ("is_leap se equivoca con los siglos. Corrígelo.", "is_leap is wrong about centuries. Mend it."),
        _LEAP.format("year % 4 == 0"),
        (_LEAP.format("year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)"),
         "import calendar\n\n\n" + _LEAP.format("calendar.isleap(year)")),
        ((_LEAP.format("year % 4 == 0 and year % 100 != 0"), "2000 is no leap year any more"),
         (_LEAP.format("year % 4 == 0 and (year % 100 != 0 or year % 1000 == 0)"), "1000 for 400")),
        "from leap import is_leap\n\n\ndef test_centuries():\n    assert not is_leap(1900)\n    assert is_leap(1600)\n\n\n"
        "def test_others():\n    assert is_leap(2024)\n    assert is_leap(2000)\n    assert not is_leap(2026)\n",
        "assert not is_leap(1900)", "assert is_leap(1900)",
        "\n\ndef test_the_next_century():\n    assert not is_leap(2100)\n",
    ),
    Job(
        "middle",
        ("median falla con una cantidad par de valores. Corrígelo.", "median fails for an even number of values. Mend it."),
        _MEDIAN.format("    return ordered[middle]\n"),
        (_MEDIAN.format("    if len(ordered) % 2:\n        return ordered[middle]\n    return (ordered[middle - 1] + ordered[middle]) / 2\n"),
         "import statistics\n\n\ndef median(values):\n    return statistics.median(values)\n"),
        ((_MEDIAN.format("    if len(ordered) % 2:\n        return ordered[middle]\n    return (ordered[middle] + ordered[middle + 1]) / 2\n"),
          "one place too far"),
         (_MEDIAN.format("    return (ordered[middle - 1] + ordered[middle]) / 2\n"), "wrong for an odd number")),
        "from middle import median\n\n\ndef test_even():\n    assert median([4, 1, 3, 9]) == 3.5\n\n\n"
        "def test_odd():\n    assert median([5, 1, 3]) == 3\n",
        "assert median([4, 1, 3, 9]) == 3.5", "assert median([4, 1, 3, 9]) == 4",
        "\n\ndef test_two():\n    assert median([1, 2]) == 1.5\n",
    ),
    Job(
        "search",
        ("find no encuentra el último elemento. Corrígelo.", "find does not find the last element. Mend it."),
        _FIND.format("<", "middle + 1"),
        (_FIND.format("<=", "middle + 1"),),
        ((_FIND.format("<=", "middle + 1").replace("len(values) - 1", "len(values)"), "an index beyond the end"),
         (_FIND.format("<", "middle + 1").replace("return -1", "return low"), "what is not there is found")),
        "from search import find\n\n\ndef test_the_last():\n    assert find([1, 3, 5], 5) == 2\n\n\n"
        "def test_others():\n    assert find([1, 3, 5], 3) == 1\n    assert find([1, 3, 5], 9) == -1\n    assert find([], 1) == -1\n",
        "assert find([1, 3, 5], 5) == 2", "assert find([1, 3, 5], 5) == -1",
        "\n\ndef test_one_element():\n    assert find([7], 7) == 0\n",
    ),
    Job(
        "vat",
        ("El IVA debe redondear medio peso hacia arriba. Corrígelo.", "VAT must round half a peso up. Mend it."),
        _TAX.format("net * 19 // 100"),
        (_TAX.format("(net * 19 + 50) // 100"),
         "from decimal import ROUND_HALF_UP, Decimal\n\n\n" + _TAX.format("int((Decimal(net) * 19 / 100).quantize(Decimal(1), ROUND_HALF_UP))")),
        ((_TAX.format("round(net * 0.19)"), "half goes to even"),
         (_TAX.format("-(-net * 19 // 100)"), "always up"),
         (_TAX.format("(net * 19 + 49) // 100"), "half goes down")),
        "from vat import tax\n\n\ndef test_half_goes_up():\n    assert tax(150) == 29\n\n\n"
        "def test_others():\n    assert tax(1000) == 190\n    assert tax(101) == 19\n",
        "assert tax(150) == 29", "assert tax(150) == 28",
        "\n\ndef test_nothing():\n    assert tax(0) == 0\n",
    ),
    Job(
        "amounts",
        ("parse no entiende los montos negativos como -$1.200. Corrígelo.", "parse does not take negative amounts as -$1.200. Mend it."),
        _MONEY.format("return int(text.replace('$', '').replace('.', '').lstrip('-'))"),
        (_MONEY.format("return int(text.replace('$', '').replace('.', ''))"),
         _MONEY.format("sign = -1 if text.startswith('-') else 1\n    return sign * int(text.strip('-$').replace('.', ''))")),
        ((_MONEY.format("return -int(text.strip('-$').replace('.', ''))"), "all are negative"),
         (_MONEY.format("return int(text.replace('$', '').replace('.', '', 1))"), "millions fail")),
        "from amounts import parse\n\n\ndef test_negative():\n    assert parse('-$1.200') == -1200\n\n\n"
        "def test_others():\n    assert parse('$1.200') == 1200\n    assert parse('$1.200.300') == 1200300\n",
        "assert parse('-$1.200') == -1200", "assert parse('-$1.200') == 1200",
        "\n\ndef test_zero():\n    assert parse('$0') == 0\n",
    ),
)  # fmt: skip
