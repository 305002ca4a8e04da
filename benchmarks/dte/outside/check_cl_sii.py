"""What cl-sii (MIT) says of each document of a folder, and what its functions take: JSON on standard output.

Run by `benchmarks.dte.peers` in an environment of its own: ``python check_cl_sii.py FOLDER``.
"""

import json
import logging
import sys
from base64 import b64decode
from importlib.metadata import version
from pathlib import Path
from time import process_time

from cl_sii.dte import parse
from cl_sii.libs import crypto_utils, xml_utils

SPENT = {"xml": 0.0, "schema": 0.0, "parse": 0.0, "signature": 0.0}
UNSUPPORTED = ("only one supported", "is not a valid TipoDte")


def timed(stage, function, *arguments):
    begin = process_time()
    try:
        return function(*arguments)
    finally:
        SPENT[stage] += process_time() - begin


def verify(document):
    certificate = b64decode(document.findtext(".//{*}X509Certificate"))
    xml_utils.verify_xml_signature(document, trusted_x509_cert=crypto_utils.load_der_x509_cert(certificate))


def judge(raw):
    """The checks that reject it, and why it could not be judged ("" where it could)."""
    rejects, cannot = [], ""
    try:
        document = timed("xml", xml_utils.parse_untrusted_xml, raw)
    except Exception:  # noqa: BLE001 - a peer raises what it likes
        return ["xml"], ""
    for stage, check in (("schema", parse.validate_dte_xml), ("parse", parse.parse_dte_xml), ("signature", verify)):
        try:
            timed(stage, check, document)
        except Exception as wrong:  # noqa: BLE001 - a peer raises what it likes
            if stage == "parse" and any(each in str(wrong) for each in UNSUPPORTED):
                cannot = str(wrong)
            else:
                rejects.append(stage)
    return rejects, cannot


logging.disable(logging.CRITICAL)
files = sorted(Path(sys.argv[1]).glob("*.xml"))
verdicts = {}
for file in files:
    rejects, cannot = judge(file.read_bytes())
    verdicts[file.name] = {"rejects": rejects, "cannot": cannot}
cpu_us = {stage: 1e6 * spent / len(files) for stage, spent in SPENT.items()}
json.dump({"version": version("cl-sii"), "cpu_us": cpu_us, "verdicts": verdicts}, sys.stdout)
