"""The tools, a module a subject; `offered.TOOLS` holds them all."""
