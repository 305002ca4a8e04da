"""What facturacion_electronica (GPL-3) says of each document of a folder: JSON on standard output.

Run by `benchmarks.dte.peers` as a program of its own in an environment of its own; nothing of that package is imported
by Minga. ``python check_facturacion_electronica.py FOLDER``.
"""

import json
import logging
import re
import sys
from importlib.metadata import version
from pathlib import Path
from time import process_time

from facturacion_electronica.clase_util import validar_xml
from facturacion_electronica.firma import Firma

SPENT = {"schema": 0.0, "signature": 0.0}
BOLETA = re.compile(rb"<TipoDTE>(?:39|41)<")


def schema(raw):
    """As the package calls it: ``bol`` for boletas, of which it checks nothing."""
    validar_xml(raw, "bol" if BOLETA.search(raw) else "doc")


def signature(raw):
    code, why = Firma().verificar_firma_xml(raw.decode("ISO-8859-1"))
    if code:
        raise ValueError(why)


def judge(raw):
    rejects = []
    for stage, check in (("schema", schema), ("signature", signature)):
        begin = process_time()
        try:
            check(raw)
        except Exception:  # noqa: BLE001 - a peer raises what it likes
            rejects.append(stage)
        SPENT[stage] += process_time() - begin
    return {"rejects": rejects, "cannot": ""}


logging.disable(logging.CRITICAL)
files = sorted(Path(sys.argv[1]).glob("*.xml"))
verdicts = {file.name: judge(file.read_bytes()) for file in files}
cpu_us = {stage: 1e6 * spent / len(files) for stage, spent in SPENT.items()}
json.dump({"version": version("facturacion_electronica"), "cpu_us": cpu_us, "verdicts": verdicts}, sys.stdout)
