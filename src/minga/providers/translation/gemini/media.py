"""Pictures, documents and sounds."""

from typing import Literal

from minga.domain.model_calls import Refused
from minga.providers.translation.form import Media
from minga.providers.translation.gemini.shapes import Blob, File
from minga.providers.translation.notes import Notes

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_URL = str.maketrans("-_", "+/")

_BEGINNINGS = {
    "iVBORw0KGgo": "image/png",
    "/9j/": "image/jpeg",
    "R0lGOD": "image/gif",
    "UklGR": "image/webp",
    "JVBERi": "application/pdf",
}
"""Of base64, for data whose type is not told."""

_ENDINGS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".pdf": "application/pdf",
}


def read_blob(blob: Blob) -> Media:
    """Raises ValueError for data that is no base64."""
    if blob.data is None or not blob.mime_type:
        raise ValueError("inlineData has no data or no mimeType")
    return Media(_kind(blob.mime_type), blob.mime_type, data=_base64(blob.data), name=blob.display_name or "")


def read_file(file: File) -> Media:
    """Raises ValueError for a file that only Google can open."""
    url = file.file_uri or ""
    if not url.startswith(("https://", "http://")) or url.startswith("https://generativelanguage.googleapis.com/"):
        raise ValueError(f"the file {url!r} is in Google's store; give its data in inlineData, or a public https URL")
    type_ = file.mime_type or ""
    return Media(_kind(type_), type_, url=url, name=file.display_name or "")


def write(media: Media, notes: Notes) -> tuple[Blob | None, File | None]:
    """One of the two."""
    if media.name:
        notes.add("gemini-media", "name")
    if media.detail:
        notes.add("gemini-media", "detail")
    if media.cache:
        notes.add("gemini-cache-markers")
    if media.url:
        return None, File(_type_of_url(media), media.url)
    return Blob(media.media_type or _type_of_data(media), media.data), None


def _kind(media_type: str) -> Literal["image", "file", "audio"]:
    main = media_type.partition("/")[0].lower()
    return "image" if main == "image" else "audio" if main == "audio" else "file"


def _base64(data: str) -> str:
    """In the usual alphabet and padded: Google takes either, and the official SDK for Python sends the one for URLs."""
    bare = data.rstrip("=").translate(_URL) if "-" in data or "_" in data else data.rstrip("=")
    if (
        not bare.isascii()
        or bare.encode().translate(None, _ALPHABET)
        or len(bare) % 4 == 1
        or len(data) - len(bare) > 2
    ):
        raise ValueError("inlineData.data is not base64")
    return bare + "=" * (-len(bare) % 4)


def _type_of_data(media: Media) -> str:
    for beginning, type_ in _BEGINNINGS.items():
        if media.data.startswith(beginning):
            return type_
    raise Refused("malformed", f"the type of a part of kind {media.kind!r} is not told; give its media type")


def _type_of_url(media: Media) -> str | None:
    path = media.url.partition("?")[0].lower()
    return media.media_type or next((type_ for ending, type_ in _ENDINGS.items() if path.endswith(ending)), None)
