"""Totals written from lines, beside worked examples of official texts and what each type of document holds."""

from datetime import date

import pytest
from pieces import piece

from minga.dte import Grounds, check_piece
from minga.dte.completion import completed
from minga.dte.content import LOOKS
from minga.dte.examples import example, names
from minga.dte.writing import Tree

GROUNDS = Grounds(date(2026, 11, 26))
NOT_FROM_LINES = ("TpoMoneda", "MntBase", "MntMargenCom", "IVAProp", "IVATerc", "CredEC", "SaldoAnterior", "VlrPagar")


def body(kind: str, *lines: Tree, **identity: str) -> Tree:
    details: list[Tree] = [{"NroLinDet": str(place), "NmbItem": "x", **line} for place, line in enumerate(lines, 1)]
    return {
        "Encabezado": {"IdDoc": {"TipoDTE": kind, "Folio": "1", "FchEmis": "2026-11-10", **identity}},
        "Detalle": details,
    }


def totals(tree: Tree) -> Tree:
    head = tree["Encabezado"]
    assert isinstance(head, dict)
    found = head["Totales"]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", names())
def test_the_totals_of_every_example_follow_from_its_lines(name: str) -> None:
    tree = example(name)
    given = totals(tree)
    specific = [each for each in _list(given.get("ImptoReten", [])) if each["TipoImp"] in ("28", "35")]
    bare: Tree = {each: given[each] for each in NOT_FROM_LINES if each in given}
    if specific:
        bare["ImptoReten"] = specific
    head = tree["Encabezado"]
    assert isinstance(head, dict)
    made = totals(completed({**tree, "Encabezado": {**head, "Totales": bare}}))
    unasked = {"MontoPeriodo", "TotalPeriodo"} - set(given)
    assert {key: value for key, value in made.items() if key not in unasked} == _listed(given)


def test_a_purchase_invoice_with_total_retention_pays_only_the_net_amount() -> None:
    made = totals(
        completed(body("46", {"QtyItem": "1", "PrcItem": "4920000", "CodImpAdic": "15", "MontoItem": "4920000"}))
    )
    assert made == {  # samples manual v4.0, p. 11
        "MntNeto": "4920000",
        "TasaIVA": "19",
        "IVA": "934800",
        "ImptoReten": [{"TipoImp": "15", "TasaImp": "19", "MontoImp": "934800"}],
        "MntTotal": "4920000",
    }


def test_a_partial_retention_leaves_the_rest_of_the_iva_to_the_seller() -> None:
    made = totals(completed(body("46", {"CodImpAdic": "33", "MontoItem": "75000"})))
    assert (made["IVANoRet"], made["MntTotal"]) == ("8250", "83250")  # casos especiales, p. 8


def test_wine_was_taxed_by_15_percent_before_the_reform_of_2014() -> None:
    line: Tree = {"CodImpAdic": "25", "MontoItem": "110000"}
    before = totals(completed(body("33", line, FchEmis="2014-09-28")))
    after = totals(completed(body("33", line, FchEmis="2014-10-01")))
    assert (before["MntTotal"], after["MntTotal"]) == ("147400", "153450")  # casos especiales, p. 5; art. 42 c


def test_a_boleta_adds_up_to_what_is_charged() -> None:
    for price in range(1, 400):
        made = totals(completed(body("39", {"MontoItem": str(price)})))
        assert made["MntTotal"] == str(price)


def test_what_is_given_stays_and_a_check_tells() -> None:
    tree = body("33", {"MontoItem": "1000"})
    tree["Encabezado"]["Totales"] = {"MntNeto": "900"}  # type: ignore[call-overload,index]
    made = completed(tree)
    assert totals(made)["MntNeto"] == "900"
    assert "totals-net" in {each.rule.id for each in check_piece(piece(made), GROUNDS, LOOKS).findings}


def test_the_special_credit_of_builders_is_taken_off() -> None:
    made = totals(completed(body("33", {"MontoItem": "1000000"}), builder_credit=True))
    assert (made["CredEC"], made["MntTotal"]) == ("123500", "1066500")


def test_a_liquidacion_may_be_negative_and_its_commissions_are_taken_off() -> None:
    tree = body("43", {"MontoItem": "-100000"}, {"MontoItem": "40000", "IndExe": "1"})
    tree["Comisiones"] = [{"NroLinCom": "1", "ValComNeto": "5000", "ValComExe": "300", "ValComIVA": "950"}]
    made = totals(completed(tree))
    assert (made["MntNeto"], made["IVA"], made["MntTotal"]) == ("-100000", "-19000", "-85250")


def test_export_amounts_keep_four_decimals_and_stand_in_pesos_too() -> None:
    tree = body("110", {"MontoItem": "1234.5678"})
    tree["Encabezado"] |= {"OtraMoneda": {"TpoMoneda": "PESO CL", "TpoCambio": "940.27"}}  # type: ignore[operator]
    made = completed(tree)
    other = made["Encabezado"]["OtraMoneda"]  # type: ignore[call-overload,index]
    assert totals(made) == {"MntExe": "1234.5678", "MntTotal": "1234.5678"}
    assert other["MntTotOtrMnda"] == "1160827.0653"  # type: ignore[call-overload,index]


def test_samples_without_commercial_value_have_no_total() -> None:
    made = totals(completed(body("110", {"MontoItem": "80"}, FmaPagExp="21")))
    assert made == {"MntExe": "80", "MntTotal": "0"}


def test_a_percentage_after_another_is_of_what_is_left() -> None:
    tree = body("33", {"MontoItem": "10000"})
    tree["DscRcgGlobal"] = [
        {"NroLinDR": "1", "TpoMov": "D", "TpoValor": "%", "ValorDR": "10"},
        {"NroLinDR": "2", "TpoMov": "R", "TpoValor": "%", "ValorDR": "10"},
    ]
    assert totals(completed(tree))["MntNeto"] == "9900"


def _list(value: object) -> list[Tree]:
    return value if isinstance(value, list) else [value]  # type: ignore[list-item]


def _listed(given: Tree) -> Tree:
    return {**given, "ImptoReten": _list(given["ImptoReten"])} if "ImptoReten" in given else given
