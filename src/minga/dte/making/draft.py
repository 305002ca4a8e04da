"""The short form of a document: what a person or a program says, without what can be computed.

Names are plain words; `composing.py` knows which element of the SII's format each becomes. Amounts are pesos, in
documents of export (110, 111, 112) units of their currency. Every part has ``extra``: elements of the format by their
path, for what has no short name; ``false`` takes an element away.
"""

import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

Value = str | int | bool | Decimal | datetime.date | datetime.time

Extra = dict[str, Any]
"""Elements by path, each a `Value`; ``composing.put_all`` refuses others (msgspec knows no such choice of types)."""

Kind = Literal[33, 34, 39, 41, 43, 46, 52, 56, 61, 110, 111, 112]

Payment = Literal["cash", "credit", "free"]
"""FmaPago 1, 2, 3."""

Treatment = Literal["exempt", "not-billed", "deposit", "not-sold", "deducted", "not-billed-negative"]
"""How a line counts, where it is not affected by IVA: IndExe 1 to 6."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the short form."""

    extra: Extra = {}


class Issuer(Part, frozen=True):
    """``giro`` is the line of business, ``acteco`` its codes at the SII, ``branch_code`` the SII's code of the branch.
    In a boleta only ``rut`` is needed. ``office`` is the issuer's office of the SII (printed), ``resolution`` with its
    day the one that lets it issue (printed, and in envelopes)."""

    rut: str
    name: str | None = None
    giro: str | None = None
    acteco: tuple[int, ...] = ()
    address: str | None = None
    comuna: str | None = None
    city: str | None = None
    phone: tuple[str, ...] = ()
    email: str | None = None
    branch: str | None = None
    branch_code: int | None = None
    seller: str | None = None
    office: str | None = None
    resolution: int | None = None
    resolved: datetime.date | None = None


class Receiver(Part, frozen=True):
    """``country`` is the customs' code of the nationality, ``id_number`` the number of a foreigner's paper."""

    rut: str
    name: str | None = None
    giro: str | None = None
    address: str | None = None
    comuna: str | None = None
    city: str | None = None
    contact: str | None = None
    email: str | None = None
    phone: str | None = None
    internal_code: str | None = None
    country: str | None = None
    id_number: str | None = None


class Code(Part, frozen=True):
    """A code of an article: ``kind`` as EAN13, PLU, INT1."""

    kind: str
    value: str


class Line(Part, frozen=True):
    """``amount`` only where it is not quantity times price less discount: it is computed if left out. Of discount and
    surcharge either the amount or the percentage. ``taxes`` are the SII's codes of additional taxes and retentions.
    ``settles`` is the type of the document that a line of a liquidación (43) stands for."""

    name: str
    description: str | None = None
    codes: tuple[Code, ...] = ()
    quantity: Decimal | None = None
    unit: str | None = None
    price: Decimal | None = None
    amount: Decimal | None = None
    treatment: Treatment | None = None
    discount: Decimal | None = None
    discount_percent: Decimal | None = None
    surcharge: Decimal | None = None
    surcharge_percent: Decimal | None = None
    taxes: tuple[int, ...] = ()
    settles: int | str | None = None


class Change(Part, frozen=True):
    """A discount on the whole document, or a surcharge: ``percent`` or ``amount``, on the lines of one treatment (of
    the whole document, where nothing in it is affected)."""

    text: str | None = None
    percent: Decimal | None = None
    amount: Decimal | None = None
    on: Literal["affected", "exempt", "not-billed"] | None = None


class Reference(Part, frozen=True):
    """``type`` is a code of the SII (33, 801 …) or letters of your own; ``code`` 1 annuls, 2 corrects text, 3 corrects
    amounts. ``covers_all`` stands for more than 20 documents of that type (``folio`` 0)."""

    type: int | str
    folio: int | str
    date: datetime.date | None = None
    code: int | str | None = None
    reason: str | None = None
    covers_all: bool = False
    issuer_rut: str | None = None


class Commission(Part, frozen=True):
    """Of a liquidación (43) or a factura de compra (46). The IVA is computed."""

    text: str
    kind: Literal["commission", "other"] = "commission"
    percent: Decimal | None = None
    net: Decimal = Decimal(0)
    exempt: Decimal = Decimal(0)


class Transport(Part, frozen=True):
    """The way of the goods. ``trailer`` is its plate; ``driver_rut`` and ``driver`` go together."""

    plate: str | None = None
    trailer: str | None = None
    carrier_rut: str | None = None
    driver_rut: str | None = None
    driver: str | None = None
    address: str | None = None
    comuna: str | None = None
    city: str | None = None
    leaves: datetime.date | None = None
    leaves_at: datetime.time | None = None
    arrives: datetime.date | None = None


class Packages(Part, frozen=True):
    """Packages of one kind (the customs' code)."""

    kind: int
    count: int
    marks: str | None = None
    container: str | None = None
    seal: str | None = None
    seal_issuer: str | None = None


class Customs(Part, frozen=True):
    """Of export: the customs' codes of the sale, its clause, the way, ports, units and countries."""

    sale_mode: int | None = None
    clause: int | None = None
    clause_total: Decimal | None = None
    route: int | None = None
    ship: str | None = None
    carrier_rut: str | None = None
    carrier: str | None = None
    booking: str | None = None
    port_out: int | None = None
    port_in: int | None = None
    gross_weight: Decimal | None = None
    gross_weight_unit: int | None = None
    net_weight: Decimal | None = None
    net_weight_unit: int | None = None
    items: int | None = None
    packages_total: int | None = None
    packages: tuple[Packages, ...] = ()
    freight: Decimal | None = None
    insurance: Decimal | None = None
    receiver_country: int | None = None
    destination_country: int | None = None


class Currency(Part, frozen=True):
    """Of export: the currency as the SII writes it (``DOLAR USA``), and what one unit is in pesos on the day of issue
    (dollar of the Central Bank)."""

    name: str
    rate: Decimal


class Instalment(Part, frozen=True):
    """A day of the payment plan."""

    date: datetime.date
    amount: Decimal
    text: str | None = None


class Period(Part, frozen=True):
    """Of periodic services, both days included."""

    first: datetime.date
    last: datetime.date


class Draft(Part, frozen=True):
    """A document to be made. ``date`` is today in Chile and ``folio`` the next of the CAF if left out. ``gross``: the
    prices of lines hold the IVA (boletas always do, unless ``gross = false``). ``dispatch`` is who carries the goods
    (1 receiver, 2 issuer to the receiver, 3 issuer elsewhere), ``transfer`` why they move (1 to 9, guía), ``service``
    the SII's IndServicio. ``builder_credit``: the special credit of construction companies (65 % of the IVA).
    ``words`` are printed in place of customs' codes, as ``CodPtoEmbarque = "Valparaíso"``.
    ``extra`` reaches every element of the body, as ``"Encabezado/IdDoc/TpoTranVenta" = 1``."""

    type: Kind
    issuer: Issuer
    receiver: Receiver
    lines: tuple[Line, ...]
    folio: int | None = None
    date: datetime.date | None = None
    payment: Payment | None = None
    payment_export: int | None = None
    due: datetime.date | None = None
    instalments: tuple[Instalment, ...] = ()
    period: Period | None = None
    gross: bool | None = None
    dispatch: int | None = None
    transfer: int | None = None
    service: int | None = None
    discounts: tuple[Change, ...] = ()
    surcharges: tuple[Change, ...] = ()
    references: tuple[Reference, ...] = ()
    commissions: tuple[Commission, ...] = ()
    transport: Transport | None = None
    customs: Customs | None = None
    currency: Currency | None = None
    builder_credit: bool = False
    mandante_rut: str | None = None
    requested_by_rut: str | None = None
    words: dict[str, str] = {}
