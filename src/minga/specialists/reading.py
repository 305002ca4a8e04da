"""A specialist's file: Markdown, with TOML between two lines of ``+++`` before it.

TOML because every other file of Minga's is; Markdown because that is what the rules are, and what every CLI takes.
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from minga.domain.errors import BadSpecialist
from minga.domain.events import ToolKind
from minga.domain.ids import AgentName
from minga.domain.task import Permissions, Specialist
from minga.domain.verdict import CHECKS

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
"""Of a specialist, and so of its file: it also names files of CLIs."""

BYTES_MAX = 64_000
RULES_MAX = 8_000
"""Characters of rules: about two thousand tokens before every task."""

LINE_MAX = 300
"""Characters of title and purpose."""

BLOCK = "minga-specialist"
"""The tag around it in a prompt."""

_FENCE = "+++"
_KEYS = ("title", "purpose", "permissions", "tools", "checks", "agents", "budget_usd")
_READS = frozenset({ToolKind.READ, ToolKind.SEARCH})
_TOOLS = [kind.value for kind in ToolKind if kind is not ToolKind.OTHER]


def read(path: Path, source: str, agents: Collection[str]) -> Specialist:
    """The specialist of the file ``path``, named like it. ``agents``: names in the catalogue. Raises BadSpecialist."""
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as wrong:
        raise BadSpecialist(path=str(path), line=1, detail=wrong.strerror or str(wrong)) from None
    return parse(content, path.stem, str(path), source, agents)


def parse(content: bytes, name: str, path: str, source: str, agents: Collection[str]) -> Specialist:
    """Raises BadSpecialist with the line of what is wrong."""
    if not NAME.fullmatch(name):
        detail = f"{name!r} is no name: small letters, digits and hyphens, a letter first, at most 40"
        raise BadSpecialist(path=path, line=1, detail=detail)
    if len(content) > BYTES_MAX:
        raise BadSpecialist(path=path, line=1, detail=f"it is longer than {BYTES_MAX:,} bytes")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as wrong:
        line = content[: wrong.start].count(b"\n") + 1
        raise BadSpecialist(path=path, line=line, detail="it is not UTF-8") from None
    front, rules, rules_line = _halves(text, path)
    given = _Given(_table(front, path), front, path)
    tools = given.tools(given.permissions())
    return Specialist(
        name=name,
        title=given.line("title"),
        purpose=given.line("purpose"),
        rules=_checked_rules(rules, rules_line, path),
        permissions=given.permissions(),
        tools=tools,
        checks=given.names("checks", CHECKS),
        agents=tuple(map(AgentName, given.names("agents", agents))),
        budget_micro_usd=given.budget(),
        source=source,
    )


def _halves(text: str, path: str) -> tuple[str, str, int]:
    """The TOML, with an empty line in place of the fence so that its lines keep their numbers; the rules, and the line
    at which they begin."""
    lines = text.split("\n")
    if lines[0].strip() != _FENCE:
        raise BadSpecialist(path=path, line=1, detail="its first line must be +++, before the TOML")
    end = next((place for place, line in enumerate(lines[1:], 1) if line.strip() == _FENCE), None)
    if end is None:
        raise BadSpecialist(path=path, line=len(lines), detail="the line +++ that ends the TOML is missing")
    return "\n".join(["", *lines[1:end]]), "\n".join(lines[end + 1 :]), end + 2


def _table(front: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(front)
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"line (\d+)", str(wrong))
        line = int(found[1]) if found else front.count("\n") + 1
        raise BadSpecialist(path=path, line=line, detail=f"this is no TOML: {wrong}") from None


def _checked_rules(rules: str, line: int, path: str) -> str:
    said = rules.strip()
    if not said:
        raise BadSpecialist(path=path, line=line, detail="there are no rules below the second +++")
    if len(said) > RULES_MAX:
        detail = f"the rules have {len(said):,} characters; {RULES_MAX:,} is the most"
        raise BadSpecialist(path=path, line=line, detail=detail)
    if BLOCK in said.lower():
        at = line + rules.lower()[: rules.lower().index(BLOCK)].count("\n")
        raise BadSpecialist(path=path, line=at, detail=f"{BLOCK!r} may not stand in the rules")
    return said


@dataclass(frozen=True, slots=True)
class _Given:
    """The table of a file, each value read strictly."""

    table: dict[str, Any]
    front: str
    path: str

    def __post_init__(self) -> None:
        for key in self.table:
            if key not in _KEYS:
                raise self._misread(key, f"there is no key {key!r}{_near(key, _KEYS)}; known: {', '.join(_KEYS)}")

    def line(self, key: str) -> str:
        value = self.table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._misread(key, f"{key} is missing: one line of text")
        if not value.isprintable() or len(value) > LINE_MAX:
            raise self._misread(key, f"{key} is one printable line of at most {LINE_MAX} characters")
        if BLOCK in value.lower():
            raise self._misread(key, f"{BLOCK!r} may not stand in {key}")
        return value.strip()

    def permissions(self) -> Permissions:
        value = self.table.get("permissions", Permissions.ASK.value)
        known = [mode.value for mode in Permissions]
        if value not in known:
            raise self._misread("permissions", f"permissions is one of {', '.join(known)}, not {value!r}")
        return Permissions(value)

    def tools(self, permissions: Permissions) -> tuple[ToolKind, ...]:
        """Reading is always among them. `other`, which no file names, is also an edit outside the directory: it is for
        who may edit and run programs."""
        if "tools" not in self.table:
            return tuple(ToolKind)
        named = {ToolKind(name) for name in self.names("tools", _TOOLS)}
        if permissions is Permissions.READ_ONLY and (more := sorted(named - _READS)):
            raise self._misread("tools", f"permissions is read-only, which refuses {', '.join(more)}")
        other = {ToolKind.OTHER} if {ToolKind.EDIT, ToolKind.SHELL} <= named else set()
        return tuple(kind for kind in ToolKind if kind in named | _READS | other)

    def names(self, key: str, known: Collection[str]) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._misread(key, f'{key} is a list of names, such as {key} = ["{min(known)}"]')
        for name in value:
            if name not in known:
                all_of_them = ", ".join(sorted(known))
                raise self._misread(
                    key, f"{key} names {name!r}, which is none{_near(name, known)}; known: {all_of_them}"
                )
        return tuple(dict.fromkeys(value))

    def budget(self) -> int | None:
        value = self.table.get("budget_usd")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1_000_000:
            raise self._misread("budget_usd", "budget_usd is an amount of dollars above 0")
        return round(value * 1_000_000)

    def _misread(self, key: str, detail: str) -> BadSpecialist:
        lines = self.front.split("\n")
        named = re.compile(rf"""\s*\[*["']?{re.escape(key)}["']?\s*[=.\]]""")
        place = next((number for number, line in enumerate(lines, 1) if named.match(line)), 1)
        return BadSpecialist(path=self.path, line=place, detail=detail)


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
