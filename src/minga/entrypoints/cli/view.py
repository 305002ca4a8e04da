"""How a run is shown. Three views: lines of JSON, the answer alone, and (in `rich_view`) live for a person."""

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import msgspec

from minga.domain.events import (
    AttemptStarted,
    Cancelled,
    Event,
    Failed,
    Finished,
    Notice,
    PermissionAnswered,
    PermissionRequested,
    Recorded,
    Verified,
)
from minga.domain.failure import Failure, FailureCode
from minga.domain.ledger import Receipt
from minga.domain.verdict import CheckState, Judgement, Verdict
from minga.domain.ways import Through
from minga.entrypoints.cli.ending import EXIT_CANCELLED, EXIT_FAILED, EXIT_TIMEOUT, complain
from minga.entrypoints.cli.visible import for_reader
from minga.entrypoints.cli.words import Words
from minga.sessions.codec import as_json


class View(Protocol):
    """Shows events that are on disk already, then the receipt."""

    def show(self, recorded: Recorded) -> None: ...

    def receipt(self, receipt: Receipt) -> None: ...

    def pause(self) -> None:
        """Leave the terminal to a question."""
        ...


class JsonView:
    """One event a line; the last line is the receipt."""

    def show(self, recorded: Recorded) -> None:
        self._line(as_json(recorded))

    def receipt(self, receipt: Receipt) -> None:
        body = {"kind": "receipt", "receipt": receipt, "cost_micro_usd": receipt.cost_micro_usd}
        self._line(msgspec.json.encode(body))

    def pause(self) -> None:
        """A question goes to the terminal, not into the stream."""

    @staticmethod
    def _line(data: bytes) -> None:
        """JSON is UTF-8 (RFC 8259, section 8.1), whatever the locale."""
        sys.stdout.flush()
        sys.stdout.buffer.write(data + b"\n")
        sys.stdout.buffer.flush()


class QuietView:
    """The answer on standard output; on standard error why there is none, or what its checks hold against it."""

    def __init__(self, say: Words) -> None:
        self._say = say
        self._asked = ""
        self._verdict: Verified | None = None

    def show(self, recorded: Recorded) -> None:
        match recorded.event:
            case AttemptStarted():
                self._verdict = None
            case Verified():
                self._verdict = recorded.event
            case Finished(answer=answer):
                sys.stdout.write(for_reader(answer.rstrip("\n") + "\n", sys.stdout))
                sys.stdout.flush()
                self._warn()
            case Failed(failure=failure):
                told = self._say.told
                complain(f"{self._say(failure_title(failure.code))}: {told(failure.message)}", told(remedy(failure)))
            case Cancelled(reason=reason):
                complain(f"{self._say('Cancelled')}: {self._say.told(reason)}")
            case Notice(text=text):
                complain(self._say.told(text))
            case PermissionRequested(title=title, detail=detail):
                self._asked = detail or title
            case PermissionAnswered(allowed=False, reason=reason):
                complain(f"{self._say('refused')}: {self._asked}", self._say.told(reason))
            case _:
                pass

    def _warn(self) -> None:
        """Of an answer that is given although its checks refuted it, or although one of them broke."""
        if self._verdict is None:
            return
        verdict, told = self._verdict.verdict, self._say.told
        broken = [line for each in verdict.checks if each.state is CheckState.BROKEN for line in each.evidence[:1]]
        if self._verdict.judgement is Judgement.REJECTED:
            complain(f"{self._say('refuted by its checks:')} {told(verdict.reasons[0])}")
        elif self._verdict.verdict.missing:
            complain(self._say("not verified") + ": " + self._say.told(not_proven(self._verdict.verdict)))
        elif broken and self._verdict.judgement is Judgement.NOT_VERIFIABLE:
            complain(f"{self._say('not verified')}: {told(broken[0])}")

    def receipt(self, receipt: Receipt) -> None:
        """Quiet: none."""

    def pause(self) -> None:
        """Nothing is drawn."""


def not_proven(verdict: Verdict) -> str:
    """Which checks that a specialist demands did not prove the answer, as one text that can be translated."""
    return f"the specialist's checks did not prove it: {', '.join(verdict.missing)}"


def exit_code(event: Event) -> int:
    """0 only for a finished answer."""
    match event:
        case Finished():
            return 0
        case Failed(failure=failure):
            return EXIT_TIMEOUT if failure.code is FailureCode.TIMEOUT else EXIT_FAILED
        case _:
            return EXIT_CANCELLED


def failure_title(code: FailureCode) -> str:
    """``rate-limited`` -> ``Rate limited``: the key of its translation."""
    return code.value.replace("-", " ").capitalize()


def remedy(failure: Failure) -> str:
    """What a person can do: the failure's own remedy, else the usual one for its cause."""
    return failure.remedy or REMEDIES[failure.code]


JUDGED: Mapping[Judgement, str] = MappingProxyType(
    {
        Judgement.ACCEPTED: "accepted",
        Judgement.REJECTED: "refuted",
        Judgement.NOT_VERIFIABLE: "not verified",
    }
)

WAYS: Mapping[Through, str] = MappingProxyType(
    {"direct": "direct", "endpoint": "to the endpoint", "gateway": "through the gateway"}
)

REMEDIES = MappingProxyType(
    {
        FailureCode.NOT_INSTALLED: "See `minga doctor`.",
        FailureCode.NOT_LOGGED_IN: "See `minga doctor`.",
        FailureCode.RATE_LIMITED: "Wait until the limit resets, or name another agent with --agent.",
        FailureCode.OVERLOADED: "Try again later, or name another agent with --agent.",
        FailureCode.CONTEXT_TOO_LONG: "Start a new session, or give fewer documents.",
        FailureCode.NETWORK: "Check the connection and the proxy settings.",
        FailureCode.MODEL_UNKNOWN: "Name a model that the vendor offers with --model.",
        FailureCode.PERMISSION_DENIED: "Allow it when asked, or give --permissions.",
        FailureCode.SESSION_UNKNOWN: "Start a new session: minga run without --session.",
        FailureCode.CRASHED: "Try again; `minga doctor` shows whether the CLI starts.",
        FailureCode.TIMEOUT: "Try again, with a higher --timeout if it was at work.",
        FailureCode.OUTPUT_LIMIT: "Ask for less at once.",
        FailureCode.BUDGET_SPENT: "Raise --budget-usd.",
        FailureCode.REJECTED: "`minga sessions show` has what was said; --strategy single gives an answer as it is.",
        FailureCode.CANNOT: "Name an agent with a model; `minga doctor` shows which are ready.",
        FailureCode.INTERRUPTED: "Go on with `minga sessions resume`.",
        FailureCode.UNCLASSIFIED: "Try again; `minga sessions show` has all that the agent said.",
    }
)
