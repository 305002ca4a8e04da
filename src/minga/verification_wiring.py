"""The checks of answers, in the order in which they look."""

from minga.domain.verdict import Check, LongCheck
from minga.infrastructure.clock import Clock
from minga.verification.judge import Judge
from minga.verification.ruts import Ruts


def judge(clock: Clock) -> Judge:
    checks: tuple[Check, ...] = (Ruts(),)
    programs: tuple[LongCheck, ...] = ()
    return Judge(clock, checks, programs)
