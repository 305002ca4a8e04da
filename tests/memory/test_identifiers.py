"""What designates one thing exactly in a question."""

import pytest

from minga.memory.identifiers import has_all, identifiers


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("¿En qué puerto escucha staging-3?", ["staging-3"]),
        ("¿Qué pasó con la factura 4472?", ["4472"]),
        ("¿Cuándo vence el certificado de www.example.cl?", ["www.example.cl"]),
        ("who wrote to luis@example.cl about the ZD621?", ["luis@example.cl", "zd621"]),
        ("¿qué hace pagos_utils en src/pagos/iva.py?", ["pagos_utils", "src/pagos/iva.py"]),
        ("¿Cuánto fue el F29 de julio de 2025?", ["f29"]),
        ("in mid-2025, at 02:30 on 15/08/2026 or 2026-08-15, how many of the 12 failed?", []),
        ("¿Entre qué fechas del verano 2025-2026?", []),
        ("¿Quién revisa los PR?", []),
        ("", []),
    ],
)
def test_what_designates_one_thing_is_found_in_a_question(words: str, named: list[str]) -> None:
    assert identifiers(words) == named


@pytest.mark.parametrize(
    ("named", "text", "stands"),
    [
        ("staging-3", "El servidor Staging 3 escucha en 5433", True),
        ("staging-3", "El servidor staging-2 escucha en 5433", False),
        ("4472", "la factura N° 4.472 se pagó", True),
        ("4472", "la factura 4471 se pagó", False),
    ],
)
def test_it_is_looked_for_whatever_stands_between_its_parts(named: str, text: str, stands: bool) -> None:
    assert has_all([named], ["nada", text]) is stands
    assert has_all([], [])
