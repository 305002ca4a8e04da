"""Documents for trials, stamped and signed as real ones are: an own authority, certificate and folios in place of the
SII's. Their keys are public: nothing made with them has any value, and a check takes them only with `grounds`.
"""

import tomllib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import cache
from importlib import resources

import msgspec

from minga.domain.terms import chile
from minga.dte.document import Piece
from minga.dte.grounds import Grounds
from minga.dte.sealing import sealed
from minga.dte.stamps.folios import ALGORITHM, TRIAL_KEY
from minga.dte.writing import Tree, at
from minga.infrastructure.certifying import Owner, certify
from minga.infrastructure.rsa import PrivateKey, private_key
from minga.infrastructure.signing_keys import HeldKey

AUTHORITY = "Autoridad de pruebas de Minga"

SIGNER = Owner(
    "Firmante de prueba de Minga", "11111111-1", datetime(2020, 1, 1, tzinfo=UTC), datetime(2049, 12, 31, tzinfo=UTC)
)

_EXPONENT = 65537
_HEADING = ("IdDoc/TipoDTE", "IdDoc/Folio", "IdDoc/FchEmis", "Emisor/RUTEmisor")


class _Primes(msgspec.Struct, frozen=True):
    p: str
    q: str


@dataclass(frozen=True, slots=True)
class Folios:
    """What a trial's CAF authorises."""

    issuer: str
    kind: int
    first: int
    last: int
    authorised: date
    name: str = "Empresa de prueba"
    key_id: int = TRIAL_KEY


def grounds(given: Grounds) -> Grounds:
    """Which take the CAFs of trials too."""
    return replace(given, caf_keys={**given.caf_keys, TRIAL_KEY: keys()["sii"].public})


@cache
def signing_key(owner: Owner = SIGNER) -> HeldKey:
    """The key of the trials' signer, with a certificate for ``owner``."""
    found = keys()
    return HeldKey(certify(owner, found["signer"], AUTHORITY, found["authority"]), found["signer"])


def caf_key() -> PrivateKey:
    """The key that stamps with any CAF of `caf`."""
    return keys()["folios"]


@cache
def caf(folios: Folios) -> str:
    """The CAF element, signed as the SII signs its own."""
    public = caf_key().public
    da = (
        f"<DA><RE>{folios.issuer}</RE><RS>{folios.name}</RS><TD>{folios.kind}</TD>"
        f"<RNG><D>{folios.first}</D><H>{folios.last}</H></RNG><FA>{folios.authorised}</FA>"
        f"<RSAPK><M>{_base64(public.modulus)}</M><E>{_base64(public.exponent)}</E></RSAPK><IDK>{folios.key_id}</IDK></DA>"
    )
    value = b64encode(keys()["sii"].sign_sha1(da.encode("iso-8859-1"))).decode()
    return f'<CAF version="1.0">{da}<FRMA algoritmo="{ALGORITHM}">{value}</FRMA></CAF>'


def sign_piece(body: Tree, now: datetime | None = None, place: str = "", owner: Owner = SIGNER) -> Piece:
    """The document of ``body`` with stamp and signature, which a check with `grounds` finds nothing wrong with.

    Without ``now`` it is signed at noon of its FchEmis. Raises KeyError, ValueError where the body lacks its heading.
    """
    kind, folio, day, issuer = (at(body, f"Encabezado/{path}") or "" for path in _HEADING)
    issued = date.fromisoformat(day)
    folios = Folios(issuer, int(kind), 1, max(int(folio), 1_000_000), issued.replace(day=1))
    moment = now or datetime.combine(issued, time(12), chile())
    raw = sealed(body, f"T{kind}F{folio}", caf(folios), caf_key(), signing_key(owner), moment)
    return Piece(raw, place=place)


@cache
def keys() -> Mapping[str, PrivateKey]:
    """``authority`` signs certificates, ``signer`` documents, ``sii`` CAFs, ``folios`` stamps."""
    text = resources.files(__package__).joinpath("trial.toml").read_text("utf-8")
    primes = msgspec.convert(tomllib.loads(text), dict[str, _Primes])
    return {name: private_key(int(each.p, 16), int(each.q, 16), _EXPONENT) for name, each in primes.items()}


def _base64(number: int) -> str:
    return b64encode(number.to_bytes((number.bit_length() + 7) // 8, "big")).decode()
