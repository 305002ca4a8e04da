"""An XML signature is made: C14N, SHA-1 and RSA, one reference, key and certificate, as the SII's schema has it."""

from base64 import b64encode
from collections.abc import Mapping
from textwrap import wrap

from minga.domain.signing import SigningKey
from minga.dte.raw import read
from minga.dte.signatures.canonical import Element
from minga.dte.signatures.signed import DSIG
from minga.dte.signatures.signed_info import C14N, RSA_SHA1, SHA1
from minga.infrastructure.certificates import certificate
from minga.infrastructure.rsa import sha1

_LINE = 76


def sign(element: bytes, encoding: str, namespaces: Mapping[str, str], key: SigningKey) -> bytes:
    """The ``Signature`` to stand right behind ``element``, which has an ID.

    ``namespaces`` are those that will hold around both, by prefix ("" for the default one): of a document those that
    its ``DTE`` declares, of a set those of its envelope. Raises ValueError where the element is not well-formed or has
    no ID, or the certificate has no RSA key, and what the key raises.
    """
    body = Element(read(element, encoding))
    form = body.under(namespaces)
    if form is None or not body.mark or body.tree is None:
        raise ValueError("an element that is to be signed must be well-formed and have an ID")
    around = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in sorted(namespaces.items()) if prefix)
    information = _signed_info(body.mark, b64encode(sha1(b"".join(form))).decode())
    canonical = information.replace("<SignedInfo>", f'<SignedInfo xmlns="{DSIG}"{around}>', 1)
    value = key.sign_sha1(canonical.encode())
    return (
        f'<Signature xmlns="{DSIG}">{information}<SignatureValue>{_lines(value)}</SignatureValue>'
        f"{_key_info(key.certificate)}</Signature>"
    ).encode("ascii")


def _signed_info(mark: str, digest: str) -> str:
    """In canonical form, but for the namespaces of its start tag."""
    return (
        f'<SignedInfo><CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        f'<SignatureMethod Algorithm="{RSA_SHA1}"></SignatureMethod><Reference URI="#{mark}">'
        f'<Transforms><Transform Algorithm="{C14N}"></Transform></Transforms>'
        f'<DigestMethod Algorithm="{SHA1}"></DigestMethod><DigestValue>{digest}</DigestValue></Reference></SignedInfo>'
    )


def _key_info(der: bytes) -> str:
    key = certificate(der).key
    if key is None:
        raise ValueError("the certificate has no RSA key")
    modulus, exponent = _lines(_bytes(key.modulus)), _lines(_bytes(key.exponent))
    return (
        f"<KeyInfo><KeyValue><RSAKeyValue><Modulus>{modulus}</Modulus><Exponent>{exponent}</Exponent></RSAKeyValue>"
        f"</KeyValue><X509Data><X509Certificate>{_lines(der)}</X509Certificate></X509Data></KeyInfo>"
    )


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _lines(data: bytes) -> str:
    """Base64 in lines: the SII's reception takes none that is very long."""
    return "\n".join(wrap(b64encode(data).decode(), _LINE))
