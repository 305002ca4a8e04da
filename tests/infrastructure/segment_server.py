"""A server of sync segments as docs/reference/sync-protocol.md describes it, for tests: everything in memory."""

from aiohttp import web

from minga.infrastructure.segments import DEVICE


class SegmentServer:
    """``tokens`` seen; groups are apart by their token. ``requests`` are method and path of what was asked."""

    def __init__(self) -> None:
        self.markers: dict[str, bytes] = {}
        self.logs: dict[tuple[str, str, int], bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.down = False
        self.url = ""

    async def __aenter__(self) -> "SegmentServer":
        application = web.Application(client_max_size=300 * 1024 * 1024)
        application.router.add_route("*", "/sync/{path:.*}", self._answer)
        self._runner = web.AppRunner(application)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}/sync"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        self.requests.append((request.method, path))
        if self.down:
            return web.Response(status=503)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            return web.Response(status=401)
        body = await request.read()
        match path.split("/"):
            case ["marker"]:
                return self._marker(request, token, body)
            case ["segments"] if request.method == "GET":
                listed = [{"device": device, "number": number} for of, device, number in self.logs if of == token]
                return web.json_response({"segments": listed})
            case ["segments", device, number] if DEVICE.fullmatch(device) and number.isdigit():
                return self._segment(request, (token, device, int(number)), body)
        return web.Response(status=404)

    def _marker(self, request: web.Request, token: str, body: bytes) -> web.Response:
        if request.method == "GET":
            kept = self.markers.get(token)
            return web.Response(status=404) if kept is None else web.Response(body=kept)
        if token in self.markers:
            return web.Response(status=412)
        self.markers[token] = body
        return web.Response(status=201)

    def _segment(self, request: web.Request, key: tuple[str, str, int], body: bytes) -> web.Response:
        if request.method == "GET":
            return web.Response(body=self.logs[key]) if key in self.logs else web.Response(status=404)
        if request.method == "DELETE":
            return web.Response(status=404 if self.logs.pop(key, None) is None else 204)
        if request.headers.get("If-None-Match") != "*":
            return web.Response(status=428)
        if key in self.logs:
            return web.Response(status=412)
        self.logs[key] = body
        return web.Response(status=201)
