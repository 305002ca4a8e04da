"""The agent: its sessions, and what a client may ask of it."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from minga.agents.registry import find_program
from minga.bootstrap import Minga, shelf
from minga.domain.errors import BadInput, EmptyTask, MingaError, UnknownAgent, UnknownSession
from minga.domain.events import Cancelled
from minga.domain.ids import AgentName, SessionId
from minga.domain.saying import Say
from minga.domain.task import McpServer, Specialist, Task
from minga.entrypoints.acp import wire
from minga.entrypoints.acp.choices import Offered, chosen, first, modes, options
from minga.entrypoints.acp.past import listed, replayed
from minga.entrypoints.acp.peer import Peer
from minga.entrypoints.acp.prompting import answer_prompt
from minga.entrypoints.acp.refusals import RESOURCE_NOT_FOUND
from minga.entrypoints.acp.session import Session
from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, Refused

SESSIONS_MAX = 1000
"""Open at once, of which most sleep."""

WARM_MAX = 4
"""Sessions whose CLI stays alive between prompts: those that were used last."""

_OF_THE_CALLER = (BadInput, EmptyTask, UnknownAgent)


class Agent:
    """``base`` is the task that the command line and the settings make, without a prompt."""

    def __init__(self, minga: Minga, base: Task, peer: Peer, say: Say) -> None:
        self._minga = minga
        self._base = base
        self._peer = peer
        self._say = say
        self._sessions: dict[SessionId, Session] = {}
        """The one that was used last stands last."""
        self._methods: Mapping[str, Callable[[Any, str], Awaitable[Json]]] = {
            "session/new": self._new,
            "session/load": self._load,
            "session/resume": self._resume,
            "session/list": self._list,
            "session/close": self._close,
            "session/prompt": self._prompt,
            "session/set_mode": self._set_mode,
            "session/set_config_option": self._set_option,
        }

    async def answer(self, method: str, params: Any) -> Json:
        """Raises Refused."""
        if method not in self._methods:
            raise Refused(METHOD_NOT_FOUND, f"there is no method {method!r} here")
        try:
            return await self._methods[method](params, method)
        except MingaError as wrong:
            raise self._refused(wrong) from wrong

    def cancel(self, session_id: str) -> None:
        session = self._sessions.get(SessionId(session_id))
        if session and session.stop:
            session.stop.stop(Cancelled("the person stopped it in the editor"))

    def stop(self, *, client_is_gone: bool) -> None:
        end = Cancelled("the editor is gone" if client_is_gone else "minga acp was stopped")
        for session in self._sessions.values():
            if session.stop:
                session.stop.stop(end)

    async def _new(self, params: Any, method: str) -> Json:
        given = wire.read(params, wire.NewSession, method)
        session = self._open(SessionId(self._minga.runner.new_id()), given, is_new=True)
        return {"sessionId": session.id, **self._choices(session)}

    async def _load(self, params: Any, method: str) -> Json:
        session = await self._again(wire.read(params, wire.KnownSession, method))
        for update in await replayed(self._minga, session, self._say):
            await self._peer.update(session.id, update)
        return self._choices(session)

    async def _resume(self, params: Any, method: str) -> Json:
        return self._choices(await self._again(wire.read(params, wire.KnownSession, method)))

    async def _list(self, params: Any, method: str) -> Json:
        return await listed(self._minga, wire.read(params, wire.ListSessions, method))

    async def _close(self, params: Any, method: str) -> Json:
        session = self._session(wire.read(params, wire.OneSession, method).session_id)
        self.cancel(session.id)
        await session.idle.wait()
        await self._end_warm(session)
        self._sessions.pop(session.id, None)
        return {}

    async def _prompt(self, params: Any, method: str) -> Json:
        given = wire.read(params, wire.Prompt, method)
        session = self._session(given.session_id)
        session.begin()
        try:
            self._sessions[session.id] = self._sessions.pop(session.id)
            return await answer_prompt(self._minga, session, given, self._base, self._say)
        finally:
            session.end()
            for one in list(self._sessions.values())[:-WARM_MAX]:
                if one.stop is None:
                    await self._end_warm(one)
            if session.has_changed and session.stop is None:
                session.has_changed = False
                await self._end_warm(session)

    async def _set_mode(self, params: Any, method: str) -> Json:
        given = wire.read(params, wire.SetMode, method)
        session = await self._choose(given.session_id, "mode", given.mode_id)
        update = {"sessionUpdate": "config_option_update", "configOptions": self._options(session)}
        await self._peer.update(session.id, update)
        return {}

    async def _set_option(self, params: Any, method: str) -> Json:
        given = wire.read(params, wire.SetOption, method)
        session = await self._choose(given.session_id, given.config_id, given.value)
        if given.config_id == "mode":
            update = {"sessionUpdate": "current_mode_update", "currentModeId": session.choices.mode}
            await self._peer.update(session.id, update)
        return {"configOptions": self._options(session)}

    async def _choose(self, session_id: str, option: str, value: str) -> Session:
        """It counts from the next prompt on; a CLI that was started otherwise is not used again."""
        session = self._session(session_id)
        session.choices = chosen(session.choices, option, value, self._offered(session))
        if session.stop is None:
            await self._end_warm(session)
        else:
            session.has_changed = True
        return session

    def _open(self, session_id: SessionId, given: wire.NewSession, *, is_new: bool) -> Session:
        cwd = _directory(given.cwd)
        if given.additional_directories:
            raise Refused(INVALID_PARAMS, "additionalDirectories: a session has one directory here")
        servers = tuple(map(_server, given.mcp_servers))
        if len(self._sessions) >= SESSIONS_MAX:
            raise Refused(INVALID_PARAMS, f"{SESSIONS_MAX} sessions are open; close one")
        session = Session(session_id, cwd, servers, first(self._base), self._peer, self._say, is_new=is_new)
        self._sessions[session_id] = session
        return session

    async def _again(self, given: wire.KnownSession) -> Session:
        """A session of the store, whichever entry point began it; what a person chose for one that is open, stays."""
        session_id = SessionId(given.session_id)
        await self._minga.history.summary(session_id)
        earlier = self._sessions.get(session_id)
        if earlier and earlier.stop:
            raise Refused(INVALID_PARAMS, f"the session {session_id} is at work; cancel its prompt first")
        if earlier:
            await self._end_warm(earlier)
        session = self._open(session_id, given, is_new=False)
        if earlier:
            session.choices = earlier.choices
        return session

    def _session(self, session_id: str) -> Session:
        session = self._sessions.get(SessionId(session_id))
        if session is None:
            text = f"no session {session_id!r} is open here; session/new opens one, session/load one of the past"
            raise Refused(RESOURCE_NOT_FOUND, text)
        return session

    async def _end_warm(self, session: Session) -> None:
        for agent in self._minga.roster.registry.facts:
            await self._minga.roster.end_warm(AgentName(agent), session.id)

    def _offered(self, session: Session) -> Offered:
        settings, facts = self._minga.settings, self._minga.roster.registry.facts.values()
        path = settings.environment.get("PATH", "")
        agents = {AgentName(one.name): one.title for one in facts if find_program(one, settings.clis, path)}
        readable = (one for one in shelf(settings).all_at(session.cwd) if isinstance(one, Specialist))
        return Offered(agents, {one.name: one.title for one in readable})

    def _choices(self, session: Session) -> Json:
        offered = self._offered(session)
        return {
            "modes": modes(session.choices, offered, self._say),
            "configOptions": options(session.choices, offered, self._say),
        }

    def _options(self, session: Session) -> list[Json]:
        return options(session.choices, self._offered(session), self._say)

    def _refused(self, wrong: MingaError) -> Refused:
        message, remedy = self._say.error(wrong)
        code = INVALID_PARAMS if isinstance(wrong, _OF_THE_CALLER) else INTERNAL_ERROR
        if isinstance(wrong, UnknownSession):
            code = RESOURCE_NOT_FOUND
        return Refused(code, f"{message} {remedy}".strip(), {"error": type(wrong).__name__})


def _directory(given: str) -> Path:
    path = Path(given)
    if "\0" in given or not path.is_absolute():
        raise Refused(INVALID_PARAMS, f"cwd must be an absolute path: {given!r}")
    if not path.is_dir():
        raise Refused(INVALID_PARAMS, f"cwd is no directory: {given!r}")
    return path


def _server(given: wire.Server) -> McpServer:
    if given.type not in ("", "stdio") or not given.command:
        text = f"the MCP server {given.name!r} has no command: only servers on standard input and output are passed on"
        raise Refused(INVALID_PARAMS, text)
    return McpServer(given.name, given.command, given.args, tuple((one.name, one.value) for one in given.env))
