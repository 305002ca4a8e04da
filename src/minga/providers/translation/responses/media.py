"""Pictures, files and sounds as OpenAI Responses has them: a URL, which may be of the scheme ``data`` (RFC 2397)."""

from minga.domain.model_calls import Refused
from minga.providers.translation.form import CacheTtl, Media
from minga.providers.translation.notes import Notes
from minga.providers.translation.reading import is_base64, of_data_url
from minga.providers.translation.responses.shapes import Breakpoint, InputAudio, InputFile, InputImage

_SOUNDS = {"mp3": "audio/mpeg", "wav": "audio/wav"}


def read(given: InputImage | InputFile | InputAudio, place: str, notes: Notes) -> Media:
    """Raises Refused for a file of the provider's store, and for data that is no base64."""
    match given:
        case InputAudio():
            sound = given.input_audio
            _check(sound.data, place)
            return Media("audio", _SOUNDS.get(sound.format, f"audio/{sound.format}"), data=sound.data)
        case InputImage():
            _no_id(given.file_id, place)
            cache = lasting(given.prompt_cache_breakpoint)
            detail = given.detail if given.detail != "auto" else ""  # which is what is meant without it
            return _located("image", given.image_url or "", place, "", detail or "", cache)
        case _:
            _no_id(given.file_id, place)
            if given.detail:
                notes.add("responses-setting", "input_file.detail")
            cache = lasting(given.prompt_cache_breakpoint)
            data = given.file_data or ""
            url = given.file_url or (data if data.startswith("data:") else f"data:;base64,{data}" if data else "")
            return _located("file", url, place, given.filename or "", "", cache)


def lasting(marker: Breakpoint | None) -> CacheTtl:
    """Without a time OpenAI keeps for some minutes; with one for 30 minutes at least, which only an hour covers."""
    if marker is None:
        return ""
    return "1h" if marker.ttl else "5m"


def url_of(media: Media) -> str:
    return media.url or f"data:{media.media_type or 'application/octet-stream'};base64,{media.data}"


def _located(kind: str, url: str, place: str, name: str, detail: str, cache: CacheTtl) -> Media:
    is_image = kind == "image"
    if not url:
        raise Refused("malformed", f"{place} has neither data nor a URL; give one of them")
    if not url.startswith("data:"):
        return Media("image" if is_image else "file", url=url, name=name, detail=detail, cache=cache)
    try:
        media_type, data = of_data_url(url)
    except ValueError as wrong:
        raise Refused("malformed", f"the data URL at {place}: {wrong}; write data:<type>;base64,<data>") from wrong
    _check(data, place)
    return Media("image" if is_image else "file", media_type, data, name=name, detail=detail, cache=cache)


def _check(data: str, place: str) -> None:
    if not is_base64(data):
        raise Refused("malformed", f"the data at {place} is no base64; encode it with padding and without line breaks")


def _no_id(file_id: str | None, place: str) -> None:
    if file_id:
        raise Refused(
            "malformed", f"{place} names a file in OpenAI's store, which only OpenAI has; give its data or URL"
        )
