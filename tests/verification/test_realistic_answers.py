"""Answers as agents give them, written by hand: none that is right is refuted, and of the wrong ones only those pass
for right whose fault no check can see."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from minga import verification_wiring
from minga.domain.events import FileChange
from minga.domain.task import Document
from minga.domain.verdict import Judgement, Verdict
from minga.domain.work import Work
from minga.dte.engine import Engine
from minga.dte.schemas import Schemas
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.watchdog import Watchdog
from minga.verification.judge import Judge

HERE = Path(__file__).parent / "answers"

FILES = {
    "pyproject.toml": '[project]\nname = "facturas"\n',
    "src/facturas/__init__.py": '__version__ = "1.0.0"\n',
    "src/facturas/totales.py": """from decimal import ROUND_HALF_UP, Decimal

TASA = Decimal("0.19")


def neto_de(total: int) -> int:
    return redondeado(Decimal(total) / (1 + TASA))


def iva_de(neto: int) -> int:
    return redondeado(Decimal(neto) * TASA)


def total_de(neto: int) -> int:
    return neto + iva_de(neto)


def redondeado(valor: Decimal) -> int:
    return int(valor.quantize(Decimal(1), ROUND_HALF_UP))
""",
    "src/facturas/rut.py": "def validar(rut: str) -> bool:\n    return digito(1) == rut\n\n\n"
    "def digito(cuerpo: int) -> str:\n    return str(cuerpo)\n",
    "tests/test_totales.py": "from facturas.totales import iva_de\n\n\ndef test_iva():\n    assert iva_de(100) == 19\n",
    "docs/uso.md": "# Uso\n",
    "data/ventas.csv": "folio,neto\n101,100000\n",
    "addons/l10n_cl_extra/__init__.py": "from . import models\n",
    "addons/l10n_cl_extra/models/__init__.py": "from . import account_move\n",
    "addons/l10n_cl_extra/models/account_move.py": "from odoo import models\n",
    "scripts/exportar.py": "import csv\n\n\ndef exportar(ruta):\n    with open(ruta, 'w') as archivo:\n"
    "        csv.writer(archivo).writerow(['a'])\n",
}

NOTHING_SHOWS_THE_FAULT = {
    "w-code-std-logic",
    "w-code-wrong-logic",
    "w-dotted-exists",
    "w-eq-trivial",
    "w-mention",
    "w-patch-noeffect",
    "w-rut-valid-but-wrong",
}
"""Something in them is right and was proven, and what is wrong is of a kind that needs understanding."""


@dataclass(frozen=True, slots=True)
class Answer:
    name: str
    told: dict[str, list[str]]
    text: str

    def work(self, cwd: Path) -> Work:
        first = {key: values[0] for key, values in self.told.items()}
        sources = [source.partition(": ") for source in self.told.get("source", ())]
        return Work(
            first.get("prompt", ""),
            self.text,
            cwd,
            changed=tuple(FileChange(path, "added") for path in self.told.get("added", ())),
            sources=tuple(Document(name, text) for name, _, text in sources),
            schema=first.get("schema", ""),
        )


def answers(file: str) -> Iterator[Answer]:
    """One after another; lines that begin with ``@`` tell what belongs to it."""
    for piece in (HERE / file).read_text(encoding="utf-8").split("=====8<===== ")[1:]:
        name, _, rest = piece.partition("\n")
        told: dict[str, list[str]] = {}
        while met := re.match(r"@(\w+) ?(.*)\n", rest):
            told.setdefault(met[1], []).append(met[2])
            rest = rest[met.end() :]
        yield Answer(name, told, rest.rstrip("\n"))


@pytest.fixture(scope="module")
def cwd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("facturas")
    for path, text in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    engine = Engine(Schemas(()), takes_trials=True)
    with closing(Watchdog()) as watchdog:
        yield replace(verification_wiring.judge({}, SystemClock(), watchdog, lambda: engine), long_checks=())


def judged(judge: Judge, answer: Answer, cwd: Path) -> Verdict:
    return asyncio.run(judge.judge(answer.work(cwd)))


@pytest.mark.parametrize("answer", list(answers("right.txt")), ids=lambda answer: answer.name)
def test_a_right_answer_is_not_refuted(answer: Answer, judge: Judge, cwd: Path) -> None:
    assert judged(judge, answer, cwd).reasons == ()


@pytest.mark.parametrize("answer", list(answers("wrong.txt")), ids=lambda answer: answer.name)
def test_a_wrong_answer_is_not_accepted(answer: Answer, judge: Judge, cwd: Path) -> None:
    accepted = judged(judge, answer, cwd).judgement is Judgement.ACCEPTED
    assert accepted is (answer.name in NOTHING_SHOWS_THE_FAULT)


def test_most_wrong_answers_are_refuted_with_a_reason(judge: Judge, cwd: Path) -> None:
    verdicts = [judged(judge, answer, cwd) for answer in answers("wrong.txt")]
    assert sum(verdict.judgement is Judgement.REJECTED for verdict in verdicts) >= 91
