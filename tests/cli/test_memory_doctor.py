"""`minga memory doctor`: what is whole, and what to do where something is not."""

import asyncio
import json

import pytest
from program import Program

from minga.bootstrap import build
from minga.entrypoints.cli.memory_doctor import told
from minga.entrypoints.cli.words import load
from minga.memory.checkup import Checkup
from minga.settings import read
from minga.storage.database import Transaction
from minga.storage.keys import memory_key

WHOLE = [
    "✓ The file opens and is whole",
    "✓ 1 passage, in the index of words",
    "✓ 1 passage read from the sessions again, 1 the same",
    "✓ All sessions are taken in",
    "· No model for meaning, only words are compared: pip install 'minga[memory]'",
]

BEGUN = "· Nothing is taken in yet; the next question makes the memory anew"


@pytest.fixture
def knowing(minga: Program) -> Program:
    minga.environment["MINGA_MEMORY"] = "words"
    assert minga.run("memory", "add", "hola").code == 0, "what a person tells the memory is no small talk"
    return minga


def write(minga: Program, sql: str) -> None:
    built = build(read(minga.environment))

    def work(transaction: Transaction) -> None:
        transaction.execute(sql)

    async def run() -> None:
        await built.memory_file.write(work)
        await built.close()

    asyncio.run(run())


def test_a_whole_memory_is_said_to_be_whole_and_what_is_wrong_is_told_until_it_is_made_anew(knowing: Program) -> None:
    done = knowing.run("memory", "doctor")
    assert (done.code, done.out.splitlines(), done.err) == (0, WHOLE, "")
    write(knowing, "UPDATE passages SET digest = zeroblob(16)")
    write(knowing, "INSERT INTO vectors VALUES (99, 0, x'00')")
    wrong = knowing.run("memory", "doctor")
    assert wrong.code == 1
    assert wrong.out.splitlines()[1:3] == [
        "✗ 1 passage, 1 in the index of words, 1 vector without a passage: make it anew: minga memory rebuild",
        "✗ 1 passage read from the sessions again, 0 the same: make it anew: minga memory rebuild",
    ]
    assert knowing.run("memory", "rebuild").code == 0
    assert knowing.run("memory", "doctor").out.splitlines() == WHOLE


def test_a_damaged_file_is_told_and_the_next_question_makes_it_anew(knowing: Program) -> None:
    [file] = (knowing.root / "home" / "memory").glob("*.db")
    content = bytearray(file.read_bytes())
    content[4096:6144] = b"\x55" * 2048
    file.write_bytes(content)
    damaged = knowing.run("memory", "doctor", env={"MINGA_LANGUAGE": "es"})
    assert (damaged.code, damaged.out) == (1, "✗ El archivo está dañado: rehazla: minga memory rebuild\n")
    assert json.loads(knowing.run("memory", "doctor", "--json").out)["is_whole"] is False
    assert knowing.run("memory", "search", "hola").code == 0
    assert knowing.run("memory", "doctor").out.splitlines() == WHOLE


def test_a_file_whose_key_is_gone_is_said_to_be_made_anew_by_the_next_question(knowing: Program) -> None:
    """As where a deletion was killed between the old key's end and the file's new one."""
    built = build(read(knowing.environment))
    built.keys.write(lambda transaction: built.keys.destroy_store_key(transaction, memory_key(built.vault.user)))
    asyncio.run(built.close())
    gone = knowing.run("memory", "doctor")
    assert (gone.code, gone.out.splitlines()) == (0, [WHOLE[0], BEGUN, WHOLE[-1]])
    assert knowing.run("memory", "search", "hola").code == 0
    assert knowing.run("memory", "doctor").out.splitlines() == WHOLE


def test_vectors_of_a_wrong_length_are_told() -> None:
    *_, last = told(load("es"), Checkup(is_whole=True, encoder="e5", misfit=3))
    assert last == "✗ 3 pasajes con un vector de otro largo: rehazla: minga memory rebuild"


def test_a_model_that_cannot_be_used_is_told_with_its_reason() -> None:
    *_, last = told(load("es"), Checkup(is_whole=True, encoder="e5", waiting=3, unread="libstdc++"))
    wrong, remedy = last.splitlines()
    assert wrong == "✗ No se puede usar el modelo para el significado: libstdc++"
    assert remedy.startswith("  → Solo se comparan palabras hasta que se instale de nuevo")


def test_a_reader_that_cannot_be_used_is_told_with_its_reason() -> None:
    *_, last = told(load("es"), Checkup(is_whole=True, encoder="e5", unreadable="reader.npz ends"))
    wrong, remedy = last.splitlines()
    assert wrong == "✗ No se puede usar el modelo que lee los pasajes: reader.npz ends"
    assert remedy.startswith("  → Hasta que se instale de nuevo")
