"""One worker of `minga serve`: the gateway on its socket, from its start to its drained end."""

import asyncio
import importlib
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvloop

from minga.asking_wiring import task_of_others
from minga.bootstrap import Minga
from minga.domain.errors import BadSetting, MingaError, NotReady, StoreError
from minga.domain.ids import SessionId
from minga.domain.model_calls import VirtualKey
from minga.domain.tax_documents import Language
from minga.entrypoints.api.application import Api
from minga.entrypoints.api.plane import plane_of
from minga.entrypoints.cli.ending import complain, fail
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import Words
from minga.entrypoints.gateway.application import Application
from minga.entrypoints.gateway.front import Front
from minga.entrypoints.gateway.proxies import Proxies
from minga.entrypoints.gateway.rules import Rules
from minga.entrypoints.gateway.server import Server
from minga.entrypoints.mcp.consent import Consents
from minga.entrypoints.mcp.offered import offered
from minga.entrypoints.mcp.place import Place as Tools
from minga.entrypoints.mcp.prompts import Prompts
from minga.entrypoints.mcp.resources import Resources
from minga.entrypoints.mcp.server import Server as Mcp
from minga.entrypoints.mcp.web import Web
from minga.gateway_wiring import Wired, digesting, gateway, memory_calls
from minga.infrastructure import collecting
from minga.infrastructure.asgi import Asgi
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.tls import Certificate
from minga.infrastructure.workers import AT_ONCE, Place
from minga.pipeline import asking
from minga.pipeline.allowance import Allowance
from minga.pipeline.asking import Hears, Outcome
from minga.pipeline.own_calls import OwnCalls
from minga.pipeline.serving import Notice
from minga.policy.requests import Requests
from minga.provider_wiring import meant_elsewhere
from minga.telemetry_wiring import LogFormat, count_in_flight, name_models, observe, watch_deployments

TASKS_AT_ONCE = 4
"""Of other agents, whoever gives them."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say. ``certificate`` None: no TLS."""

    host: str
    port: int
    workers: int
    certificate: Certificate | None
    proxies: Proxies
    connections_max: int
    drain_s: float
    log_format: LogFormat
    log: Path | None
    share: Path | None = None
    """A folder that all workers have in common."""


def work(desk: Desk, wanted: Wanted, sockets: list[socket.socket], place: Place) -> int:
    """One worker's whole life, in its process."""
    mine = sockets[place.number - 1]
    for one in sockets:
        if one is not mine:
            one.close()
    try:
        return desk.run(lambda minga: serve(desk, minga, wanted, mine, place), uvloop.run)
    except MingaError as wrong:
        return fail(desk.say, wrong)


async def serve(desk: Desk, minga: Minga, wanted: Wanted, listening: socket.socket, place: Place) -> int:
    notice = Notice(minga.settings.home, minga.presence, minga.settings.store_shown, _url(wanted, listening))

    def told(problem: MingaError | None) -> None:
        if place.number == 1:  # also one that takes the place of a dead one
            if problem is None:
                _renew(desk, notice, wired)
            _tell_reload(desk, problem)

    observers = observe(desk.settings, wanted.log_format, wanted.log, wanted.share)
    metrics = observers.metrics
    wired = await gateway(minga, told, metrics.alerted, 1 / wanted.workers, observers.seen)
    calls = memory_calls(minga, wired) if minga.settings.text("memory_model") else None
    inner = wired.gateway.gateway
    watch_deployments(metrics, inner.ways.balancer)
    name_models(metrics, inner.configuration)
    application = Application(wired.gateway, refused=metrics.refused)
    count_in_flight(metrics, lambda: application.in_flight)
    requests = Requests(inner.limits)
    tools = Web(partial(_tools, desk, minga), minga.virtual_keys.admit, requests.counted, application)
    others = _others(desk, minga, requests, wanted, _url(wanted, listening), tools)
    api = Api(plane_of(minga, inner, metrics), others)
    context = wanted.certificate.context if wanted.certificate else None
    front = Front(api, wired.readiness)
    server = Server(front, Rules(connections_max=wanted.connections_max), wanted.proxies, context, wanted.drain_s)
    collecting.settle()
    _heed(server, partial(_reload, wanted.certificate, wired, told), notice.end, place)
    place.ready()
    if place.number == 1:
        notice.tell(_models(wired))
    if place.is_first:
        _announce(desk, wanted, listening, wired)
    watching = asyncio.create_task(wired.configuration.watch())
    publishing = asyncio.create_task(observers.publish())
    reading = asyncio.create_task(_read_sessions(desk, minga, calls, place))
    try:
        await server.serve(sockets=[listening])
    finally:
        watching.cancel()
        publishing.cancel()
        reading.cancel()
        await wired.close()
        observers.close()
        notice.end()
    return 0


def _tools(desk: Desk, minga: Minga) -> Mcp:
    """What `minga mcp` offers, without what works on files and programs of this machine."""
    language: Language = "es" if desk.say.language == "es" else "en"
    place = Tools(desk.settings, SystemClock(), language, opened=lambda: minga, say=desk.say)
    seal = minga.keys.store_key("mcp-consent")
    return Mcp(place, offered(here=False), version("minga"), Resources(place), Prompts(place), Consents(place, seal))


def _others(desk: Desk, minga: Minga, requests: Requests, wanted: Wanted, url: str, otherwise: Asgi) -> Asgi:
    """In front of ``otherwise``, what takes tasks of other agents, where a directory is set for it. Raises BadSetting,
    NotReady."""
    folder = desk.settings.text("a2a_directory")
    if not folder:
        return otherwise
    cwd, source = Path(folder).expanduser(), desk.settings.sources["a2a_directory"]
    if not cwd.is_absolute() or not cwd.is_dir():
        raise BadSetting(name="a2a_directory", source=source, detail="it must be a directory, by its whole path")
    if wanted.workers > 1:
        raise BadSetting(name="a2a_directory", source=source, detail="tasks are kept in one process: --workers 1")
    try:
        a2a = importlib.import_module("minga.entrypoints.a2a.web")
    except ModuleNotFoundError as missing:
        raise NotReady(detail="agents of others need the extra a2a: pip install 'minga[a2a]'") from missing

    allowance = Allowance(at_once=TASKS_AT_ONCE)

    async def ask(key: VirtualKey, prompt: str, session_id: SessionId | None, hears: Hears) -> Outcome:
        asked = replace(task_of_others(desk.settings, cwd, prompt), session_id=session_id)
        async with requests.spending(key, asked.budget_micro_usd or 0) as spent:
            return await asking.ask(minga.runner, asked, hears, allowance, spent.cost)

    made: Asgi = a2a.A2a(ask, url, version("minga"), minga.virtual_keys.admit, requests.counted, otherwise)
    return made


async def _read_sessions(desk: Desk, minga: Minga, calls: OwnCalls | None, place: Place) -> None:
    """Where a model is set for it: one worker has sessions that have ended read by it."""
    if place.number == 1 and calls is not None:
        await digesting(minga).keep(calls.ask, calls.model, partial(tell_unread, desk.say))


def tell_unread(say: Words, wrong: Exception) -> None:
    if isinstance(wrong, MingaError):
        complain(*say.error(wrong))
    else:
        complain(say("A session could not be read by the model: {reason}", reason=f"{type(wrong).__name__}: {wrong}"))


def _models(wired: Wired) -> dict[str, dict[str, tuple[str, ...]]]:
    return wired.configuration.value.deployments.models()


def _renew(desk: Desk, notice: Notice, wired: Wired) -> None:
    try:
        notice.tell(_models(wired))
    except StoreError as wrong:
        complain(*desk.say.error(wrong))


def _url(wanted: Wanted, listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"{'https' if wanted.certificate else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def _heed(server: Server, reload: Callable[[], Any], ending: Callable[[], None], place: Place) -> None:
    """Signals; and, in a worker, the end of the supervisor. They are not given back: with the loop the process ends.
    ``ending`` is called as soon as the end is wanted."""
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[None]] = set()

    def stop(*, at_once: bool = False) -> None:
        ending()
        server.stop(at_once=at_once)

    def interrupted() -> None:
        stop(at_once=server.should_exit)

    def orphaned(lifeline: int) -> None:
        loop.remove_reader(lifeline)
        stop()

    def hung_up() -> None:
        task = loop.create_task(reload())
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    loop.add_signal_handler(signal.SIGTERM, stop)
    loop.add_signal_handler(AT_ONCE, partial(stop, at_once=True))
    loop.add_signal_handler(signal.SIGHUP, hung_up)
    if place.lifeline is None:
        loop.add_signal_handler(signal.SIGINT, interrupted)
    else:
        loop.add_reader(place.lifeline, orphaned, place.lifeline)


async def _reload(certificate: Certificate | None, wired: Wired, told: Callable[[MingaError | None], None]) -> None:
    if certificate:
        try:
            certificate.read(datetime.now(UTC))
        except MingaError as wrong:
            told(wrong)
    await wired.configuration.reload()


def _announce(desk: Desk, wanted: Wanted, listening: socket.socket, wired: Wired) -> None:
    names = ", ".join(wired.configuration.value.deployments.names())
    left_out = meant_elsewhere(desk.settings)
    print(desk.say("Gateway: {url}", url=_url(wanted, listening)), flush=True)
    shown = names or desk.say("none: set OPENAI_API_KEY or another provider's key")
    print(desk.say("Providers: {names}", names=shown), file=sys.stderr, flush=True)
    for warning in wired.configuration.value.deployments.warnings:
        complain(desk.say.told(warning))
    for name, variable in left_out.items():
        told = desk.say("Not {name}: {variable} is set, so its key is another server's.", name=name, variable=variable)
        print(told, file=sys.stderr, flush=True)


def _tell_reload(desk: Desk, problem: MingaError | None) -> None:
    if problem is None:
        print(desk.say("The configuration was read anew."), file=sys.stderr, flush=True)
        return
    message, remedy = desk.say.error(problem)
    complain(desk.say("What was there before stays in use: {problem}", problem=message), remedy)
