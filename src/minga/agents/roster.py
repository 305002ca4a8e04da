"""The agents of this machine: what state each is in, and how to open a conversation with it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from minga.agents.attempt import Bounds, Opener
from minga.agents.facts import Facts
from minga.agents.launch import Installed, prepare
from minga.agents.login import how_to_log_in, is_logged_in, person_home, person_place
from minga.agents.pool import Pool
from minga.agents.registry import BUILTIN, Registry, find
from minga.agents.ways import way_of
from minga.domain.agents import Broker, Conversation, Driver, Launch
from minga.domain.errors import BadSetting
from minga.domain.ids import AgentName, AttemptId, NativeId
from minga.domain.task import Endpoint, GatewayUse, Task
from minga.domain.ways import Offer, Way
from minga.infrastructure.process import STDERR_KEPT_BYTES
from minga.infrastructure.scratch import process_place, scratch_folder
from minga.infrastructure.tail import Tail

DriverFactory = Callable[[Facts], Driver]

BUILTIN_BOUNDS = Bounds(start_s=10.0, silence_s=60.0)


@dataclass(frozen=True, slots=True)
class Examined:
    """One agent, looked at for one task. ``facts`` is None for the built-in agent.

    ``obstacle`` is empty if it can be started, else one line that says why not and what to do. ``account`` and
    ``model_family`` are what its rate limits are counted by; ``home`` names the configuration home it would use
    (empty: the person's own). ``way``: where its model calls go; ``on_key``: it has no login of its own, only a
    provider's key that the gateway spends.
    """

    agent: AgentName
    facts: Facts | None
    installed: Installed | None
    obstacle: str
    account: str
    model_family: str
    home: str
    way: Way
    on_key: bool


_BUILTIN = Examined(
    BUILTIN, None, Installed("", ""), "", "builtin", "none", "", Way("", "it has no model"), on_key=False
)


class Roster:
    """All agents of the catalogue and the built-in one.

    ``drivers`` maps a protocol to what makes its driver, ``builtin`` makes that of the built-in agent; ``homes`` holds
    the configuration homes of Minga's making that must last, because a person may log in there; ``passing_homes`` says
    where those are that are used with an endpoint: in memory, where there is one. ``offers`` says which gateways of
    this store there are, the better first.
    """

    def __init__(
        self,
        registry: Registry,
        drivers: Mapping[str, DriverFactory],
        builtin: Callable[[], Driver],
        *,
        clis: Path,
        homes: Path,
        passing_homes: Callable[[], Path] | None = None,
        environment: Mapping[str, str],
        offers: Callable[[], Sequence[Offer]] = tuple,
    ) -> None:
        self.registry = registry
        self.pool = Pool()
        self._stderr: dict[tuple[str, AgentName], Tail] = {}
        self._drivers = drivers
        self._builtin = builtin
        self._clis = clis
        self._homes = homes
        self._passing_homes = passing_homes or (lambda: homes)
        self._environment = environment
        self._offers = offers

    async def examine_all(self, task: Task) -> list[Examined]:
        """Look at every agent of the catalogue at once, and at the built-in one."""
        offers = self._offered(task)
        found = await asyncio.gather(*(self._examine(facts, task, offers) for facts in self.registry.facts.values()))
        return [*found, _BUILTIN]

    def gateway_problem(self) -> BadSetting | None:
        """What keeps runs from a gateway of their own."""
        return next((offer.problem for offer in self._offers() if offer.problem), None)

    def person_home(self, facts: Facts) -> Path:
        """The person's own home of the CLI, as its TOML file means ``${home}``."""
        return person_home(facts, self._environment)

    def person_place(self, facts: Facts, path: str) -> Path:
        """Where ``path``, relative to ``${home}``, lies for the person."""
        return Path(*person_place(facts, self._environment, path))

    async def find(self, facts: Facts) -> Installed | None:
        return await find(facts, self._clis, self._environment)

    async def examine(self, facts: Facts, task: Task) -> Examined:
        return await self._examine(facts, task, self._offered(task))

    async def _examine(self, facts: Facts, task: Task, offers: Sequence[Offer]) -> Examined:
        installed = await self.find(facts)
        way = way_of(facts, task, offers, self._environment, self._homes)
        homes = self._homes_for(task, way)
        elsewhere = way.through in ("endpoint", "gateway")
        return Examined(
            agent=AgentName(facts.name),
            facts=facts,
            installed=installed,
            obstacle=self._obstacle(facts, installed, task, way),
            account=_account(facts, task, way),
            model_family=(task.model or facts.model_family) if elsewhere else facts.model_family,
            home=str(homes / facts.name) if homes else "",
            way=way,
            on_key=way.through == "gateway" and not self._is_logged_in(facts, task),
        )

    def _offered(self, task: Task) -> Sequence[Offer]:
        return () if task.endpoint or task.gateway is GatewayUse.OFF else self._offers()

    def launch(
        self,
        examined: Examined,
        task: Task,
        attempt_id: AttemptId,
        resume: NativeId | None,
        on_stderr: Callable[[bytes], None] | None = None,
        homes: Path | None = None,
    ) -> Launch:
        """Make the launch of an attempt. For the built-in agent there is nothing to start.

        ``on_stderr`` gets what the process writes to standard error, in pieces. ``homes`` holds the home of an isolated
        task, if not where it would have it.
        """
        if examined.facts is None or examined.installed is None:
            names = ("LC_ALL", "LC_MESSAGES", "LANG")
            language = {name: self._environment[name] for name in names if name in self._environment}
            return Launch(
                agent=BUILTIN,
                attempt_id=attempt_id,
                version="",
                command=(),
                environment=language,
                cwd=task.cwd,
                home=None,
                model=task.model,
                permissions=task.permissions,
                mcp_servers=task.mcp_servers,
                resume=None,
                uses_endpoint=False,
                remembers=task.remembers,
                for_others=task.for_others,
            )
        return prepare(
            examined.facts,
            examined.installed,
            _as_it_goes(task, examined.way),
            attempt_id=attempt_id,
            resume=resume,
            inherited=self._environment,
            homes=homes or self._homes_for(task, examined.way) or self._homes,
            on_stderr=on_stderr,
        )

    def opener(self, examined: Examined, launch: Launch, broker: Broker, warm_key: str) -> Opener:
        """Return what opens the conversation. With a ``warm_key``, the process stays for that key's next prompt."""
        driver = self._builtin() if examined.facts is None else self._drivers[examined.facts.driver](examined.facts)

        def cold() -> AbstractAsyncContextManager[Conversation]:
            return driver.open(launch, broker) if launch.home is None else _with_own_temporary(driver, launch, broker)

        return self.pool.opener((warm_key, launch.agent), cold) if warm_key else cold

    def is_warm(self, agent: AgentName, warm_key: str) -> bool:
        return bool(warm_key) and self.pool.is_warm((warm_key, agent))

    async def end_warm(self, agent: AgentName, warm_key: str) -> None:
        await self.pool.end((warm_key, agent))

    def stderr_of(self, agent: AgentName, warm_key: str) -> Tail:
        """A place for the standard error of an attempt, empty. A warm process goes on writing to that of its first."""
        if not warm_key:
            return Tail(STDERR_KEPT_BYTES)
        tail = self._stderr.setdefault((warm_key, agent), Tail(STDERR_KEPT_BYTES))
        tail.clear()
        return tail

    def bounds(self, examined: Examined) -> Bounds:
        if examined.facts is None:
            return BUILTIN_BOUNDS
        return Bounds(examined.facts.limits.start_s, examined.facts.limits.silence_s)

    def mode(self, examined: Examined) -> str:
        return "builtin" if examined.facts is None else examined.facts.driver

    def _homes_for(self, task: Task, way: Way) -> Path | None:
        """The folder of the home that Minga makes for ``task``; None where the person's own home is used."""
        if way.through in ("endpoint", "gateway") and not way.keeps_home:
            return self._passing_homes()
        return self._homes if task.isolated else None

    def _is_logged_in(self, facts: Facts, task: Task) -> bool:
        if task.isolated:
            return is_logged_in(facts, self._homes / facts.name, {})
        return is_logged_in(facts, person_home(facts, self._environment), self._environment)

    def _obstacle(self, facts: Facts, installed: Installed | None, task: Task, way: Way) -> str:
        if facts.driver not in self._drivers:
            return f"its driver {facts.driver!r} is unknown; known are {', '.join(sorted(self._drivers))}"
        if installed is None:
            return f"not installed: minga agents install {facts.name}"
        if task.endpoint:
            return "" if facts.endpoint else "cannot use a model endpoint"
        if way.through == "gateway":
            return ""
        if task.gateway is GatewayUse.REQUIRED:
            advice = "start minga serve with a provider's key or name another --model"
            return f"the gateway is required and there is none ({way.why}) → {advice}"
        logged_in = self._is_logged_in(facts, task)
        return "" if logged_in else f"not logged in: {how_to_log_in(facts, isolated=task.isolated)}"


def _account(facts: Facts, task: Task, way: Way) -> str:
    """What limits are counted by. The key of a run lasts as long as the run: behind a gateway it is the provider."""
    if task.endpoint:
        return f"endpoint:{_mark(task.endpoint)}"
    return f"gateway:{way.provider}" if way.through == "gateway" else f"{facts.vendor}:{facts.name}"


def _as_it_goes(task: Task, way: Way) -> Task:
    """``task`` with an endpoint where it goes through the gateway: until its run has a key, one that leads nowhere."""
    if way.through != "gateway" or task.endpoint:
        return task
    return replace(task, endpoint=Endpoint("http://127.0.0.1:9", "none", way.model, way.keeps_home))


def _mark(endpoint: Endpoint) -> str:
    """Tells an account of a model server from another. It lies unsealed in the store, so it is one-way: neither the key
    nor what an address may hold (a name and a password) can be read from it."""
    return sha256(f"{endpoint.base_url}\0{endpoint.api_key}".encode("utf-8", "surrogateescape")).hexdigest()[:16]


@asynccontextmanager
async def _with_own_temporary(driver: Driver, launch: Launch, broker: Broker) -> AsyncIterator[Conversation]:
    """Open with a temporary directory that goes with the process: CLIs leave there what was said, for all to read."""
    with scratch_folder("tmp", process_place()) as folder:
        environment = {**launch.environment, "TMPDIR": str(folder)}
        async with driver.open(replace(launch, environment=environment), broker) as conversation:
            yield conversation
