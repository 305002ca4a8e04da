"""`minga doctor --probe` on configurations that cannot be copied for the probe."""

import asyncio
from pathlib import Path

import pytest

from minga.agents.connecting import facts as connecting
from minga.entrypoints.cli.connecting import connections_of, server_of
from minga.entrypoints.cli.doctor_connections import look
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load
from minga.settings import read


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"{}", b'"security": 5, ', "no object there"),
        (b"{}", b'"theme": "\xff", ', "utf-8"),
    ],
    ids=["no place", "no UTF-8"],
)
def test_a_configuration_that_the_probe_cannot_copy_is_told(
    before: bytes, after: bytes, said: str, tmp_path: Path
) -> None:
    home = {"HOME": str(tmp_path), "MINGA_HOME": str(tmp_path / "home"), "MINGA_CONFIG": str(tmp_path / "config")}
    desk = Desk(read(home), load("en"))
    facts = connecting.load()["gemini"]
    [config] = [connecting.place(file, home) for file in facts.files if file.names == ("settings.json",)]
    config.parent.mkdir()
    config.write_bytes(before)
    connections, server = connections_of(desk), server_of(desk)
    plan = connections.plan(facts, connecting.tools_part(facts, server, home), server, None)
    asyncio.run(connections.carry_out(facts, plan))
    config.write_bytes(b"{" + after + config.read_bytes()[1:])
    found = asyncio.run(look(desk, {facts.agent: Path("/bin/true")}, runs=True))
    [one] = [one for one in found if one.facts == facts]
    assert one.seen is not None
    assert not one.seen.asked
    assert said in one.seen.said
