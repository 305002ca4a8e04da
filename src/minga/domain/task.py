"""What a person asks for: the record that every entry point makes and the pipeline walks with."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName, SessionId
from minga.domain.transcript import Asker

COMMANDS = ("/", "!", "#")
"""Begin what a CLI takes for a command of its own; nothing must stand before them."""


class Permissions(StrEnum):
    """What an agent may do without asking.

    ``ask``: a person decides on everything that is not a read. ``read-only``: reads and searches, the rest is refused.
    ``edits``: also changes of files inside the working directory; commands are put to the person, or refused where
    there is none. ``all``: everything.
    """

    ASK = "ask"
    READ_ONLY = "read-only"
    EDITS = "edits"
    ALL = "all"


NARROWEST_FIRST = (Permissions.READ_ONLY, Permissions.ASK, Permissions.EDITS, Permissions.ALL)


class OnLimit(StrEnum):
    """What to do when an agent's rate limit is spent."""

    SWITCH = "switch"
    WAIT = "wait"
    STOP = "stop"


class GatewayUse(StrEnum):
    """Whether the agents of a run ask their models through Minga's own gateway.

    ``auto``: those that have no login of their own, where a gateway has a provider for their model. ``off``: none.
    ``required``: all, also those that are logged in; one that cannot is not used.
    """

    AUTO = "auto"
    OFF = "off"
    REQUIRED = "required"


class Strategy(StrEnum):
    """How the agents of a run and the checks of its answers work together.

    ``auto``: the router's first agent; where a check refutes its answer, the next family, as in a cascade. ``cascade``:
    the same, the cheapest first. ``single``: one agent's answer, whatever its checks say of it. ``panel``: agents of
    different families answer side by side.
    """

    AUTO = "auto"
    CASCADE = "cascade"
    SINGLE = "single"
    PANEL = "panel"


@dataclass(frozen=True, slots=True)
class Demands:
    """What the person demands of an answer beside its being right. ``commands`` must end with 0; ``schema`` is the text
    of a JSON Schema that the answer must fit; files may be changed below the paths ``allowed`` only, relative to the
    working directory (empty: anywhere in it). ``checked`` is false where no check is wanted."""

    commands: tuple[str, ...] = ()
    schema: str = ""
    allowed: tuple[str, ...] = ()
    checked: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """A text file given with the task; its content stands in the prompt."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture given with the task. ``path`` exists at the start of the run; ``media_type`` such as ``image/png``."""

    path: Path
    media_type: str


@dataclass(frozen=True, slots=True)
class McpServer:
    """An MCP server on standard input and output that the agent may use during the run. ``reading``: its tools of which
    whoever gives it knows that they only read; what a server says of itself counts for nothing."""

    name: str
    command: str
    arguments: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    reading: tuple[str, ...] = ()

    def only_reads(self, tool: str) -> bool:
        """Whether ``tool``, as any of the CLIs writes it with this server's name, is one of ``reading``."""
        forms = ("mcp__{}__{}", "mcp_{}_{}", "{}-{}", "{}_{}", "{}.{}")
        return any(tool == form.format(self.name, one) for form in forms for one in self.reading)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A model server that agents use instead of their own login, for this run.

    ``base_url`` is the root without ``/v1``; each agent's TOML says which wire format it speaks to it. ``keeps_home``:
    with the person's own configuration home instead of one of Minga's.
    """

    base_url: str
    api_key: str = field(repr=False)
    model: str = ""
    keeps_home: bool = False


@dataclass(frozen=True, slots=True)
class Specialist:
    """What a run may be done as; read from a file by `specialists`. ``purpose`` is one line, ``rules`` Markdown.

    ``permissions``, ``tools`` and ``budget_micro_usd`` are the most that it may do and cost, never a grant. ``checks``
    are names of `verdict.CHECKS`, each of which must prove its answers. ``agents`` are asked first, in this order.
    ``source`` says where its text comes from, ``instead_of`` whose text of the same name it takes the place of.
    """

    name: str
    title: str
    purpose: str
    rules: str
    permissions: Permissions = Permissions.ALL
    tools: tuple[ToolKind, ...] = tuple(ToolKind)
    checks: tuple[str, ...] = ()
    agents: tuple[AgentName, ...] = ()
    budget_micro_usd: int | None = None
    source: str = ""
    instead_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """One task.

    ``agents`` empty: the router chooses. ``budget_micro_usd`` None: no bound. ``endpoint`` None: each CLI's own login.
    ``isolated``: use a configuration home of Minga's instead of the person's own (always so with an endpoint).
    ``gateway`` counts where there is no endpoint. ``remembers``: agents are told what earlier sessions say of it.
    ``session_id``: the session to go on with; ``begins``: the id of the new one, where somebody was told it before.
    ``for_others``: whoever gave it is not the person: nothing of the person's sessions is told, and what an agent asks
    to read outside ``cwd`` counts as no read. ``by``: who gave it; what an agent asks is nobody's own word.
    ``specialist``: whom the agents are to be; `specialists.assign` has narrowed the rest to what it may do.
    """

    prompt: str
    cwd: Path
    agents: tuple[AgentName, ...] = ()
    model: str = ""
    permissions: Permissions = Permissions.ASK
    documents: tuple[Document, ...] = ()
    images: tuple[Image, ...] = ()
    mcp_servers: tuple[McpServer, ...] = ()
    tools: McpServer | None = None
    """Minga's own tools, for agents that can use them; those that cannot are asked as well."""
    timeout_s: float = 1800.0
    budget_micro_usd: int | None = None
    session_id: SessionId | None = None
    endpoint: Endpoint | None = None
    isolated: bool = False
    on_limit: OnLimit = OnLimit.SWITCH
    gateway: GatewayUse = GatewayUse.OFF
    strategy: Strategy = Strategy.AUTO
    demands: Demands = Demands()
    remembers: bool = True
    for_others: bool = False
    by: Asker = ""
    begins: SessionId | None = None
    specialist: Specialist | None = None
