"""What a person at a terminal sees and answers."""

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from program import Program

LIMIT_S = 40


@dataclass
class Terminal:
    """A pseudo terminal that a run is attached to; ``seen`` is what it has shown."""

    descriptor: int
    run: subprocess.Popen[bytes]
    seen: str = ""

    def until(self, text: str) -> str:
        """Read until ``text`` is shown, or the program has ended."""
        end = time.monotonic() + LIMIT_S
        while text not in self.seen and time.monotonic() < end:
            if not select.select([self.descriptor], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self.descriptor, 65_536)
            except OSError:
                break
            self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", data.decode("utf-8", "replace"))
        return self.seen

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def code(self) -> int:
        self.until("\0")
        return self.run.wait(LIMIT_S)


@contextmanager
def at_terminal(minga: Program, *arguments: str, **environment: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    run = minga.start(
        *arguments,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**minga.environment, "TERM": "xterm", "COLUMNS": "100", **environment},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(ours, run)
    finally:
        run.kill()
        run.wait()
        os.close(ours)


@pytest.fixture
def agent(minga: Program) -> Program:
    minga.add_agent()
    return minga


@pytest.mark.parametrize(("answer", "said"), [("y", "I did it."), ("n", "Then not."), ("", "Then not.")])
def test_a_person_is_asked_and_the_answer_counts(agent: Program, answer: str, said: str) -> None:
    with at_terminal(agent, "run", "-a", "plain", "ask") as terminal:
        question = terminal.until("[y/N] ").splitlines()[-1]
        assert "Allow shell: touch made.txt? [y/N]" in question
        terminal.type(f"{answer}\n")
        terminal.until("Receipt")
        assert terminal.code() == 0
        assert said in terminal.seen
        assert ("refused" if said == "Then not." else "allowed") in terminal.seen


def test_a_question_in_spanish_takes_a_spanish_yes(agent: Program) -> None:
    with at_terminal(agent, "run", "-a", "plain", "ask", LANG="es_CL.UTF-8") as terminal:
        assert "¿Permitir ejecutar: touch made.txt? [s/N]" in terminal.until("[s/N] ")
        terminal.type("sí\n")
        assert "I did it." in terminal.until("Recibo")


def test_a_question_that_nobody_answers_is_refused_after_the_wait(agent: Program) -> None:
    with at_terminal(agent, "run", "-a", "plain", "ask", MINGA_ASK_WAIT_S="1") as terminal:
        terminal.until("Receipt")
        assert "no answer within 1 s" in terminal.seen
        assert "Then not." in terminal.seen


def test_nothing_is_drawn_over_a_question(agent: Program) -> None:
    with at_terminal(agent, "run", "-a", "plain", "ask") as terminal:
        terminal.until("[y/N] ")
        assert select.select([terminal.descriptor], [], [], 1.0)[0] == []
        assert terminal.seen.endswith("[y/N] ")
        terminal.type("y\n")
        terminal.until("Receipt")


def test_without_a_terminal_a_question_is_refused_at_once_with_how_to_allow_it(agent: Program) -> None:
    began = time.monotonic()
    done = agent.run("run", "-q", "-a", "plain", "--permissions", "ask", "ask", start_new_session=True)
    assert time.monotonic() - began < 60
    assert (done.code, done.out) == (0, "Then not.\n")
    assert "refused: touch made.txt" in done.err
    assert "no terminal to ask at; --permissions all would allow it" in done.err


def test_permissions_all_asks_nobody(agent: Program) -> None:
    done = agent.run("run", "-q", "-a", "plain", "--permissions", "all", "ask", start_new_session=True)
    assert (done.out, done.err) == ("I did it.\n", "")


@pytest.mark.parametrize("columns", [80, 120])
def test_the_doctors_table_fits_the_terminal(agent: Program, columns: int) -> None:
    with at_terminal(agent, "doctor", COLUMNS=str(columns)) as terminal:
        terminal.until("Store")
        terminal.until("\0")
    table = terminal.seen.split("Store")[0].splitlines()
    assert max(map(len, table)) <= columns
    assert len([line for line in table if line.startswith("plain")]) == 1
    names = ["stream", "resume", "tools", "mcp", "usage", "images", "permissions"]
    assert table[0].split()[-7:] == (names if columns == 120 else list("SRTMUIP"))
    assert "S stream" in terminal.seen or columns == 120


def test_a_chat_at_a_terminal_ends_with_ctrl_d(agent: Program) -> None:
    with at_terminal(agent, "chat", "-a", "plain") as terminal:
        terminal.until("minga> ")
        terminal.type("say one\n")
        terminal.until("╯")
        terminal.type("\x04")
        assert terminal.code() == 0
    assert agent.sessions()[0]["turns"] == 1
