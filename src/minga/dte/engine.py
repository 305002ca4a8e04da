"""The engine for those who ask it in words: `minga.domain.tax_documents.DteEngine`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from io import BufferedReader, BytesIO
from itertools import chain

from minga.domain.errors import BadInput
from minga.domain.tax_documents import Compared, Drafted, Examined, Language, Objection
from minga.domain.terms import day_in_chile
from minga.dte.authorised import authorised
from minga.dte.checking import Checked, check_around, check_piece
from minga.dte.document import Document
from minga.dte.finding import Finding
from minga.dte.grounds import Grounds
from minga.dte.kinds import kinds
from minga.dte.making import make_trial, read_draft
from minga.dte.reading import Container, containers_in, head
from minga.dte.reading.envelopes import as_moment
from minga.dte.reconcile import Book, Comparison, Difference, Unread, side_of
from minga.dte.reconcile import documents as slips
from minga.dte.reconcile import kinds as difference_kinds
from minga.dte.registers import Flaw, flaws, read_register
from minga.dte.rulebook import places, rules, sources
from minga.dte.schemas import Schemas
from minga.dte.schemas.telling import sentence, told_once
from minga.dte.trial import grounds as trials

_PROVED: Mapping[Language, Mapping[str, str]] = {
    "es": {
        "schema": "Cumple el esquema del SII ({how}).",
        "signature": "La firma electrónica es válida: nada cambió desde que se firmó.",
        "stamp": "El timbre es auténtico: se hizo con la llave de su folio.",
        "caf": "El SII autorizó el folio.",
    },
    "en": {
        "schema": "It fits the SII's schema ({how}).",
        "signature": "The electronic signature holds: nothing has changed since it was signed.",
        "stamp": "The stamp is authentic: it was made with the key of its folio.",
        "caf": "The SII authorised the folio.",
    },
}
"""What each entry of `Report.held` proves; the folio was authorised where a stamp holds and no rule of it breaks."""

_SPOILED: Mapping[str, tuple[str, ...]] = {
    "schema": ("schema-invalid",),
    "signature": ("signature-",),
    "stamp": ("stamp-",),
    "caf": ("caf-",),
}
"""Beginnings of rules that take from an entry what it would prove."""


class Engine:
    """Checks without a UF: a document that needs its value gets a finding that says so."""

    def __init__(self, schemas: Schemas, signers: Iterable[str] = (), *, takes_trials: bool = False) -> None:
        """``signers`` as `authorised` reads them. Raises ValueError with what is no RUT."""
        self._schemas = schemas
        self._signers = authorised(signers)
        self._takes_trials = takes_trials

    def examine(self, name: str, content: bytes, today: date, language: Language) -> Sequence[Examined]:
        grounds = Grounds(today, schemas=self._schemas, signers=self._signers)
        if self._takes_trials:
            grounds = trials(grounds)
        found: list[Examined] = []
        for container in containers_in(content, name):
            checked = [check_piece(piece, grounds) for piece in container.pieces]
            found += [_examined(each, language) for each in checked]
            heads = [head(each.document) for each in checked if each.document]
            around = check_around(container, grounds, heads).findings
            if around:
                objections = tuple(_objection(each, language) for each in around)
                found.append(Examined(_of_file(container), 0, None, None, objections, ()))
        return found

    def compare(
        self, registers: Mapping[str, bytes], documents: Mapping[str, bytes], now: datetime, language: Language
    ) -> Compared:
        opened = {name: read_register(_stream(content)) for name, content in registers.items()}
        sides = {side_of(register.state) for register in opened.values() if register.state is not None}
        if len(sides) != 1:
            raise BadInput(detail=_NO_SIDE[language] if not sides else _TWO_SIDES[language])
        unread: list[str] = []
        with Comparison(Book(side=sides.pop(), at=now)) as comparison:
            for name, register in opened.items():
                comparison.add_register(name, register, partial(_tell_flaw, unread, language, name))
            found = chain.from_iterable(containers_in(content, name) for name, content in documents.items())
            comparison.add_documents(slips(found), partial(_tell_unread, unread, language))
            told = tuple(_told_difference(each, language) for each in comparison.differences())
            totals = comparison.totals
        return Compared(totals.entries, totals.documents, totals.matched, told, tuple(unread))

    def draft(self, short_form: str, now: datetime, language: Language) -> Drafted:
        made = make_trial(read_draft(short_form), Grounds(day_in_chile(now), schemas=self._schemas), now)
        document = made.document
        totals = document.body.first("Encabezado/Totales")
        amounts = {tag: nodes[0].text or "" for tag, nodes in totals.parts.items()} if totals else {}
        return Drafted(_title(document, language), amounts, made.file)

    def explain(self, rule: str, language: Language) -> str | None:
        found = rules().get(rule)
        if found is None:
            return None
        texts = (found.says_es, found.why_es, found.fix_es) if language == "es" else (found.says, found.why, found.fix)
        return "\n\n".join([*texts, "; ".join(str(each) for each in sources(found))])


def _of_file(container: Container) -> str:
    """What holds documents, as the SII names it; a file that holds none has its own name only."""
    named = container.kind not in ("DTE", "wrapper", "nothing")
    return f"{container.kind} ({container.place})" if named else container.place


def _stream(content: bytes) -> BufferedReader:
    return BufferedReader(BytesIO(content))


_NO_SIDE: Mapping[Language, str] = {
    "es": "ninguno de los archivos es un CSV del registro del SII",
    "en": "none of the files is a CSV of the SII's register",
}
_TWO_SIDES: Mapping[Language, str] = {
    "es": "compras y ventas se comparan por separado",
    "en": "purchases and sales are compared one after the other, not together",
}


def _tell_flaw(unread: list[str], language: Language, file: str, flaw: Flaw) -> None:
    kind = flaws()[flaw.kind]
    unread.append(f"{file}:{flaw.line}: {kind.says_es if language == 'es' else kind.says} {flaw.found}".rstrip())


def _tell_unread(unread: list[str], language: Language, each: Unread) -> None:
    rule = rules()[each.rule]
    unread.append(f"{each.place}: {rule.says_es if language == 'es' else rule.says} {each.found}".rstrip())


def _told_difference(each: Difference, language: Language) -> str:
    kind = difference_kinds()[each.kind]
    says, fix = (kind.says_es, kind.fix_es) if language == "es" else (kind.says, kind.fix)
    values = " / ".join(value for value in (each.registered, each.documented) if value)
    about = f"{each.document} {each.folio}, {each.party}"
    return f"${each.risk:,}".replace(",", ".") + f"  {about}: {says}{f' ({values})' if values else ''} → {fix}"


def _examined(checked: Checked, language: Language) -> Examined:
    document = checked.document
    objections = tuple(_objection(each, language) for each in told_once(checked.findings))
    if document is None:
        return Examined(checked.place, 0, None, None, objections, ())
    signed = as_moment(document.body.of("TmstFirma"))
    title, proved = _title(document, language), tuple(_proved(checked, language))
    total = document.body.number("Encabezado/Totales/MntTotal") or Decimal(0)
    return Examined(title, document.kind, document.issued, signed, objections, proved, int(total))


def _title(document: Document, language: Language) -> str:
    name = kinds().get(document.kind, {}).get(language, str(document.kind))
    return f"{name} {document.folio} {'de' if language == 'es' else 'of'} {document.issuer}"


def _proved(checked: Checked, language: Language) -> list[str]:
    held = {**checked.held, **({"caf": ""} if "stamp" in checked.held else {})}
    broken = tuple(each.rule.id for each in checked.findings)
    return [
        said.format(how=held[key])
        for key, said in _PROVED[language].items()
        if key in held and not any(rule.startswith(_SPOILED[key]) for rule in broken)
    ]


def _objection(finding: Finding, language: Language) -> Objection:
    rule, spanish = finding.rule, language == "es"
    return Objection(
        rule.id,
        rule.severity,
        rule.says_es if spanish else rule.says,
        finding.path,
        finding.found,
        finding.expected,
        "; ".join(str(each) for each in places(finding)),
        rule.fix_es if spanish else rule.fix,
        sentence(finding, language),
    )
