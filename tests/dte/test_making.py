"""Documents out of their short form: whole, right, and told where they are not."""

import asyncio
import json
import re
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from cafs import ISSUER, caf_file
from minga.domain.errors import BadDraft, FolioUsed, UnfitDocument
from minga.domain.terms import chile
from minga.dte import Grounds, examples, trial
from minga.dte.folios import Folios, Marks
from minga.dte.making import Draft, build, example, make, make_trial, read_draft
from minga.dte.messages import SII, Sender, envelope
from minga.dte.writing import Tree
from minga.infrastructure.clock import FakeClock
from minga.storage.database import Database
from minga.storage.wrapping import Cipher

KINDS = (33, 34, 39, 41, 43, 46, 52, 56, 61, 110, 111, 112)
NOW = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
GROUNDS = Grounds(date(2026, 11, 26))
XSDS = Path(__file__).parents[3] / "shared" / "data" / "dte" / "xsd_2026-02-06"

PLAIN = """
type = 33
date = 2026-11-10
payment = "credit"
[issuer]
rut = "76086428-5"
name = "Maderas del Estero SpA"
giro = "Venta al por mayor de madera"
acteco = [466301]
address = "Camino al Estero 120"
comuna = "Temuco"
[receiver]
rut = "77123456-9"
name = "Constructora Alerce Ltda"
giro = "Construcción de edificios"
address = "Avenida Las Lengas 455"
comuna = "Valdivia"
"""

WRONG = '[extra]\n"Encabezado/Totales/IVA" = 162452\n"Encabezado/Totales/MntTotal" = 1057452\n'
"""Two pesos more than they are."""


LINE = '[[lines]]\nname = "a"\n'
PRICED = LINE + "price = 1\n"

EVERYTHING = """
type = 33
date = 2026-11-10
payment = "credit"
due = 2026-12-01
dispatch = 2
service = 3
mandante_rut = "M1-1"
requested_by_rut = "M2-2"
[issuer]
rut = "I1-1"
name = "I2 name"
giro = "I3 giro"
acteco = [100101]
address = "I5 address"
comuna = "I6 comuna"
city = "I7 city"
phone = ["I8 phone"]
email = "I9@mail"
branch = "I10 branch"
branch_code = 100102
seller = "I11 seller"
extra = { IdAdicEmisor = "I12" }
[receiver]
rut = "R1-1"
name = "R2 name"
giro = "R3 giro"
address = "R4 address"
comuna = "R5 comuna"
city = "R6 city"
contact = "R7 contact"
email = "R8@mail"
internal_code = "R9 code"
country = "R10"
id_number = "R11 number"
extra = { DirPostal = "R12 postal" }
[period]
first = 2026-10-01
last = 2026-10-31
[transport]
plate = "T1"
trailer = "T2"
carrier_rut = "T3-3"
driver_rut = "T4-4"
driver = "T5 driver"
address = "T6 address"
comuna = "T7 comuna"
city = "T8 city"
leaves = 2026-11-11
arrives = 2026-11-12
[customs]
sale_mode = 200101
clause = 200102
clause_total = 200103
route = 200104
ship = "C1 ship"
carrier_rut = "C2-2"
carrier = "C3 carrier"
booking = "C4 booking"
port_out = 200105
port_in = 200106
gross_weight = 200107
gross_weight_unit = 200108
net_weight = 200109
net_weight_unit = 200110
items = 200111
packages_total = 200112
freight = 200113
insurance = 200114
receiver_country = 200115
destination_country = 200116
[[customs.packages]]
kind = 200117
count = 200118
marks = "P1 marks"
container = "P2 container"
seal = "P3 seal"
seal_issuer = "P4 issuer"
[[instalments]]
date = 2026-11-20
amount = 300101
text = "N1 text"
[[lines]]
name = "L1 name"
description = "L2 description"
codes = [{ kind = "L3", value = "L4 value" }]
quantity = 400101
unit = "L5"
price = 400102
discount = 400103
surcharge = 400104
taxes = [400105]
extra = { "Subcantidad/SubCod" = "L6 code" }
[[lines]]
name = "L7 name"
amount = 400106
discount_percent = 400107
surcharge_percent = 400108
[[discounts]]
text = "D1 text"
percent = 500101
on = "exempt"
[[surcharges]]
text = "D2 text"
amount = 500102
[[references]]
type = 801
folio = "F1 folio"
date = 2026-09-09
code = 700101
reason = "F2 reason"
issuer_rut = "F3-3"
[[commissions]]
text = "O1 text"
percent = 600101
net = 600102
exempt = 600103
[extra]
"Encabezado/IdDoc/TermPagoGlosa" = "X1 glosa"
"""


def built(text: str) -> Tree:
    return build(read_draft(text), 7, date(2026, 11, 26))


def at(tree: Tree, path: str) -> object:
    found: object = tree
    for step in path.split("/"):
        found = found.get(step) if isinstance(found, dict) else None
        found = found[0] if isinstance(found, list) and len(found) == 1 else found
    return found


def refused(text: str) -> str:
    with pytest.raises(BadDraft) as raised:
        built(text)
    return f"{raised.value.message} {raised.value.remedy_text}"


@pytest.mark.parametrize("kind", KINDS)
def test_the_short_form_of_an_example_becomes_its_long_form(kind: int) -> None:
    long = examples.example(str(kind))
    draft = read_draft(example(kind))
    assert _plain(build(draft, int(str(at(long, "Encabezado/IdDoc/Folio"))), date(2026, 11, 26))) == _plain(long)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_of_any_type_passes_its_own_check_and_the_schema(kind: int) -> None:
    made = make_trial(read_draft(example(kind)), GROUNDS, NOW)
    assert [note.rule.id for note in made.notes if note.severity != "note"] == []
    if not XSDS.exists():
        pytest.skip(f"the SII's schemas are not at {XSDS}")
    name, content = "DTE_v10.xsd", made.file
    if kind in (39, 41):  # boletas have a schema only within their envelope
        sender = Sender(trial.SIGNER.rut, 0, date(2026, 1, 1))
        name, content = "EnvioBOLETA_v11.xsd", envelope([made.document], SII, sender, trial.signing_key(), NOW)
    schema = etree.XMLSchema(etree.parse(XSDS / name))
    assert schema.validate(etree.fromstring(content)), schema.error_log


def test_amounts_of_lines_are_computed_and_rounded_half_away_from_zero() -> None:
    tree = built(PLAIN + '[[lines]]\nname = "a"\nquantity = 1.5\nprice = 333.67\ndiscount_percent = 10\n')
    assert at(tree, "Detalle/DescuentoMonto") == "50"
    assert at(tree, "Detalle/MontoItem") == "451"
    tree = built(PLAIN + '[[lines]]\nname = "a"\nquantity = 3\nprice = 0.5\nsurcharge = 10\n')
    assert (at(tree, "Detalle/RecargoMonto"), at(tree, "Detalle/MontoItem")) == ("10", "12")


def test_gross_prices_hold_the_iva() -> None:
    tree = built("gross = true\n" + PLAIN + '[[lines]]\nname = "a"\nprice = 1190\n')
    assert at(tree, "Encabezado/IdDoc/MntBruto") == "1"
    assert at(tree, "Encabezado/Totales") == {"MntNeto": "1000", "TasaIVA": "19", "IVA": "190", "MntTotal": "1190"}


def test_json_reads_as_toml_does() -> None:
    lines = [{"name": "a", "price": 0.1, "quantity": 30}]
    raw = {"type": 33, "issuer": {"rut": "76086428-5"}, "receiver": {"rut": "77123456-9"}, "lines": lines}
    assert at(build(read_draft(json.dumps(raw)), 7, date(2026, 11, 26)), "Detalle/MontoItem") == "3"


def test_extra_reaches_every_element_and_stands_above_what_is_computed() -> None:
    text = PLAIN + '[[lines]]\nname = "a"\nprice = 1000\n[lines.extra]\n"Subcantidad/SubQty" = 0.5\n[extra]\n'
    text += '"Encabezado/IdDoc/TpoTranVenta" = 1\n"Encabezado/Totales/SaldoAnterior" = -5\n'
    text += '"Encabezado/Emisor/Telefono" = "+56223456789"\n"Encabezado/Receptor/GiroRecep" = false\n'
    text += '"Encabezado/Totales/VlrPagar" = 1185\n"Detalle[2]/NmbItem" = "b"\n"Detalle[2]/MontoItem" = 0\n'
    tree = built(text)
    assert at(tree, "Encabezado/IdDoc/TpoTranVenta") == "1"
    assert (at(tree, "Encabezado/Totales/SaldoAnterior"), at(tree, "Encabezado/Totales/VlrPagar")) == ("-5", "1185")
    assert at(tree, "Encabezado/Emisor/Telefono") == "+56223456789"
    assert at(tree, "Encabezado/Receptor/GiroRecep") is None
    assert [line["NmbItem"] for line in tree["Detalle"]] == ["a", "b"]  # type: ignore[index, union-attr]
    assert tree["Detalle"][0]["Subcantidad"] == {"SubQty": "0.5"}  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'type' is missing"),
        ("type = 33", "'issuer' is missing"),
        ("type = 35", "There are: 33, 34"),
        ("{", "no TOML or JSON"),
        ("[" * 10_000, "no TOML or JSON"),
        ('{"a":' * 100_000, "nested too deep"),
        (PLAIN, "'lines' is missing"),
        ("lines = 3\n" + PLAIN, "should be a list, and is a whole number"),
        (PLAIN + '[[lines]]\nnam = "a"', "lines[1]: there is no field 'nam'. Did you mean 'name'?"),
        (PLAIN + '[[lines]]\nname = "a"\nprice = "x"', "lines[1].price: it is no number"),
        (PLAIN + '[[lines]]\nname = "a"\nprice = true', "should be a number, and is true or false"),
        (PLAIN + '[[lines]]\nname = "a"\ntreatment = "exemt"', "Did you mean 'exempt'?"),
        (PLAIN + '[[lines]]\nname = "a"', "neither price nor amount"),
        (PLAIN + '[[lines]]\nname = "a"\namount = 1\n[[discounts]]\ntext = "b"', "either percent or amount"),
        (PLAIN + '[[lines]]\nname = "a"\namount = 1\n[extra]\n"Encabezado/Nada" = 1', "has no such element"),
        (
            PLAIN + '[[lines]]\nname = "a"\namount = 1\n[extra]\n"Detalle[3]/NmbItem" = "x"',
            "there are only 1 of Detalle",
        ),
        (PLAIN + '[[lines]]\nname = "a"\namount = 1\n[extra]\n"Detalle[0]" = "x"', "is no step of a path"),
        (PLAIN + '[[lines]]\nname = "a"\namount = 1\n[extra]\nDetalle = [1]', "a text, a number or a date"),
        (PLAIN + '[[lines]]\nname = "a"\namount = 1\n[extra]\n"Detalle/NmbItem/x" = "x"', "holds a text"),
        (PLAIN + '[[lines]]\nname = "a"\namount = 1\nsettles = 33', "Detalle/TpoDocLiq"),
        (PLAIN + PRICED + "taxes = [27, 27]", "lines[1].taxes: 27 stands there twice"),
        (PLAIN.replace("2026-11-10", "2026-11-10T08:00:00") + PRICED, "should be a date, and is a date with a time"),
        (PLAIN.replace("2026-11-10", '"10-11-2026"') + '[[lines]]\nname = "a"\namount = 1', "no date"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_what_helps(text: str, said: str) -> None:
    assert said in refused(text)


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ('"Encabezado/IdDoc/Folio" = 8', "Change folio instead"),
        ('"Encabezado/IdDoc/Folio" = false', "Change folio instead"),
        ('"Encabezado/IdDoc/TipoDTE" = 34', "Change type instead"),
        ('"Encabezado/IdDoc/FchEmis" = 2026-11-09', "Change date instead"),
        ('"Encabezado/Emisor/RUTEmisor" = "77123456-9"', "Change issuer.rut instead"),
        ('"Encabezado" = "x"', "Change type instead"),
        ('"Encabezado/Totales" = "x"', "Encabezado/Totales/MntTotal: it is missing"),
        ('"Encabezado/Receptor" = false', "Encabezado/Receptor/RUTRecep: it is missing"),
        ('"Detalle" = "x"', "Detalle/NmbItem: it is missing"),
    ],
)
def test_no_extra_makes_a_document_of_another_folio_or_one_that_cannot_be_stamped(extra: str, field: str) -> None:
    assert field in refused(PLAIN + PRICED + "[extra]\n" + extra)


def test_a_document_without_issuer_receiver_or_lines_is_told() -> None:
    assert "issuer.rut: it is left empty" in refused(re.sub('rut = "[^"]*"', 'rut = ""', PLAIN, count=1) + PRICED)
    assert "Receptor/RUTRecep: it is missing" in refused(PLAIN.replace('rut = "77123456-9"', 'rut = " "') + PRICED)
    assert "Detalle/NmbItem: it is missing" in refused("lines = []\n" + PLAIN)


def test_folio_0_is_no_folio_that_was_left_out() -> None:
    assert at(built("folio = 0\n" + PLAIN + PRICED), "Encabezado/IdDoc/Folio") == "0"


def test_a_document_that_would_break_a_rule_is_not_made_and_its_rule_is_named() -> None:
    draft = read_draft(example(33) + WRONG)
    with pytest.raises(UnfitDocument) as raised:
        make_trial(draft, GROUNDS, NOW)
    assert {found.path for found in raised.value.values["findings"]} == {"Encabezado/Totales/IVA"}


@pytest.fixture
def folios(database: Database, tmp_path: Path) -> Folios:
    found = Folios(database, Cipher(bytes(32)), Marks(tmp_path / "folios"), FakeClock(NOW))
    asyncio.run(found.add(caf_file(11, 20), "caf.xml"))
    return found


def test_a_document_takes_the_next_folio_and_one_that_is_wrong_takes_none(folios: Folios) -> None:
    draft, grounds = read_draft(example(33)), trial.grounds(GROUNDS)
    first = asyncio.run(make(draft, folios, trial.signing_key(), grounds, NOW))
    with pytest.raises(UnfitDocument):
        asyncio.run(make(read_draft(example(33) + WRONG), folios, trial.signing_key(), grounds, NOW))
    second = asyncio.run(make(draft, folios, trial.signing_key(), grounds, NOW))
    assert [made.document.folio for made in (first, second)] == [11, 12]
    assert {made.document.issuer for made in (first, second)} == {ISSUER}
    assert [note.rule.id for note in second.notes if note.severity != "note"] == []


def test_of_two_that_make_at_once_each_gets_a_folio_of_its_own(folios: Folios) -> None:
    draft, grounds = read_draft(example(33)), trial.grounds(GROUNDS)

    async def both() -> list[int]:
        jobs = [make(draft, folios, trial.signing_key(), grounds, NOW) for _ in range(4)]
        return [made.document.folio for made in await asyncio.gather(*jobs)]

    assert sorted(asyncio.run(both())) == [11, 12, 13, 14]


def test_a_folio_that_the_short_form_names_is_used_once(folios: Folios) -> None:
    draft, grounds = read_draft("folio = 15\n" + example(33)), trial.grounds(GROUNDS)
    assert asyncio.run(make(draft, folios, trial.signing_key(), grounds, NOW)).document.folio == 15
    with pytest.raises(FolioUsed):
        asyncio.run(make(draft, folios, trial.signing_key(), grounds, NOW))


def test_a_rut_may_be_written_with_dots_and_a_small_k(folios: Folios) -> None:
    draft = read_draft(example(33).replace('"76086428-5"', '"76.086.428-5"').replace('"77123456-9"', '" 60.803.000-k"'))
    made = asyncio.run(make(draft, folios, trial.signing_key(), trial.grounds(GROUNDS), NOW))
    assert (made.document.issuer, made.document.receiver) == (ISSUER, "60803000-K")


def test_without_a_date_it_is_today_in_chile() -> None:
    draft = read_draft(example(33).replace("date = 2026-11-10\n", "").replace("due = 2026-12-10", ""))
    late = datetime(2026, 11, 27, 1, 30, tzinfo=UTC)
    assert late.astimezone(chile()).date() == date(2026, 11, 26)
    assert make_trial(draft, GROUNDS, late).document.issued == date(2026, 11, 26)


AMOUNTS = st.decimals(Decimal("0.01"), Decimal(10_000_000), places=2)
LINES = st.builds(
    dict,
    name=st.just("a"),
    quantity=st.decimals(Decimal("0.001"), Decimal(1000), places=3),
    price=AMOUNTS,
    treatment=st.sampled_from([None, "exempt", "not-billed"]),
    discount_percent=st.sampled_from([None, Decimal(3), Decimal("7.5")]),
)


@settings(max_examples=40)
@given(st.lists(LINES, min_size=1, max_size=5), st.booleans(), st.sampled_from([None, Decimal(5), Decimal("12.34")]))
def test_whatever_the_amounts_what_is_made_is_found_right(
    lines: list[dict[str, object]], gross: bool, percent: Decimal | None
) -> None:
    given_lines = [{name: value for name, value in line.items() if value is not None} for line in lines]
    given_lines.append({"name": "b", "quantity": Decimal(1), "price": Decimal(100_000)})
    text = json.dumps({"lines": given_lines, "gross": gross}, default=float)
    plain = read_draft(PLAIN + '[[lines]]\nname = "a"\nprice = 1\n')
    extra = json.loads(text, parse_float=Decimal)
    draft: Draft = _with(plain, extra["lines"], gross=gross, percent=percent)
    made = make_trial(draft, GROUNDS, NOW)
    assert {note.rule.id for note in made.notes} <= {"schema-not-checked", "caf-trial"}


def _with(draft: Draft, lines: list[dict[str, object]], *, gross: bool, percent: Decimal | None) -> Draft:
    raw = {
        "type": 33,
        "date": "2026-11-10",
        "payment": "credit",
        "gross": gross,
        "issuer": {name: value for name, value in _fields(draft.issuer).items() if value},
        "receiver": {name: value for name, value in _fields(draft.receiver).items() if value},
        "lines": lines,
        "discounts": [] if percent is None else [{"text": "d", "percent": percent}],
    }
    return read_draft(json.dumps(raw, default=lambda value: float(value)))


def _fields(part: object) -> dict[str, object]:
    return {name: getattr(part, name) for name in part.__struct_fields__}  # type: ignore[attr-defined]


def _plain(tree: object) -> object:
    """A list of one is the one."""
    if isinstance(tree, dict):
        return {name: _plain(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return _plain(tree[0]) if len(tree) == 1 else [_plain(each) for each in tree]
    return tree


@pytest.mark.parametrize(
    "number", ["nan", "inf", "-inf", "1e31", "1e-40", "1e999999", "9" * 5000], ids=lambda text: text[:8]
)
def test_what_no_amount_can_be_is_told(number: str) -> None:
    assert "no TOML or JSON" in refused(PLAIN + f'[[lines]]\nname = "a"\nprice = {number}\n')


def test_lines_without_a_worth_have_the_amount_0() -> None:
    tree = built(
        PLAIN + '[[lines]]\nname = "a"\nprice = 900\ntreatment = "not-sold"\n[[lines]]\nname = "b"\nprice = 1\n'
    )
    assert [line["MontoItem"] for line in tree["Detalle"]] == ["0", "1"]  # type: ignore[index, union-attr]
    guide = built(PLAIN.replace("type = 33", "type = 52").replace('payment = "credit"', "transfer = 5") + LINE)
    assert at(guide, "Detalle/MontoItem") == "0"
    note = PLAIN.replace("type = 33", "type = 61").replace('payment = "credit"\n', "") + LINE
    text = built(note + "[[references]]\ntype = 33\nfolio = 1\ndate = 2026-11-01\ncode = 2\n")
    assert (at(text, "Detalle/MontoItem"), at(text, "Encabezado/Totales")) == ("0", {"MntTotal": "0"})


def test_texts_have_one_space_between_words_and_no_characters_that_xml_cannot_hold() -> None:
    tree = built(PLAIN + '[[lines]]\nname = " a\\n\\tb  c "\ndescription = ""\nprice = 1\n')
    assert at(tree, "Detalle/NmbItem") == "a b c"
    assert at(tree, "Detalle/DscItem") is None
    assert "that XML cannot hold" in refused(PLAIN + '[[lines]]\nname = "a\\u0001"\nprice = 1\n')
    assert "that XML cannot hold" in refused('{"type":33,"issuer":{"rut":"\\ud800"},"receiver":{"rut":"1"},"lines":[]}')


def test_no_field_of_the_short_form_is_lost() -> None:
    tree = json.dumps(build(read_draft(EVERYTHING), 7, date(2026, 11, 26)), ensure_ascii=False)
    given = re.findall(
        r'= \[?"?([\w.@ -]*?[A-Z]\d[\w.@ -]*?)"?\]?$|= (\d{3,}|20\d\d-\d\d-\d\d)$', EVERYTHING, re.MULTILINE
    )
    values = [one or other for one, other in given]
    assert len(values) > 60
    assert [value for value in values if f'"{value}"' not in tree] == []


@given(st.text(max_size=60), st.integers(0, 900), st.integers(0, 40))
def test_whatever_the_text_it_is_read_or_refused(text: str, place: int, gone: int) -> None:
    whole = example(33)
    changed = whole[:place] + text + whole[place + gone :]
    with suppress(BadDraft):
        build(read_draft(changed), 7, date(2026, 11, 26))
