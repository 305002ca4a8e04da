"""The blocks of a prompt as text, documents and pictures."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minga.domain.task import Document, Image
from minga.entrypoints.acp.wire import AudioBlock, Block, ImageBlock, LinkBlock, Resource, ResourceBlock, TextBlock
from minga.infrastructure.jsonrpc import INVALID_PARAMS, Refused

IMAGES_BYTES_MAX = 20_000_000
"""All pictures of a prompt, as for `minga run --image`."""

DOCUMENT_BYTES_MAX = 2_000_000
"""One embedded resource, as for `minga run --file`."""

_ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp"}


@dataclass(frozen=True, slots=True)
class Contents:
    """``prompt``: text, in which links and documents are named where they stood."""

    prompt: str
    documents: tuple[Document, ...]
    images: tuple[Image, ...]


def contents(blocks: Sequence[Block], folder: Path) -> Contents:
    """``folder`` gets the pictures, which must be there until the turn ends. Raises Refused."""
    said: list[str] = []
    documents: list[Document] = []
    images: list[Image] = []
    left = IMAGES_BYTES_MAX
    for block in blocks:
        match block:
            case TextBlock(text=text):
                said.append(text)
            case LinkBlock(uri=uri, name=name):
                said.append(_link(uri, name))
            case ImageBlock(data=data, mime_type=media_type):
                left -= _save(data, media_type, images, folder)
            case ResourceBlock(resource=resource) if resource.mime_type in _ENDINGS and resource.blob is not None:
                left -= _save(resource.blob, resource.mime_type, images, folder)
            case ResourceBlock(resource=resource):
                documents.append(_document(resource))
                said.append(_link(resource.uri, ""))
            case AudioBlock():
                raise Refused(INVALID_PARAMS, "sound cannot be given to an agent; send text")
        if left < 0:
            raise Refused(INVALID_PARAMS, f"the pictures are larger than {IMAGES_BYTES_MAX} bytes; send fewer")
    return Contents("".join(said), tuple(documents), tuple(images))


def _link(uri: str, name: str) -> str:
    """A file by its path: agents read it themselves."""
    place = _place(uri)
    return f"[{name or Path(place).name or place}]({place})"


def _place(uri: str) -> str:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri
    return unquote(parts.path) if parts.scheme == "file" else uri


def _save(data: str, media_type: str, images: list[Image], folder: Path) -> int:
    """Write a picture; return its size."""
    if media_type not in _ENDINGS:
        raise Refused(INVALID_PARAMS, f"a picture of the type {media_type!r} cannot be given: use PNG, JPEG, GIF, WebP")
    picture = _decoded(data, "a picture")
    path = folder / f"{len(images) + 1}{_ENDINGS[media_type]}"
    path.write_bytes(picture)
    images.append(Image(path, media_type))
    return len(picture)


def _document(resource: Resource) -> Document:
    if resource.text is not None:
        text = resource.text
    else:
        try:
            text = _decoded(resource.blob or "", resource.uri).decode("utf-8")
        except UnicodeDecodeError as wrong:
            raise Refused(INVALID_PARAMS, f"{resource.uri!r} is no text; link it instead of embedding it") from wrong
    if len(text.encode("utf-8", "surrogatepass")) > DOCUMENT_BYTES_MAX:
        raise Refused(INVALID_PARAMS, f"{resource.uri!r} is larger than {DOCUMENT_BYTES_MAX} bytes; link it instead")
    return Document(_place(resource.uri), text)


def _decoded(data: str, name: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise Refused(INVALID_PARAMS, f"{name} is no base64: {wrong}") from wrong
