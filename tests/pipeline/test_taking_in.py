"""What several processes take in out of one file at once is there once."""

import asyncio
from pathlib import Path

import pytest

from keyed import Folder
from minga.memory.incoming import from_file
from minga.pipeline.taking_in import take_in

FILE = from_file(b"- uno de la bodega\n- dos de la bodega\n\n# Reglas\n\n- Siempre en pesos.\n")


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    url = request.getfixturevalue("postgres_cluster")() if request.param == "postgres" else ""
    return Folder(tmp_path, url)


def test_of_two_that_take_in_a_file_at_once_the_later_one_knows_what_the_other_wrote(folder: Folder) -> None:
    async def scene() -> None:
        both = [folder.minga(MINGA_MEMORY="words") for _ in range(2)]
        taken = await asyncio.gather(*(take_in(one.memory, one.notes, FILE, folder.root, here=True) for one in both))
        await both[0].memory.catch_up()
        assert sorted(one.note.text for one in await both[0].memory.notes()) == [
            "Siempre en pesos.",
            "dos de la bodega",
            "uno de la bodega",
        ]
        assert sorted((one.added, one.known) for one in taken) == [(0, 3), (3, 0)]
        for one in both:
            await one.close()

    asyncio.run(scene())
