"""The obligation tables of both formats, compiled for a type of document: what stands where, how often, how written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib import resources

import msgspec

from minga.dte.content.fields.forms import Judge, Narrower, judge
from minga.dte.writing import Order, body_of, order_of

INVOICES = (33, 34, 52, 61, 56, 46, 43, 110, 112, 111)
"""The types of ``invoices.toml``, in the order of its codes."""

BOLETAS = (39, 41)

KINDS = frozenset((*INVOICES, *BOLETAS))

_LETTERS = {"Documento": "D", "Liquidacion": "L", "Exportaciones": "E"}


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of a table; the head of ``invoices.toml`` says what each column means."""

    codes: str
    page: int
    form: str = ""
    settlement: str = ""
    export: str = ""
    times: int = 1
    star: bool = False
    must: str = ""
    long: int = 0
    only: str = ""
    nonzero: bool = False
    early: date | None = None
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Spec:
    """An element as it may stand in one type of document. ``judge`` is None for one that holds others (``parts``);
    ``needed`` are those it must hold, each with the rule broken where it does not and the rule's place. ``odd``:
    more than its form is to be looked at. ``plain`` are the judges of the parts that hold no others and are not odd."""

    at: str
    times: int = 1
    judge: Judge | None = None
    forbidden: bool = False
    since: date | None = None
    odd: bool = False
    parts: dict[str, "Spec"] = field(default_factory=dict)
    needed: dict[str, tuple[str, str]] = field(default_factory=dict)
    plain: dict[str, Judge] = field(default_factory=dict)


@cache
def table(kind: int) -> Spec:
    """What may stand in the body of a document of that type. Raises KeyError for a type that there is not."""
    if kind not in KINDS:
        raise KeyError(kind)
    root = Spec("")
    for path, row in rows(kind).items():
        if _known(path, order_of(kind)):
            *parents, tag = path.split("/")
            parent = root
            for name in parents:
                parent = parent.parts[name]
            _add(parent, tag, row, kind)
    return root


def rows(kind: int) -> Mapping[str, Field]:
    """The rows of the table that the type stands in, by path."""
    return _rows("boletas" if kind in BOLETAS else "invoices")


def code(row: Field, kind: int) -> str:
    """The code of obligation, 0 to 3, that the row has for the type."""
    columns = BOLETAS if kind in BOLETAS else INVOICES
    return row.codes.replace(" ", "")[columns.index(kind)]


def place(row: Field, kind: int) -> str:
    """Where the row stands."""
    return f"{'B41' if kind in BOLETAS else 'F25'} p.{row.page}"


def _add(parent: Spec, tag: str, row: Field, kind: int) -> None:
    duty, at = code(row, kind), place(row, kind)
    body = "B" if kind in BOLETAS else _LETTERS[body_of(kind)]
    missing = ""
    if duty == "1" or body in row.must:
        missing = (
            "field-missing-rejected" if row.star else "field-missing-schema" if body in row.must else "field-missing"
        )
    form = {"L": row.settlement, "E": row.export}.get(body) or row.form
    if duty == "0":
        parent.parts[tag] = Spec(at, row.times, _judge(form, "field-empty", row), forbidden=True, odd=True)
        return
    blank = "field-empty-text" if form.startswith("text") else "field-empty"
    if missing and form.startswith("text"):
        blank = "field-missing"
    judged = _judge(form, blank, row)
    parent.parts[tag] = Spec(at, row.times, judged, since=row.since, odd=row.since is not None)
    if judged is not None and row.since is None:
        parent.plain[tag] = judged
    if missing:
        parent.needed[tag] = missing, at


def _judge(form: str, blank: str, row: Field) -> Judge | None:
    if not form:
        return None
    early = row.early.isoformat() if row.early else ""
    return judge(form, blank, Narrower(row.long, frozenset(row.only.split()), early, row.nonzero))


def _known(path: str, order: Order) -> bool:
    for name in path.split("/"):
        if name not in order:
            return False
        order = order[name]
    return True


@cache
def _rows(name: str) -> Mapping[str, Field]:
    text = resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=dict[str, Field])
