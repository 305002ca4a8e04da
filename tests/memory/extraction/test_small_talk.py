"""What is only small talk becomes no memory; what stands beside it does."""

import pytest

from minga.memory.extraction.hygiene import is_boilerplate


@pytest.mark.parametrize(
    "text",
    [
        "me voy a tomar un café y vuelvo al tiro",
        "Gracias Ximena, te pasaste!",
        "qué frío hace hoy, jaja",
        "que tengas buen fin de semana",
        "déjame pensarlo un rato y te digo",
        "mañana seguimos",
        "ok Nacho, quedo atento",
        "uf, qué calor",
        "mm, puede ser",
        "chao Nacho, que descanses",
        "off to lunch, back in a bit",
        "thanks Walter, have a great weekend",
        "no worries, let me know if you need anything else",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    ],
)
def test_small_talk_is_no_memory(text: str) -> None:
    assert is_boilerplate(text)


@pytest.mark.parametrize(
    "text",
    [
        "sí, el viernes",
        "hasta el lunes",
        "yes, tonight",
        "sí, todos",
        "me voy en marzo",
        "me voy a Iquique",
        "gracias, era el DNS",
        "thanks, Postgres",
        "dale Daniela",
        "gracias, Starken",
        "voy por un café con Ana",
        "ok Starken, quedo atento",
        "vuelvo el 12",
        "vuelvo el lunes",
        "nos juntamos el viernes",
        "no guarda",
        "ya no se cierra",
        "no vuelvo mañana",
        "no te confirmo",
        "en UF",
        "la uf, gracias",
        "ok, en mm",
        "Chao Oracle, hola Postgres",
        "avísame si Hannah responde",
        "qué calor hace en la sala de servidores",
        "no se puede",
        "好的，用 Postgres",
    ],
)
def test_what_is_decided_or_told_beside_small_talk_is_kept(text: str) -> None:
    assert not is_boilerplate(text)
