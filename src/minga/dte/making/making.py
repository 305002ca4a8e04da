"""A document from its short form to signed bytes. It is judged whole before its folio is taken: what is wrong with it
costs no folio."""

from dataclasses import dataclass
from datetime import date, datetime

from minga.domain.errors import FolioUsed, UnfitDocument
from minga.domain.signing import SigningKey
from minga.domain.terms import day_in_chile
from minga.dte import trial
from minga.dte.checking import check_piece
from minga.dte.document import Document, Piece
from minga.dte.finding import Finding
from minga.dte.folios import Folio, Folios
from minga.dte.grounds import Grounds
from minga.dte.making.building import build
from minga.dte.making.composing import plain_rut
from minga.dte.making.draft import Draft
from minga.dte.messages.elements import DECLARATION
from minga.dte.sealing import sealed

TRIAL_FOLIO = 1

STOPPING = ("rejected", "error")
"""Findings with which a document does not go out."""

OF_THE_CAF = ("caf-key-unknown", "caf-certification")
"""But for these, which are told: the SII may have a new key, and its certification environment has one of its own."""


@dataclass(frozen=True, slots=True)
class Made:
    """A signed document. ``notes`` are findings that do not keep it from going out. ``folio`` is None of a trial."""

    document: Document
    notes: tuple[Finding, ...]
    folio: Folio | None

    @property
    def file(self) -> bytes:
        """The document alone, as a file."""
        return DECLARATION + self.document.piece.raw


async def make(draft: Draft, folios: Folios, key: SigningKey, grounds: Grounds, now: datetime) -> Made:
    """The document with its folio, which is the caller's from now on: `Folios.settle` it once the document is kept.

    Raises BadDraft, UnfitDocument, NoFolio, FolioUsed, UnknownFolio, and what the key raises.
    """
    while True:
        made = await _sealed(draft, folios, key, grounds, now)
        assert made.folio is not None, "it was sealed with one"
        try:
            await folios.take(made.folio)
        except FolioUsed:
            if draft.folio is not None:
                raise
            continue  # another process was faster: the next one
        return made


def make_trial(draft: Draft, grounds: Grounds, now: datetime) -> Made:
    """The document with a stamp and a signature that are worth nothing. Raises BadDraft, UnfitDocument."""
    body = build(draft, TRIAL_FOLIO, _day(now))
    return _judged(trial.sign_piece(body, now), trial.grounds(grounds), None)


async def _sealed(draft: Draft, folios: Folios, key: SigningKey, grounds: Grounds, now: datetime) -> Made:
    issuer, day = plain_rut(draft.issuer.rut), draft.date or _day(now)
    if draft.folio is None:
        folio = await folios.next(issuer, draft.type, day)
    else:
        folio = await folios.given(issuer, draft.type, draft.folio)
    body = build(draft, folio.number, day)
    mark = f"T{draft.type}F{folio.number}"
    raw = sealed(body, mark, folio.authorisation.text, folio.authorisation.key, key, now)
    return _judged(Piece(raw), grounds, folio)


def _judged(piece: Piece, grounds: Grounds, folio: Folio | None) -> Made:
    checked = check_piece(piece, grounds)
    wrong = tuple(each for each in checked.findings if each.severity in STOPPING and each.rule.id not in OF_THE_CAF)
    if wrong or checked.document is None:
        raise UnfitDocument(count=len(wrong), findings=wrong)
    return Made(checked.document, checked.findings, folio)


def _day(now: datetime) -> date:
    return day_in_chile(now)
