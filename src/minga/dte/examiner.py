"""The engine for those who ask it in words: `minga.domain.tax_documents.Examiner`."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from minga.domain.tax_documents import Examined, Language, Objection
from minga.dte.checking import Checked, check_around, check_piece
from minga.dte.finding import Finding
from minga.dte.grounds import Grounds
from minga.dte.kinds import kinds
from minga.dte.reading import Container, containers_in, head
from minga.dte.reading.envelopes import as_moment
from minga.dte.rulebook import places, rules, sources
from minga.dte.schemas import Schemas
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
"""What each entry of `Report.held` proves; the folio's authorisation holds where a stamp does and no rule of it breaks."""

_SPOILED: Mapping[str, tuple[str, ...]] = {
    "schema": ("schema-invalid",),
    "signature": ("signature-",),
    "stamp": ("stamp-",),
    "caf": ("caf-",),
}
"""Beginnings of rules that take from an entry what it would prove."""


class Examiner:
    """Checks without a UF: a document that needs its value gets a finding that says so."""

    def __init__(self, schemas: Schemas, *, takes_trials: bool = False) -> None:
        self._schemas = schemas
        self._takes_trials = takes_trials

    def examine(self, name: str, content: bytes, today: date, language: Language) -> Sequence[Examined]:
        grounds = Grounds(today, schemas=self._schemas)
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


def _examined(checked: Checked, language: Language) -> Examined:
    document = checked.document
    objections = tuple(_objection(each, language) for each in checked.findings)
    if document is None:
        return Examined(checked.place, 0, None, None, objections, ())
    name = kinds().get(document.kind, {}).get(language, str(document.kind))
    of = "de" if language == "es" else "of"
    signed = as_moment(document.body.of("TmstFirma"))
    title = f"{name} {document.folio} {of} {document.issuer}"
    total = document.body.number("Encabezado/Totales/MntTotal") or Decimal(0)
    return Examined(
        title, document.kind, document.issued, signed, objections, tuple(_proved(checked, language)), int(total)
    )


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
    )
