"""XML signatures of documents and messages: verified on the bytes as they came, and made.

Entries: `signature`, the look at a document; `message`, for envelopes, cessions, answers and books; `sign`.
"""

from minga.dte.signatures.documents import LOOKS, signature
from minga.dte.signatures.messages import Part, message
from minga.dte.signatures.signed import XSI
from minga.dte.signatures.signing import sign

__all__ = ["LOOKS", "XSI", "Part", "message", "sign", "signature"]
