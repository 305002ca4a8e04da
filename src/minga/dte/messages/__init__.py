"""Messages around documents, made and signed: envelopes, answers, receipts, cessions.

Their documents go in as they stand, byte for byte. Entries: `envelope`, `reception`, `results`, `receipts`, `cession`.
"""

from minga.dte.messages.answers import Answerer, Arrived, Judgement, receipts, reception, results
from minga.dte.messages.cessions import Giving, Party, Terms, cession, further_cession
from minga.dte.messages.envelopes import SII, Sender, envelope

__all__ = [
    "SII",
    "Answerer",
    "Arrived",
    "Giving",
    "Judgement",
    "Party",
    "Sender",
    "Terms",
    "cession",
    "envelope",
    "further_cession",
    "receipts",
    "reception",
    "results",
]
