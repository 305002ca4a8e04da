"""An answer of the memory: what a model read out of recalled passages, and the words that bear it out."""

from dataclasses import dataclass
from enum import StrEnum

from minga.domain.memory import Passage


class Refusal(StrEnum):
    """Why there is no answer. Nothing was found that could answer, or what was found does not say it. Or the model's
    answer is refused: it is not the JSON that was asked for, or too long, or in another language than the question; it
    has figures or names that its quotes lack; it tries to instruct; or nothing that it quotes stands where it says."""

    NOT_FOUND = "not-found"
    NOT_SAID = "not-said"
    NO_JSON = "no-json"
    TOO_LONG = "too-long"
    LANGUAGE = "language"
    INVENTED = "invented"
    INSTRUCTS = "instructs"
    NOT_QUOTED = "not-quoted"


@dataclass(frozen=True, slots=True)
class Quoted:
    """``quote`` stands in ``passage`` word by word. ``is_over``: what is said there no longer holds."""

    passage: Passage
    quote: str
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """``text`` with what bears it out; or neither, and why."""

    text: str = ""
    quotes: tuple[Quoted, ...] = ()
    refusal: Refusal | None = None
