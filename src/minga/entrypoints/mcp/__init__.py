"""The Model Context Protocol: what Minga knows and can do, as tools, resources and prompts of any CLI.

The protocol is spoken here by our own few modules (docs/decisions/0048-mcp.md); the official SDK stands on the other
side in the tests. A tool translates: what it does is the pipeline's. What sessions, memories and agents have said goes
out as data, marked as such, and never as an instruction. Entry: `server.Server`.
"""
