"""What app-server asks of its client: approvals go to the broker, everything else is refused at once.

Source of the shapes: `ServerRequest` in the schemas that `codex app-server generate-json-schema` writes (0.169.0).
"""

from collections.abc import AsyncIterator, Callable, Mapping

import msgspec

from minga.agents.drivers.app_server_items import Item, is_plain_read, paths_of, script_of
from minga.agents.drivers.app_server_turn import Reading
from minga.agents.paths import is_inside
from minga.domain.agents import Broker
from minga.domain.events import Event, Notice, PermissionRequested, ToolKind
from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import Connection, Request


class Approvals:
    """Answers each request exactly once. Raises ProcessEnded if Codex is gone by then."""

    def __init__(self, connection: Connection, broker: Broker, reading: Reading) -> None:
        self._connection = connection
        self._broker = broker
        self._reading = reading

    async def answer(self, request: Request, question: PermissionRequested | None) -> AsyncIterator[Event]:
        """``question`` is what `question` made of the request."""
        params = request.params
        if question is not None:
            yield question
            answered = await self._broker.decide(question)
            await self._connection.reply(request, _verdict(request, answered.allowed))
            yield answered
            return
        match request.method:
            case "item/tool/requestUserInput":
                await self._connection.reply(request, {"answers": {}})
                asked = "; ".join(str(one.get("question", "")) for one in params.get("questions", []))
                yield Notice(f"Codex asked and got no answer: {asked}")
            case "mcpServer/elicitation/request":
                await self._connection.reply(request, {"action": "decline", "content": None, "_meta": None})
                yield Notice(
                    f"The MCP server {params.get('serverName')!r} asked and got no answer: {params.get('message')}"
                )
            case "item/tool/call":
                content = [{"type": "inputText", "text": "This client has no such tool."}]
                await self._connection.reply(request, {"contentItems": content, "success": False})
            case "execCommandApproval" | "applyPatchApproval":
                await self._connection.reply(request, {"decision": "denied"})
            case _:
                await self._connection.refuse(request, f"{request.method} is not supported by this client")

    def question(self, request: Request, open_items: Mapping[str, Item]) -> PermissionRequested | None:
        """The question for the broker; None if the request is no approval. ``open_items``: the running tool calls, by
        id. Raises KeyError or TypeError if the request has not the shape it should have."""
        params = request.params
        request_id = f"approval-{request.id}"
        match request.method:
            case "item/commandExecution/requestApproval":
                return _command(request_id, params)
            case "item/fileChange/requestApproval":
                return self._change(request_id, params, open_items.get(params["itemId"]))
            case "item/permissions/requestApproval":
                detail = msgspec.json.encode(params["permissions"]).decode()
                title = params.get("reason") or "Widen the sandbox"
                return PermissionRequested(request_id, params["itemId"], ToolKind.OTHER, title, detail)
            case "mcpServer/elicitation/request" if _is_tool_approval(params):
                return _mcp_tool(request_id, params, open_items, self._reading.only_reads)
            case "mcpServer/elicitation/request" if _is_yes_or_no(params):
                asks = params["message"]
                return PermissionRequested(request_id, "", ToolKind.MCP, asks, f"{params['serverName']}: {asks}")
            case _:
                return None

    def _change(self, request_id: str, params: Json, item: Item | None) -> PermissionRequested:
        """An edit, but for files outside the working directory (or files that are not known) something else: a policy
        that allows edits does not mean those."""
        paths = paths_of(item, self._reading.cwd) if item is not None else ()
        inside = bool(paths) and all(is_inside(path, self._reading.cwd) for path in paths)
        inside = inside and not params.get("grantRoot")
        return PermissionRequested(
            request_id,
            params["itemId"],
            ToolKind.EDIT if inside else ToolKind.OTHER,
            params.get("reason") or ("Change files" if inside else "Change files outside the working directory"),
            "\n".join(paths) or str(params.get("grantRoot") or ""),
        )


def _command(request_id: str, params: Json) -> PermissionRequested:
    command = params.get("command") or ""
    network = params.get("networkApprovalContext")
    more = params.get("additionalPermissions")
    reads = params.get("kind", "command") == "command" and not network and not more and is_plain_read(command)
    detail = [script_of(command)] if command else []
    if network:
        detail.append(f"network: {network.get('host')}")
    if more:
        detail.append(f"permissions: {msgspec.json.encode(more).decode()}")
    title = params.get("reason") or ("Reach the network" if network else "Run a command")
    kind = ToolKind.READ if reads else ToolKind.SHELL
    return PermissionRequested(request_id, params["itemId"], kind, title, "\n".join(detail))


def _is_tool_approval(params: Json) -> bool:
    meta = params.get("_meta")
    return isinstance(meta, dict) and meta.get("codex_approval_kind") == "mcp_tool_call"


def _is_yes_or_no(params: Json) -> bool:
    """Whether a server's question asks for no more than that."""
    return params.get("mode") == "form" and not params["requestedSchema"].get("properties")


def _mcp_tool(
    request_id: str, params: Json, open_items: Mapping[str, Item], only_reads: Callable[[str], bool]
) -> PermissionRequested:
    """The request does not name the call it is about: that is the latest open one of the same tool."""
    meta = params["_meta"]
    server, tool = params["serverName"], meta.get("tool_name") or ""
    calls = [call_id for call_id, item in open_items.items() if item.server == server and item.tool in (tool, None)]
    name = f"{server}.{tool}"
    detail = f"{name} {msgspec.json.encode(meta.get('tool_params')).decode()}"
    kind = ToolKind.READ if only_reads(name) else ToolKind.MCP
    return PermissionRequested(request_id, calls[-1] if calls else "", kind, params["message"], detail)


def _verdict(request: Request, allowed: bool) -> Json:
    match request.method:
        case "item/permissions/requestApproval":
            return {"permissions": request.params["permissions"] if allowed else {}, "scope": "turn"}
        case "mcpServer/elicitation/request":
            action = "accept" if allowed else "decline"
            return {"action": action, "content": {} if allowed else None, "_meta": None}
        case _:
            return {"decision": "accept" if allowed else "decline"}
