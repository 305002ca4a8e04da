"""What a question names besides what it asks for, asked of a memory."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from memory.remembered import NOON, Written, memory_of, question

SAME = "El puerto de la instancia de desarrollo es el que figura en la tabla."


def test_a_project_that_a_question_names_comes_first_among_all(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        for number, name in enumerate(("odoo-nalca", "pos-ulmo", "trafwe-rutas", "zarza-conta")):
            log.say(f"s{number}", SAME, project=f"github.com/acme/{name}")
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        for words, name in (("Trafwe", "trafwe-rutas"), ("Zarzaparra", "zarza-conta")):
            asked = replace(question(f"¿en qué puerto está la instancia de {words}?"), places=None)
            found = await memory.recall(asked)
            assert found.recalled[0].passage.project == f"github.com/acme/{name}"
        await memory.close()

    asyncio.run(scene())


def test_what_was_said_last_comes_first_where_now_is_asked_for(tmp_path: Path) -> None:
    async def scene() -> None:
        log = Written()
        for day in (5, 0, 9, 3):
            log.say(f"s{day}", f"{SAME} Fila {day}.", at=NOON + timedelta(days=day))
        memory = memory_of(tmp_path / "m.db", log, lambda: None)
        found = await memory.recall(question("¿en qué puerto está ahora la instancia?"))
        assert found.recalled[0].passage.text.endswith("Fila 9.")
        await memory.close()

    asyncio.run(scene())
