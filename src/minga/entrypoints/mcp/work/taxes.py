"""Chilean tax documents, RUT and legal deadlines."""

import asyncio
import re
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from minga import bootstrap
from minga.domain import rut as ruts
from minga.domain.errors import BadInput, UnknownRule
from minga.domain.tax_documents import SEVERITIES, Examined
from minga.domain.terms import chile, day_in_chile
from minga.dte.deadlines import Received, UnknownYear, deadlines
from minga.dte.making import example
from minga.dte.rulebook import rules
from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.tool import Told
from minga.entrypoints.mcp.tools.taxes import (
    Check,
    Checked,
    Dates,
    Deadline,
    Deadlines,
    Document,
    Explain,
    Explained,
    Made,
    Make,
    Objection,
    Rut,
    RutChecked,
)

BYTES_MAX = 50_000_000
"""Of a file; `minga dte check` takes larger ones."""

TRIAL = "trial: no folio, no valid stamp; `minga dte make` in a terminal issues a real one"

DOCUMENTS_MAX = 50

_ENCODING = re.compile(r"""<\?xml[^>]*?encoding\s*=\s*["'](?P<name>[A-Za-z0-9._-]{1,40})["']""")

OBJECTIONS_MAX = 40
"""Of one document; the worst first."""


async def check(place: Place, asked: Check, told: Told) -> Checked:
    if bool(asked.path) == bool(asked.xml):
        raise BadInput(detail="give one of path and xml")
    name, content = (asked.path, _content(place, asked.path)) if asked.path else ("document.xml", _encoded(asked.xml))
    engine = bootstrap.dte_engine(place.settings)
    found = await asyncio.to_thread(engine.examine, name, content, day_in_chile(place.now()), place.language)
    if not found:
        raise BadInput(detail=f"{name!r} holds no tax document")
    return Checked([_document(one) for one in found[:DOCUMENTS_MAX]])


async def explain(place: Place, asked: Explain, told: Told) -> Explained:
    text = bootstrap.dte_engine(place.settings).explain(asked.rule, place.language)
    if text is None:
        near = get_close_matches(asked.rule, rules(), n=3)
        raise UnknownRule(rule=asked.rule, suggestion=f"Did you mean {', '.join(near)}? " if near else "")
    return Explained(asked.rule, text)


async def make(place: Place, asked: Make, told: Told) -> Made:
    if not asked.short_form:
        return Made(example=example(asked.type))
    engine = bootstrap.dte_engine(place.settings)
    drafted = await asyncio.to_thread(engine.draft, asked.short_form, place.now(), place.language)
    return Made(drafted.title, dict(drafted.amounts), drafted.content.decode("iso-8859-1"), worth=TRIAL)


async def rut(place: Place, asked: Rut, told: Told) -> RutChecked:
    written = "".join(one for one in asked.rut if one.isalnum()).upper()
    body, digit = written[:-1], written[-1:]
    if not body.isdecimal() or not body.isascii():
        raise BadInput(detail=f"{asked.rut!r} is no RUT: digits, a dash and a check digit are expected")
    try:
        read = ruts.Rut(int(body), digit)
        right = ruts.Rut(int(body), ruts.check_digit(int(body)))
    except ruts.OutOfRange as wrong:
        raise BadInput(detail=f"{asked.rut!r} is no RUT: it lies outside 1 to {ruts.BODY_MAX}") from wrong
    return RutChecked(read.valid, ruts.with_dots(right), right.digit)


async def dates(place: Place, asked: Deadlines, told: Told) -> Dates:
    for name in ("accepted", "acknowledged", "claimed"):
        at = getattr(asked, name)
        if at is not None and _in_chile(at) < _in_chile(asked.received):
            raise BadInput(detail=f"{name} is before received")
    received = Received(
        kind=asked.type,
        received=_in_chile(asked.received),
        delivered=asked.delivered,
        accepted=_in_chile(asked.accepted) if asked.accepted else None,
        acknowledged=_in_chile(asked.acknowledged) if asked.acknowledged else None,
        claimed=_in_chile(asked.claimed) if asked.claimed else None,
        public_days=asked.public_days,
    )
    try:
        found = deadlines(received)
    except UnknownYear as wrong:
        raise BadInput(
            detail=f"the holidays of {wrong.year} are not known, so business days are not counted"
        ) from wrong
    except OverflowError as wrong:
        raise BadInput(detail="a date lies outside the years that are counted") from wrong
    spanish, now = place.language == "es", place.now()
    told_dates = []
    for each in found:
        limit, passed = each.limit, each.passed(now)
        english = limit.after if passed else limit.says
        says = (limit.after_es if passed else limit.says_es) if spanish else english
        until = each.until.astimezone(chile()).isoformat(timespec="minutes")
        counted = limit.counted_es if spanish else limit.counted
        told_dates.append(Deadline(says, until, "; ".join(map(str, limit.norms())), counted))
    return Dates(told_dates)


def _in_chile(at: datetime) -> datetime:
    return at.replace(tzinfo=chile()) if at.tzinfo is None else at


def _encoded(xml: str) -> bytes:
    """A document's text in the encoding that it names, as it lay in its file: the SII takes ISO-8859-1 only."""
    named = _ENCODING.match(xml)
    try:
        return xml.encode(named["name"] if named else "utf-8")
    except (LookupError, UnicodeEncodeError):
        return xml.encode()


def _content(place: Place, path: str) -> bytes:
    """Of a file below the working directory: what a text told an agent to read elsewhere stays there."""
    if place.cwd is None:
        raise BadInput(detail="this server reads no files; give the document's text as xml")
    root = place.cwd.resolve()
    try:
        whole = (root / Path(path).expanduser()).resolve()
        if not whole.is_relative_to(root):
            raise BadInput(detail=f"{path!r} lies outside the working directory")
        if not whole.is_file():
            raise BadInput(detail=f"{path!r} is no file")
        if whole.stat().st_size > BYTES_MAX:
            raise BadInput(detail=f"{path!r} is larger than {BYTES_MAX // 1_000_000} MB; use `minga dte check`")
        return whole.read_bytes()
    except (OSError, ValueError, RuntimeError) as wrong:
        raise BadInput(detail=f"{path!r} cannot be read: {getattr(wrong, 'strerror', None) or wrong}") from wrong


def _document(one: Examined) -> Document:
    objections = sorted(one.objections, key=lambda each: SEVERITIES.index(each.severity))[:OBJECTIONS_MAX]
    told = [
        Objection(
            each.rule,
            each.severity,
            each.told or each.says,
            each.path,
            each.source,
            each.fix,
            each.found,
            each.expected,
        )
        for each in objections
    ]
    return Document(one.title, one.worst or "ok", told, list(one.proved))
