"""Every example against the SII's own schemas: only what is put in later, stamp and signatures, may be missing."""

from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from pieces import piece

from minga.dte.examples import example, names
from minga.dte.writing import body_of

SCHEMAS = Path(__file__).parents[2].parent / "shared" / "data" / "dte" / "xsd_2026-02-06"
KINDS = (33, 34, 39, 41, 43, 46, 52, 56, 61, 110, 111, 112)
SET = (
    '<EnvioBOLETA xmlns="http://www.sii.cl/SiiDte" version="1.0"><SetDTE ID="S"><Caratula version="1.0">'
    "<RutEmisor>76330915-0</RutEmisor><RutEnvia>76330915-0</RutEnvia><RutReceptor>60803000-K</RutReceptor>"
    "<FchResol>2026-01-02</FchResol><NroResol>0</NroResol><TmstFirmaEnv>2026-11-10T10:00:00</TmstFirmaEnv>"
    "<SubTotDTE><TpoDTE>39</TpoDTE><NroDTE>1</NroDTE></SubTotDTE></Caratula>{}</SetDTE>{}</EnvioBOLETA>"
)
STAMP = "<TED/><TmstFirma>2026-11-10T10:00:00</TmstFirma>"
SIGNATURE = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>'

pytestmark = pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the SII's schemas are not on this machine")


@cache
def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(SCHEMAS / f"{name}.xsd"))


@pytest.mark.parametrize("name", names())
def test_an_example_is_valid_but_for_stamp_and_signatures(name: str) -> None:
    boleta = name.startswith(("39", "41"))
    body = body_of(int(name.partition("-")[0]))
    bare = piece(example(name)).raw.decode("iso-8859-1")
    written = bare.replace(f"</{body}></DTE>", f"{STAMP}</{body}>{SIGNATURE}</DTE>")
    judge = schema("EnvioBOLETA_v11" if boleta else "DTE_v10")
    assert not judge.validate(etree.fromstring(SET.format(written, SIGNATURE) if boleta else written))
    wrong = {error.message.partition("}")[2].partition("'")[0] for error in judge.error_log}
    assert wrong == {"TED", "Signature"}, judge.error_log


def test_there_is_an_example_of_every_type() -> None:
    assert {str(kind) for kind in KINDS} <= set(names())
