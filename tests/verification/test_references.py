"""Files, lines and names that an answer points to: what is not there is found, what is yet to be made is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.events import FileChange
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.files.references import References

MONEY = """IVA = 19


def pesos(amount):
    text = str(amount)
    return text


class Bill:
    def total(self):
        return 1
"""


@dataclass(frozen=True)
class Before:
    files: dict[str, bytes] = field(default_factory=dict)

    def paths(self) -> Sequence[str]:
        return list(self.files)

    def read(self, path: str) -> bytes | None:
        return self.files.get(path)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    files = {
        "shop/__init__.py": "",
        "shop/money.py": MONEY,
        "web/app.ts": "export function start() {\n  return 1\n}\n",
        "docs/guide.md": "# Guide\n",
        "requirements.txt": "requests==2\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def looked(cwd: Path, answer: str, prompt: str = "") -> Checked | None:
    return References().look(Work(prompt, answer, cwd))


@pytest.mark.parametrize(
    "answer",
    [
        "The sum is in shop/money.py:4.",
        "See `shop/money.py:4-6` and `money.py:9`.",
        "La función `pesos` en `shop/money.py` convierte el monto.",
        "`pesos()` is defined in `money.py:4`.",
        "`pesos` (`shop/money.py:5`)",
        "1. `pesos` (shop/money.py:5)",
        "| name | place |\n|---|---|\n| `pesos` | `shop/money.py:4` |\n| `Bill` | shop/money.py:9 |",
        "`shop/money.py:4`: defines `pesos()`",
        "Usa `pesos()` de `shop/money.py`, que ya hace eso.",
        "shop/money.py, line 4: `pesos`",
        "`Bill.total` está definido en `shop/money.py:10`.",
        "`shop/money.py` define la clase `Bill`.",
        "In `shop/money.py`, line 4, the amount is converted.",
        "En las líneas 4 a 6 de `shop/money.py` se convierte.",
        "[the code](shop/money.py#L4)",
        "`requests` is pinned in `requirements.txt`.",
        "`start` in `web/app.ts:1`",
        "The rate is `shop.money.IVA`.",
        "./shop/money.py:11 is the end.",
    ],
)
def test_what_is_there_passes(shop: Path, answer: str) -> None:
    checked = looked(shop, answer)
    assert checked is not None, answer
    assert checked.state is CheckState.PASSED, checked
    assert not checked.proves


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("See shop/money.py:120.", "line 1: shop/money.py has 11 lines, not 120"),
        ("| a | b |\n|---|---|\n| `pesas` | `shop/money.py:4` |", "line 3: shop/money.py has no name pesas"),
        ("`pesas` (shop/money.py:5)", "line 1: shop/money.py has no name pesas; did you mean pesos?"),
        ("`shop/money.py:4`: define `pesas()`", "line 1: shop/money.py has no name pesas; did you mean pesos?"),
        ("See\n`shop/money.py:8-14`", "line 2: shop/money.py has 11 lines, not 14"),
        ("The bug is in `shop/monney.py:4`.", "line 1: no file shop/monney.py exists; did you mean shop/money.py?"),
        ("El error está en `shop/taxes.py`.", "line 1: no file shop/taxes.py exists"),
        (
            "La función `peso` en `shop/money.py` convierte.",
            "line 1: shop/money.py has no name peso; did you mean pesos?",
        ),
        (
            "`pesos` is defined in `shop/money.py:10`.",
            "line 1: pesos stands at line 4 of shop/money.py, not at line 10",
        ),
        ("`shop/money.py` contiene la función `net`.", "line 1: shop/money.py has no name net"),
        ("`Bill.sum` is in `shop/money.py`.", "line 1: shop/money.py has no name Bill.sum"),
        ("`shop/money.py`, línea 40, tiene el error.", "line 1: shop/money.py has 11 lines, not 40"),
        ("Mira la línea 40 de `shop/money.py`.", "line 1: shop/money.py has 11 lines, not 40"),
        ("[see](docs/guides.md)", "line 1: no file docs/guides.md exists; did you mean docs/guide.md?"),
        ("[see](shop/money.py#L99)", "line 1: shop/money.py has 11 lines, not 99"),
        ("It calls `shop.money.peso`.", "line 1: shop.money has no name peso; did you mean pesos?"),
        ("`stop` en `web/app.ts`", "line 1: web/app.ts has no name stop"),
    ],
)
def test_what_is_not_there_is_told(shop: Path, answer: str, said: str) -> None:
    checked = looked(shop, answer)
    assert checked is not None
    assert checked.state is CheckState.FAILED
    assert checked.evidence[0].startswith(said)


@pytest.mark.parametrize(
    "answer",
    [
        "Create `shop/taxes.py` with the rates.",
        "Crea el archivo `shop/taxes.py`:\n```python\nx = 1\n```\nLuego, la línea 12 de `shop/taxes.py` la usa.",
        "**shop/taxes.py**\n```python\nx = 1\n```\n`rate` vive en `shop/taxes.py:1`.",
        "```diff\n--- /dev/null\n+++ b/shop/taxes.py\n@@ -0,0 +1 @@\n+x\n```\nSee shop/taxes.py:1.",
        "Agrega `net` en `shop/money.py`.",
        "There is no `net` in `shop/money.py`.",
        "If `shop/taxes.py` existed, it would be read.",
        "Python reads `pyproject.toml` and `setup.cfg`.",
        "https://example.com/shop/taxes.py:12 and example.com/shop/x.py",
        "[docs](https://example.com/a.md) [up](#top) `json.loads` `os.path.join`",
        "version 1.2.3, e.g. 3.5:12, at 10:30",
    ],
)
def test_what_is_to_be_made_imagined_or_of_elsewhere_is_not_looked_at(shop: Path, answer: str) -> None:
    assert looked(shop, answer) is None


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("See `/etc/app/config.py:12`.", "line 1: /etc/app/config.py lies outside of the working directory"),
        ("It fails in ceval.c:1234.", "line 1: the file ceval.c cannot be seen from here"),
        (
            "It fails in lib/python3/json/decoder.py:355.",
            "line 1: the file lib/python3/json/decoder.py cannot be seen from here",
        ),
    ],
)
def test_what_is_elsewhere_is_unproven(shop: Path, answer: str, said: str) -> None:
    checked = looked(shop, answer)
    assert checked is not None
    assert checked.state is CheckState.UNPROVEN
    assert checked.evidence == (said,)


def test_an_absolute_path_below_the_directory_counts(shop: Path) -> None:
    checked = looked(shop, f"See {shop}/shop/money.py:4.")
    assert checked is not None
    assert checked.state is CheckState.PASSED


def test_lines_may_be_those_of_before_the_change(shop: Path) -> None:
    change = (FileChange("shop/money.py", "modified"), FileChange("shop/old.py", "deleted"))
    before = Before({"shop/money.py": b"\n" * 30 + b"def gone(): ...\n"})
    answer = "`gone` stood at `shop/money.py:31`, and `gone` in `shop/money.py:31`; see shop/old.py:3."
    checked = References().look(Work("", answer, shop, change, originals=before))
    assert checked is not None
    assert checked.state is CheckState.PASSED
    checked = References().look(Work("", "See shop/money.py:90.", shop, change, originals=before))
    assert checked is not None
    assert checked.state is CheckState.FAILED


def test_a_link_out_of_the_directory_is_not_read(shop: Path, tmp_path: Path) -> None:
    (shop / "shop" / "out.py").symlink_to("/etc/hostname")
    checked = looked(shop, "See shop/out.py:1.")
    assert checked is None or checked.state is CheckState.UNPROVEN


@given(st.text(alphabet="ab/.py:12`()[]#L -\nin de", max_size=400))
def test_no_text_breaks_it(text: str) -> None:
    looked(Path("/nonexistent"), text)
