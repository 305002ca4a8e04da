"""What the standard library holds: what the running Python says, and what other versions and platforms have beside."""

import builtins
import importlib
import importlib.util
import inspect
import json
import sys
from abc import ABCMeta
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from textwrap import TextWrapper
from types import FunctionType, ModuleType
from typing import Any

from minga.verification.code.quiet import quiet

ELSEWHERE = Path(__file__).parent / "stdlib_elsewhere.json"
"""Written by ``tools/stdlib_names.py``, from typeshed."""

ASKED = frozenset(
    """
    abc argparse array ast asyncio asyncio.subprocess base64 binascii bisect bz2 calendar cmath cmd codecs collections
    collections.abc colorsys concurrent concurrent.futures configparser contextlib contextvars copy copyreg csv ctypes
    dataclasses datetime decimal difflib dis email email.message email.mime.multipart email.mime.text email.utils enum
    errno fileinput fnmatch fractions functools gc getopt getpass gettext glob graphlib gzip hashlib heapq hmac html
    html.parser http http.client http.cookies http.server importlib importlib.metadata importlib.resources
    importlib.util inspect io ipaddress itertools json json.decoder json.encoder keyword linecache locale logging
    logging.config logging.handlers lzma math mimetypes multiprocessing numbers operator os os.path pathlib pickle
    pkgutil platform plistlib posixpath pprint queue random re sched secrets select selectors shelve shlex shutil
    signal smtplib socket socketserver sqlite3 ssl stat statistics string struct subprocess symtable sys sysconfig
    tarfile tempfile textwrap threading time timeit token tokenize tomllib trace traceback tracemalloc types typing
    unicodedata unittest unittest.mock urllib urllib.error urllib.parse urllib.request uuid warnings wave weakref
    xml xml.dom xml.dom.minidom xml.etree xml.etree.ElementTree xml.sax xmlrpc xmlrpc.client zipapp zipfile zlib
    zoneinfo
    """.split()  # noqa: SIM905 - a list of 140 quoted names is no clearer
)
"""The modules that are imported to look into them: none starts, writes or opens anything when it is."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Names that only some versions or platforms have: of modules, of classes by their bare name; parameters."""

    modules: Mapping[str, frozenset[str]]
    classes: Mapping[str, frozenset[str]]
    functions: Mapping[str, frozenset[str]]


@lru_cache(maxsize=1)
def _elsewhere() -> Elsewhere:
    tables = json.loads(ELSEWHERE.read_text("utf-8"))
    return Elsewhere(
        *(
            {key: frozenset(names.split()) for key, names in tables[title].items()}
            for title in ("modules", "classes", "functions")
        )
    )


def is_stdlib(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


@lru_cache(maxsize=256)
def module(name: str) -> ModuleType | None:
    """The module of that dotted name; None where it is none of those that are `ASKED`."""
    if name not in ASKED:
        return None
    with quiet():
        try:
            return importlib.import_module(name)
        except ImportError:
            return None


def is_submodule(name: str) -> bool:
    """Whether there is such a file in the standard library; nothing is imported.
    Private ones count as there; so do those of distutils, which setuptools replaces."""
    if "." not in name or "._" in name or name.startswith("distutils."):
        return is_stdlib(name)
    root = Path(importlib.__file__ or "").parent.parent
    place = root.joinpath(*name.split("."))
    return name in ASKED or place.is_dir() or place.with_suffix(".py").is_file() or name in _elsewhere().modules


def missing(owner: object, name: str) -> bool:
    """Whether ``owner``, a module or a class of the standard library, has no such name, in no version or platform."""
    if name.startswith("_") or _has(owner, name):
        return False
    if isinstance(owner, ModuleType):
        known = _elsewhere().modules
        return name not in known.get(_public(owner), ()) and not is_submodule(f"{_public(owner)}.{name}")
    if isinstance(owner, type):
        return all(name not in _elsewhere().classes.get(each.__name__, ()) for each in owner.__mro__)
    return False


def _has(owner: object, name: str) -> bool:
    with quiet():
        return hasattr(owner, name)


def _public(owner: ModuleType) -> str:
    return "os.path" if owner.__name__ in ("posixpath", "ntpath") else owner.__name__


def names(owner: object) -> list[str]:
    return [name for name in dir(owner) if not name.startswith("_")]


@lru_cache(maxsize=1024)
def signature(owner: object, name: str) -> inspect.Signature | None:
    """That of a function of a module; None where Python does not tell one that is sure, or versions differ in it."""
    found: Any = getattr(owner, name, None)
    place = f"{_public(owner) if isinstance(owner, ModuleType) else ''}.{name}"
    if owner is builtins and name in _UNTOLD:
        return _UNTOLD[name]
    if place in _elsewhere().functions or not isinstance(found, FunctionType | type(len)):
        return None
    if isinstance(found, FunctionType) and (found.__defaults__ is None and hasattr(found, "__wrapped__")):
        return None
    try:
        return _in_full(place, inspect.signature(found))
    except (ValueError, TypeError):
        return None


def _in_full(place: str, told: inspect.Signature) -> inspect.Signature:
    """With the arguments that a function passes on by their names."""
    if place not in _PASSES_ON:
        return told
    own = [each for each in told.parameters.values() if each.kind is not each.VAR_KEYWORD]
    others = inspect.signature(_PASSES_ON[place]).parameters.values()
    more = [each.replace(kind=each.KEYWORD_ONLY) for each in others if each.name not in told.parameters]
    return told.replace(parameters=[*own, *more])


_PASSES_ON: Mapping[str, type] = {
    "json.dump": json.JSONEncoder,
    "json.dumps": json.JSONEncoder,
    "json.load": json.JSONDecoder,
    "json.loads": json.JSONDecoder,
    "textwrap.fill": TextWrapper,
    "textwrap.shorten": TextWrapper,
    "textwrap.wrap": TextWrapper,
}

_UNTOLD: Mapping[str, inspect.Signature] = {
    "enumerate": inspect.signature(lambda iterable, start=0: None),
    "max": inspect.signature(lambda *values, key=None, default=None: None),
    "min": inspect.signature(lambda *values, key=None, default=None: None),
    "zip": inspect.signature(lambda *iterables, strict=False: None),
}
"""What Python itself does not tell of its builtins."""


def arguments(kind: type) -> frozenset[str]:
    """The names of all arguments that a class of the standard library takes in any version; empty where they are not
    known."""
    if type(kind) not in (type, ABCMeta) or kind.__module__ not in ASKED:
        return frozenset()
    try:
        taken = inspect.signature(kind).parameters.values()
    except (ValueError, TypeError):
        return frozenset()
    known = _elsewhere().functions
    others = known.get(f"{kind.__name__}.__init__", frozenset()) | known.get(f"{kind.__name__}.__new__", frozenset())
    return (
        frozenset() if any(each.kind is each.VAR_KEYWORD for each in taken) else others | {each.name for each in taken}
    )


def keywords(owner: object, name: str) -> frozenset[str]:
    """The names of all arguments that a function takes in any version; empty where they are not known."""
    if not isinstance(owner, ModuleType) or not isinstance(getattr(owner, name, None), FunctionType):
        return frozenset()
    known = _elsewhere().functions.get(f"{_public(owner)}.{name}", frozenset())
    return frozenset() if known & {"kw", "kwds", "kwargs"} else known


def builtin_names() -> frozenset[str]:
    """Names that a module has without defining them, in any version."""
    return _BUILTIN | _elsewhere().modules.get("builtins", frozenset())


_BUILTIN = frozenset(dir(builtins)) | {
    "__file__",
    "__path__",
    "__annotations__",
    "__builtins__",
    "__version__",
    "__class__",
    "_",
    "PythonFinalizationError",
    "WindowsError",
    "reveal_type",
    "reveal_locals",
    "get_ipython",
    "display",
}
"""Names that a module has without defining them; ``_`` is what gettext installs, some are a notebook's."""
