"""Chilean tax documents, RUT and legal deadlines."""

from datetime import date, datetime
from typing import Annotated

import msgspec

from minga.entrypoints.mcp.tool import Tool

Path = Annotated[str, msgspec.Meta(max_length=4096, description="File below the working directory")]
Xml = Annotated[str, msgspec.Meta(max_length=5_000_000, description="Its text, in the place of path")]


class Check(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    path: Path = ""
    xml: Xml = ""


class Objection(msgspec.Struct, frozen=True, omit_defaults=True):
    rule: str
    severity: str
    says: str
    where: str
    source: str
    fix: str
    found: str = ""
    expected: str = ""


class Document(msgspec.Struct, frozen=True, omit_defaults=True):
    """``verdict`` is the worst severity (rejected, error, reparo, note), or ok."""

    title: str
    verdict: str
    objections: list[Objection] = []
    proved: list[str] = []


class Checked(msgspec.Struct, frozen=True):
    documents: list[Document]


class Explain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: Annotated[str, msgspec.Meta(min_length=1, max_length=100, description="Its name in dte_check")]


class Explained(msgspec.Struct, frozen=True):
    rule: str
    text: str


class Make(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    short_form: Annotated[
        str, msgspec.Meta(max_length=500_000, description="TOML or JSON; empty: an example of type is given instead")
    ] = ""
    type: Annotated[int, msgspec.Meta(ge=1, le=999)] = 33


class Made(msgspec.Struct, frozen=True, omit_defaults=True):
    title: str = ""
    amounts: dict[str, str] = {}
    xml: str = ""
    example: str = ""
    worth: str = ""


class Rut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rut: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class RutChecked(msgspec.Struct, frozen=True):
    """``digit`` is the right check digit; that a RUT is valid does not say that it is somebody's."""

    valid: bool
    rut: str
    digit: str


class Deadlines(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    type: Annotated[int, msgspec.Meta(ge=1, le=999, description="TipoDTE, such as 33 or 34")]
    received: Annotated[datetime, msgspec.Meta(description="By the SII; Chile's time if no zone is given")]
    delivered: date | None = None
    accepted: datetime | None = None
    acknowledged: datetime | None = None
    claimed: datetime | None = None
    public_days: (
        Annotated[int, msgspec.Meta(ge=1, le=60, description="Buyer is a public body: its days to pay")] | None
    ) = None


class Deadline(msgspec.Struct, frozen=True, omit_defaults=True):
    what: str
    until: str
    source: str
    why: str = ""


class Dates(msgspec.Struct, frozen=True):
    deadlines: list[Deadline]


TOOLS = (
    Tool(
        "dte_check",
        "Check a DTE",
        "Check Chilean tax documents (XML, envelopes) against every SII rule: schema, sums,"
        " signature, stamp, dates. Each finding names its norm.",
        Check,
        Checked,
        "taxes.check",
    ),
    Tool(
        "dte_explain",
        "Explain a DTE rule",
        "What a rule of dte_check demands, its norm, how to mend it.",
        Explain,
        Explained,
        "taxes.explain",
    ),
    Tool(
        "dte_make",
        "Make a trial DTE",
        "Make a DTE from a short form with computed totals, for trial.",
        Make,
        Made,
        "taxes.make",
    ),
    Tool(
        "rut_check", "Check a RUT", "Whether the check digit of a Chilean RUT is right.", Rut, RutChecked, "taxes.rut"
    ),
    Tool(
        "legal_deadlines",
        "Legal deadlines",
        "Dates that follow from receiving an invoice in Chile (Ley 19.983, VAT"
        " credit): claim, acceptance, payment, collection.",
        Deadlines,
        Dates,
        "taxes.dates",
    ),
)
