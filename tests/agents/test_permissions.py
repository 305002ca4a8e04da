"""Every permission request is answered: by policy, by the person, or by a refusal after a stated wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from minga.agents.permissions import PolicyBroker
from minga.domain.events import PermissionAnswered, PermissionRequested, ToolKind
from minga.domain.task import Permissions

ALLOWED = {
    Permissions.ASK: {ToolKind.READ, ToolKind.SEARCH},
    Permissions.READ_ONLY: {ToolKind.READ, ToolKind.SEARCH},
    Permissions.EDITS: {ToolKind.READ, ToolKind.SEARCH, ToolKind.EDIT},
    Permissions.ALL: set(ToolKind),
}


@dataclass(slots=True)
class Person:
    answer: Callable[[], Awaitable[bool]]
    asked: int = 0

    async def ask(self, request: PermissionRequested) -> bool:
        self.asked += 1
        return await self.answer()


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def never() -> bool:
    await asyncio.sleep(3600)
    return True


async def hung_up() -> bool:
    raise OSError(5, "Input/output error")


async def end_of_input() -> bool:
    raise EOFError


def decide(
    policy: Permissions, kind: ToolKind, person: Person | None = None, wait_s: float = 5.0
) -> PermissionAnswered:
    request = PermissionRequested("r1", "c1", kind, "title", "detail")
    answer = asyncio.run(PolicyBroker(policy, person, wait_s).decide(request))
    assert answer.request_id == "r1"
    return answer


@pytest.mark.parametrize("policy", Permissions)
@pytest.mark.parametrize("kind", ToolKind)
def test_the_policy_alone_allows_what_it_names_and_no_more(policy: Permissions, kind: ToolKind) -> None:
    answer = decide(policy, kind)
    assert answer.allowed is (kind in ALLOWED[policy])
    assert answer.by == "policy"
    assert answer.reason


@pytest.mark.parametrize("kind", ToolKind)
@pytest.mark.parametrize(("answer", "allowed"), [(yes, True), (no, False)])
def test_a_person_decides_what_ask_leaves_open(
    kind: ToolKind, answer: Callable[[], Awaitable[bool]], allowed: bool
) -> None:
    person = Person(answer)
    said = decide(Permissions.ASK, kind, person)
    if kind in ALLOWED[Permissions.ASK]:
        assert (said.allowed, said.by, person.asked) == (True, "policy", 0)
    else:
        assert (said.allowed, said.by, person.asked) == (allowed, "person", 1)


def test_read_only_does_not_even_ask() -> None:
    person = Person(yes)
    assert decide(Permissions.READ_ONLY, ToolKind.EDIT, person).allowed is False
    assert person.asked == 0


def test_without_an_answer_the_request_is_refused_after_the_stated_wait() -> None:
    began = time.monotonic()
    said = decide(Permissions.ASK, ToolKind.SHELL, Person(never), wait_s=0.2)
    assert (said.allowed, said.by) == (False, "timeout")
    assert "0.2 s" in said.reason
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("gone", [hung_up, end_of_input])
def test_a_terminal_that_went_away_is_a_refusal(gone: Callable[[], Awaitable[bool]]) -> None:
    said = decide(Permissions.ASK, ToolKind.SHELL, Person(gone))
    assert (said.allowed, said.by) == (False, "person")
    assert "terminal" in said.reason


@pytest.mark.parametrize(
    ("kind", "flag"), [(ToolKind.EDIT, "--permissions edits"), (ToolKind.SHELL, "--permissions all")]
)
def test_without_a_terminal_the_refusal_says_what_would_allow_it(kind: ToolKind, flag: str) -> None:
    assert flag in decide(Permissions.ASK, kind).reason


def test_a_tool_that_the_specialist_may_not_use_is_refused_whatever_else_is_allowed() -> None:
    person = Person(yes)
    request = PermissionRequested("r1", "c1", ToolKind.WEB, "title", "detail")
    broker = PolicyBroker(Permissions.ALL, person, 5.0, (ToolKind.READ, ToolKind.SHELL))
    said = asyncio.run(broker.decide(request))
    assert (said.allowed, said.by, person.asked) == (False, "policy", 0)
    assert said.reason == "the specialist may not use tools of this kind: web"
    assert asyncio.run(broker.decide(PermissionRequested("r2", "c2", ToolKind.SHELL, "t", "d"))).allowed
