"""One module a protocol: starts a CLI, speaks with it, and turns what it says into Minga's events.

Must not decide anything: permissions are the broker's, fallback and limits the caller's. Each module's entry is its
driver class, which fits `minga.domain.agents.Driver`.
"""
