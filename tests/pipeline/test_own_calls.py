"""Minga's own calls go with a key of its own for each user, which nobody else made."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from minga.domain.errors import BadInput
from minga.domain.model_calls import ModelCall, VirtualKey
from minga.identity.virtual_keys import VirtualKeys
from minga.infrastructure.clock import SystemClock
from minga.infrastructure.ids import uuid7_source
from minga.pipeline.model_call import Reply
from minga.pipeline.own_calls import OwnCalls
from minga.storage.database import Database

ANSWER = msgspec.json.encode({"content": [{"type": "text", "text": "sí"}]})


async def asked(keys: VirtualKeys, users: Sequence[str]) -> list[tuple[VirtualKey, str]]:
    """The keys with which these users' calls are made, and who makes them."""
    shown: list[tuple[VirtualKey, str]] = []

    async def answer(call: ModelCall, key: VirtualKey) -> Reply:
        shown.append((key, call.agent))
        return Reply(200, [], ANSWER)

    for user in users:
        told = await OwnCalls("minga-memory", keys, answer, SystemClock(), user, "gpt", 100_000).ask("", "¿?", 10)
        assert told.text == "sí"
    return shown


def test_each_user_of_a_store_has_a_key_and_keeps_it(database: Database) -> None:
    async def work() -> None:
        keys = VirtualKeys(database, SystemClock(), uuid7_source(SystemClock()))
        shown = await asked(keys, ("ana", "bea", "ana"))
        assert [(key.user, agent) for key, agent in shown] == [(one, "minga-memory") for one in ("ana", "bea", "ana")]
        assert shown[0][0].id == shown[2][0].id != shown[1][0].id
        assert len(await keys.all()) == 2

    asyncio.run(work())


@pytest.mark.parametrize("name", ["minga-memory", "minga-memory:ana", "Minga-x"])
def test_nobody_makes_a_key_under_a_name_of_mingas(database: Database, name: str) -> None:
    async def work() -> None:
        keys = VirtualKeys(database, SystemClock(), uuid7_source(SystemClock()))
        [(key, _)] = await asked(keys, ["bea"])
        with pytest.raises(BadInput, match="minga-"):
            await keys.make(replace(key, name=name, user="ana"))
        assert await keys.all() == [replace(key, budget_micro_usd=100_000)]

    asyncio.run(work())
