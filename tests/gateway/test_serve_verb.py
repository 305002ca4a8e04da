"""The gateway's verbs, as a person types them."""

import json
import socket
import subprocess

import pytest
from serving import Serving, chat

from minga.domain.errors import ModelRefused
from minga.entrypoints.cli.serving import tell_unread
from minga.entrypoints.cli.spans import dollars
from minga.entrypoints.cli.words import load
from minga.testing import ScriptedServer


def refused(serving: Serving, *arguments: str, code: int) -> str:
    done = serving.done(*arguments)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "  → " in done.stderr
    return done.stderr


def test_a_port_that_is_taken_is_said(serving: Serving) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert port in refused(serving, "serve", "--port", port, code=3)
    refused(serving, "serve", "--host", "no.such.host.invalid", code=3)


def test_a_provider_file_that_is_wrong_is_named(serving: Serving) -> None:
    file = serving.root / "config" / "providers" / "bad.toml"
    file.write_text('name = "bad"\ntitle = "Bad"\nauth = "sorcery"\n[wires]\n')
    assert "bad.toml" in refused(serving, "serve", "--port", "0", code=2)


def test_a_key_is_shown_once_and_revoked_by_its_name(serving: Serving) -> None:
    options = ("--team", "dev", "--model", "gpt-5*", "--days", "9", "--budget-usd", "2.5", "--concurrent", "3")
    options += ("--cache", "--mark-prompts")
    made = json.loads(serving.minga("virtual-keys", "add", "laptop", *options, "--json"))
    assert made["key"].startswith("mk-")
    assert "laptop" in refused(serving, "virtual-keys", "add", "laptop", code=2)
    shown = serving.minga("virtual-keys", "list")
    assert made["key"] not in shown
    for word in ("laptop", "dev", "gpt-5*", "$2.50/month", "3×", "answers from memory", "marks prompts"):
        assert word in shown
    serving.minga("virtual-keys", "revoke", "laptop")
    assert "revoked" in serving.minga("virtual-keys", "list")
    assert "laptop" in refused(serving, "virtual-keys", "revoke", "laptop", code=2)


def test_env_points_a_shell_at_the_gateway(serving: Serving, provider: ScriptedServer) -> None:
    serving.environment["MY_KEY"] = serving.key()
    assert "NOT_SET" in refused(serving, "env", "--key-env", "NOT_SET", code=2)
    assert "export MINGA_KEY=" in refused(serving, "env", code=2)
    serving.environment["MINGA_KEY"] = serving.environment.pop("MY_KEY")
    with serving.running():
        lines = serving.minga("env", "--url", serving.url.removeprefix("http://"))
        shown = "; ".join([*lines.splitlines(), "echo $OPENAI_BASE_URL $OPENAI_API_KEY $MINGA_ENDPOINT"])
        url, key, endpoint = subprocess.run(["sh", "-c", shown], capture_output=True, text=True).stdout.split()
        assert (url, endpoint) == (f"{serving.url}/v1", serving.url)
        assert serving.ask("/v1/chat/completions", chat(), key).status == 200
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("micro_usd", "shown"), [(-1, "$0.00"), (0, "$0.00"), (-100_000, "-$0.10"), (2_500_000, "$2.50")]
)
def test_an_amount_below_nothing_has_its_sign_in_front(micro_usd: int, shown: str) -> None:
    assert dollars(micro_usd) == shown


def test_costs_grouped_twice_by_the_same_are_grouped_once(serving: Serving, provider: ScriptedServer) -> None:
    serving.provide(provider.url)
    key = serving.key("twice")
    with serving.running():
        assert serving.ask("/v1/chat/completions", chat(), key).status == 200
    once, twice = (serving.minga("costs", "--json", *["--by", "key"] * count) for count in (1, 2))
    assert json.loads(twice) == json.loads(once)
    assert json.loads(once)["calls"] == 1


def test_costs_of_nothing_are_nothing(serving: Serving) -> None:
    assert serving.costs("user") == []


def test_a_model_server_on_this_machine_is_found_by_itself(serving: Serving, provider: ScriptedServer) -> None:
    """As a local provider of the catalogue, without a key; one that does not listen is left out."""
    providers = serving.root / "config" / "providers"
    (providers / "test.toml").unlink()
    for name, url in (("here", provider.url), ("gone", "http://127.0.0.1:9")):
        wires = f'[wires]\nopenai-chat = "{url}/v1"\n'
        (providers / f"{name}.toml").write_text(f'name = "{name}"\ntitle = "x"\nauth = "none"\nlocal = true\n{wires}')
    key = serving.key()
    with serving.running():
        assert serving.ask("/v1/chat/completions", chat("here/llama-9"), key).status == 200
        assert serving.ask("/v1/chat/completions", chat("gone/llama-9"), key).headers.get("x-minga-provider") != "gone"
    assert "authorization" not in provider.requests[0].headers


def test_a_budget_that_is_none_is_said_before_it_serves(serving: Serving) -> None:
    serving.environment |= {"MINGA_MEMORY_MODEL": "gpt-5-mini", "MINGA_MEMORY_BUDGET_USD": "zebra"}
    assert "MINGA_MEMORY_BUDGET_USD" in refused(serving, "serve", "--port", "0", code=2)


def test_whatever_ends_the_reading_of_a_session_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    tell_unread(load("es"), KeyError("gone"))
    assert capsys.readouterr().err == "minga: El modelo no pudo leer una sesión: KeyError: 'gone'\n"
    tell_unread(load("es"), ModelRefused(model="m", detail="no"))
    assert capsys.readouterr().err.startswith("minga: El modelo 'm' no dio respuesta: no\n  → ")
