"""What a tool did is found by its words, though what was said ranks before it."""

from pathlib import Path

import pytest
from remembered import NOON, Written, question

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogMessage
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, ToolCallPart, ToolResultPart
from minga.infrastructure import e5
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory

pytestmark = pytest.mark.anyio


def ran(log: Written, command: str, output: str) -> None:
    seq, agent = len(log.messages) + 1, AgentName("codex")
    parts = (ToolCallPart("1", "bash", ToolKind.OTHER, command), ToolResultPart("1", True, output))
    message = Message(f"t-{seq}", "", NOON, "assistant", parts, agent)
    log.messages.append(LogMessage(seq, SessionId("t"), message, agent, "/src", "/src", UserName("ana")))


@pytest.mark.skipif(not e5.is_installed(), reason="minga[memory] is not installed")
@pytest.mark.parametrize("asked", ["pip install lxml", "nginx-viejo"])
async def test_a_search_for_words_finds_the_command_or_the_output_that_holds_them_all(
    tmp_path: Path, asked: str
) -> None:
    log, encoder = Written(), e5.E5()
    for number in range(30):
        log.say(f"s{number}", f"Arregla el test {number} del módulo l10n_cl_edi; la guía {number} sale sin folio.")
        log.say(f"s{number}", f"Listo: corregí el cálculo del folio {number} en account_move.py.", "assistant")
    ran(log, "pip install lxml", "Successfully installed lxml-5.3.0")
    ran(log, "ss -ltnp | grep 8443", 'LISTEN 0 511 0.0.0.0:8443 users:(("nginx-viejo",pid=1234))')
    memory = Memory(MemoryFile(tmp_path / "m.db", lambda: bytes(32), lambda: True), log, lambda: encoder)
    await memory.embed(seconds=60)
    found = await memory.recall(question(asked, is_read=True))
    assert found.is_known
    assert asked in found.recalled[0].passage.done
