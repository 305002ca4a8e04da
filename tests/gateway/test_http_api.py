"""The HTTP API of the control plane, over real sockets."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import pytest
from serving import ASKED, Answer, Serving, asked, chat

from minga.bootstrap import Minga
from minga.domain.budgets import Budget
from minga.entrypoints.api.application import Api
from minga.entrypoints.api.operations import OPERATIONS, ROOT
from minga.entrypoints.api.plane import Plane
from minga.gateway_wiring import budgets
from minga.telemetry import conventions
from minga.telemetry.metrics import Metrics
from minga.testing import Say, Script, ScriptedServer
from warm import Warm

JSON = {"Content-Type": "application/json"}


class Desk:
    """An admin at a running server. ``call`` is any operation."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.key = serving.key("admin", scopes=("admin", "models"))

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, **query: Any) -> Answer:
        text = f"?{urlencode(query, doseq=True)}" if query else ""
        data = None if body is None else json.dumps(body).encode()
        return self.serving.ask(f"{ROOT}{path}{text}", data, self.key, JSON if body is not None else None, method)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.call("GET", path, **query)
        assert answer.status == 200, answer.body
        return answer.json()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, warm: Warm) -> Iterator[Desk]:
    """One server for all of these tests: each makes keys and calls of its own."""
    with ScriptedServer(Script(default=Say("ok"))) as provider:
        serving = Serving(tmp_path_factory.mktemp("api"), warm)
        serving.provide(provider.url)
        made = Desk(serving)
        budget = Budget("team", "alerted", "alerted", micro_usd=200, window="day", alert_percent=50, is_hard=False)
        serving.use(lambda minga: budgets(minga).set(budget))
        with serving.running():
            yield made


def test_a_key_is_made_shown_once_used_and_ended(desk: Desk) -> None:
    wanted = {"name": "ci", "team": "dev", "models": ["gpt-*"], "budget_micro_usd": 5_000_000.0}
    wanted |= {"caches": True, "marks_prompts": True}
    made = desk.call("POST", "/keys", wanted | {"scopes": ["models", "models"]})
    assert made.status == 201
    text, key = made.json()["text"], made.json()["key"]
    assert {name: key[name] for name in wanted} == wanted
    assert key["user"] == "ana", "that of the calling key"
    assert key["scopes"] == ["models"]
    assert desk.get(f"/keys/{key['id']}") == key
    assert text not in json.dumps(desk.get("/keys"))
    again = desk.call("POST", "/keys", wanted)
    assert (again.status, again.json()["type"]) == (409, "urn:minga:problem:KeyNameTaken")
    ended = desk.call("DELETE", f"/keys/{key['id']}")
    assert ended.json()["revoked_at"] is not None
    assert desk.call("DELETE", f"/keys/{key['id']}").status == 404
    assert key["id"] in [one["id"] for one in desk.get("/keys", state="revoked")["keys"]]
    assert key["id"] not in [one["id"] for one in desk.get("/keys")["keys"]]


def test_a_key_that_was_made_here_works_at_once_and_no_longer_than_it_lives(desk: Desk) -> None:
    soon = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made = desk.call("POST", "/keys", {"name": "works", "expires_at": soon}).json()
    text, key = made["text"], made["key"]
    assert desk.serving.ask("/v1/chat/completions", chat(), text).status == 200
    desk.call("DELETE", f"/keys/{key['id']}")
    assert desk.serving.ask("/v1/chat/completions", chat(), text).status == 401


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "2001-01-01T00:00:00Z"])
def test_a_key_cannot_expire_before_it_begins_or_at_the_end_of_time(desk: Desk, at: str) -> None:
    refused = desk.call("POST", "/keys", {"name": "odd", "expires_at": at})
    assert (refused.status, refused.json()["type"]) == (422, "urn:minga:problem:BadInput")
    assert "odd" not in [key["name"] for key in desk.get("/keys", limit=1000)["keys"]]


def test_keys_come_page_by_page(desk: Desk) -> None:
    for number in range(3):
        desk.call("POST", "/keys", {"name": f"page-{number}"})
    whole = [one["id"] for one in desk.get("/keys", limit=1000)["keys"]]
    pages, after = [], ""
    while after is not None:
        page = desk.get("/keys", limit=2, **({"after": after} if after else {}))
        pages += [one["id"] for one in page["keys"]]
        after = page["next"]
    assert pages == whole
    assert len(whole) > 3


def test_a_page_goes_on_where_it_was_though_the_last_key_was_forgotten(desk: Desk) -> None:
    for number in range(3):
        desk.serving.key(f"forgotten-{number}")
    whole = [one["id"] for one in desk.get("/keys", limit=1000)["keys"]]
    after = desk.get("/keys", limit=len(whole) - 1)["next"]
    gone = whole[-2]
    delete = "DELETE FROM virtual_keys WHERE id = ?"
    desk.serving.use(lambda minga: minga.database.write(lambda transaction: transaction.execute(delete, (gone,))))
    assert [one["id"] for one in desk.get("/keys", after=after)["keys"]] == whole[-1:]


def test_calls_are_listed_newest_first_by_filter_and_page_by_page(desk: Desk) -> None:
    key = desk.serving.key("lister", team="listers")
    began = datetime.now(UTC)
    for wire in ASKED:
        path, body = asked(wire, stream=False)
        assert desk.serving.ask(path, body, key).status == 200
    calls = settled(desk, len(ASKED), key="lister")
    assert [one["wire"] for one in calls] == list(reversed(ASKED))
    assert [one["at"] for one in calls] == sorted((one["at"] for one in calls), reverse=True)
    assert {(one["team"], one["status"], one["output_tokens"]) for one in calls} == {("listers", 200, 10)}
    assert [one["id"] for one in listed(desk, team="listers", wire="gemini")] == [calls[0]["id"]]
    assert listed(desk, team="listers", status=404) == []
    assert listed(desk, team="listers", until=began.isoformat()) == []
    assert len(listed(desk, team="listers", since=began.isoformat())) == len(ASKED)


def settled(desk: Desk, count: int, **query: Any) -> list[dict[str, Any]]:
    """All of the calls, once there are ``count``: booking is some 50 ms behind an answer."""
    limit = time.monotonic() + 60
    while len(found := listed(desk, **query)) < count and time.monotonic() < limit:
        pass
    return found


def listed(desk: Desk, **query: Any) -> list[dict[str, Any]]:
    """All of the calls, three a page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = desk.get("/calls", limit=3, **query, **({"cursor": cursor} if cursor else {}))
        found += page["calls"]
        cursor = page["next"]
    return found


def test_costs_are_those_of_minga_costs(desk: Desk) -> None:
    key = desk.serving.key("spender", team="spenders")
    for model in ("gpt-5.1", "gpt-5.1", "gpt-4o"):
        desk.serving.ask("/v1/chat/completions", chat(model), key)
    settled(desk, 3, key="spender")
    whole = desk.get("/costs", by=["team", "model", "team"], limit=1000)["sums"]
    ours = [one for one in whole if one["group"]["team"] == "spenders"]
    told = [one for one in desk.serving.costs("team", "model") if one["team"] == "spenders"]
    assert [one["group"]["model"] for one in ours] == [one["model"] for one in told]
    for name in ("calls", "input_tokens", "output_tokens", "cost_micro_usd", "saved_micro_usd", "answered", "unpriced"):
        assert [one[name] for one in ours] == [one[name] for one in told]
    pages, offset = [], 0
    while offset is not None:
        page = desk.get("/costs", by=["team", "model"], limit=1, offset=offset)
        pages += page["sums"]
        offset = page["next_offset"]
    assert pages == whole


def test_budgets_are_listed_with_what_is_spent_of_them_and_alerts_are_counted(desk: Desk) -> None:
    key = desk.serving.key("alerted", team="alerted")
    for _ in range(2):
        assert desk.serving.ask("/v1/chat/completions", chat(), key).status == 200
    spent = sum(one["cost_micro_usd"] for one in settled(desk, 2, key="alerted"))
    [told] = desk.get("/budgets")["budgets"]
    assert told == {
        "scope": "team",
        "name": "alerted",
        "budget_micro_usd": 200,
        "spent_micro_usd": spent,
        "window": "day",
        "alert_percent": 50,
        "is_hard": False,
    }
    assert 'minga_budget_alerts_total{scope="team"} 1' in metrics_text(desk)


def metrics_text(desk: Desk) -> str:
    """Once an alert was told: it is behind the call by a moment."""
    limit = time.monotonic() + 60
    while "minga_budget_alerts_total" not in (text := metrics_of(desk)) and time.monotonic() < limit:
        pass
    return text


def metrics_of(desk: Desk) -> str:
    return desk.serving.ask("/metrics", None, desk.key, method="GET").body.decode()


def test_a_price_of_ones_own_comes_first(tmp_path: Path, warm: Warm) -> None:
    serving = Serving(tmp_path, warm)
    file = serving.root / "config" / "prices.toml"
    file.write_text('[[prices]]\nmodel = "ours-*"\ninput = 1.5\noutput = 3\n')
    desk = Desk(serving)
    with serving.running():
        price = desk.get("/prices", model="ours-9")
    assert (price["model"], price["vendor"], price["input"], price["source"]) == ("ours-*", "", 1.5, "prices.toml")


def test_providers_are_shown_without_any_credential(desk: Desk) -> None:
    [provider] = desk.get("/providers")["providers"]
    assert (provider["name"], provider["models"]) == ("test", ["gpt-*", "claude-*", "gemini-*"])
    assert provider["wires"]["anthropic"].endswith("/v1")
    assert "own-key" not in json.dumps(provider)


def test_the_login_in_a_base_url_is_not_shown(tmp_path: Path, warm: Warm) -> None:
    serving = Serving(tmp_path, warm)
    serving.provide("http://127.0.0.1:9")
    file = tmp_path / "config" / "providers" / "test.toml"
    file.write_text(file.read_text().replace('/v1"', '/v1?key=secret"'))
    desk = Desk(serving)
    with serving.running():
        told = desk.call("GET", "/providers").body
    assert b"127.0.0.1:9/v1" in told
    assert b"secret" not in told


def test_a_price_is_looked_up_and_an_unknown_one_is_said(desk: Desk) -> None:
    assert desk.get("/prices", model="gpt-5.1")["input"] == 1.25
    assert desk.get("/prices", model="openai/gpt-5.1")["model"] == "gpt-5.1"
    unknown = desk.call("GET", "/prices", model="no-such-model")
    assert unknown.status == 404
    assert unknown.headers["content-type"] == "application/problem+json"
    assert unknown.json()["remedy"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.name)
def test_every_operation_needs_a_live_key_with_the_scope(desk: Desk, operation: Any) -> None:
    """Before anything of the request is looked at; a revoked key is no better known than a wrong one."""
    serving = desk.serving
    models_only = serving.key(f"models-{operation.name}")
    revoked = serving.key(f"revoked-{operation.name}", scopes=("admin",))
    serving.revoke(f"revoked-{operation.name}")
    path = f"{ROOT}{operation.path}".replace("{id}", "x")
    keys = "", "mk-wrong", revoked, models_only
    refused = [serving.ask(path, None, key, method=operation.method) for key in keys]
    assert [answer.status for answer in refused] == [401, 401, 401, 403]
    assert refused[1].body == refused[2].body
    assert refused[0].headers["www-authenticate"] == "Bearer"
    assert desk.call(operation.method, operation.path.replace("{id}", "x")).status not in (401, 403)


def test_metrics_need_the_scope_too_and_the_page_does_not(desk: Desk) -> None:
    serving = desk.serving
    plain = serving.key("no-metrics")
    assert [serving.ask("/metrics", None, key, method="GET").status for key in ("", plain, desk.key)] == [401, 403, 200]
    assert [serving.ask(path, None, method="GET").status for path in ("/docs", "/openapi.json")] == [200, 200]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b'{"name": "x"}', 415),
        ({"Content-Type": "text/plain"}, b'{"name": "x"}', 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"name=x", 415),
        (JSON, b"", 400),
        (JSON, b'{"name": "x"', 400),
        (JSON, b'{"name": "\xff"}', 400),
        (JSON, b'{"name": ""}', 400),
        (JSON, b'{"name": "x", "admin": true}', 400),
        (JSON, b'{"name": "x", "scopes": ["root"]}', 400),
        (JSON, b'{"name": "x", "budget_micro_usd": -1}', 400),
        (JSON, b'{"name": "x", "expires_at": "2026-11-25T00:00:00"}', 400),
        (JSON, b"[" * 100_000, 400),
        (JSON, b'{"name": "' + b"x" * 1_100_000 + b'"}', 413),
    ],
    ids=[
        "no-type", "text", "form", "empty", "cut", "no-utf8", "no-name", "unknown", "scope", "negative", "naive",
        "deep", "large",
    ],
)  # fmt: skip
def test_a_body_that_is_not_right_is_refused_with_a_remedy(
    desk: Desk, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = desk.serving.ask(f"{ROOT}/keys", body, desk.key, headers)
    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["remedy"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "limit=1&limit=2", "since=yesterday", "since=2026-11-25", "nope=1", "user=%00", "user=%ff"],
)
def test_a_query_that_is_not_right_is_refused_with_a_remedy(desk: Desk, query: str) -> None:
    answer = desk.serving.ask(f"{ROOT}/calls?{query}", None, desk.key, method="GET")
    assert (answer.status, answer.json()["type"]) == (400, "urn:minga:problem:bad-query")


def test_other_paths_and_methods_are_named_and_pages_of_elsewhere_get_nothing(desk: Desk) -> None:
    assert desk.call("GET", "/nothing").status == 404
    wrong = desk.call("PUT", "/keys")
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, POST")
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    preflight = desk.serving.ask(f"{ROOT}/keys", None, desk.key, origin, "OPTIONS")
    assert preflight.status == 405
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_the_page_names_every_operation_and_loads_nothing(desk: Desk) -> None:
    answer = desk.serving.ask("/docs", None, method="GET")
    page = answer.body.decode()
    for one in OPERATIONS:
        assert f'<section id="{one.name}">' in page
    assert answer.headers["content-security-policy"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert "<script" not in page
    assert "http://" not in page


def test_what_nobody_expected_is_a_problem_too_and_its_details_stay_here(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    serving = Serving(tmp_path)

    class Broken:
        @property
        def gateway(self) -> Any:
            raise RuntimeError("an inner matter")

        metrics = Metrics(conventions.load(), str)

    async def ask(minga: Minga) -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/api/v1/keys", "headers": [], "query_string": b""}
        await Api(cast(Plane, Broken()), cast(Any, None))(scope, cast(Any, None), send)
        return sent

    begin, body = serving.use(ask)
    assert begin["status"] == 500
    assert json.loads(body["body"])["type"] == "urn:minga:problem:unexpected"
    assert b"inner matter" not in body["body"]
    assert "an inner matter" in capfd.readouterr().err


def test_the_guide_names_every_operation_and_no_other() -> None:
    page = Path(__file__).parents[2] / "docs" / "howto" / "http-api.md"
    named = re.findall(r"^\| `(\w+) (\S+)` \|", page.read_text("utf-8"), re.MULTILINE)
    assert named == [(one.method, f"{ROOT}{one.path}") for one in OPERATIONS]
