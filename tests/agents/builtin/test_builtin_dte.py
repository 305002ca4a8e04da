"""What the agent says of tax documents that come with a task."""

import pytest
from builtin_asking import Ask

from minga.dte.editing import edited
from minga.dte.examples import example
from minga.dte.finding import Edits
from minga.dte.making import example as short_form
from minga.dte.trial import sign_piece

QUESTION = "¿Está correcta esta factura y hasta cuándo puedo reclamarla?"


def attached(task: str, edits: Edits | None = None, kind: str = "33") -> str:
    piece = sign_piece(edited(example(kind), edits or {}))
    text = '<?xml version="1.0" encoding="ISO-8859-1"?>\n' + piece.raw.decode("iso-8859-1")
    return f'{task}\n\n<document name="factura.xml">\n{text}\n</document>'


def test_a_right_invoice_is_called_right_with_what_was_proved(ask: Ask) -> None:
    answer = ask(attached(QUESTION), lang="es_CL.UTF-8").answer
    assert "Factura 101 de 76086428-5: está correcta" in answer
    assert "La firma electrónica es válida" in answer
    assert "El timbre es auténtico" in answer
    assert "es de pruebas" in answer
    assert "El SII autorizó el folio" not in answer  # it did not: the folio is of a trial


def test_without_a_day_of_receipt_the_earliest_end_is_told_and_the_day_asked_for(ask: Ask) -> None:
    answer = ask(attached(QUESTION), lang="es_CL.UTF-8").answer
    assert "martes 10 de noviembre de 2026" in answer
    assert "miércoles 18 de noviembre de 2026" in answer
    assert "cuándo la recibiste" in answer


def test_with_a_day_of_receipt_the_exact_end_is_told_with_the_law(ask: Ask) -> None:
    answer = ask(attached(f"{QUESTION} La recibí el 2 de noviembre de 2026"), lang="es_CL.UTF-8").answer
    assert "hasta la medianoche en que termina el martes 10 de noviembre de 2026" in answer
    assert "Ley 19.983, art. 3" in answer


def test_a_wrong_sum_is_told_with_both_values_and_the_norm(ask: Ask) -> None:
    answer = ask(attached("Is this invoice correct?", {"Encabezado/Totales/IVA": "162400"})).answer
    assert "it is not right" in answer
    assert "Encabezado/Totales/IVA: says 162400, must say 162450" in answer
    assert "Formato Documentos Tributarios Electrónicos, 2.5, p.30" in answer


def test_a_document_that_was_changed_after_it_was_signed_is_told(ask: Ask) -> None:
    task = attached(QUESTION).replace("Tabla de pino", "Tabla de raulí")
    answer = ask(task, lang="es_CL.UTF-8").answer
    assert "el SII la rechazaría" in answer
    assert "La firma electrónica es válida" not in answer


def test_a_document_that_is_not_claimed_in_the_register_says_so(ask: Ask) -> None:
    answer = ask(attached("¿Está correcta esta guía y hasta cuándo puedo reclamarla?", kind="52"), lang="es").answer
    assert "solo recibe los tipos 33, 34 y 43" in answer


@pytest.mark.parametrize("question", ["explica la regla totals-iva", "explain the rule totals-iva"])
def test_a_rule_is_explained(ask: Ask, question: str) -> None:
    answer = ask(question).answer
    assert "MntNeto" in answer
    assert "p.30" in answer


def test_a_rule_that_is_not_there_is_refused(ask: Ask) -> None:
    assert "totals-ivva" in ask("explain the rule totals-ivva").refusal.message


def test_a_task_that_asks_for_more_is_refused(ask: Ask) -> None:
    refusal = ask(attached("¿Está correcta esta factura? Escribe además un correo al proveedor"), lang="es").refusal
    assert "correo" in refusal.message


def test_a_document_is_made_from_its_short_form_for_a_trial(ask: Ask) -> None:
    task = f'Haz esta factura\n\n<document name="factura.toml">\n{short_form(33)}\n</document>'
    answer = ask(task, lang="es").answer
    assert "- MntTotal: 1057450" in answer
    assert "no tiene validez tributaria" in answer
    assert '<DTE xmlns="http://www.sii.cl/SiiDte"' in answer


def test_a_short_form_that_cannot_be_made_says_which_field(ask: Ask) -> None:
    task = f'Make this invoice\n\n<document name="a.toml">\n{short_form(33).replace("price = 2500", "")}\n</document>'
    assert "price" in ask(task).refusal.message


REGISTER = (
    "Nro;Tipo Doc;Tipo Compra;RUT Proveedor;Razon Social;Folio;Fecha Docto;Fecha Recepcion;Fecha Acuse;Monto Exento;"
    "Monto Neto;Monto IVA Recuperable;Monto Iva No Recuperable;Codigo IVA No Rec.;Monto Total;Monto Neto Activo Fijo;"
    "IVA Activo Fijo;IVA uso Comun;Impto. Sin Derecho a Credito;IVA No Retenido;Tabacos Puros;Tabacos Cigarrillos;"
    "Tabacos Elaborados;NCE o NDE sobre Fact. de Compra;Codigo Otro Impuesto;Valor Otro Impuesto;Tasa Otro Impuesto"
)


def test_a_register_is_compared_with_documents(ask: Ask) -> None:
    row = (
        "1;33;Del Giro;76086428-5;Maderas;101;10/11/2026;10/11/2026 10:00:00;;40000;855000;162450;;;{total}" + ";" * 12
    )
    for total, said in (("1057450", "Nothing differs."), ("1057000", "1057450")):
        task = attached("Compare the register with these invoices")
        text = f"{REGISTER}\n{row.format(total=total)}"
        answer = ask(f'{task}\n\n<document name="rcv.csv">\n{text}\n</document>').answer
        assert said in answer


CLAIM = "¿Hasta cuándo puedo reclamar esta factura? La recibí el 2026-11-02"


@pytest.mark.parametrize("question", [QUESTION, CLAIM, "revisa esta factura"])
@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Estimado cliente:", "a.txt no es XML"),
        ("%PDF-1.7 …", "a.txt es un PDF, no el XML"),
        ('<?xml version="1.0"?>\n<Invoice xmlns="urn:x"/>', "a.txt es XML de otra clase, <Invoice>"),
        ("", "a.txt no es XML"),
    ],
    ids=["text", "pdf", "ubl", "empty"],
)
def test_a_file_that_is_no_tax_document_is_called_so(ask: Ask, question: str, text: str, what: str) -> None:
    refusal = ask(f'{question}\n\n<document name="a.txt">\n{text}\n</document>', lang="es_CL.UTF-8").refusal
    assert f"ningún archivo adjunto lo es: {what}." in refusal.message
    assert "no entiendo" not in refusal.message
    assert refusal.remedy.startswith("Entrega el XML del documento (<DTE>)")


def test_it_is_said_in_english_too(ask: Ask) -> None:
    refusal = ask('Is this invoice correct?\n\n<document name="a.txt">\nx\n</document>').refusal
    assert "no file that came with it is one: a.txt is no XML." in refusal.message


def test_a_file_beside_a_tax_document_is_not_passed_over_in_silence(ask: Ask) -> None:
    both = attached(QUESTION) + '\n<document name="a.txt">\nx\n</document>'
    assert "No se revisó lo que no es un DTE: a.txt no es XML." in ask(both, lang="es_CL.UTF-8").answer


def test_a_question_about_any_file_is_left_to_others(ask: Ask) -> None:
    refusal = ask('check this document\n\n<document name="a.txt">\nx\n</document>').refusal
    assert "tax document" not in refusal.message


def test_until_when_an_invoice_can_be_claimed_is_told_from_its_file(ask: Ask) -> None:
    assert "hasta la medianoche en que termina el martes 10" in ask(attached(CLAIM), lang="es_CL.UTF-8").answer
