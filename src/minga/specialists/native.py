"""A specialist as a sub-agent of a CLI's own: a file where the CLI looks for it, with a mark that says whose it is."""

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from minga.domain.events import ToolKind
from minga.domain.ids import AgentName
from minga.domain.task import Permissions, Specialist
from minga.specialists.prompt import body

FACTS = Path(__file__).with_name("natives.toml")

_MARK = re.compile(r"^# written by minga specialists, sha256 ([0-9a-f]{64})\n", re.MULTILINE)

_READS = (ToolKind.READ, ToolKind.SEARCH, ToolKind.OTHER)


class Native(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one CLI takes sub-agents; see the head of the file."""

    project: str
    home: str
    form: str
    means: str
    tools: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Rendered:
    """``path`` is relative to the project, or to the CLI's configuration home. ``not_withheld``: kinds of tools that
    the specialist may not use, and that the CLI has no means to take away."""

    path: str
    text: str
    not_withheld: tuple[ToolKind, ...] = ()


@cache
def natives() -> dict[AgentName, Native]:
    """The CLIs that have sub-agents."""
    return msgspec.convert(tomllib.loads(FACTS.read_text("utf-8")), dict[AgentName, Native])


def render(specialist: Specialist, cli: AgentName, *, in_project: bool) -> Rendered:
    """The file of ``specialist`` for ``cli``, one of `natives`. The same specialist gives the same bytes."""
    native = natives()[cli]
    withheld = [kind for kind in ToolKind if not _may_use(specialist, kind)]
    known = [kind for kind in withheld if kind in native.tools]
    head: dict[str, Any] = {"name": specialist.name, "description": f"{specialist.title}. {specialist.purpose}"}
    head |= _extra(native, known)
    said = body(specialist, checked=False)
    if native.form == "toml":
        text = _toml({**head, "developer_instructions": said})
    else:
        text = f"---\n{_yaml(head)}---\n\n{said}\n"
    path = (native.project if in_project else native.home).format(name=specialist.name)
    return Rendered(path, _marked(text), tuple(kind for kind in withheld if kind not in native.tools))


def is_untouched(text: str) -> bool:
    """Whether ``text`` was written by Minga and is as it was written."""
    found = _MARK.search(text)
    return found is not None and found[1] == _digest(text[: found.start()] + text[found.end() :])


def is_ours(text: str) -> bool:
    """Whether Minga wrote it, whatever became of it since."""
    return _MARK.search(text) is not None


def _may_use(specialist: Specialist, kind: ToolKind) -> bool:
    """One that may only read gets nothing else, whatever tools it names. What has no kind is not spoken of."""
    reads_only = specialist.permissions is Permissions.READ_ONLY
    return kind in _READS or (kind in specialist.tools and not reads_only)


def _extra(native: Native, withheld: list[ToolKind]) -> dict[str, Any]:
    mode: dict[str, Any] = {"mode": "subagent"} if native.means == "permission" else {}
    if not withheld:
        return mode
    names = [name for kind in withheld for name in native.tools[kind]]
    match native.means:
        case "tools":
            return {"tools": [name for kind, names in native.tools.items() if kind not in withheld for name in names]}
        case "permission":
            return {**mode, "permission": dict.fromkeys(names, "deny")}
        case means:
            return {means: names}


def _yaml(head: dict[str, Any]) -> str:
    """JSON is YAML (YAML 1.2, section 1.3), so every value is written as JSON."""
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in head.items())


def _toml(head: dict[str, Any]) -> str:
    """Texts as JSON writes them are TOML's basic strings, but for U+007F, which TOML wants escaped."""
    return "".join(f"{key} = {_toml_text(value)}\n" for key, value in head.items())


def _toml_text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _marked(text: str) -> str:
    """The mark is a comment: first in TOML, first inside the YAML of Markdown."""
    start = len("---\n") if text.startswith("---\n") else 0
    mark = f"# written by minga specialists, sha256 {_digest(text)}\n"
    return text[:start] + mark + text[start:]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
