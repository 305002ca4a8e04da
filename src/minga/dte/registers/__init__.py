"""Registers that the SII keeps of a company's documents, as files of its site. Entry: `read_register`."""

from minga.dte.registers.entry import Entry, Flaw, FlawKind, State, Tax, flaws
from minga.dte.registers.rcv import Register, read_register

__all__ = ["Entry", "Flaw", "FlawKind", "Register", "State", "Tax", "flaws", "read_register"]
