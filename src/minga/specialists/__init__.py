"""Specialists: as whom a run is done. A file says purpose, rules, the most that may be done and spent, and which checks
must prove the answer.

Reads files, puts those of Minga, of the person and of the project over one another, narrows a task, and renders a
specialist as a sub-agent of the CLIs that have some. Runs nothing and asks no model. Entry: `shelf.Shelf`,
`assign.assign`, `prompt.prompt`, `native.render`.
"""
