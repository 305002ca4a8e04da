"""The canonical form of an element (Canonical XML 1.0, without comments) under the namespaces that hold around it.

libxml2 makes it, of a small tree that holds the element alone: lxml 6.1.3 crashes on an element inside a tree.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from lxml import etree

from minga.dte.raw import CutFailed, Raw, inside

Form = tuple[bytes, ...]
"""The parts of a canonical form, in order."""

_HUGE = 10_000_000
"""Bytes from which the library must be told that a large text is wanted: a set of many documents is one element."""

_NAME = re.compile(rb"\s*<[^\s/>]+")


class Element:
    """An element that is to be canonical under several sets of namespaces: it is parsed once where that is enough."""

    def __init__(self, raw: Raw) -> None:
        self._raw = raw
        self._tree: etree._Element | None = None
        self._bare: bytes | None = None
        if b"xmlns" not in raw.text and (tree := _parsed(raw.text, raw.encoding)) is not None:
            self._tree, self._bare = tree, _canonical(tree)

    @property
    def is_readable(self) -> bool:
        """Whether it was well-formed so far."""
        return self._tree is not None

    @property
    def mark(self) -> str:
        """Its ID, "" where it has none."""
        return "" if self._tree is None else self._tree.get("ID") or ""

    @property
    def tree(self) -> etree._Element | None:
        """As parsed last, or None where it was not well-formed so far."""
        return self._tree

    def under(self, namespaces: Mapping[str, str]) -> Form | None:
        """``namespaces`` by prefix, "" for the default one. None where it is not well-formed under them, or has no
        canonical form: the name of a namespace must be absolute.

        Raises CutFailed where it begins with no start tag.
        """
        if self._bare is not None:
            return self._spliced(namespaces, self._bare)
        tree = _parsed(self._injected(namespaces), self._raw.encoding)
        if tree is None:
            return None
        self._tree = tree
        try:
            return (_canonical(tree),)
        except etree.C14NError:
            return None

    def _spliced(self, namespaces: Mapping[str, str], bare: bytes) -> Form:
        """It uses and declares no namespace: only its start tag tells which hold around it, sorted by prefix."""
        name = _NAME.match(bare)
        assert name is not None, "a canonical form begins with a start tag"
        return (name[0], declarations(namespaces), bare[name.end() :])

    def _injected(self, namespaces: Mapping[str, str]) -> bytes:
        """With those declared on it that it does not declare itself."""
        text = self._raw.text
        name = _NAME.match(text)
        if name is None:
            raise CutFailed("a start tag is missing")
        tag = text[name.end() : inside(self._raw)]
        missing = {prefix: uri for prefix, uri in namespaces.items() if not _declares(tag, prefix)}
        return name[0] + declarations(missing) + text[name.end() :]


def declarations(namespaces: Mapping[str, str]) -> bytes:
    """As canonical XML writes them, sorted by prefix, but for letters outside ASCII: no namespace of a tax document has
    any."""
    return "".join(_declaration(*each) for each in sorted(namespaces.items())).encode("ascii", "xmlcharrefreplace")


def _declaration(prefix: str, uri: str) -> str:
    escaped = uri.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("\t", "&#x9;")
    return f' xmlns:{prefix}="{escaped}"' if prefix else f' xmlns="{escaped}"' if uri else ""


def _declares(tag: bytes, prefix: str) -> bool:
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    return re.search(rb"\s" + re.escape(name.encode()) + rb"\s*=", tag) is not None


def _parsed(text: bytes, encoding: str) -> etree._Element | None:
    try:
        return etree.fromstring(text, _parser(encoding, len(text) > _HUGE))
    except (etree.XMLSyntaxError, LookupError, ValueError):
        return None


@lru_cache(maxsize=16)
def _parser(encoding: str, huge: bool) -> etree.XMLParser:
    return etree.XMLParser(encoding=encoding, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=huge)


def _canonical(tree: etree._Element) -> bytes:
    made: bytes = etree.tostring(tree, method="c14n", with_comments=False)
    return made
