"""The SII's own example of a stamp (Manual del ambiente de certificación, 2009, p. 25)."""

import re
from base64 import b64decode

from minga.dte.raw import child, only, read
from minga.dte.stamps.folios import Caf, caf, compact, sii_keys

MESSAGE = (
    b"<DD><RE>97975000-5</RE><TD>33</TD><F>27</F><FE>2003-09-08</FE><RR>8414240-9</RR><RSR>JORGE GONZALEZ LTDA</RSR>"
    b'<MNT>502946</MNT><IT1>Cajon AFECTO</IT1><CAF version="1.0"><DA><RE>97975000-5</RE><RS>RUT DE PRUEBA</RS>'
    b"<TD>33</TD><RNG><D>1</D><H>200</H></RNG><FA>2003-09-04</FA><RSAPK><M>0a4O6Kbx8Qj3K4iWSP4w7KneZYeJ+g/prihYtIEol"
    b"Kt3cykSxl1zO8vSXu397QhTmsX7SBEudTUx++2zDXBhZw==</M><E>Aw==</E></RSAPK><IDK>100</IDK></DA>"
    b'<FRMA algoritmo="SHA1withRSA">g1AQX0sy8NJugX52k2hTJEZAE9Cuul6pqYBdFxj1N17umW7zG/hAavCALKByHzdYAfZ3LhGTXCai5zNxO'
    b"o4lDQ==</FRMA></CAF><TSTED>2003-09-08T12:28:31</TSTED></DD>"
)
STAMP = b64decode("pqjXHHQLJmyFPMRvxScN7tYHvIsty0pqL2LLYaG43jMmnfiZfllLA0wb32lP+HBJ/tf8nziSeorvjlx410ZImw==")


def authorisation() -> Caf:
    cut = child(read(MESSAGE, "ISO-8859-1"), "CAF")
    assert cut is not None
    found = caf(cut)
    assert found is not None
    return found


def test_the_stamp_holds_over_exactly_these_bytes() -> None:
    key = authorisation().key
    assert len(MESSAGE) == 583
    assert key is not None
    assert key.holds(MESSAGE, STAMP)
    assert not key.holds(MESSAGE.replace(b"502946", b"502947"), STAMP)


def test_white_space_between_tags_does_not_count() -> None:
    spread = re.sub(rb"><", b">\r\n  <", MESSAGE)
    assert compact(spread, "ISO-8859-1") == MESSAGE


def test_the_sii_authorised_its_folios_with_its_key_for_certification() -> None:
    found = authorisation()
    assert (found.issuer, found.kind, found.first, found.last, found.key_id) == ("97975000-5", 33, 1, 200, 100)
    assert sii_keys()[100].holds(found.signed, found.signature)
    assert not sii_keys()[300].holds(found.signed, found.signature)


def test_an_element_is_cut_only_where_there_is_one() -> None:
    found = read(MESSAGE, "ISO-8859-1")
    assert only(found, b"RE") is None
    cut = only(found, b"RNG")
    assert cut is not None
    assert cut.text == b"<RNG><D>1</D><H>200</H></RNG>"
