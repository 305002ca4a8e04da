"""Looks for words in the bytes of files, in which they must not stand."""

import json
from collections.abc import Collection
from pathlib import Path

AT_ONCE = 4 << 20


def forms_of(words: str) -> set[bytes]:
    """How ``words`` may stand in a file: as given and in lower case, plain, in wide characters, escaped as in JSON."""
    forms: set[bytes] = set()
    for text in (words, words.lower()):
        for form in (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]):
            forms |= {form.encode(code, "replace") for code in ("utf-8", "utf-16-le", "utf-16-be")}
    return forms


def stand_in(file: Path, forms: Collection[bytes]) -> bool:
    """Whether one of ``forms`` stands in the file. Raises OSError; one that is not there has nothing in it."""
    longest = max(map(len, forms))
    try:
        with file.open("rb") as bytes_of:
            before = b""
            while piece := bytes_of.read(AT_ONCE):
                held = before + piece
                if any(form in held for form in forms):
                    return True
                before = held[-longest:]
    except FileNotFoundError:
        pass
    return False
