"""What is only small talk becomes no memory; what stands beside it does."""

from pathlib import Path

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
        "me duele la espalda, qué lata",
        "I could really use a nap right now",
        "espérame un poquito que se enfría el té",
        "mi perro se comió el queque jaja",
        "no te apures, tómate tu tiempo",
        "uf, lunes otra vez",
        "dame cinco minutos y vuelvo",
        "Don Luis, buen provecho",
        "I'm exhausted, barely slept",
        "my kids are so noisy today",
        "whatever you think is best",
        "that was close, but we're fine",
        "Now I understand the structure. Next I'll make the changes.",
        "Perfect, that worked. Moving on to the next step.",
        "Tienes razón, me equivoqué. Lo corrijo.",
        "⏺ Read 3 files (ctrl+o to expand)",
        "✻ Pondering… (42s · esc to interrupt)",
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
        "no, eso no",
        "dale con ese",
        "dale con el segundo",
        "más grande porfa",
        "qué rico, pero sin azúcar",
        "en la tarde",
        "she left the company",
        "yo hago el almuerzo",
        "tengo un perro",
        "I have a meeting tomorrow",
        "I drink tea",
        "we start tomorrow",
        "pasa cuando llueve",
        "saca el saludo",
        "I can't see it",
        "the dog park site is live",
        "ya le avisé",
        "me gusta así",
        "talk to me like a kid",
        "va todo junto",
        "háblame de usted",
        "call me Sam",
        "no me gusta",
        "I love short answers",
        "nos vemos en mi casa",
        "dile que no",
        "I'll use Redis for the queue.",
        "I'll go with the first.",
        "Now the tests pass.",
        "Perfecto, corrijo el IVA del folio nulo.",
        "la paleta de comandos se abre con (ctrl+k)",
    ],
)
def test_what_is_decided_or_told_beside_small_talk_is_kept(text: str) -> None:
    assert not is_boilerplate(text)


def test_decisions_and_facts_in_a_few_everyday_words_are_kept() -> None:
    said = Path(__file__).with_name("few_words.txt").read_text("utf-8").splitlines()
    assert len(said) > 700
    assert not [text for text in said if is_boilerplate(text)]
