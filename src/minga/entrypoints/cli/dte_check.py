"""`minga dte check`: documents against every rule, one or a million."""

import errno
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import click
import msgspec

from minga.domain.errors import BadInput, BadSetting, SchemasChanged, UnreadableFile
from minga.domain.tax_documents import SEVERITIES, Severity
from minga.domain.terms import chile
from minga.dte.authorised import Authorised, authorised
from minga.dte.finding import Finding
from minga.dte.grounds import Grounds
from minga.dte.kinds import kinds
from minga.dte.many import Judged, Source, judge_files
from minga.dte.reading import containers_from, unopened
from minga.dte.rulebook import places as stands
from minga.dte.schemas import Schemas
from minga.dte.schemas.sets import Changed
from minga.dte.schemas.telling import also, sentence, told_once
from minga.dte.trial import grounds as trials
from minga.entrypoints.cli.dte_given import DAY, RATES, UF
from minga.entrypoints.cli.dte_progress import Bar
from minga.entrypoints.cli.ending import EXIT_FAILED
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.visible import for_reader, visible
from minga.infrastructure.spread import Processes, Spread, here, processors

HELP = """Check tax documents: one, an envelope with many, folders, zip archives, or standard input (-).

\b
  minga dte check invoice.xml
  minga dte check received/ --json > findings.jsonl
  unzip -p month.zip | minga dte check - --severity error

Every finding names its rule, the norm and page it stands in, and what to do. Exit codes: 0 nothing worse than a note or
a reparo, 1 an error or a rejection, 2 bad input.
"""

STOPPING: tuple[Severity, ...] = ("rejected", "error")
"""Severities for which the exit code is not 0."""


VERDICTS: Mapping[Severity | None, str] = MappingProxyType(
    {
        None: "nothing to object",
        "note": "right, with notes",
        "reparo": "the SII takes it and objects",
        "error": "not right",
        "rejected": "the SII would reject it",
    }
)
"""What is said of a document, by the worst that was found."""


@dataclass(slots=True)
class _Count:
    documents: int = 0
    seen: int = 0
    by_worst: Counter[Severity | None] = field(default_factory=Counter)

    def add(self, judged: Judged) -> None:
        self.seen += 1
        self.documents += judged.kind == "DTE"
        self.by_worst[judged.worst] += 1


@click.command(cls=Verb, name="check", help=HELP)
@click.argument("places", nargs=-1, required=True, metavar="PLACE...")
@option(
    "--severity",
    type=click.Choice(SEVERITIES),
    default="note",
    help="Show only findings as severe as this, or more, and the documents that have some.",
)
@option("--today", type=DAY, metavar="DATE", help="The day of the check; today in Chile if left out.")
@option(
    "--uf",
    type=UF,
    metavar="PESOS|FILE",
    help="The value of the UF for the rules that need it: pesos, or a file of lines 2026-11-30;39871.25.",
)
@option(
    "--rates",
    type=RATES,
    metavar="FILE",
    help="The Central Bank's exchange rates, for exports: a file of lines 2026-11-30;DOLAR USA;945.32.",
)
@option(
    "--signer",
    "signers",
    multiple=True,
    metavar="RUT",
    help="A person who may sign, or ISSUER=RUT for one issuer only; may be given several times.",
)
@option(
    "--trial",
    is_flag=True,
    help="Take documents of trials (minga dte make --trial) as if the SII had given their folios.",
)
@option("--jobs", type=click.IntRange(1), metavar="N", help="Processes; as many as there are processors if left out.")
@option("--quiet", "-q", is_flag=True, help="Only the exit code.")
@option("--json", "as_lines", is_flag=True, help="One document a line as JSON.")
@click.pass_obj
def command(
    desk: Desk,
    /,
    places: tuple[str, ...],
    severity: Severity,
    today: date | None,
    uf: Mapping[date, Decimal] | None,
    rates: Mapping[tuple[date, str], Decimal] | None,
    signers: tuple[str, ...],
    trial: bool,
    jobs: int | None,
    quiet: bool,
    as_lines: bool,
) -> int:
    grounds = replace(_grounds(desk, today, uf, takes_trials=trial), signers=_signers(desk, signers), rates=rates or {})
    count = _Count()
    try:
        with Bar(desk.say, places) as bar:
            for judged in judge_files(bar.opened(_sources(places)), grounds, lambda: _spread(jobs)):
                count.add(judged)
                bar.add(judged)
                if not quiet:
                    _show(desk, judged, severity, as_lines)
    except Changed as wrong:
        raise SchemasChanged(path=str(wrong.path)) from wrong
    if not count.seen:
        raise BadInput(detail=desk.say("no document stands at {places}", places=", ".join(places)))
    if not quiet and not as_lines:
        print(_sum(desk, count), file=sys.stderr)
    return EXIT_FAILED if any(count.by_worst[each] for each in STOPPING) else 0


def _sources(places: tuple[str, ...]) -> Iterator[Source]:
    """Raises UnreadableFile for a place that is not there; what is wrong inside is a finding."""
    for place in places:
        if place == "-":
            yield from containers_from(sys.stdin.buffer, "stdin")
        elif not (path := Path(place).expanduser()).exists():
            raise UnreadableFile(path=place, detail=os.strerror(errno.ENOENT))
        else:
            yield from unopened(path)


def _grounds(desk: Desk, today: date | None, uf: Mapping[date, Decimal] | None, *, takes_trials: bool) -> Grounds:
    day = today or datetime.now(chile()).date()
    grounds = Grounds(day, uf or {}, Schemas.at(desk.settings.dte_schemas))
    return trials(grounds) if takes_trials or desk.settings.dte_trial else grounds


def _signers(desk: Desk, given: tuple[str, ...]) -> Authorised:
    """Those of the option, else of the setting."""
    try:
        return authorised(given or desk.settings.dte_signers)
    except ValueError as wrong:
        detail = desk.say("{value!r} is no RUT with the right check digit", value=str(wrong))
        if given:
            raise BadInput(detail=f"--signer: {detail}") from wrong
        raise BadSetting(name="dte_signers", source=desk.settings.sources["dte_signers"], detail=detail) from wrong


def _spread(jobs: int | None) -> Spread:
    count = jobs or processors()
    return Processes(count) if count > 1 else here


def _show(desk: Desk, judged: Judged, severity: Severity, as_lines: bool) -> None:
    shown = [each for each in judged.findings if SEVERITIES.index(each.severity) <= SEVERITIES.index(severity)]
    if not shown and severity != "note":
        return
    if as_lines:
        print(msgspec.json.encode(_fields(judged, shown, desk.say.language == "es")).decode())
    else:
        print(for_reader("\n".join(_lines(desk, judged, told_once(shown))), sys.stdout))


def _fields(judged: Judged, shown: list[Finding], spanish: bool) -> dict[str, object]:
    """One document, or what holds it, as a program gets it."""
    head = judged.head
    return {
        "place": judged.place,
        "kind": judged.kind,
        "issuer": head.issuer if head else None,
        "type": head.kind if head else None,
        "folio": head.folio if head else None,
        "issued": head.issued if head else None,
        "worst": judged.worst,
        "held": judged.held,
        "findings": [_finding(each, also(each, judged.findings), spanish) for each in shown],
    }


def _finding(each: Finding, elsewhere: str, spanish: bool) -> dict[str, object]:
    """``elsewhere`` is the rule that says the same as the schema."""
    rule, said = each.rule, sentence(each, "es" if spanish else "en")
    told: dict[str, object] = {
        "rule": rule.id,
        "severity": each.severity,
        "path": each.path,
        "found": each.found,
        "expected": each.expected,
        "says": " ".join(part for part in (rule.says_es if spanish else rule.says, said) if part),
        "fix": rule.fix_es if spanish else rule.fix,
        "sources": [str(source) for source in stands(each)],
        "mark": rule.mark,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
    }
    return told | {key: value for key, value in (("detail", each.detail), ("also", elsewhere)) if value}


def _lines(desk: Desk, judged: Judged, shown: list[Finding]) -> Iterator[str]:
    yield f"{_title(desk, judged)}: {_verdict(desk, judged)}"
    spanish = desk.say.language == "es"
    by_rule: dict[str, list[Finding]] = {}
    for each in shown:
        by_rule.setdefault(each.rule.id, []).append(each)
    for rule, alike in ((group[0].rule, group) for group in by_rule.values()):
        yield f"  {desk.say(rule.severity)}  {rule.says_es if spanish else rule.says}  [{rule.id}]"
        for each in alike:
            if each.path or each.found:
                yield f"      {_values(desk, each)}"
        yield f"      {'; '.join(dict.fromkeys(str(source) for each in alike for source in stands(each)))}"
        yield f"      → {rule.fix_es if spanish else rule.fix}"


def _title(desk: Desk, judged: Judged) -> str:
    head = judged.head
    if head is None:
        return (
            judged.place if judged.kind in ("DTE", "file", "wrapper", "nothing") else f"{judged.kind} ({judged.place})"
        )
    name = kinds().get(head.kind, {}).get(desk.say.language) or desk.say("document of type {kind}", kind=head.kind)
    return desk.say(
        "{kind} {folio} of {issuer} ({place})", kind=name, folio=head.folio, issuer=head.issuer, place=judged.place
    )


def _verdict(desk: Desk, judged: Judged) -> str:
    verdict = desk.say(VERDICTS[judged.worst])
    return desk.say("the file itself: {verdict}", verdict=verdict) if judged.kind in ("file", "wrapper") else verdict


def _values(desk: Desk, each: Finding) -> str:
    parts = [each.path] if each.path else []
    if said := sentence(each, desk.say.language):
        return "  ".join([*parts, _on_one_line(said)])
    if each.found:
        parts.append(desk.say("found {value}", value=_on_one_line(each.found)))
    if each.expected:
        parts.append(desk.say("expected {value}", value=_on_one_line(each.expected)))
    return "  ".join(parts)


def _on_one_line(value: str) -> str:
    """What stands in a document is no line of its own, which could pass for one of ours; nor is it an order to a
    terminal, where `for_reader` does not see one."""
    return " ".join(visible(value).split())


def _sum(desk: Desk, count: _Count) -> str:
    told = [desk.say.counted(count.documents, "1 document", "{count} documents")]
    for worst, number in sorted(count.by_worst.items(), key=lambda item: SEVERITIES.index(item[0]) if item[0] else 9):
        told.append(f"{number} {desk.say(worst) if worst else desk.say('without findings')}")
    return ", ".join(told)
