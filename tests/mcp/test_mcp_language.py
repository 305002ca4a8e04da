"""What tools refuse, and what a person is asked, is said in the person's language."""

import asyncio
from pathlib import Path

import pytest

from mcp_peer import FORMS, Json, server, talking
from minga.domain.tax_documents import Language
from minga.entrypoints.mcp.fields import QUESTION_LENGTH
from minga.entrypoints.mcp.protocol import CAPABILITIES_KEY, VERSION_KEY
from minga.settings import Settings, read

REFUSED = [
    ("memory_search", {}, "Falta el campo obligatorio `question`", "Object missing required field `question`"),
    ("memory_search", {"question": "x", "n": 1}, "No hay un campo `n`", "Object contains unknown field `n`"),
    (
        "memory_search",
        {"question": 7},
        "memory_search: Se esperaba `str` y vino `int` - en `$.question`",
        "memory_search: Expected `str`, got `int` - at `$.question`",
    ),
    ("memory_search", {"question": ""}, "Se esperaba `str` de largo >= 1", "Expected `str` of length >= 1"),
    ("memory_search", {"question": "x", "limit": 99}, "Se esperaba `int` <= 50", "Expected `int` <= 50"),
    ("agent_ask", {"task": "x", "may": "all"}, "ninguno de los que hay", "Invalid enum value 'all'"),
    ("memory_search", {"question": "  "}, "la pregunta está en blanco", "the question is blank"),
    (
        "memory_search",
        {"question": "x", "cursor": "x"},
        "el cursor debe ser uno que dio una página anterior",
        "the cursor must be one that an earlier page of the same list gave",
    ),
    ("memory_save", {"text": "  "}, "no hay nada que recordar en ello", "there is nothing to remember in it"),
    ("memory_read", {"item": "t1"}, "La memoria no tiene ningún ítem 't1'.", "The memory has no item 't1'."),
    ("memory_correct", {"item": "t1", "text": "x"}, "La memoria no tiene", "The memory has no item 't1'."),
    (
        "memory_save",
        {"text": "x", "everywhere": True},
        "Antes una persona debe aceptarlo: ¿Anotar para todos los proyectos: 'x'?",
        "A person must accept this first: Note for every project: 'x'?",
    ),
]


def settings_in(root: Path) -> Settings:
    return read({"MINGA_MEMORY": "words", "HOME": str(root), "MINGA_HOME": str(root / "home")})


@pytest.mark.parametrize(("tool", "given", "spanish", "english"), REFUSED)
def test_a_tool_of_the_memory_refuses_in_the_persons_language(
    tmp_path: Path, tool: str, given: Json, spanish: str, english: str
) -> None:
    async def said(language: Language) -> str:
        async with talking(server(settings_in(tmp_path), tmp_path, language=language)) as peer:
            await peer.begin()
            refused = await peer.tool(tool, **given)
        assert refused["isError"] is True
        return str(refused["content"][0]["text"])

    assert spanish in asyncio.run(said("es"))
    assert english in asyncio.run(said("en"))


def test_a_person_is_asked_and_a_no_is_told_in_their_language(tmp_path: Path) -> None:
    long = "palabra " * 200

    async def work() -> tuple[str, str]:
        async with talking(server(settings_in(tmp_path), tmp_path, language="es")) as peer:
            await peer.begin(capabilities=FORMS)
            number = peer.ask("tools/call", {"name": "memory_save", "arguments": {"text": long, "everywhere": True}})
            question = await peer.next_heard()
            peer.send({"id": question["id"], "result": {"action": "decline"}})
            answer = await peer.answer(number, 30)
        return question["params"]["message"], answer["result"]["content"][0]["text"]

    asked, told = asyncio.run(work())
    assert asked.startswith("¿Anotar para todos los proyectos: 'palabra ")
    assert asked.endswith(f" y {len(long) - QUESTION_LENGTH} caracteres más?")
    assert told == "La persona no aceptó; no se hizo nada."


FAULTS = [
    ("tools/call", {"name": "nope"}, "Herramienta desconocida: 'nope'", "Unknown tool: 'nope'"),
    ("tools/call", {"name": 7}, "'name' debe ser un texto", "'name' must be a string"),
    ("tools/nope", {}, "Método desconocido: tools/nope", "Method not found: tools/nope"),
    ("prompts/get", {"name": "nope"}, "Prompt desconocido: 'nope'", "Unknown prompt: 'nope'"),
    ("prompts/get", {"name": "dte_check"}, "el prompt 'dte_check' necesita path", "the prompt 'dte_check' needs path"),
    ("resources/read", {"uri": "minga://nope"}, "Recurso no encontrado", "Resource not found"),
    ("tools/list", {"_meta": {VERSION_KEY: "x"}}, f"a params._meta le falta {CAPABILITIES_KEY}", "params._meta lacks"),
]


@pytest.mark.parametrize(("method", "params", "spanish", "english"), FAULTS)
def test_a_fault_of_the_protocol_is_told_in_the_persons_language(
    method: str, params: Json, spanish: str, english: str
) -> None:
    async def said(language: Language) -> str:
        async with talking(server(language=language)) as peer:
            await peer.begin()
            return str((await peer.answer(peer.ask(method, params), 30))["error"]["message"])

    assert spanish in asyncio.run(said("es"))
    assert english in asyncio.run(said("en"))


def test_what_is_no_request_is_told_in_the_persons_language() -> None:
    async def said(line: str) -> str:
        async with talking(server(language="es")) as peer:
            peer.send(line.encode())
            return str((await peer.next_heard())["error"]["message"])

    assert asyncio.run(said("[]")).startswith("se espera un objeto JSON por línea")
    assert asyncio.run(said("nope")) == "no es JSON: el JSON está mal escrito: carácter no válido (byte 4)"
    assert asyncio.run(said('{"id": true, "method": "ping"}')).startswith("id debe ser un texto")
