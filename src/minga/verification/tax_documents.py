"""Every Chilean tax document (DTE) in an answer, or in XML files that were changed, is checked by the engine."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from minga.domain.tax_documents import DteEngine, Examined, Language, Objection
from minga.domain.verdict import Checked, CheckState
from minga.domain.work import Work
from minga.verification.changed import Changed, changed_texts
from minga.verification.claims import Claim, first, line_at, summed_up
from minga.verification.parts import Block, parts

_WRONG = frozenset({"rejected", "error"})

_UNSIGNED = frozenset({"signature-missing", "stamp-missing"})
"""Nobody expects of an agent that it has the person's certificate: a draft is told as one."""

_HOLDS = re.compile(r"<(?:\w{1,20}:)?DTE[\s>]")
_DECLARED = re.compile(r"""\s*<\?xml[^>]{0,200}encoding\s?=\s?["']([\w.-]{1,40})["']""")

_DOCUMENTS_MAX = 200
"""Blocks and files that are examined; each takes some milliseconds."""


@dataclass(frozen=True, slots=True)
class _Found:
    where: str
    name: str
    content: bytes
    given: bool
    """It stands so in what the agent was given: to quote it is no claim that it is right."""
    draft: bool


@dataclass(frozen=True, slots=True)
class TaxDocuments:
    """``engine`` is made when the first document is met, as it is large; ``today`` is the day in Chile."""

    engine: Callable[[], DteEngine]
    today: Callable[[], date]
    language: Language = "en"
    name = "dte"

    def look(self, work: Work) -> Checked | None:
        changed = changed_texts(work, {".xml"}) if work.changed else Changed((), ())
        found = [*_in_answer(work), *_in_files(changed)]
        if not found:
            return None
        engine, remarks = self.engine(), list[str]()
        claims, notes = first(claim for one in found[:_DOCUMENTS_MAX] for claim in self._claims(engine, one, remarks))
        if len(found) > _DOCUMENTS_MAX:
            claims.append(
                Claim(CheckState.UNPROVEN, f"{len(found) - _DOCUMENTS_MAX} more tax documents were not checked")
            )
        proves = any(_HOLDS.search(file.text) for file in changed.texts)
        return summed_up(self.name, claims, (*notes, *remarks, *changed.skipped), proves=proves)

    def _claims(self, engine: DteEngine, one: _Found, remarks: list[str]) -> Iterator[Claim]:
        for examined in engine.examine(one.name, one.content, self.today(), self.language):
            counted = [each for each in examined.objections if each.severity in _WRONG]
            held = [each for each in counted if not (one.draft and each.rule in _UNSIGNED)]
            remarks += [_told(one, examined, each) for each in examined.objections if each.severity not in _WRONG]
            for each in counted:
                wrong = each in held and not one.given
                yield Claim(CheckState.FAILED if wrong else CheckState.UNPROVEN, _told(one, examined, each))
            if not held:
                yield Claim(CheckState.PASSED, f"{one.where}: {examined.title}: its amounts and fields are right")


def _in_answer(work: Work) -> Iterator[_Found]:
    given = None
    for block in parts(work.answer).blocks:
        if not _HOLDS.search(block.text) or "..." in block.text or "…" in block.text:
            continue
        if given is None:
            given = "".join("".join((work.prompt, *(source.text for source in work.sources))).split())
        repeated = "".join(block.text.split()) in given
        yield _Found(
            line_at(block.line), f"{block.line}.xml", _as_bytes(block), repeated, "<Signature" not in block.text
        )


def _in_files(changed: Changed) -> Iterator[_Found]:
    for file in changed.texts:
        if _HOLDS.search(file.text):
            draft = "<Signature" not in file.text + (file.before or "")
            yield _Found(file.path, file.path, file.content, False, draft)


def _told(one: _Found, examined: Examined, objection: Objection) -> str:
    values = [f"{objection.found} ≠ {objection.expected}"] if objection.expected else [objection.found]
    values = [objection.told] if objection.told else values
    place = " ".join(part for part in (objection.path, *values) if part.strip(" ≠"))
    said = f"{one.where}: {examined.title}: {objection.says} [{objection.rule}]"
    return f"{said} {place} ({objection.source})" if place else f"{said} ({objection.source})"


def _as_bytes(block: Block) -> bytes:
    """The block as a file of the encoding that it declares."""
    declared = _DECLARED.match(block.text)
    for encoding in (declared[1] if declared else "utf-8", "cp1252"):
        try:
            return block.text.encode(encoding)
        except (LookupError, UnicodeEncodeError):
            continue
    return block.text.encode("utf-8", "replace")
