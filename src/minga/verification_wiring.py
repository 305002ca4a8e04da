"""The checks of answers, in the order in which they look."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from minga.domain.tax_documents import DteEngine
from minga.domain.terms import day_in_chile
from minga.domain.work import Check, LongCheck
from minga.infrastructure.clock import Clock
from minga.infrastructure.sandbox import Sandbox
from minga.infrastructure.watchdog import Watchdog
from minga.verification.arithmetic.sums import Sums
from minga.verification.code.compiling import Compiles
from minga.verification.code.imports import Names
from minga.verification.files.patches import Patches
from minga.verification.files.paths import ChangedPaths
from minga.verification.files.references import References
from minga.verification.judge import Judge
from minga.verification.programs.commands import Commands
from minga.verification.quotations import Quotations
from minga.verification.ruts import Ruts
from minga.verification.schema import Data, Schema
from minga.verification.tax_documents import TaxDocuments


def judge(environment: Mapping[str, str], clock: Clock, watchdog: Watchdog, engine: Callable[[], DteEngine]) -> Judge:
    """``environment`` is the person's, for programs; ``engine`` makes the one for tax documents when one is met."""
    checks: tuple[Check, ...] = (
        ChangedPaths(Path(tempfile.gettempdir())),
        Schema(),
        TaxDocuments(engine, lambda: day_in_chile(clock.now())),
        Ruts(),
        Sums(),
        Quotations(),
        References(),
        Patches(),
        Data(),
        Compiles(),
        Names(),
    )
    programs: tuple[LongCheck, ...] = (Commands(Sandbox(environment, watchdog)),)
    return Judge(clock, checks, programs)
