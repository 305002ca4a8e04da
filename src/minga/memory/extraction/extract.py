"""What a passage mentions, states and asks for."""

from minga.domain.memory import Extraction, Passage


def extract(passage: Passage) -> Extraction:
    return Extraction()
