"""Minga -> what the verbs of tax documents need: the folios of its store."""

from minga.bootstrap import Minga
from minga.dte.folios import Folios, Marks
from minga.infrastructure.clock import SystemClock
from minga.storage.wrapping import Cipher

FOLIO_KEY = "dte-folios"
"""Names the key that seals CAF files, in the key store."""


def folios_of(minga: Minga) -> Folios:
    cipher = Cipher(minga.keys.store_key(FOLIO_KEY))
    return Folios(minga.database, cipher, Marks(minga.settings.dte_folios), SystemClock())
