"""Made-up sessions to search in: Spanish and English words as often as in real text, seeded, one session at a time."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.transcript import FileChangePart, Message, Part, TextPart, ToolCallPart, ToolResultPart, Workspace

SEED = 20261124
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 1050
"""All that is said lies in so many days, in order."""

TURNS_A_SESSION = 25
VOCABULARY = 60_000
PROJECTS = 200
FILES_A_PROJECT = 80
AGENTS = {"claude": 40, "codex": 30, "copilot": 12, "gemini": 10, "opencode": 6, "qwen": 2}

_EVERYDAY_TEXT = (
    "de la que el en the y a to of los se and del in las un is por con for una no es this para al it lo as su at "
    "on with más o pero be sus was le ha not me or si sin sobre este an ya entre are when cuando from todo all "
    "that file test archivo prueba error función function return code código usar use add agrega run ejecuta "
    "change cambio module módulo line línea value valor factura invoice RUT validación validate migración "
    "migration versión version configuración server servidor base datos database PostgreSQL consulta query "
    "índice index fecha date emisión envío año número cálculo también después según así está esté sólo acción "
    "sesión conexión autenticación contraseña token request respuesta response cliente client API endpoint "
    "timeout retry deploy despliegue rama branch merge commit revisión review bug fallo arreglo fix lint formato "
    "parse XML JSON esquema schema folio CAF DTE timbre SII receptor emisor neto exento IVA descuento boleta "
    "crédito débito guía ñandú pingüino"
)
EVERYDAY = _EVERYDAY_TEXT.split()
"""The most frequent words, the most frequent first."""

_SYLLABLES_TEXT = (
    "ba be bi bo ca ce ci co da de di do fa fe ga go la le li lo ma me mi mo na ne ni no pa pe pi po ra re ri ro "
    "sa se si so ta te ti to va ve vi vo ción mente ing tion ér ón ía áre ñe"
)
SYLLABLES = _SYLLABLES_TEXT.split()

RARE = "zanahoria"
RARE_TIMES = 20
"""In how many turns somebody says the rare word."""


@dataclass(frozen=True, slots=True)
class Made:
    """``cost_micro_usd`` is None where it is not known."""

    id: SessionId
    workspace: Workspace
    messages: tuple[Message, ...]
    cost_micro_usd: int | None


def words() -> list[str]:
    """The vocabulary, the most frequent first. From the eightieth place on, every other word is made up."""
    chance = random.Random(SEED)
    made = dict.fromkeys(EVERYDAY[:80])
    rest = iter(EVERYDAY[80:])
    while len(made) < VOCABULARY:
        word = next(rest, "") if len(made) % 2 else ""
        made.setdefault(word or "".join(chance.choices(SYLLABLES, k=chance.choice((2, 3, 3, 4)))))
    return list(made)


def sessions(turns: int) -> Iterator[Made]:
    """Sessions with together so many turns: a question and an answer each, which may name a tool and a changed file."""
    maker = _Maker(turns)
    while maker.turns < turns:
        yield maker.session()


class _Maker:
    def __init__(self, turns: int) -> None:
        self.turns = 0
        self._all = turns
        self._chance = random.Random(SEED)
        self._words = words()
        self._weights = list(itertools.accumulate(1 / (place + 2) for place in range(VOCABULARY)))
        self._number = 0

    def session(self) -> Made:
        chance = self._chance
        self._number += 1
        session_id = SessionId(f"bench-{self._number:07}")
        project = min(int(chance.expovariate(1 / 25)), PROJECTS - 1)
        agent = AgentName(chance.choices(list(AGENTS), list(AGENTS.values()))[0])
        length = min(max(1, int(chance.expovariate(1 / TURNS_A_SESSION))), self._all - self.turns)
        messages: list[Message] = []
        for _ in range(length):
            messages += self._turn(agent, project, len(messages), messages[-1].id if messages else "")
        remote = f"git@github.com:acme/proyecto-{project}.git" if project % 2 else ""
        cost = int(chance.lognormvariate(12.5, 1.5)) if chance.random() < 0.9 else None
        return Made(session_id, Workspace(f"/home/ana/src/proyecto-{project}", remote), tuple(messages), cost)

    def _turn(self, agent: AgentName, project: int, number: int, parent: str) -> Iterator[Message]:
        self.turns += 1
        chance = self._chance
        at = BEGIN + timedelta(days=DAYS) * (self.turns / self._all)
        asked = self._text(20) + (f" {RARE}" if self.turns % max(1, self._all // RARE_TIMES) == 0 else "")
        parts: list[Part] = [TextPart(self._text(70))]
        if chance.random() < 0.4:
            call = f"c{number}"
            parts.append(ToolCallPart(call, "bash", ToolKind.SHELL, f'{{"command": "{self._text(6)}"}}'))
            parts.append(ToolResultPart(call, True, self._text(50)))
        if chance.random() < 0.15:
            place = min(int(chance.expovariate(1 / 15)), FILES_A_PROJECT - 1)
            name = "README.md" if place == 0 else f"src/module_{project}/part_{place}.py"
            parts.append(FileChangePart(name, "modified"))
        yield Message(f"m{number:04}", parent, at, "user", (TextPart(asked),), agent)
        yield Message(f"m{number + 1:04}", f"m{number:04}", at, "assistant", tuple(parts), agent)

    def _text(self, length: int) -> str:
        """Half to one and a half times ``length`` words."""
        count = self._chance.randint(length // 2, length * 3 // 2)
        return " ".join(self._chance.choices(self._words, cum_weights=self._weights, k=count))
