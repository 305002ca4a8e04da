"""Skills: what an agent looks up when it needs it. `.minga/skills/NAME.md` becomes NAME/SKILL.md where CLIs find it.

The first paragraph says when the skill is to be used, all that follows what to do then. A SKILL.md of Minga's belongs
to Minga whole; one that somebody else wrote is never touched. The form: agentskills.io/specification, seen 2026-11-26.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from minga.domain.errors import BadInput, RulesUnreadable
from minga.rules import blocks, documents
from minga.rules.documents import Change, Document
from minga.rules.readers import readers, skill_folders
from minga.rules.source import pieces_of

FOLDER = ".minga/skills"

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
NAME_LENGTH = 64
DESCRIPTION_LENGTH = 1024

_MARK = re.compile(r"^<!-- minga:skill (?P<hash>[0-9a-f]{16}) from .*-->$", re.M)


@dataclass(frozen=True, slots=True)
class Skill:
    name: str
    description: str
    content: tuple[str, ...]

    @property
    def markdown(self) -> str:
        head = ["---", f"name: {self.name}", f"description: {json.dumps(self.description, ensure_ascii=False)}", "---"]
        digest = blocks.digest([*head, *self.content])
        mark = (
            f"<!-- minga:skill {digest} from {FOLDER}/{self.name}.md; change it there, then run: minga rules render -->"
        )
        return "\n".join([*head, mark, "", *self.content, ""])


@dataclass(frozen=True, slots=True)
class SkillPlan:
    """``files``: in which skills stand then. ``edited``: those that were changed by hand."""

    files: tuple[str, ...]
    changes: tuple[Change, ...]
    edited: tuple[str, ...]


def read(root: Path) -> list[Skill]:
    """In the order of their names. Raises RulesUnreadable."""
    return [_skill(documents.read(root, f"{FOLDER}/{path.name}")) for path in sorted((root / FOLDER).glob("*.md"))]


def plan(root: Path, skills: Sequence[Skill], clis: Collection[str]) -> SkillPlan:
    """Write ``skills`` where ``clis`` find them, and where Minga's stand already; take away those that are no more.
    Raises RulesUnreadable, FileUnwritable, and BadInput where somebody else's skill has the name."""
    there = _own(root)
    begun = list(dict.fromkeys(str(Path(name).parents[1]) for name in there))
    wanted = {
        f"{folder}/{skill.name}/SKILL.md": skill.markdown
        for folder in (skill_folders(clis, begun) if skills else ())
        for skill in skills
    }
    changes: dict[Path, Change] = {}
    edited: list[str] = []
    for name in dict.fromkeys([*wanted, *there]):
        document = documents.read(root, name)
        if document.content is not None and name not in there:
            raise BadInput(detail=f"{name} is not Minga's; name the skill otherwise, or move that file away")
        after = document.with_text(wanted[name]) if name in wanted else None
        if after == document.content or (after and _plain(after) == _plain(document.content or b"")):
            continue
        if name in there and not _is_as_written(document):
            edited.append(name)
        changes.setdefault(document.real, Change(document, after))
    for change in changes.values():
        documents.check_writable(change)
    return SkillPlan(tuple(wanted), tuple(changes.values()), tuple(edited))


def _skill(document: Document) -> Skill:
    """Raises RulesUnreadable."""
    name = Path(document.name).stem
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH:
        detail = f"a skill's name has small letters, digits and single hyphens, {NAME_LENGTH} at most"
        raise RulesUnreadable(path=document.name, detail=detail)
    found = pieces_of(document)
    if len(found) < 2 or found[0].is_item:
        detail = "its first paragraph says when it is used, and what follows what to do then"
        raise RulesUnreadable(path=document.name, detail=detail)
    if len(found[0].text) > DESCRIPTION_LENGTH:
        detail = f"its first paragraph is longer than {DESCRIPTION_LENGTH} characters"
        raise RulesUnreadable(path=document.name, detail=detail)
    lines = [line.rstrip() for line in document.text.split("\n")][found[0].last :]
    return Skill(name, found[0].text, tuple("\n".join(lines).strip("\n").split("\n")))


def _own(root: Path) -> list[str]:
    """The files that Minga wrote, edited or not."""
    folders = dict.fromkeys(folder for one in readers().values() for folder in one.skills)
    found = [path for folder in folders for path in sorted((root / folder).glob("*/SKILL.md"))]
    return [name for path in found if _is_own(root, name := str(path.relative_to(root)))]


def _is_own(root: Path, name: str) -> bool:
    """What cannot be read, or leads out of the project, is none of Minga's."""
    try:
        content = documents.read(root, name).content or b""
    except BadInput:
        return False
    return bool(_MARK.search(content.decode("utf-8", "replace")))


def _is_as_written(document: Document) -> bool:
    text = _plain(document.content or b"")
    mark = _MARK.search(text)
    if mark is None:
        return False
    head, content = text[: mark.start()].rstrip("\n"), text[mark.end() :].strip("\n")
    return mark["hash"] == blocks.digest([*head.split("\n"), *content.split("\n")])


def _plain(content: bytes) -> str:
    return "\n".join(line.rstrip() for line in content.decode("utf-8", "replace").removeprefix("\ufeff").split("\n"))
