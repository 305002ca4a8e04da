"""What lxml and xmlsec take to parse each document of a folder and verify its signature: JSON on standard output.

Run by `benchmarks.dte.peers` in an environment of its own: ``python verify_xmlsec.py FOLDER``.
"""

import json
import sys
from base64 import b64decode
from importlib.metadata import version
from pathlib import Path
from time import process_time

import xmlsec
from lxml import etree

DSIG = "{http://www.w3.org/2000/09/xmldsig#}"


def verify(raw):
    root = etree.fromstring(raw)
    xmlsec.tree.add_ids(root, ["ID"])
    signature = root.find(f"{DSIG}Signature")
    context = xmlsec.SignatureContext()
    certificate = b64decode(signature.findtext(f".//{DSIG}X509Certificate"))
    context.key = xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_DER)
    context.verify(signature)


def judge(raw):
    try:
        verify(raw)
    except (xmlsec.Error, etree.LxmlError, ValueError, AttributeError, TypeError):
        return {"rejects": ["signature"], "cannot": ""}
    return {"rejects": [], "cannot": ""}


contents = {file.name: file.read_bytes() for file in sorted(Path(sys.argv[1]).glob("*.xml"))}
begin = process_time()
verdicts = {name: judge(raw) for name, raw in contents.items()}
spent = process_time() - begin
json.dump(
    {"version": version("xmlsec"), "cpu_us": {"verify": 1e6 * spent / len(contents)}, "verdicts": verdicts}, sys.stdout
)
