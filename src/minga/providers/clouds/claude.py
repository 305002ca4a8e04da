"""What is the same of Claude at every cloud: the model stands in the path, the version in the body."""

from collections.abc import Sequence

import msgspec

from minga.domain.model_calls import ModelCall, Refused

_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    529: "overloaded_error",
}


def check_name(model: str) -> None:
    """Raises Refused for one that would be a step upwards in a path."""
    if not model.strip("."):
        raise Refused("unknown-model", f"{model!r} cannot be the name of a model")


def body(call: ModelCall, version: str, without: Sequence[str], betas: Sequence[str] = ()) -> bytes:
    """The caller's body ``without`` some fields, with what the version of the clouds' API wants."""
    fields = msgspec.json.decode(call.body, type=dict[str, msgspec.Raw])
    added = {"anthropic_version": msgspec.Raw(msgspec.json.encode(version))}
    if betas:
        added["anthropic_beta"] = msgspec.Raw(msgspec.json.encode(betas))
    kept = {name: value for name, value in fields.items() if name not in without}
    return msgspec.json.encode({**added, **kept})


def renamed(body: bytes, model: str) -> bytes:
    return msgspec.json.encode({**msgspec.json.decode(body, type=dict[str, msgspec.Raw]), "model": model})


def betas(call: ModelCall) -> list[str]:
    told = (value.split(",") for name, value in call.headers if name == "anthropic-beta")
    return [one.strip() for values in told for one in values if one.strip()]


def fault(kind: str, message: str) -> bytes:
    return msgspec.json.encode({"type": "error", "error": {"type": kind, "message": message or kind}})


def kind_of(status: int) -> str:
    return _KINDS.get(status, "api_error")
