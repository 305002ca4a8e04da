"""What a check has to say of each claim that it looked at, and the one result that comes of them."""

from collections.abc import Iterable
from dataclasses import dataclass

from minga.domain.verdict import Checked, CheckState

_WEIGHT = {CheckState.FAILED: 0, CheckState.BROKEN: 1, CheckState.UNPROVEN: 2, CheckState.PASSED: 3}


@dataclass(frozen=True, slots=True)
class Remark:
    """``text`` is a sentence for a person, with the place of the claim."""

    state: CheckState
    text: str


def summed(check: str, remarks: Iterable[Remark]) -> Checked | None:
    """One wrong claim fails; else one that was proven passes, whatever stays unproven beside it. None without remarks.

    It never ``proves``: that names exist and code parses is not yet work done.
    """
    found = sorted(remarks, key=lambda remark: _WEIGHT[remark.state])
    if not found:
        return None
    states = {remark.state for remark in found}
    order = (CheckState.FAILED, CheckState.PASSED, CheckState.UNPROVEN)
    evidence = tuple(dict.fromkeys(remark.text for remark in found))
    return Checked(check, next(state for state in order if state in states), len(found), evidence, proves=False)
