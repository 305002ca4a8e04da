"""Looks closely at one CLI: version, login, start-up time, and what it can do; says what is wrong in one line each."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from minga.agents.facts import Facts
from minga.agents.login import how_to_log_in, is_logged_in, person_home
from minga.agents.registry import ask_version, find_program, is_proven


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, and the one thing to do about it."""

    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Probed:
    """``version`` is empty if it is not installed or does not start; ``start_ms`` is how long ``--version`` took."""

    facts: Facts
    program: Path | None
    version: str
    proven: bool
    logged_in: bool
    start_ms: int | None
    findings: tuple[Finding, ...]


async def probe(facts: Facts, clis: Path, environment: Mapping[str, str], *, has_endpoint: bool) -> Probed:
    """Start the CLI with its version arguments and look at its login. With an endpoint no login is needed."""
    program = find_program(facts, clis, environment.get("PATH", ""))
    if program is None:
        missing = Finding("not installed", f"minga agents install {facts.name}")
        return Probed(facts, None, "", False, False, None, (missing,))
    began = time.monotonic()
    version = await ask_version(facts, program, environment)
    start_ms = round((time.monotonic() - began) * 1000)
    proven = is_proven(facts, version)
    logged_in = is_logged_in(facts, person_home(facts, environment), environment)
    findings: list[Finding] = []
    if not version:
        findings.append(Finding(f"{program} does not start", f"minga agents install {facts.name}"))
    elif not proven:
        problem = f"version {version} is outside the proven range {facts.proven.min} to {facts.proven.max}"
        findings.append(Finding(problem, f"minga agents install {facts.name}"))
    if not logged_in and not (has_endpoint and facts.endpoint):
        findings.append(Finding("not logged in", f"{how_to_log_in(facts)}, or set a model endpoint"))
    return Probed(facts, program, version, proven, logged_in, start_ms, tuple(findings))
