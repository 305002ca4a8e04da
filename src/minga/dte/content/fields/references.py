"""References by the day of the document, and in boletas (Formato DTE v2.5, pp. 3-7; boletas v4.1, p. 17)."""

from minga.dte.content.fields.codes import codes
from minga.dte.document import Document
from minga.dte.grounds import Grounds, Report


def references(document: Document, grounds: Grounds, report: Report) -> None:
    """Each reference by itself."""
    for where, each in document.body.each("Referencia"):
        code = each.of("TpoDocRef")
        if document.is_boleta:
            if code and not each.of("FolioRef"):
                report.fault("field-reference-boleta-folio", f"{where}/FolioRef")
            continue
        dated = codes("reference").get(code or "")
        if dated and dated.since and document.issued and document.issued < dated.since:
            report.fault("field-reference-early", f"{where}/TpoDocRef", code, f">= {dated.since}", dated.at)


LOOKS = (references,)
