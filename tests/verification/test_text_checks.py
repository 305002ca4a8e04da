"""The checks of text together: nothing makes them raise, and long answers end. Their time is printed, not judged."""

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minga.domain.task import Document
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Check, Work
from minga.verification.arithmetic.sums import Sums
from minga.verification.quotations import Quotations
from minga.verification.ruts import Ruts
from minga.verification.schema import Data, Schema

CHECKS: list[Check] = [Ruts(), Sums(), Schema(), Data(), Quotations()]

MIXED = """\
# Revisión de la factura
El emisor es Maderas del Estero SpA, RUT 76.086.428-5; el receptor, 77.123.456-9. Véase `src/rut.py:12`.

| Ítem | Cantidad | Precio | Monto |
|---|---:|---:|---:|
| Tabla de pino | 300 | 2.500 | 750.000 |
| Viga | 20 | 7.500 | 150.000 |
| **Total** | | | **900.000** |

- Neto: $ 855.000
- IVA (19 %): $ 162.450
- Total: $ 1.017.450

Como dice el documento, «el plazo para reclamar es de ocho días corridos», y 855.000 × 1,19 = 1.017.450.
The answer follows from https://www.sii.cl/documentos/ and "a quotation of some words that is long".

```json
{"rut": "76086428-5", "total": 1017450}
```

> the buyer has eight days to object to the invoice
Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna.
"""

SOURCE = Document("ley.txt", "El plazo para reclamar es de ocho días corridos. " * 200)


def looked(answer: str) -> list[Checked]:
    work = Work("¿?", answer, Path("/nowhere"), sources=(SOURCE,), schema='{"type": "object"}')
    return [checked for check in CHECKS if (checked := check.look(work))]


PIECES = [
    *("1.234", "5,6", "$", "%", "=", "+", "-", "×", "(", ")", "|", "|---|---|", "\n", "\n\n", " ", "Neto:", "IVA"),
    *("76.086.428-4", "RUT ", "inválido", "«", "»", '"', "> ", "```json\n", "```\n", "{", "]", "https://a.b/c"),
    *("- ", "1. ", "19 % de", " es ", "suma de ", ", ", " y ", "\\times", "**", "`", "\u00a0", "−", "٣", "²", "\0"),
    *("\ud800", "…", "Total:", "art. 1 del DL 825", "dígito verificador de 76.086.428 es "),
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=40).map("".join))
def test_garbage_never_makes_a_check_raise(answer: str) -> None:
    for checked in looked(answer):
        assert checked.evidence


def test_twenty_kilobytes_of_everything(capsys: pytest.CaptureFixture[str]) -> None:
    answer = (MIXED * 40)[:20_000]
    looked(answer + " ")
    spent: dict[str, float] = {}
    for check in CHECKS:
        work = Work("¿?", answer, Path("/nowhere"), sources=(SOURCE,))
        began = time.process_time()
        check.look(work)
        spent[check.name] = (time.process_time() - began) * 1000
    with capsys.disabled():
        print(f"\n20 kB: {sum(spent.values()):.1f} ms of", {name: round(ms, 1) for name, ms in spent.items()})
    states = {checked.check: checked.state for checked in looked(answer)}
    assert states == {
        "rut": CheckState.PASSED,
        "sums": CheckState.PASSED,
        "schema": CheckState.FAILED,
        "data": CheckState.PASSED,
        "sources": CheckState.PASSED,
    }


LONG = {
    "mixed": MIXED * 10_000,
    "digits": "1" * 10_000_000,
    "thousands": "1.111." * 1_600_000,
    "equations": "1 + 1 = 3\n" * 1_000_000,
    "quotation marks": '" «' * 3_300_000,
    "table": "|a|b|\n|-|-|\n" + "|a|1|\n" * 1_600_000,
}


@pytest.mark.parametrize("kind", LONG)
def test_ten_megabytes_end_and_what_is_not_read_is_told(kind: str) -> None:
    answer = LONG[kind][:10_000_000]
    work = Work("", answer, Path("/nowhere"))
    found = [checked for check in (Ruts(), Sums(), Quotations()) if (checked := check.look(work))]
    assert all("only the first 1000000 characters were read" in checked.evidence for checked in found)
    assert {checked.check for checked in found} >= ({"rut", "sums", "sources"} if kind == "mixed" else set())
