"""What a question names, and for when it asks, weighs what was read."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import ItemId, Passage, Source
from minga.domain.secrecy import UserName
from minga.memory.weighing import OF_ANOTHER, Name, concern

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def names(words: str) -> list[Name]:
    return list(concern(words, NOW).names)


def passage(text: str, day: date = date(2026, 11, 3), project: str = "/work/tienda") -> Passage:
    at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    source = Source(SessionId("s"), "1", 0, at, AgentName("codex"), "user")
    return Passage(ItemId("p1"), "turn", text, "", source, project, "es", UserName("ana"))


def left(words: str, text: str, heard: frozenset[int] = frozenset(), day: date = date(2026, 11, 3)) -> float:
    return concern(words, NOW).left(passage(text, day), heard)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("¿A qué hora abre la tienda de Llanquihue?", 1),
        ("¿Qué dijo Yasna Barría de la caja de Frutillar?", 2),
        ("¿Quién lleva tl_sms?", 1),
        ("¿Qué puerto usa?", 0),
        ("What is the VAT of an invoice in March?", 0),
        ("¿Cuánto IVA lleva?", 0),
        ("how many DTEs did we send?", 0),
        ("QUÉ PUERTO USA EL SERVIDOR DE PILLANCO", 0),
        ("I moved it on Mondays, did I?", 0),
        ("me pregunta Gonzalo en qué puerto quedó postgres", 0),
        ("hola Minga, ¿qué días despacha el proveedor?", 0),
        ("oye Marta, ¿cuánto cuesta el arriendo?", 0),
        ("¿Dónde están las claves del Servicio de Impuestos Internos?", 1),
        ("¿Dónde se guardan los contratos, en OneDrive o en Drive?", 1),
        ("¿Quién abre la caja de Frutillar en la tienda de Calbuco?", 2),
        ("¿какой порт использует сервер postgres?", 0),
        ("¿Qué clientes con 1.200 kilos o más lleva, p.ej. el camión?", 0),
    ],
)
def test_names_are_what_has_a_capital_within_a_sentence(words: str, count: int) -> None:
    assert len(names(words)) == count


def test_what_is_said_of_another_shop_counts_for_less() -> None:
    words = "¿A qué hora abre los domingos la tienda de Llanquihue?"
    assert left(words, "la de Calbuco abre los domingos de 10 a 14") == OF_ANOTHER
    assert left(words, "la de Llanquihue abre los domingos de 10 a 14") == 1
    assert left(words, "abre los domingos de 10 a 14", frozenset({0})) == 1


def test_a_name_of_the_project_or_of_who_speaks_is_there() -> None:
    assert left("¿Qué horario tiene la Tienda?", "de 10 a 14") == 1
    assert left("¿Qué propuso ayer Ana?", "que abra de 10 a 14") == 1


def test_what_is_named_in_the_other_language_is_there() -> None:
    assert left("¿Qué dice la Factura?", "the invoice says so") == 1


def test_what_was_said_long_after_the_time_counts_for_less() -> None:
    words = "¿qué puerto usaba en julio de 2025?"
    assert left(words, "el puerto es 8069", day=date(2025, 11, 20)) == OF_ANOTHER
    assert left(words, "en julio de 2025 el puerto era 8069", day=date(2025, 11, 20)) == 1
    assert left(words, "el puerto es 8069", day=date(2025, 8, 20)) == 1
    assert left(words, "el puerto es 8069", day=date(2025, 3, 1)) == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("¿Dónde están las claves del Servicio de Impuestos Internos?", "las claves del SII están en la bóveda"),
        ("¿Qué pide la Comisión para el Mercado Financiero?", "la CMF pide el informe en marzo"),
        ("¿Dónde se guardan los contratos, en OneDrive o en Drive?", "los contratos quedan en onedrive"),
        ("¿Cuánto cobra hoy MercadoLibre?", "mercadolibre cobra 13 %"),
        ("¿Cuánto cobra hoy MercadoLibre?", "MercadoLibre cobra 13 %"),
        ("¿Qué días despacha Melo\u0301n?", "Melón despacha los martes"),
        ("¿Dónde corre PostgreSQL?", "postgres corre en db-2"),
        ("¿Quién pide la Atención Primaria Salud?", "APS pidió un descuento"),
        ("¿Quién recibe en ana.perez@corp.cl?", "ana.perez@corp.cl la lee Ana"),
    ],
)
def test_a_name_may_be_written_in_another_way(words: str, text: str) -> None:
    assert names(words)
    assert left(words, text) == 1


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("¿Qué multa tiene Transportes Mapuche?", "Transportes Quilimarí tiene una multa de 3 UTM"),
        ("¿Cuánto cobra MercadoLibre?", "el mercado abre a las 8"),
        ("¿Quién pide la Atención Primaria Salud?", "the main clinic asked for it"),
        ("¿Quién recibe en ana.perez@corp.cl?", "la casilla de rosa@corp.cl la lee Ana"),
        ("¿Dónde quedaron los contratos, en OneDrive o en Drive?", "quedaron en Dropbox"),
    ],
)
def test_what_only_is_of_the_same_kind_is_another(words: str, text: str) -> None:
    assert left(words, text) == OF_ANOTHER


def test_a_note_may_be_of_any_time_and_since_has_no_end() -> None:
    words = "¿Cuánto costaba el flete en agosto de 2025?"
    told = passage("el flete cuesta 35 mil pesos", date(2026, 3, 1))
    assert concern(words, NOW).left(told, ()) == OF_ANOTHER
    assert concern(words, NOW).left(replace(told, kind="note"), ()) == 1
    assert left("¿cuánto cuesta desde julio de 2025?", "cuesta 35 mil", day=date(2026, 3, 1)) == 1


def test_each_that_is_lacking_counts() -> None:
    words = "¿Qué cobraba Rosa Pinto a Pillanco en julio de 2025?"
    assert left(words, "cobra 12 UF", day=date(2026, 3, 1)) == pytest.approx(OF_ANOTHER**3)
