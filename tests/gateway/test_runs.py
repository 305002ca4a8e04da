"""Runs go through the gateway by themselves: who goes which way, what is booked, what is left when one is killed."""

import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from serving import Serving, chat, said

from minga.bootstrap import Minga
from minga.domain.events import Failed
from minga.domain.failure import FailureCode
from minga.domain.ids import AgentName, AttemptId
from minga.domain.task import Task
from minga.domain.ways import Way
from minga.pipeline.passages import Asked
from minga.pipeline.serving import served
from minga.testing import Endless, Say, Script, ScriptedServer, Tokens

AGENT = Path(__file__).with_name("calling_acp.py")

TOML = """
name = "{name}"
title = "Caller"
vendor = "nobody"
model_family = "none"
model = "gpt-5.1"
command = "{name}"
driver = "acp"
arguments = []
home = {{ default = ".caller", variables = {{ CALLER_HOME = "${{home}}" }} }}
login = {{ command = "caller login", files = ["login"], variables = ["CALLER_TOKEN", "TEST_PROVIDER_KEY"] }}
proven = {{ min = "1.0.0", max = "1.0.0" }}
limits = {{ start_s = 20, silence_s = 30 }}
pass_variables = ["TEST_PROVIDER_KEY"]

[endpoint]
wire = "openai-chat"
keys = ["TEST_PROVIDER_KEY"]
unless = ["CALLER_SERVER"]
environment = {{ CALLER_URL = "${{base_url}}", CALLER_KEY = "${{api_key}}", CALLER_MODEL = "${{model}}" }}
"""

ANSWER = {"input_tokens": 60, "cached_input_tokens": 40, "output_tokens": 10}
"""What the scripted provider tells of one answer."""


@pytest.fixture
def place(serving: Serving) -> Serving:
    """A provider's key, and the agent ``caller``; no gateway runs."""
    (serving.root / "bin").mkdir()
    (serving.root / "config" / "agents").mkdir()
    serving.environment["PATH"] = f"{serving.root / 'bin'}{os.pathsep}/usr/bin:/bin"
    add_agent(serving, "caller")
    return serving


def add_agent(place: Serving, name: str) -> None:
    script = place.root / "bin" / name
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{AGENT}" "$@"\n')
    script.chmod(0o755)
    (place.root / "config" / "agents" / f"{name}.toml").write_text(TOML.format(name=name))


@contextmanager
def begun(place: Serving, *arguments: str, **environment: str) -> "Iterator[subprocess.Popen[str]]":
    """It is over when the block is."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with place.begin(*arguments, **streams, **environment) as process:
        try:
            yield process
        finally:
            process.kill()


def run(place: Serving, *arguments: str, given: str = "", **environment: str) -> list[dict[str, Any]]:
    """The events and the receipt of a run."""
    with begun(place, *arguments, "--json", **environment) as process:
        out, _ = process.communicate(given, timeout=60)
    assert "Traceback" not in out, out
    return [json.loads(line) for line in out.splitlines() if line.startswith("{")]


def one(lines: list[dict[str, Any]], kind: str) -> Any:
    [found] = [line for line in lines if line["kind"] == kind]
    return found.get("event") or found["receipt"]


def attempts(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(one(lines, "receipt")["attempts"])


def keys(place: Serving, *options: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in place.minga("virtual-keys", "list", "--json", *options).splitlines()]


def test_a_run_with_nothing_but_a_key_starts_a_gateway_of_its_own(place: Serving, provider: ScriptedServer) -> None:
    lines = run(place, "run", "--agent", "caller", "call twice")
    assert one(lines, "attempt-started")["through"] == "gateway"
    url, answer, _ = one(lines, "finished")["answer"].split()
    assert answer == "ok"
    assert provider.url not in url
    [attempt] = attempts(lines)
    assert {name: attempt[name] for name in ANSWER} == {name: 2 * count for name, count in ANSWER.items()}
    assert attempt["through"] == "gateway"
    assert attempt["cost_source"] == "booked by the gateway"
    [booked] = place.costs("key", "user", "project")
    assert (booked["key"], booked["project"], booked["calls"]) == ("run-caller", "work", 2)
    assert booked["cost_micro_usd"] == attempt["cost_micro_usd"] > 0
    assert "route-chosen" in [line["kind"] for line in lines]
    assert "through the gateway (test by this run itself)" in one(lines, "route-chosen")["reasons"][0]
    assert not listens(url), "the gateway ended with the run"
    assert keys(place) == []
    [key] = keys(place, "--all")
    assert key["run_id"] == attempt["attempt_id"]
    assert key["revoked_at"] is not None
    asked = [request for request in provider.requests if request.model_request is not None]
    assert all("mk-" not in repr(request.headers) for request in asked)


def test_a_run_uses_the_gateway_that_serves_its_store(place: Serving) -> None:
    with place.running():
        [note] = notes(place)
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
        lines = run(place, "run", "--agent", "caller", "call")
        assert one(lines, "finished")["answer"].split()[0] == place.url
        assert "test by minga serve" in one(lines, "route-chosen")["reasons"][0]
        assert {name: attempts(lines)[0][name] for name in ANSWER} == ANSWER
    assert notes(place) == []


def test_a_gateway_that_ends_leaves_the_one_that_began_before_it_to_be_found(place: Serving) -> None:
    with place.running():
        elder = place.url
        younger = replace(place)
        with younger.running():
            assert offered(place) == younger.url
        assert offered(place) == elder


def test_a_gateway_that_drains_is_no_longer_found(place: Serving, provider: ScriptedServer) -> None:
    provider.script = Script(default=[Endless()])
    key = place.key()
    with place.running(), place.opened("/v1/chat/completions", chat(stream=True), key) as stream:
        assert stream.read(1)
        assert place.process is not None
        place.process.terminate()
        while notes(place):
            assert place.process.poll() is None
        assert stream.read(1), "what runs goes on"
        assert place.process.poll() is None


def test_a_provider_that_was_added_meanwhile_is_offered_to_runs(place: Serving, provider: ScriptedServer) -> None:
    with place.running():
        place.provide(provider.url, "second")
        said(place, "The configuration was read anew.")
        assert b'"second"' in notes(place)[0].read_bytes()


def test_a_gateway_that_was_killed_is_not_asked(place: Serving) -> None:
    with place.running():
        assert place.process is not None
        place.process.kill()
    assert notes(place)
    lines = run(place, "run", "--agent", "caller", "call")
    assert one(lines, "finished")["answer"].split()[0] != place.url


@pytest.mark.parametrize(
    ("environment", "arguments", "through"),
    [
        ({}, ("--direct",), "direct"),
        ({"MINGA_GATEWAY": "off"}, (), "direct"),
        ({"CALLER_TOKEN": "theirs", "MINGA_GATEWAY": "required"}, (), "gateway"),
    ],
    ids=["direct-flag", "off", "required"],
)
def test_which_way_a_run_goes(
    place: Serving, environment: dict[str, str], arguments: tuple[str, ...], through: str
) -> None:
    lines = run(place, "run", "--agent", "caller", *arguments, "call", **environment)
    assert one(lines, "attempt-started")["through"] == through
    assert (one(lines, "finished")["answer"].strip() == "by its own login") == (through == "direct")
    assert attempts(lines)[0]["through"] == through


def test_a_login_in_the_home_goes_first_and_the_home_is_kept_without_one(place: Serving) -> None:
    lines = run(place, "run", "--agent", "caller", "call")
    assert one(lines, "attempt-started")["through"] == "gateway"
    assert not list((place.root / "home").glob("homes/*")), "the person's own home was used"
    (place.root / ".caller").mkdir()
    (place.root / ".caller" / "login").touch()
    lines = run(place, "run", "--agent", "caller", "call")
    assert one(lines, "attempt-started")["through"] == "direct"
    assert "direct (its own login)" in one(lines, "route-chosen")["reasons"][0]


def test_where_the_gateway_is_required_a_run_without_one_is_refused(place: Serving) -> None:
    del place.environment["TEST_PROVIDER_KEY"]
    lines = run(place, "run", "--agent", "caller", "call", MINGA_GATEWAY="required", CALLER_TOKEN="theirs")
    failure = one(lines, "failed")["failure"]
    assert (
        "the gateway is required and there is none (no provider is set up for gpt-5.1 over openai-chat)"
        in failure["message"]
    )
    assert "attempt-started" not in [line["kind"] for line in lines]


def test_a_named_endpoint_goes_before_the_gateway(place: Serving, provider: ScriptedServer) -> None:
    lines = run(place, "run", "--agent", "caller", "--endpoint", provider.url, "call")
    assert one(lines, "attempt-started")["through"] == "endpoint"
    assert keys(place, "--all") == []


def test_direct_and_an_endpoint_exclude_each_other(place: Serving) -> None:
    with begun(place, "run", "--direct", "--endpoint", "http://127.0.0.1:9", "call") as process:
        assert "--direct and --endpoint exclude each other" in process.communicate(timeout=60)[0]
    assert process.returncode == 2


@pytest.mark.parametrize(
    ("file", "text", "environment"),
    [
        ("providers/bad.toml", "name = ", {}),
        ("gateway.toml", "[[routes]]\nmodel = 1", {}),
        ("", "", {"HTTPS_PROXY": "socks5h://127.0.0.1:9"}),
    ],
    ids=["provider", "routes", "proxy"],
)
def test_a_wrong_configuration_of_the_gateway_leaves_the_way_without_it(
    place: Serving, file: str, text: str, environment: dict[str, str]
) -> None:
    named = file.rpartition("/")[2] or "socks5h://127.0.0.1"
    if file:
        (place.root / "config" / file).write_text(text)
    lines = run(place, "run", "--agent", "caller", "call", **environment)
    [reason] = one(lines, "route-chosen")["reasons"]
    assert "direct (the gateway's configuration is wrong: " in reason
    assert named in reason
    assert attempts(lines)[0]["through"] == "direct"
    assert one(lines, "finished")["answer"] == "by its own login"


def test_a_gateway_that_cannot_begin_fails_the_attempt_and_the_run_has_its_receipt(place: Serving) -> None:
    lines = run(
        place, "run", "--agents", "caller,builtin", "Is the RUT 76.086.428-5 valid?", MINGA_GATEWAY_WAIT_S="soon"
    )
    failure = one(lines, "attempt-failed")["failure"]
    assert "the gateway of this run could not begin: The setting 'gateway_wait_s'" in failure["message"]
    assert [attempt["agent"] for attempt in attempts(lines)] == ["caller", "builtin"]
    assert [key["revoked_at"] is not None for key in keys(place, "--all")] == [True]


def test_doctor_names_a_wrong_configuration_and_prices_that_nothing_asks_for_stop_nothing(place: Serving) -> None:
    (place.root / "config" / "prices.toml").write_text("[[prices]]")
    assert json.loads(place.minga("sessions", "list", "--json") or "[]") == []
    *_, last = place.minga("doctor", "--json").splitlines()
    assert "prices.toml" in json.loads(last)["gateway"]


@pytest.mark.parametrize("is_served", [False, True], ids=["embedded", "served"])
def test_a_run_that_would_overspend_is_ended_whatever_its_cli_tells_and_no_other_agent_goes_on(
    place: Serving, is_served: bool
) -> None:
    add_agent(place, "second")
    with place.running() if is_served else nullcontext():
        lines = run(place, "run", "--agents", "caller,second", "--budget-usd", "0.0001", "insist")
    failure = one(lines, "failed")["failure"]
    assert (failure["code"], failure["message"]) == (
        "budget-spent",
        "what is left of the budget ($0.0001) does not suffice for the next call",
    )
    assert one(lines, "attempt-started")["agent"] == "caller"
    assert sum(booked["calls"] for booked in place.costs("key")) == 0


@pytest.mark.parametrize("is_spent", [False, True], ids=["revoked", "spent"])
def test_a_key_that_somebody_revokes_is_not_told_as_a_spent_budget(place: Serving, is_spent: bool) -> None:
    way = Way("gateway", "", "http://127.0.0.1:9", "test", "gpt-5.1", "gpt-5.1")
    asked = Asked(AttemptId("of-a-run"), AgentName("caller"), Task("call", place.root), 100_000, "")

    async def work(minga: Minga) -> Failed | None:
        async with minga.passages.open(way, asked) as passage:
            assert passage.lease is not None
            key = passage.lease.key
            assert await minga.passages.spent_budget(passage) is None
            await (minga.virtual_keys.end_spent(key.id) if is_spent else minga.virtual_keys.revoke(key.name))
            return await minga.passages.spent_budget(passage)

    told = place.use(work)
    assert (told.failure.code if told else None) == (FailureCode.BUDGET_SPENT if is_spent else None)


def test_a_killed_run_leaves_no_gateway_and_its_key_ends_and_its_calls_are_booked(place: Serving) -> None:
    with begun(place, "run", "--agent", "caller", "--json", "hang") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        said = next(json.loads(line) for line in process.stdout if '"kind":"text"' in line)["event"]["text"]
        url = said.split()[0]
        assert listens(url)
        wait_until_booked(place)
    assert not listens(url)
    [stats] = json.loads(place.minga("sessions", "stats", "--format", "json"))
    assert stats["output_tokens"] == ANSWER["output_tokens"], "the first Minga after it books what the gateway had"
    [key] = keys(place, "--all")
    assert key["revoked_at"] is not None


def test_a_chat_keeps_one_key_while_its_process_is_warm_and_each_turn_has_its_own_tokens(place: Serving) -> None:
    lines = run(place, "chat", "--agent", "caller", given="call\ncall twice\n")
    receipts = [line["receipt"] for line in lines if line["kind"] == "receipt"]
    assert [one["attempts"][0]["output_tokens"] for one in receipts] == [10, 20]
    answers = [line["event"]["answer"].split() for line in lines if line["kind"] == "finished"]
    assert answers[0][2] == answers[1][2], "the same process"
    [key] = keys(place, "--all")
    assert key["revoked_at"] is not None


def test_a_chat_goes_on_when_its_gateway_has_ended(place: Serving) -> None:
    with place.running(), begun(place, "chat", "--agent", "caller", "--json") as chatting:
        first = said_next(chatting, "call")
        place.stop()
        second, third = said_next(chatting, "call"), said_next(chatting, "call")
        chatting.communicate(timeout=60)
    assert first[0] == place.url
    assert (first[1], second[1]) == ("ok", "ok")
    assert place.url != second[0] == third[0]
    assert first[2] != second[2] == third[2], "a process that began with the new gateway, and stays"
    assert [key["revoked_at"] is not None for key in keys(place, "--all")] == [True, True]


def test_agents_side_by_side_share_one_gateway_and_have_a_key_each(place: Serving) -> None:
    add_agent(place, "second")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(place.root / "work")]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "begun"], check=True)
    lines = run(place, "run", "--agents", "caller,second", "--parallel", "call")
    answers = [line["event"]["answer"].split() for line in lines if line["kind"] == "finished"]
    assert len(answers) == 2
    assert answers[0][0] == answers[1][0]
    assert sorted(key["name"].split("-", 2)[2] for key in keys(place, "--all")) == ["caller", "second"]
    assert sorted(booked["key"] for booked in place.costs("key")) == ["run-caller", "run-second"]


def test_an_unpriced_model_is_told_as_such(place: Serving, provider: ScriptedServer) -> None:
    provider.script = Script(default=(Tokens(input=5), Say("ok")))
    place.provide(provider.url)
    lines = run(place, "run", "--agent", "caller", "--model", "test/nobody-knows-it", "call")
    [attempt] = attempts(lines)
    assert attempt["cost_micro_usd"] is None
    assert "nobody-knows-it" in attempt["cost_source"]


def test_doctor_says_which_way_each_cli_would_go(place: Serving) -> None:
    told = [json.loads(line) for line in place.minga("doctor", "--json").splitlines()]
    [way] = [line["way"] for line in told if line.get("agent") == "caller"]
    assert (way["through"], way["why"]) == ("gateway", "test by this run itself")
    assert "caller: through the gateway (test by this run itself)" in place.minga("doctor")


def said_next(chatting: "subprocess.Popen[str]", prompt: str) -> list[str]:
    """The words of the answer of the next turn of a chat."""
    assert chatting.stdin is not None
    chatting.stdin.write(f"{prompt}\n")
    chatting.stdin.flush()
    lines = [json.loads(line) for line in until_receipt(chatting)]
    return list(one(lines, "finished")["answer"].split())


def until_receipt(chatting: "subprocess.Popen[str]") -> Iterator[str]:
    assert chatting.stdout is not None
    for line in chatting.stdout:
        yield line
        if '"kind":"receipt"' in line:
            return


def notes(place: Serving) -> list[Path]:
    return list((place.root / "home" / "serving").glob("*"))


def offered(place: Serving) -> str:
    """The gateway that a run would use."""

    async def ask(minga: Minga) -> str:
        found = served(minga.settings.home, minga.presence.is_alive, minga.settings.store_shown)
        return found.url if found else ""

    return place.use(ask)


def listens(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as tried:
        return tried.connect_ex((parts.hostname or "", parts.port or 0)) == 0


def wait_until_booked(place: Serving) -> None:
    while not place.costs("key"):
        pass
