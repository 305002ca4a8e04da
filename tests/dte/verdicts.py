"""What the SII's schemas say of an example with edits: stamp and signatures, made later, are dummies and not judged."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import pytest
from lxml import etree
from pieces import edited_example

from minga.dte.finding import Edits
from minga.dte.writing import body_of

SCHEMAS = Path(__file__).parents[2].parent / "shared" / "data" / "dte" / "xsd_2026-02-06"

needs_schemas = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the SII's schemas are not on this machine")

NONE: Mapping[str, str] = MappingProxyType({})
_SET = (
    '<EnvioBOLETA xmlns="http://www.sii.cl/SiiDte" version="1.0"><SetDTE ID="S"><Caratula version="1.0">'
    "<RutEmisor>76330915-0</RutEmisor><RutEnvia>76330915-0</RutEnvia><RutReceptor>60803000-K</RutReceptor>"
    "<FchResol>2026-01-02</FchResol><NroResol>0</NroResol><TmstFirmaEnv>2026-11-10T10:00:00</TmstFirmaEnv>"
    "<SubTotDTE><TpoDTE>39</TpoDTE><NroDTE>1</NroDTE></SubTotDTE></Caratula>{}</SetDTE>{}</EnvioBOLETA>"
)
_STAMP = "<TED/>"
_SIGNED = "<TmstFirma>2026-11-10T10:00:00</TmstFirma>"
_SIGNATURE = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'


@cache
def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / f"{name}.xsd"))


def refusals(example: str, edits: Edits, texts: Mapping[str, str] = NONE) -> list[str]:
    """The schema's complaints, but for the dummies. ``texts`` are put in place of others as they stand."""
    boleta = example.startswith(("39", "41"))
    body = body_of(int(example.partition("-")[0]))
    bare = edited_example(example, {path: value for path, value in edits.items() if path != "TmstFirma"})
    stamped = _STAMP + (f"<TmstFirma>{edits['TmstFirma']}</TmstFirma>" if "TmstFirma" in edits else _SIGNED)
    written = bare.raw.decode("iso-8859-1").replace(f"</{body}></DTE>", f"{stamped}</{body}>{_SIGNATURE}</DTE>")
    for old, new in texts.items():
        written = written.replace(old, new)
    judge = schema("EnvioBOLETA_v11" if boleta else "DTE_v10")
    judge.validate(etree.fromstring(_SET.format(written, _SIGNATURE) if boleta else written))
    found = [(error.message.partition("}")[2].partition("'")[0], error.message) for error in judge.error_log]
    return [message for element, message in found if element not in ("TED", "Signature")]
