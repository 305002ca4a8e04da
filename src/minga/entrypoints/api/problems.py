"""Errors as the API tells them: problem details (RFC 9457), each with a remedy."""

from http import HTTPStatus

from minga.domain.errors import BadInput, KeyNameTaken, MingaError, StoreError, UnknownVirtualKey
from minga.domain.model_calls import Refused
from minga.entrypoints.api.records import Problem

SHOW_A_KEY = "Send `Authorization: Bearer KEY` with a virtual key that has the scope admin."

SEE_DOCS = "See /docs for what it takes."


class Rejected(Exception):
    """A request that the API does not take; ``headers`` go with the answer."""

    def __init__(self, status: int, name: str, detail: str, remedy: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem = problem(status, name, detail, remedy)
        self.headers = headers or {}


def problem(status: int, name: str, detail: str, remedy: str) -> Problem:
    return Problem(f"urn:minga:problem:{name}", HTTPStatus(status).phrase, status, detail, remedy)


UNEXPECTED = problem(500, "unexpected", "something here went wrong", "The standard error of the server says what.")


def stranger(refused: Refused) -> Rejected:
    """Whoever shows no key, or one that is not valid."""
    return Rejected(401, refused.reason, refused.message, SHOW_A_KEY, {"www-authenticate": "Bearer"})


def of_error(error: MingaError) -> Problem:
    match error:
        case KeyNameTaken():
            status = 409
        case UnknownVirtualKey():
            status = 404
        case StoreError():
            status = 503
        case BadInput():
            return problem(422, "BadInput", error.message, SEE_DOCS)
        case _:
            status = 400
    return problem(status, type(error).__name__, error.message, error.remedy_text)
