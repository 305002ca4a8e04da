"""`minga dte check -`: files one behind another through standard input."""

import json

from program import Program

INVOICE = """<?xml version="1.0" encoding="ISO-8859-1"?>
<DTE xmlns="http://www.sii.cl/SiiDte" version="1.0"><Documento ID="D1"><Encabezado><IdDoc><TipoDTE>33</TipoDTE>
<Folio>{folio}</Folio></IdDoc></Encabezado></Documento></DTE>
"""


def test_each_file_of_a_stream_is_checked_and_a_broken_one_leaves_the_others(minga: Program) -> None:
    stream = INVOICE.format(folio=1) + '<?xml version="1.0"?>\n<DTE><Docu\n' + INVOICE.format(folio=2)
    done = minga.run("dte", "check", "-", "--json", input=stream.encode())
    assert done.code == 1
    lines = [json.loads(line) for line in done.out.splitlines()]
    found = [(each["place"], each["folio"], {one["rule"] for one in each["findings"]}) for each in lines]
    assert [(place, folio) for place, folio, _ in found if folio] == [("stdin", 1), ("stdin[3]", 2)]
    assert [rules for place, _, rules in found if place == "stdin[2]"] == [{"read-half"}]
