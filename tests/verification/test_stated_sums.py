"""Arithmetic that an answer states: a right one passes, a wrong one is found, what is doubtful is neither."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.arithmetic.sums import Sums

PASSED, FAILED = CheckState.PASSED, CheckState.FAILED


def looked(answer: str) -> Checked | None:
    return Sums().look(Work("", answer, Path("/nowhere")))


PAIRS = """\
El promedio es (79 + 90 + 56 + 91) / 4 = 79. | El promedio es (79 + 90 + 56 + 91) / 4 = 80.
1.234 + 5.678 = 6.912 | 1.234 + 5.678 = 6.921
- 3 + 4 = 7 | - 3 + 4 = 8
3 × 4 + 2 = 14 | 3 × 4 + 2 = 15
19 % de 855.000 = 162.450 | 19 % de 855.000 = 162.540
$ 855.000 × 1,19 = $ 1.017.450 | Total: $ 855.000 × 1,19 = $ 1.017.540.
855,000 * 0.19 = 162,450 | 855,000 * 0.19 = 162,451
100 + 19% = 119 | 100 + 19% = 120
50 / 200 = 25 % | 50 / 200 = 24 %
(120 - 100) / 100 = 20% | (120 - 100) / 100 = 25%
10 / 3 = 3,33 | 10 / 3 = 3,43
y = 2 x 3 = 6 | y = 2 x 3 = 7
3 cajas × 12 unidades = 36 unidades | - 3 cajas × 12 unidades = 35 unidades
1,5 millones + 2 millones = 3,5 millones | 1,5 millones + 2 millones = 3,6 millones
$3 \\times 4 = 12$ | $3 \\times 4 = 13$
**Total** = 5 + 3 = 8 | **Total** = 5 + 3 = 9
33,3 % + 33,3 % + 33,4 % = 100 % | 33,3 % + 33,3 % + 33,4 % = 101 %
-5 + 3 = -2 | -5 + 3 = 2
30 días × 8 horas = 240 horas | 30 días × 8 horas = 248 horas
1,234.50 + 1 = 1,235.50 | 1,234.50 + 1 = 1,235.60
7 × 8 = 56, y 3 × 3 = 9. | 7 × 8 = 56, y 3 × 3 = 8.
2 + 3 == 5 | 2 + 3 == 6
No hay descuento: 3 × 10 = 30 | No hay descuento: 3 × 10 = 31
El promedio de 4, 5 y 6 es 5. | El promedio de 4, 5 y 6 es 6.
The sum of 1,000 and 2,500 is 3,500. | The sum of 1,000 and 2,500 is 3,600.
El 19 % de 855.000 es 162.450. | El 19 % de 855.000 es 162.540.
19% of $855,000 is $162,450. | 19% of $855,000 is $162,405.
IVA: $ 19.000 (19 % de $ 100.000) | IVA: $ 19.100 (19 % de $ 100.000)
"""

EQUATIONS = PAIRS.splitlines()

COLUMNS = [
    (
        "- Neto: $ 855.000\n- IVA (19 %): $ 162.450\n- **Total: $ 1.017.450**",
        "- Neto: $ 855.000\n- IVA (19 %): $ 162.450\n- **Total: $ 1.017.451**",
        "line 3: Total is 1.017.450, not 1.017.451",
    ),
    (
        "Neto: $ 855.000\nExento: $ 40.000\nIVA: $ 162.450\nTotal: $ 1.057.450",
        "Neto: $ 855.000\nExento: $ 40.000\nIVA: $ 162.540\nTotal: $ 1.057.540",
        "line 3: IVA is 162.450, not 162.540",
    ),
    (
        "Net: $1,000.00\nVAT (19%): $190.00\n\nTotal: $1,190.00",
        "Net: $1,000.00\nVAT (19%): $190.00\n\nTotal: $1,191.00",
        "line 4: Total is 1,190.00, not 1,191.00",
    ),
    (
        "El neto es $ 100.000, el IVA (19 %) $ 19.000 y el total $ 119.000.",
        "El neto es $ 100.000, el IVA (19 %) $ 19.000 y el total $ 120.000.",
        "line 1: total is 119.000, not 120.000",
    ),
    (
        "Total: $ 119.000 (neto $ 100.000 + IVA $ 19.000)",
        "Total: $ 118.000 (neto $ 100.000 + IVA $ 19.000)",
        "line 1: Total is 119.000, not 118.000",
    ),
    (
        "| Ítem | Cantidad | Precio | Monto |\n|---|--:|--:|--:|\n| A | 300 | 2.500 | 750.000 |\n"
        "| B | 20 | 7.500 | 150.000 |\n| **Total** | | | **900.000** |",
        "| Ítem | Cantidad | Precio | Monto |\n|---|--:|--:|--:|\n| A | 300 | 2.500 | 750.000 |\n"
        "| B | 20 | 7.500 | 160.000 |\n| **Total** | | | **910.000** |",
        "line 4: 20 × 7.500 is 150.000, not 160.000",
    ),
    (
        "| Ítem | Monto |\n|---|---|\n| A | 100 |\n| B | 50 |\n| Neto | 150 |\n| IVA 19% | 28,5 |\n| Total | 178,5 |",
        "| Ítem | Monto |\n|---|---|\n| A | 100 |\n| B | 51 |\n| Neto | 150 |\n| IVA 19% | 28,5 |\n| Total | 178,5 |",
        "line 5: Neto is 151, not 150",
    ),
    (
        "| Mes | Ventas | Variación |\n|---|---|---|\n| Enero | 1.200 | 3 % |\n| Febrero | 1.300 | 8 % |\n"
        "| Total | 2.500 | 5 % |",
        "| Mes | Ventas | Variación |\n|---|---|---|\n| Enero | 1.200 | 3 % |\n| Febrero | 1.300 | 8 % |\n"
        "| Total | 2.400 | 5 % |",
        "line 5: Total is 2.500, not 2.400",
    ),
    (
        "| Dept | Staff |\n|---|---|\n| A | 3 |\n| Subtotal | 3 |\n| B | 4 |\n"
        "| C | 5 |\n| Subtotal | 9 |\n| Total | 12 |",
        "| Dept | Staff |\n|---|---|\n| A | 3 |\n| Subtotal | 3 |\n| B | 4 |\n"
        "| C | 5 |\n| Subtotal | 8 |\n| Total | 12 |",
        "line 7: Subtotal is 9, not 8",
    ),
    (
        "- A: $ 10\n- B: $ 15\n- C: $ 5\n\nTotal: 3 items, $ 30",
        "- A: $ 10\n- B: $ 15\n- C: $ 5\n\nTotal: 4 items, $ 30",
        "line 5: Total is 3, not 4",
    ),
    (
        "- uno\n- dos\n- tres\n\nTotal: 3 facturas",
        "- uno\n- dos\n- tres\n\nTotal: 4 facturas",
        "line 5: the list has 3 items, not 4 (facturas)",
    ),
    (
        "Subtotal: 100.000\nDescuento: 10.000\nNeto: 90.000\nIVA: 17.100\nTotal: 107.100",
        "Subtotal: 100.000\nDescuento: 10.000\nNeto: 90.000\nIVA: 17.100\nTotal: 107.200",
        "line 5: Total is 107.100, not 107.200",
    ),
    (
        "Precio: $ 10.000\nDescuento: 10 %\nTotal: $ 9.000",
        "Precio: $ 10.000\nDescuento: 10 %\nTotal: $ 9.100",
        "line 3: Total is 9.000, not 9.100",
    ),
    (
        "Neto: $ 100.000\nIVA: $ 19.000\nTotal: $ 119.000",
        "Neto: $ 100.000\nIVA: $ 19.000\nTotal: $ 100.000",
        "line 3: Total is 119.000, not 100.000",
    ),
    (
        "Honorarios brutos: $ 1.000.000\nRetención (15,25 %): $ 152.500\nTotal líquido: $ 847.500",
        "Honorarios brutos: $ 1.000.000\nRetención (15,25 %): $ 152.500\nTotal líquido: $ 847.000",
        "line 3: Total líquido is 847.500, not 847.000",
    ),
]


@pytest.mark.parametrize("pair", EQUATIONS)
def test_an_equation_passes_and_its_wrong_twin_fails(pair: str) -> None:
    right, wrong = pair.split(" | ")
    for answer, state in ((right, PASSED), (wrong, FAILED)):
        checked = looked(answer)
        assert checked is not None
        assert checked.state is state, checked.evidence


def test_what_is_wrong_is_told_with_its_line_and_both_values() -> None:
    checked = looked("Sumo:\n\n1.234 + 5.678 = 6.921")
    assert checked is not None
    assert checked.evidence == ("line 3: 1.234 + 5.678 is 6.912, not 6.921",)


@pytest.mark.parametrize(("right", "wrong", "evidence"), COLUMNS, ids=range(len(COLUMNS)))
def test_totals_follow_from_their_parts(right: str, wrong: str, evidence: str) -> None:
    passes, fails = looked(right), looked(wrong)
    assert passes is not None
    assert passes.state is PASSED, passes.evidence
    assert fails is not None
    assert fails.state is FAILED
    assert fails.evidence[0] == evidence


@pytest.mark.parametrize(
    "answer",
    [
        "x + 2 = 5",
        "En binario, 1 + 1 = 10; in hexadecimal, 9 + 1 = 10.",
        "| Client | Orders |\n|---|---:|\n| A | 120 |\n| B | 130 |\n| Total of the year before | 241 |",
        "| Client | Orders |\n|---|---:|\n| A | 120 |\n| B | 130 |\n| Total año anterior | 241 |",
        "Módulos (1 + 2) = 300",
        "f(3) + 1 = 9",
        "2^3 + 1 = 9",
        "10 / 3 = 3 resto 1",
        "5! = 120",
        "8:30 + 1:15 = 9:45",
        "del 1/3 al 5/3 = 4 días",
        "1 km + 500 m = 1500 m",
        "90 minutos / 60 = 1 hora y 30 minutos",
        "2 + 2 = 5 is wrong",
        "No es 2 + 2 = 5",
        "2 + 3 × 4 = 20 is not right",
        "La factura dice:\nNeto: 1.000\nIVA: 190\nTotal: 1.200\nNo cuadra.",
        "| Test | Time |\n|---|---|\n| a | 3 |\n| b | 4 |\n| Total | 5 |",
        "| Día | Precio |\n|---|---|\n| 1 | 10 |\n| 2 | 12 |\n| Total | 30 |",
        "Host: 10\nPort: 8080\nTotal: 3",
        "De 10:00 a 12:30 = 2,5 horas; 14 - 16 = 2 horas",
        "Cuotas: 12 × $ 83.333 = $ 1.000.000 (aprox.)",
        "33 % + 33 % + 33 % = 100 %",
        "Saldo inicial: $ 100\nDepósitos: $ 50\nGiros: $ 30\nSaldo final: $ 120\nTotal giros: $ 30",
        "Neto: 100\nIVA: 21\nTotal: 130\nFalta el flete, por eso la diferencia.",
        "```python\ntotal = 3 + 4 = 8\n```",
        "El 2026-11-26 = hoy",
        "",
    ],
)
def test_what_is_doubtful_is_not_held_against_an_answer(answer: str) -> None:
    checked = looked(answer)
    assert checked is None or checked.state is not FAILED, checked.evidence
    assert checked is None or any(", not " in line for line in checked.evidence)


@given(st.lists(st.integers(100, 10_000_000), min_size=2, max_size=8), st.booleans(), st.integers(-3, 3))
def test_a_total_that_is_off_by_little_is_found(items: list[int], chilean: bool, off: int) -> None:
    def shown(value: int) -> str:
        return f"$ {value:,}".replace(",", "." if chilean else ",")

    rows = "".join(f"| item | {shown(value)} |\n" for value in items)
    checked = looked(f"| Item | Amount |\n|---|---|\n{rows}| Total | {shown(sum(items) + off)} |")
    assert checked is not None
    assert checked.state is (FAILED if off else PASSED)


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**6), st.sampled_from("+-*"), st.integers(-1, 1))
def test_an_equation_that_is_off_by_one_is_found(left: int, right: int, operator: str, off: int) -> None:
    value = {"+": left + right, "-": left - right, "*": left * right}[operator]
    checked = looked(f"Resultado: {left} {operator} {right} = {value + off}")
    assert checked is not None
    assert checked.state is (FAILED if off else PASSED)
