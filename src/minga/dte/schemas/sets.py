"""Sets of schemas on disk, and the schema of each root in them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec
from lxml import etree

from minga.dte.document import NAMESPACE

MANIFEST = "set.json"

_ROOTS: Mapping[str, str] = {
    "DTE": "DTE_v10.xsd",
    "EnvioDTE": "EnvioDTE_v10.xsd",
    "EnvioBOLETA": "EnvioBOLETA_v11.xsd",
    "AEC": "AEC_v10.xsd",
    "RespuestaDTE": "RespuestaEnvioDTE_v10.xsd",
    "EnvioRecibos": "EnvioRecibos_v10.xsd",
    "ConsumoFolios": "ConsumoFolio_v10.xsd",
    "LibroCompraVenta": "LibroCV_v10.xsd",
    "LibroGuia": "LibroGuia_v10.xsd",
    "LibroBoleta": "LibroBOLETA_v10.xsd",
}
"""The file in which the schema of each root stands."""

BOLETA = "DTE of a boleta"
"""Not a root of any file: the type of a boleta inside `EnvioBOLETA`, which can so be judged alone."""

_BOLETA_XSD = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{NAMESPACE}"
 xmlns:s="{NAMESPACE}" elementFormDefault="qualified"><xs:include schemaLocation="EnvioBOLETA_v11.xsd"/>
 <xs:element name="DTE" type="s:BOLETADefType"/></xs:schema>"""


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A set that Minga knows: the digest of each file, and from which day of issue on it is the set to use."""

    files: dict[str, str]
    seen: str
    valid_from: date | None = None


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands beside installed files: their digests when they were installed, and where they came from."""

    files: dict[str, str]
    source: str
    valid_from: date | None = None


@cache
def known() -> Mapping[str, Known]:
    text = resources.files(__package__).joinpath("sets.toml").read_text("utf-8")
    return msgspec.toml.decode(text, type=dict[str, Known])


class SchemaSet:
    """One installed set. A schema is compiled when it is first used (some 15 ms) and kept."""

    def __init__(self, name: str, folder: Path, manifest: Manifest) -> None:
        self.name = name
        self.valid_from = manifest.valid_from
        self._folder = folder
        self._manifest = manifest
        self._compiled: dict[str, etree.XMLSchema | None] = {}

    def __reduce__(self) -> tuple[type["SchemaSet"], tuple[str, Path, Manifest]]:
        """For another process: compiled schemas stay here."""
        return SchemaSet, (self.name, self._folder, self._manifest)

    def schema(self, root: str) -> etree.XMLSchema | None:
        """That of a root element, or of `BOLETA`; None where the set has none.

        Raises `Changed` where a file is not the one that was installed, and OSError where one cannot be read."""
        if root not in self._compiled:
            self._compiled[root] = self._compile(root)
        return self._compiled[root]

    def _compile(self, root: str) -> etree.XMLSchema | None:
        file = _ROOTS["EnvioBOLETA"] if root == BOLETA else _ROOTS.get(root)
        if file is None or file not in self._manifest.files:
            return None
        for name, digest in self._manifest.files.items():
            if hashlib.sha256((self._folder / name).read_bytes()).hexdigest() != digest:
                raise Changed(self._folder / name)
        parser = etree.XMLParser(no_network=True)
        if root == BOLETA:
            base = (self._folder / "boleta.xsd").as_uri()
            return etree.XMLSchema(etree.fromstring(_BOLETA_XSD, parser, base_url=base))
        return etree.XMLSchema(etree.parse(str(self._folder / file), parser))


class Changed(Exception):
    """A file of an installed set is another one than was installed."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


@dataclass(frozen=True, slots=True)
class Schemas:
    """The installed sets, the oldest first."""

    sets: Sequence[SchemaSet]

    @classmethod
    def at(cls, folder: Path) -> "Schemas":
        """Those below ``folder``, one a directory; none where it is missing. Raises OSError, msgspec.MsgspecError."""
        found = []
        for manifest in sorted(folder.glob(f"*/{MANIFEST}")):
            read = msgspec.json.decode(manifest.read_bytes(), type=Manifest)
            found.append(SchemaSet(manifest.parent.name, manifest.parent, read))
        return cls(tuple(sorted(found, key=lambda each: each.valid_from or date.min)))

    def on(self, day: date | None, root: str) -> "Sequence[SchemaSet]":
        """The sets that have a schema for ``root``: the one for a document of that day first, then newer ones."""
        having = [each for each in self.sets if each.schema(root) is not None]
        held = [each for each in having if day is None or each.valid_from is None or each.valid_from <= day]
        first = held[-1] if held else having[0] if having else None
        return having[having.index(first) :] if first else ()
