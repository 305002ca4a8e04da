"""Minga's MCP server beside one built with the official SDK: start and overhead of a call."""
