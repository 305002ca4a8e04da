"""Who may sign, as people write it: a RUT for every issuer, or ISSUER=RUT for one."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from minga.domain.rut import parse, without_dots


@dataclass(frozen=True, slots=True)
class Authorised(Mapping[str, Collection[str]]):
    """`Grounds.signers` as a user gives them: ``everywhere`` may sign for any issuer, ``of`` for the one named."""

    everywhere: frozenset[str]
    of: Mapping[str, frozenset[str]]

    def __getitem__(self, issuer: str) -> frozenset[str]:
        """Raises KeyError for an issuer of which nothing was said."""
        if issuer not in self.of and not self.everywhere:
            raise KeyError(issuer)
        return self.everywhere | self.of.get(issuer, frozenset())

    def __iter__(self) -> Iterator[str]:
        """The issuers that are named."""
        return iter(self.of)

    def __len__(self) -> int:
        return len(self.of)


def authorised(written: Iterable[str]) -> Authorised:
    """Raises ValueError with what is no RUT, or has the wrong check digit."""
    everywhere: set[str] = set()
    of: dict[str, frozenset[str]] = {}
    for each in written:
        issuer, named, person = each.rpartition("=")
        rut = _rut(person)
        if not named:
            everywhere.add(rut)
        else:
            of[_rut(issuer)] = of.get(_rut(issuer), frozenset()) | {rut}
    return Authorised(frozenset(everywhere), of)


def _rut(written: str) -> str:
    text = written.strip()
    try:
        found = parse(text)
        valid = found.valid
    except ValueError:
        raise ValueError(text) from None
    if not valid:
        raise ValueError(text)
    return without_dots(found)
