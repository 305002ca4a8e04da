"""Examples of messages and books fit the schemas of the SII, without the documents in them: those have tests apart."""

import re
from pathlib import Path

import pytest
from files import written
from lxml import etree

from minga.dte.examples import example

SCHEMAS = Path(__file__).parents[2].parent / "shared" / "data" / "dte" / "xsd_2026-02-06"
SCHEMA_OF = {
    "RespuestaDTE-envelope": "RespuestaEnvioDTE_v10.xsd",
    "RespuestaDTE-result": "RespuestaEnvioDTE_v10.xsd",
    "EnvioRecibos": "EnvioRecibos_v10.xsd",
    "ConsumoFolios": "ConsumoFolio_v10.xsd",
    "LibroCompraVenta-purchases": "LibroCV_v10.xsd",
    "LibroCompraVenta-sales": "LibroCV_v10.xsd",
    "LibroCompraVenta-segment": "LibroCV_v10.xsd",
    "LibroGuia": "LibroGuia_v10.xsd",
}
SIGNATURE = (
    '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignedInfo>'
    '<CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
    '<SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"/><Reference URI="#A">'
    '<DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"/><DigestValue>AA==</DigestValue></Reference>'
    "</SignedInfo><SignatureValue>AA==</SignatureValue><KeyInfo><KeyValue><RSAKeyValue><Modulus>AA==</Modulus>"
    "<Exponent>AQAB</Exponent></RSAKeyValue></KeyValue><X509Data><X509Certificate>AA==</X509Certificate></X509Data>"
    "</KeyInfo></Signature>"
)
MOMENT = "<TmstFirma>2017-07-01T10:00:00</TmstFirma>"


def signed(name: str) -> str:
    """With what a signer adds: IDs, moments, signatures, versions."""
    text = written(name, example(name)).decode("iso-8859-1").partition("?>")[2]
    text = re.sub(r"(</EnvioLibro>)", MOMENT + r"\1", text)
    for number, tag in enumerate(
        ("Resultado", "SetRecibos", "DocumentoRecibo", "DocumentoConsumoFolios", "EnvioLibro")
    ):
        text = text.replace(f"<{tag}>", f'<{tag} ID="A{number}">')
    text = text.replace("<Signature/>", SIGNATURE).replace("<Recibo>", '<Recibo version="1.0">')
    return text if "EnvioLibro" in text else text.replace("<Caratula>", '<Caratula version="1.0">')


@pytest.mark.skipif(not SCHEMAS.is_dir(), reason="the SII's schemas are not beside the project")
@pytest.mark.parametrize("name", SCHEMA_OF)
def test_an_example_of_a_message_or_book_fits_its_schema(name: str) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMAS / SCHEMA_OF[name]))
    assert schema.validate(etree.fromstring(signed(name))), schema.error_log
