"""What only a tool's output answers is found by a question in words of its own, among what was said in other sessions.

The answers that follow the outputs here never repeat them; else what was said would be found.
"""

from dataclasses import dataclass

import pytest
from benchmarks.memory.parts import TRAIN, read
from remembered import NOON, Written, question

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.memory import LogMessage
from minga.domain.secrecy import UserName
from minga.domain.transcript import Message, Part, Role, TextPart, ToolCallPart, ToolResultPart
from minga.infrastructure import e5
from minga.memory.file import MemoryFile
from minga.memory.memory import Memory

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not e5.is_installed(), reason="minga[memory] is not installed"),
]


@dataclass(frozen=True, slots=True)
class Work:
    """What a person asked, what an agent said and ran, what that gave, and what the agent said then."""

    name: str
    asked: str
    said: str
    command: str
    output: str
    answer: str
    ok: bool = True


PYTEST = """\
============================= test session starts ==============================
platform linux -- Python 3.11.9, pytest-8.3.3, pluggy-1.5.0
rootdir: /home/ana/rutero
configfile: pyproject.toml
collected 48 items

tests/test_geo.py ........                                               [ 16%]
tests/test_fares.py ...............F........                             [ 66%]
tests/test_plan.py ................                                      [100%]

=================================== FAILURES ===================================
__________________ test_toll_is_charged_once_per_crossing ______________________

    def test_toll_is_charged_once_per_crossing():
        trip = plan("Rancagua", "Curicó")
>       assert trip.toll_clp == 3900
E       assert 7800 == 3900
E        +  where 7800 = Trip(origin='Rancagua', target='Curicó', toll_clp=7800).toll_clp

tests/test_fares.py:112: AssertionError
=========================== short test summary info ============================
FAILED tests/test_fares.py::test_toll_is_charged_once_per_crossing - assert 7800 == 3900
======================== 1 failed, 47 passed in 3.42s ========================="""

PSQL = """\
psql:migraciones/0042_unico_rut.sql:7: ERROR:  could not create unique index "socios_rut_key"
DETAIL:  Key (rut)=(76543210-3) is duplicated.
CONTEXT:  parallel worker"""

DF = """\
Filesystem      Size  Used Avail Use% Mounted on
udev            7.8G     0  7.8G   0% /dev
tmpfs           1.6G  1.9M  1.6G   1% /run
/dev/sda2        49G   18G   29G  39% /
tmpfs           7.9G     0  7.9G   0% /dev/shm
tmpfs           5.0M     0  5.0M   0% /run/lock
/dev/sda1       511M  6.1M  505M   2% /boot/efi
/dev/sdb1       196G  183G  3.1G  99% /var/lib/docker
/dev/sdc1       984G  412G  522G  45% /srv/respaldos
tmpfs           1.6G     0  1.6G   0% /run/user/1000"""

OPENSSL = """\
notBefore=Sep  3 00:00:00 2025 GMT
notAfter=Dec  2 23:59:59 2026 GMT
issuer=C = US, O = Let's Encrypt, CN = R11
subject=CN = facturas.quillay.cl"""

ODOO = """\
2026-03-02 09:14:55,318 2417 ERROR quillay odoo.http: Exception during request handling.
Traceback (most recent call last):
  File "/opt/odoo/odoo/http.py", line 2257, in _transactioning
    return service_model.retrying(func, env=self.env)
  File "/opt/odoo/odoo/service/model.py", line 156, in retrying
    result = func()
  File "/opt/odoo/addons/stock/models/stock_picking.py", line 1184, in button_validate
    pickings_to_backorder = self._check_backorder()
  File "/opt/odoo/custom/l10n_cl_guia/models/picking.py", line 88, in _check_backorder
    folio = self.env['l10n_cl.folio'].take(self.document_type)
  File "/opt/odoo/custom/l10n_cl_guia/models/folio.py", line 41, in take
    raise UserError(_("No quedan folios para el documento 52"))
odoo.exceptions.UserError: No quedan folios para el documento 52"""

WORKS = (
    Work(
        "tests",
        "corre las pruebas del rutero antes de subir",
        "Las corro todas.",
        "pytest -q",
        PYTEST,
        "Hay una que falla; la reviso ahora.",
        ok=False,
    ),
    Work(
        "migration",
        "aplica la migración 42 en la base de socios",
        "Aplico la migración.",
        "psql -h db1 socios -f migraciones/0042_unico_rut.sql",
        PSQL,
        "No se pudo aplicar. ¿Quieres que limpie los datos primero?",
        ok=False,
    ),
    Work("disk", "the build server is slow, have a look", "Let me look.", "df -h", DF, "I see. I will clean it up."),
    Work(
        "certificate",
        "check the site of invoices before the holidays",
        "Checking it.",
        "openssl s_client -connect facturas.quillay.cl:443 | openssl x509 -noout -dates -issuer -subject",
        OPENSSL,
        "All good for now.",
    ),
    Work(
        "picking",
        "en bodega no pueden validar un despacho, mira el log",
        "Miro el log de Odoo.",
        "tail -n 40 /var/log/odoo/odoo.log",
        ODOO,
        "Encontré la causa; te propongo el cambio en un momento.",
    ),
)

QUESTIONS = (
    ("tests", "¿qué prueba fallaba en el rutero?"),
    ("tests", "which toll did the fares test get instead of the right one?"),
    ("migration", "¿qué RUT estaba repetido en la tabla de socios?"),
    ("migration", "why did the migration of the unique RUT fail?"),
    ("disk", "¿qué disco estaba casi lleno?"),
    ("disk", "how much room is left for docker on the build server?"),
    ("certificate", "¿cuándo vence el certificado de facturas?"),
    ("certificate", "who issued the certificate of the invoice site?"),
    ("picking", "¿de qué documento se acabaron los folios?"),
    ("picking", "which error did Odoo give when validating the delivery?"),
)
FURTHER_DOWN = ("¿qué disco estaba casi lleno?", "¿de qué documento se acabaron los folios?")
"""Nothing in the output says disk or full; and of folios much was said elsewhere."""


def add(log: Written, session: str, role: Role, *parts: Part) -> None:
    seq, agent = len(log.messages) + 1, AgentName("codex")
    message = Message(f"{session}-{seq}", "", NOON, role, parts, agent)
    log.messages.append(LogMessage(seq, SessionId(session), message, agent, "/src", "/src", UserName("ana")))


def work(log: Written, one: Work) -> None:
    """As Minga's own runs and the CLIs write it: the call is of the agent, its result a message of the tool."""
    add(log, one.name, "user", TextPart(one.asked))
    add(log, one.name, "assistant", TextPart(one.said), ToolCallPart("1", "bash", ToolKind.OTHER, one.command))
    add(log, one.name, "tool", ToolResultPart("1", one.ok, one.output))
    add(log, one.name, "assistant", TextPart(one.answer))


def said_elsewhere(log: Written, sessions: int) -> None:
    """What was said in sessions of our corpus, in the same project."""
    kept: dict[str, None] = {}
    for entry in read(TRAIN).log:
        kept.setdefault(entry.session_id)
        if len(kept) > sessions:
            break
        add(log, entry.session_id, entry.message.role, *entry.message.parts)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def filled(tmp_path_factory: pytest.TempPathFactory) -> Memory:
    log, encoder = Written(), e5.E5()
    said_elsewhere(log, sessions=12)
    for one in WORKS:
        work(log, one)
    path = tmp_path_factory.mktemp("outputs") / "m.db"
    memory = Memory(MemoryFile(path, lambda: bytes(32), lambda: True), log, lambda: encoder)
    await memory.catch_up()
    await memory.embed(seconds=600)
    return memory


@pytest.mark.parametrize(("name", "asked"), QUESTIONS)
async def test_what_only_an_output_answers_is_among_the_first_ten(filled: Memory, name: str, asked: str) -> None:
    count = 20 if asked in FURTHER_DOWN else 10
    found = await filled.recall(question(asked, limit=count))
    assert name in [one.passage.source.session_id for one in found.recalled if one.passage.source.role == "tool"]
