"""The built-in agent: no model, only skills whose answers can be checked; it refuses what it cannot prove whole.

It serves where no CLI is installed or logged in, and says each time what would make the refused task possible. It must
not guess, must not start a process or use the network, and must never answer a part of a task as if it were all of it.
Entry: `BuiltinDriver`.
"""

from minga.agents.builtin.driver import BuiltinDriver
from minga.agents.builtin.dte_compare_skill import DteCompareSkill
from minga.agents.builtin.dte_make_skill import DteMakeSkill
from minga.agents.builtin.dte_skill import DteSkill
from minga.agents.builtin.invoice_skill import InvoiceSkill
from minga.agents.builtin.memory_skill import MemorySkill
from minga.agents.builtin.question import Question
from minga.agents.builtin.remedies import remedies
from minga.agents.builtin.rut_skill import RutSkill
from minga.agents.builtin.sessions_skill import SessionSearch, SessionsSkill
from minga.agents.builtin.skill import Answered, Declined, Fact, Skill

__all__ = [
    "Answered",
    "BuiltinDriver",
    "Declined",
    "DteCompareSkill",
    "DteMakeSkill",
    "DteSkill",
    "Fact",
    "InvoiceSkill",
    "MemorySkill",
    "Question",
    "RutSkill",
    "SessionSearch",
    "SessionsSkill",
    "Skill",
    "remedies",
]
