"""The SII's register of claims and acceptances, as its manual describes it: what it answers to which request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias, get_args

import msgspec

from minga.domain import rut
from minga.domain.terms import day_in_chile, days_later

Event: TypeAlias = Literal["ACD", "RCD", "ERM", "RFP", "RFT", "NCA", "ENC"]
"""NCA and ENC (a credit note that annuls, or one that does not, names the document) come from the SII itself."""

Claim: TypeAlias = Literal["RCD", "RFP", "RFT"]
Action: TypeAlias = Literal["ACD", "RCD", "ERM", "RFP", "RFT"]

CLAIMS: tuple[Claim, ...] = get_args(Claim)
ACTIONS: tuple[Action, ...] = get_args(Action)


class Transition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the manual's table: the codes that may be answered to each request."""

    recorded: str
    ACD: tuple[int, ...]
    ERM: tuple[int, ...]
    claim: tuple[int, ...]
    page: int
    same: tuple[int, ...] = ()


class Manual(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``since``: documents received earlier are not known to the service. ``days`` run by date and time."""

    kinds: frozenset[int]
    since: date
    days: int
    rut_min: int
    folio_digits: int
    events: Mapping[str, str]
    codes: Mapping[str, str]
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    event: Event
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What the register holds of a document. ``received``: the instant at which the SII got it, None if it has not."""

    received: datetime | None
    recorded: Sequence[Recorded] = ()

    def events(self) -> frozenset[Event]:
        return frozenset(each.event for each in self.recorded)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``action`` is whatever was sent. ``by_receiver``: it comes from the receiver's representative or users."""

    issuer: str
    kind: int
    folio: int
    action: str
    at: datetime
    by_receiver: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """``codes``: the one that is answered, or those among which the manual leaves it open; ``messages`` are theirs."""

    codes: tuple[int, ...]
    messages: tuple[str, ...]

    @property
    def recorded(self) -> bool:
        return self.codes == (0,)


@cache
def manual() -> Manual:
    text = resources.files(__package__).joinpath("claims.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=Manual)


def window_end(received: datetime) -> datetime:
    """The last instant at which the register takes an event: the clock time of reception, 8 calendar days later."""
    return days_later(received, manual().days)


def record(request: Request, standing: Standing) -> Reply:
    """What ``ingresarAceptacionReclamoDoc`` answers. Where a claim stands beside an acceptance, which the service never
    lets happen, the claim decides."""
    refused = _refusal(request, standing)
    return _reply(refused if refused else _transition(request.action, standing.events()), standing)


def assignable(kind: int, standing: Standing, at: datetime) -> Reply:
    """What ``consultarDocDteCedible`` answers. A claim comes before an annulling credit note, and an acceptance of the
    content alone is no receipt of goods (code 22): the manual names no order."""
    found, received = standing.events(), standing.received
    if kind not in manual().kinds:
        code = 20
    elif received is None:
        code = 18
    elif day_in_chile(received) < manual().since:
        code = 10
    elif found & set(CLAIMS):
        code = 24
    elif any(each.event == "NCA" and each.at <= window_end(received) for each in standing.recorded):
        code = 21
    elif "ERM" in found:
        code = 23
    else:
        code = 25 if at > window_end(received) else 22
    return _reply((code,), standing)


def _refusal(request: Request, standing: Standing) -> tuple[int, ...]:
    """In the order in which the manual names them (pp. 3-6)."""
    known = manual()
    if not _is_rut(request.issuer):
        return (1,)
    if request.kind not in known.kinds:
        return (3,)
    if not 1 <= request.folio < 10**known.folio_digits:
        return (2,)
    if request.action not in ACTIONS:
        return (4,)
    if standing.received is None:
        return (18,)
    if day_in_chile(standing.received) < known.since:
        return (10,)
    if not request.by_receiver:
        return (17,)
    return (8,) if request.at > window_end(standing.received) else ()


def _transition(action: str, found: frozenset[Event]) -> tuple[int, ...]:
    if found & set(CLAIMS):
        recorded = "claim"
    elif {"ACD", "ERM"} <= found:
        recorded = "both"
    else:
        recorded = next((each for each in ("ACD", "ERM") if each in found), "nothing")
    row = next(row for row in manual().transitions if row.recorded == recorded)
    if action == "ACD":
        return row.ACD
    if action == "ERM":
        return row.ERM
    return row.same if action in found else row.claim


def _reply(codes: tuple[int, ...], standing: Standing) -> Reply:
    claims = ", ".join(each.event for each in standing.recorded if each.event in CLAIMS)
    return Reply(codes, tuple(manual().codes[str(code)].replace("XXX", claims) for code in codes))


def _is_rut(text: str) -> bool:
    try:
        found = rut.parse(text)
    except ValueError:
        return False
    return found.valid and found.body >= manual().rut_min
