"""The tool ``rut_check`` on the official Python SDK: over standard streams or, with a port as argument, over HTTP."""

import sys
from typing import Any

from mcp.server.mcpserver import MCPServer

from minga.domain import rut

server = MCPServer("rut")


@server.tool()
def rut_check(rut_written: str) -> dict[str, Any]:
    """Whether the check digit of a Chilean RUT is right."""
    plain = "".join(one for one in rut_written if one.isalnum()).upper()
    read = rut.Rut(int(plain[:-1]), plain[-1:])
    right = rut.Rut(int(plain[:-1]), rut.check_digit(int(plain[:-1])))
    return {"valid": read.valid, "rut": rut.with_dots(right), "digit": right.digit}


if sys.argv[1:]:
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]), json_response=True, stateless_http=True)
else:
    server.run("stdio")
