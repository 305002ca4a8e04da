"""Does a task with an agent: the catalogue of CLIs, a driver a protocol, the built-in agent, fallback material.

Knows native CLI protocols; must not know other packages of its floor, nor print anything. Entry: `attempt.run`.
"""
