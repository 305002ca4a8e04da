"""The passages of Ley 19.983 that its two terms from the receipt of an invoice rest on."""

from datetime import date
from importlib import resources

import msgspec


class Passage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exact words of a norm. ``version`` is the date of the article's text; ``english`` an unofficial translation."""

    key: str
    norm: str
    id_norma: int
    article: str
    id_parte: int
    version: date
    text: str
    english: str

    @property
    def url(self) -> str:
        return f"https://www.leychile.cl/Navegar?idNorma={self.id_norma}&idParte={self.id_parte}"

    @property
    def citation(self) -> str:
        """Names stay in Spanish in every language; the date is that of the article's text."""
        return f"{self.norm}, {self.article}, {self.version.isoformat()}, {self.url}"


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``in_force`` is the law's first day; the stored text holds from ``text_from`` and was read on ``text_seen``."""

    published: date
    in_force: date
    text_from: date
    text_seen: date
    claim_days: int
    payment_days: int
    passages: tuple[Passage, ...]

    def passage(self, key: str) -> Passage:
        """Raises KeyError."""
        for passage in self.passages:
            if passage.key == key:
                return passage
        raise KeyError(key)


def load() -> Law:
    """Read the passages shipped with the package."""
    text = resources.files("minga.agents.builtin").joinpath("ley_19983.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=Law)
