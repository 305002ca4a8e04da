"""For a request that goes to OpenAI as it is, after another provider has answered in the same conversation."""

import msgspec

from minga.providers.translation.form import is_foreign


class _Item(msgspec.Struct):
    encrypted_content: str | None = None


_BODY = msgspec.json.Decoder(dict[str, msgspec.Raw])
_INPUT = msgspec.json.Decoder(str | list[msgspec.Raw])
_ITEM = msgspec.json.Decoder(_Item)


def only_own(body: bytes) -> bytes:
    """Without the thoughts and signatures of other dialects' models, which OpenAI refuses; all else stays as it is."""
    if b'"minga.' not in body:
        return body
    try:
        fields = _BODY.decode(body)
        given = _INPUT.decode(fields.get("input", b'""'))
        if isinstance(given, str):
            return body
        kept = [item for item in given if not is_foreign(_ITEM.decode(item).encrypted_content or "")]
    except (ValueError, RecursionError):  # the provider says what is wrong with it
        return body
    return msgspec.json.encode({**fields, "input": kept})
