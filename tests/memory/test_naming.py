"""Which texts name a person, and which only hold the words of the name."""

import pytest

from minga.memory.naming import names

NAMED = [
    ("Rosa Pérez", "Rosa Pérez prefiere que la llamen por la tarde"),
    ("rosa perez", "La encargada es ROSA PÉREZ."),
    ("Rosa Pérez", "la llamó rosa maria perez"),
    ("Rosa Pérez", "Habla con Rosa M. Pérez"),
    ("Rosa Pérez", "Rosa Ester de la Pérez firmó"),
    ("Rosa Pérez", "Pérez, Rosa; Soto, Juan"),
    ("Rosa Pérez", "PÉREZ SOTO, ROSA ESTER"),
    ("Rosa María Pérez Soto", "Pérez Soto, Rosa María"),
    ("Rosa Pérez", "escribe a rosa.perez@aceros.cl"),
    ("Rosa Pérez", "Rosa Pe\u0301rez"),
    ("Íñigo Núñez", "iñigo nuñez"),
    ("Ana", "Ana no viene"),
]

OTHERS = [
    ("Rosa Pérez", "Rosa Soto y Juan Pérez firmaron la guía"),
    ("Rosa Pérez", "Rosa Soto pidió la guía; Juan Pérez la firmó."),
    ("Rosa Pérez", "Perez S.A. compró rosa mosqueta a 30 lucas."),
    ("Rosa Pérez", "Rosa Soto Pérez"),
    ("Rosa Pérez", "Rosa. Pérez no vino"),
    ("Rosa Pérez", "Rosalía Pérezcotapo"),
    ("Ana Año", "Ana ano"),
    ("Peña", "la pena"),
    ("Ana", "mañana, Anaís"),
    ("", "nada"),
    ("Rosa Pérez", ""),
]


@pytest.mark.parametrize(("name", "text"), NAMED)
def test_a_person_is_named_by_their_names_together_and_in_order(name: str, text: str) -> None:
    assert names(name)(text)


@pytest.mark.parametrize(("name", "text"), OTHERS)
def test_the_words_of_a_name_elsewhere_name_nobody(name: str, text: str) -> None:
    assert not names(name)(text)
