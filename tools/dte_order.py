"""Make `src/minga/dte/order.json` anew: in which order the elements of a document stand, by the SII's schemas.

    python tools/dte_order.py FOLDER_WITH_XSD

Only names and their order are taken, for documents (DTE_v10.xsd) and boletas (EnvioBOLETA_v11.xsd).
"""

import json
import sys
from pathlib import Path

from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"
OUTPUT = Path(__file__).parent.parent / "src/minga/dte/order.json"


def order(particle: etree._Element, types: dict[str, etree._Element]) -> dict[str, object]:
    """The elements inside a complex type, each with those inside it."""
    found: dict[str, object] = {}
    for child in particle:
        if child.tag == f"{XS}element":
            name = (child.get("name") or child.get("ref") or "").rpartition(":")[2]
            inside = child.find(f"{XS}complexType")
            if inside is None:
                inside = types.get((child.get("type") or "").rpartition(":")[2])
            found[name] = order(inside, types) if inside is not None else {}
        elif child.tag in (f"{XS}sequence", f"{XS}choice", f"{XS}all", f"{XS}complexContent", f"{XS}extension"):
            found |= order(child, types)
    return found


def bodies(path: Path) -> dict[str, object]:
    root = etree.parse(str(path)).getroot()
    types = {each.get("name") or "": each for each in root.iter(f"{XS}complexType") if each.get("name")}
    names = ("Documento", "Liquidacion", "Exportaciones")
    found = {}
    for element in root.iter(f"{XS}element"):
        name = element.get("name")
        inside = element.find(f"{XS}complexType")
        if name in names and inside is not None and name not in found:
            found[name] = order(inside, types)
    return found


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    made = bodies(folder / "DTE_v10.xsd") | {"Boleta": bodies(folder / "EnvioBOLETA_v11.xsd")["Documento"]}
    OUTPUT.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
