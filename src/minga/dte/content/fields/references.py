"""Codes and forms of references (Formato DTE v2.5, pp. 45-47; boletas v4.1, p. 17), not what they mean."""

from minga.dte.content.fields.codes import Code, codes
from minga.dte.document import Document, Node
from minga.dte.grounds import Grounds, Report


def references(document: Document, grounds: Grounds, report: Report) -> None:
    """Each reference by itself."""
    for where, each in document.body.each("Referencia"):
        code = each.of("TpoDocRef") or ""
        if document.is_boleta:
            _of_boleta(each, code, where, report)
        else:
            _known(document, code, where, report)
            _form(each, code, where, report)


def is_tax_document(code: str) -> bool:
    """Numbers of the list below 800, but for 48 (a voucher of payment)."""
    return code in codes("reference") and int(code) < 800 and code != "48"


def _of_boleta(reference: Node, code: str, where: str, report: Report) -> None:
    if code and _numeric(code) and code not in codes("boleta_reference"):
        report.fault("field-reference-boleta-code", f"{where}/TpoDocRef", code, ", ".join(codes("boleta_reference")))
    if code and not reference.of("FolioRef"):
        report.fault("field-reference-boleta-folio", f"{where}/FolioRef")


def _known(document: Document, code: str, where: str, report: Report) -> None:
    if not _numeric(code):
        return
    found: Code | None = codes("reference").get(code)
    if found is None:
        report.fault("field-reference-code", f"{where}/TpoDocRef", code)
    elif found.since and document.issued and document.issued < found.since:
        report.fault("field-reference-early", f"{where}/TpoDocRef", code, f">= {found.since}", found.at)


def _form(reference: Node, code: str, where: str, report: Report) -> None:
    """The folio, the mark of a global reference, and the RUT of another issuer."""
    folio = reference.of("FolioRef") or ""
    if folio.strip("0") == "" and folio and reference.of("IndGlobal") != "1":
        report.fault("field-reference-folio-zero", f"{where}/FolioRef", folio, "> 0")
    if is_tax_document(code) and folio and not (folio.isascii() and folio.isdigit()):
        report.fault("field-reference-folio", f"{where}/FolioRef", folio, "0-9")
    if reference.of("IndGlobal") == "1" and not reference.of("RazonRef"):
        report.fault("field-reference-global", f"{where}/RazonRef")
    if reference.of("RUTOtr") and not is_tax_document(code):
        report.fault("field-reference-other", f"{where}/RUTOtr", reference.of("RUTOtr"))


def _numeric(code: str) -> bool:
    return code.isascii() and code.isdigit()


LOOKS = (references,)
