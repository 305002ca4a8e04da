"""What is asked of a store that `corpus` made: every way to search, several of each kind."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from benchmarks import corpus
from minga.domain.sessions import Wanted

PROJECT = "/home/ana/src/proyecto-"
FILES = ("README.md", "part_3.py", "part_40.py")
COSTS = ({"cost_micro_usd_min": 10**6}, {"cost_micro_usd_min": 3 * 10**7}, {"cost_micro_usd_max": 10**4})
ALL_FILTERS = {"agent": "claude", "project": f"{PROJECT}3", "file": "part_3.py", "cost_micro_usd_min": 10**5}

Asked = list[tuple[str, dict[str, Any]]]
"""Words and bounds."""


def asked() -> dict[str, list[Wanted]]:
    """Kind of question -> questions."""
    given = {**_of_words(), **_with_bounds()}
    return {kind: [replace(Wanted(text), **bounds) for text, bounds in some] for kind, some in given.items()}


def _of_words() -> dict[str, Asked]:
    words = corpus.words()
    kinds = {
        "a rare word": (corpus.RARE, words[-1], words[40_000]),
        "a word": ("factura", "timbre", words[300], words[3000]),
        "two words": ("factura timbre", f"{words[300]} {words[151]}", f"de {corpus.RARE}"),
        "a very common word": ("de", "the", "la"),
        "two or three very common words": ("de la", "the que", "el en de"),
        "a word without its accents": ("validacion", "MIGRACION", "nandu"),
        "a phrase": ('"de la"', '"error de"', '"validación RUT"'),
        "a phrase of common words that is nowhere": ('"de RUT folio la el"',),
        "a beginning of three letters or more": ("valid*", "migr*", "fac*"),
        "a beginning of one or two letters": ("v*", "de*"),
        "a word that is nowhere": ("xyzzyqq", "de xyzzyqq"),
    }
    return {kind: [(text, {}) for text in texts] for kind, texts in kinds.items()}


def _with_bounds() -> dict[str, Asked]:
    kinds: dict[str, tuple[tuple[str, ...], list[dict[str, Any]]]] = {
        "in one CLI": (("factura", "de"), [{"agent": one} for one in ("claude", "opencode", "qwen")]),
        "in one project": (("factura", "de"), [{"project": f"{PROJECT}{one}"} for one in (0, 30, 120)]),
        "of one remote": (("factura", "de"), [{"project": f"acme/proyecto-{one}"} for one in (1, 31)]),
        "in all projects of a directory": ((corpus.RARE, "factura", "de"), [{"project": "/home/ana/src"}]),
        "between two dates": ((corpus.RARE, "factura", "de"), [_ten_days(one) for one in (3, 500, 1040)]),
        "a file changed": ((corpus.RARE, "factura", "de"), [{"file": one} for one in FILES]),
        "a cost": ((corpus.RARE, "factura", "de"), list(COSTS)),
        "all of these": (("factura", "de la", ""), [ALL_FILTERS, {**ALL_FILTERS, **_ten_days(500)}]),
        "no words, one of these": (
            ("",),
            [{"agent": "qwen"}, {"project": f"{PROJECT}120"}, {"file": "README.md"}, COSTS[2], _ten_days(500)],
        ),
        "nothing fits": (("de", "de la"), [{"agent": "nobody"}, {"file": "README.md", "cost_micro_usd_min": 10**12}]),
    }
    return {kind: [(text, one) for text in texts for one in bounds] for kind, (texts, bounds) in kinds.items()}


def _ten_days(first: int) -> dict[str, Any]:
    since = corpus.BEGIN + timedelta(days=first)
    return {"since": since, "until": since + timedelta(days=10)}
