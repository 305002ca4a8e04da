"""Content of messages, as the form has it."""

from minga.domain.model_calls import Refused
from minga.providers.translation.chat.shapes import (
    AudioPart,
    Content,
    ContentPart,
    FilePart,
    ImagePart,
    RefusalPart,
    TextPart,
)
from minga.providers.translation.form import CacheTtl, Media, Refusal, Text
from minga.providers.translation.reading import is_base64, of_data_url

_AUDIO = {"mp3": "audio/mpeg"}


def parts(content: Content, place: str) -> list[Text | Media | Refusal]:
    """``place`` of the message, for errors. Raises Refused."""
    if content is None:
        return []
    if isinstance(content, str):
        return [Text(content)]
    return [_part(one, f"{place}.content[{number}]") for number, one in enumerate(content)]


def texts(content: Content, place: str) -> list[Text]:
    """Of messages that hold nothing else."""
    found = parts(content, place)
    kept = [one for one in found if isinstance(one, Text)]
    if len(kept) < len(found):
        raise Refused("malformed", f"{place} may hold text only. Put pictures and files into a message of the user")
    return kept


def media_of_url(kind: str, url: str, place: str) -> tuple[str, str]:
    """Media type and data of a ``data:`` URL. Raises Refused."""
    try:
        media_type, data = of_data_url(url)
    except ValueError as wrong:
        raise Refused("malformed", f"{place} is no data URL: {wrong}. Write data:TYPE;base64,DATA") from wrong
    return media_type or kind, base64(data, place)


def base64(data: str, place: str) -> str:
    """As it was given. Raises Refused where it is none."""
    if not is_base64(data):
        raise Refused(
            "malformed", f"{place} is not valid base64. Encode it again, with padding and without line breaks"
        )
    return data


def _part(part: ContentPart, place: str) -> Text | Media | Refusal:
    match part:
        case TextPart():
            return Text(part.text, _cache(part))
        case RefusalPart():
            return Refusal(part.refusal)
        case ImagePart():
            return _image(part, f"{place}.image_url")
        case AudioPart():
            kind = part.input_audio.format
            data = base64(part.input_audio.data, f"{place}.input_audio.data")
            return Media("audio", _AUDIO.get(kind, f"audio/{kind}"), data, cache=_cache(part))
        case FilePart():
            return _file(part, f"{place}.file")


def _image(part: ImagePart, place: str) -> Media:
    url, detail, cache = part.image_url.url, part.image_url.detail or "", _cache(part)
    if not url.startswith("data:"):
        return Media("image", url=url, detail=detail, cache=cache)
    media_type, data = media_of_url("image/png", url, place)
    return Media("image", media_type, data, detail=detail, cache=cache)


def _file(part: FilePart, place: str) -> Media:
    """``file_data`` is a data URL, or an address for some servers."""
    given, name, cache = part.file.file_data, part.file.filename or "", _cache(part)
    if not given:
        raise Refused(
            "malformed",
            f"{place} names a file that only the provider of this format has stored. Send its content as file_data",
        )
    if given.startswith(("https://", "http://")):
        return Media("file", url=given, name=name, cache=cache)
    if not given.startswith("data:"):
        return Media("file", "application/pdf", base64(given, place), name=name, cache=cache)
    media_type, data = media_of_url("application/pdf", given, place)
    return Media("file", media_type, data, name=name, cache=cache)


def _cache(part: ContentPart) -> CacheTtl:
    if part.cache_control is not None:
        return part.cache_control.ttl
    if part.prompt_cache_breakpoint is None:
        return ""
    return "1h" if part.prompt_cache_breakpoint.ttl else "5m"  # a time is 30 minutes at least: only an hour covers it
