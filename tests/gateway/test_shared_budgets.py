"""Budgets of teams and models, own prices and alerts, with two servers on one store."""

import json
from dataclasses import replace
from typing import Any

from serving import PLAIN, Serving, chat

from minga.bootstrap import Minga
from minga.domain.budgets import Budget, BudgetAlert
from minga.domain.model_calls import KeyId
from minga.gateway_wiring import budgets, gateway
from minga.policy.limits import Asked
from minga.testing import Drip, Script, ScriptedServer


def set_budget(serving: Serving, budget: Budget) -> None:
    serving.use(lambda minga: budgets(minga).set(budget))


def test_two_servers_on_one_store_overspend_nothing_together(serving: Serving, provider: ScriptedServer) -> None:
    set_budget(serving, Budget("team", "dev", "dev", 20_000, "month"))
    keys = [serving.key(name, team="dev") for name in ("one", "two")]
    free = serving.key("free", team="ops", requests_per_minute=3)
    servers = serving, Serving(serving.root, serving.warm)
    with servers[0].running(), servers[1].running():
        limited = [server.ask("/v1/chat/completions", chat(max_tokens=1), free).status for server in servers * 2]
        assert limited == [200, 200, 200, 429]
        served = 0
        while (
            answer := servers[served % 2].ask("/v1/chat/completions", chat(max_tokens=10), keys[served % 2])
        ).status == 200:
            served += 1
            assert served < 1000
            low = answer.headers.get("x-minga-budget")
        assert low == "team dev month"
        assert answer.status == 429
        assert answer.json()["error"]["code"] == "insufficient_quota"
        assert "the team 'dev'" in answer.json()["error"]["message"]
        for server, key in zip(reversed(servers), keys, strict=True):
            assert server.ask("/v1/chat/completions", chat(max_tokens=10), key).status == 429
    assert len(provider.requests) == served + 3
    spent = {one["team"]: one["cost_micro_usd"] for one in serving.costs("team")}
    assert 0 < spent["dev"] <= 20_000
    [state] = map(json.loads, serving.minga("budgets", "list", "--json").splitlines())
    assert (state["scope"], state["name"], state["spent_micro_usd"]) == ("team", "dev", spent["dev"])
    assert state["left_micro_usd"] == 20_000 - spent["dev"]


def test_a_server_that_is_killed_in_a_call_holds_nothing_for_ever(serving: Serving, provider: ScriptedServer) -> None:
    provider.script = Script(default=[Drip(["word "] * 10_000, pause_s=0.05)])
    key = serving.key("slow", concurrent_max=1)
    other = Serving(serving.root, serving.warm)
    with serving.running(), other.running():
        with serving.opened("/v1/chat/completions", chat(stream=True), key) as response:
            assert response.read(1)
            assert other.ask("/v1/chat/completions", chat(), key).status == 429
            assert serving.process is not None
            serving.process.kill()
            serving.process.wait()
        with other.opened("/v1/chat/completions", chat(stream=True), key) as response:
            assert response.status == 200


def test_a_model_with_an_own_price_costs_it_and_others_are_named_as_unpriced(serving: Serving) -> None:
    (serving.root / "config" / "prices.toml").write_text('[[prices]]\nmodel = "gpt-ours*"\ninput = 1000\noutput = 0\n')
    options = "--tokens-per-minute", "90000", "--continue-streams", "--admin", "--json"
    made: dict[str, Any] = json.loads(serving.minga("virtual-keys", "add", "k", *options))
    assert (made["tokens_per_minute"], made["continues_streams"], made["scopes"]) == (90000, True, ["models", "admin"])
    listed = serving.minga("virtual-keys", "list")
    for word in ("90000 tokens/min", "continues streams", "admin"):
        assert word in listed
    with serving.running():
        for model in ("gpt-ours-1", "gpt-nobody-knows"):
            assert serving.ask("/v1/chat/completions", chat(model), made["key"]).status == 200
    costs = {one["model"]: one for one in serving.costs("model")}
    ours = costs["gpt-ours-1"]
    assert ours["cost_micro_usd"] == 1000 * (ours["input_tokens"] + ours["cached_input_tokens"]) > 0
    assert costs["gpt-nobody-knows"]["unpriced"] == 1
    assert [one["calls"] for one in serving.costs("agent", "account", "run")] == [2]


def test_an_alert_is_told_once_in_its_window_whoever_serves(serving: Serving) -> None:
    set_budget(serving, Budget("user", "ana", "ana", 1000, "total", alert_percent=1, is_hard=False))
    with serving.running():
        assert serving.ask("/v1/chat/completions", chat(), serving.key("k")).status == 200
    set_budget(serving, Budget("team", "dev", "dev", 50, "total", alert_percent=50, is_hard=False))
    told: list[BudgetAlert] = []

    async def work(minga: Minga) -> None:
        """As a server does; a call of 30 micro-USD."""
        server = await gateway(minga, alerted=told.append)
        limits = server.gateway.gateway.limits
        key = replace(PLAIN, id=KeyId("k2"), team="dev")
        permit = await limits.begin(key, Asked(("gpt-5.1",), 30, 0))
        permit.settle(30, 0, "gpt-5.1")
        permit.booked()
        await server.close()

    serving.use(work)
    [alert] = told
    assert (alert.budget.name, alert.spent_micro_usd) == ("dev", 30), "that of ana was told by the first server"
    serving.use(work)
    assert told == [alert]
