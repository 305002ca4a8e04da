"""Minga inside the CLIs that people use: what `minga connect` writes into a CLI's configuration, and how it is undone.

A connection is a list of parts (the MCP server, the gateway); each part is a list of edits, told by the TOML files of
``catalog``. It must not start a CLI, and must not write a file that it does not understand. Entry: `Connections`.
"""
