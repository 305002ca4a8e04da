"""Which way each CLI's model calls go: no key is spent where a login would have served."""

from pathlib import Path

import pytest

from minga.agents.registry import SHIPPED, load
from minga.agents.ways import way_of
from minga.domain.ids import AgentName
from minga.domain.task import Endpoint, GatewayUse, Task
from minga.domain.ways import Offer

EVERY_WIRE = ("openai-responses", "openai-chat", "anthropic", "gemini")
OWN = Offer("", {wire: {"vendor": ("gpt-*", "claude-*", "gemini-*")} for wire in EVERY_WIRE})
SERVED = Offer("http://127.0.0.1:8484", OWN.models)
OVER_TLS = Offer("https://127.0.0.1:8484", OWN.models)
FACTS = load(Path("none")).facts
GPT = {"copilot": "gpt-5.4", "opencode": "gpt-5.1", "qwen": "gpt-5.1"}


def way(
    name: str,
    home: Path,
    environment: dict[str, str],
    *offers: Offer,
    use: GatewayUse = GatewayUse.AUTO,
    model: str = "",
    isolated: bool = False,
    endpoint: Endpoint | None = None,
) -> tuple[str, str, bool]:
    """Through what, why, and whether the person's home is kept."""
    task = Task("", home, model=model, gateway=use, isolated=isolated, endpoint=endpoint)
    found = way_of(FACTS[AgentName(name)], task, offers or (OWN,), {"HOME": str(home), **environment}, home / "homes")
    return found.through, found.why, found.keeps_home


@pytest.mark.parametrize("name", sorted(file.stem for file in SHIPPED.glob("*.toml")))
def test_every_cli_goes_through_a_gateway_that_has_its_model(tmp_path: Path, name: str) -> None:
    assert way(name, tmp_path, {}, model=GPT.get(name, "")) == ("gateway", "vendor by this run itself", False)


@pytest.mark.parametrize(
    ("name", "file", "content"),
    [
        ("claude", ".claude/.credentials.json", "{}"),
        ("claude", ".claude/settings.json", '{"apiKeyHelper": "/bin/key"}'),
        ("claude", ".claude/settings.json", '{"env": {"ANTHROPIC_BASE_URL": "http://10.0.0.7"}}'),
        ("codex", ".codex/auth.json", "{}"),
        ("codex", ".codex/config.toml", 'model_provider = "mine"'),
        ("copilot", ".copilot/config.json", '{"logged_in_users": [{"login": "ana"}]}'),
        ("gemini", ".gemini/oauth_creds.json", "{}"),
        ("gemini", ".gemini/settings.json", '{"security": {"auth": {"selectedType": "oauth-personal"}}}'),
        ("opencode", ".local/share/opencode/auth.json", "{}"),
        ("qwen", ".qwen/oauth_creds.json", "{}"),
    ],
    ids=lambda value: value.replace("/", "-") if value.count("/") else None,
)
def test_what_a_person_has_set_up_in_a_cli_goes_first_unless_the_gateway_is_required(
    tmp_path: Path, name: str, file: str, content: str
) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(content)
    keys = {"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k"}
    model = GPT.get(name, "")
    assert way(name, tmp_path, keys, SERVED, OWN, model=model)[0] == "direct"
    required = way(name, tmp_path, keys, SERVED, OWN, model=model, use=GatewayUse.REQUIRED)
    assert required == ("gateway", "vendor by minga serve", False), "in a home where that login does not lie"


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("claude", "CLAUDE_CODE_OAUTH_TOKEN"),
        ("claude", "ANTHROPIC_AUTH_TOKEN"),
        ("claude", "ANTHROPIC_BASE_URL"),
        ("claude", "CLAUDE_CODE_USE_BEDROCK"),
        ("copilot", "GH_TOKEN"),
        ("copilot", "COPILOT_PROVIDER_BASE_URL"),
        ("gemini", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("gemini", "GOOGLE_GENAI_USE_VERTEXAI"),
        ("opencode", "OPENCODE_API_KEY"),
        ("qwen", "DASHSCOPE_API_KEY"),
        ("qwen", "OPENAI_BASE_URL"),
    ],
)
def test_a_variable_that_is_no_ordinary_key_is_a_persons_own_choice(tmp_path: Path, name: str, variable: str) -> None:
    through, why, _ = way(name, tmp_path, {variable: "theirs"}, SERVED, model=GPT.get(name, ""))
    assert through == "direct"
    assert variable in why


@pytest.mark.parametrize(("name", "variable"), [("claude", "ANTHROPIC_API_KEY"), ("gemini", "GEMINI_API_KEY")])
def test_a_cli_whose_login_is_the_key_keeps_its_home(tmp_path: Path, name: str, variable: str) -> None:
    assert way(name, tmp_path, {variable: "k"}) == ("gateway", "vendor by this run itself", True)
    assert way(name, tmp_path, {variable: "k"}, isolated=True) == ("gateway", "vendor by this run itself", False)


def test_a_server_goes_before_a_gateway_of_the_runs_own_but_not_over_tls(tmp_path: Path) -> None:
    assert way("codex", tmp_path, {}, SERVED, OWN)[1] == "vendor by minga serve"
    assert way("codex", tmp_path, {}, OVER_TLS, OWN)[1] == "vendor by this run itself"
    assert way("codex", tmp_path, {}, OVER_TLS)[:2] == (
        "direct",
        "the minga serve here speaks TLS which a CLI may not trust",
    )


def test_a_model_that_no_provider_has_goes_direct(tmp_path: Path) -> None:
    through, why, _ = way("qwen", tmp_path, {"OPENAI_API_KEY": "k"})
    assert (through, why) == ("direct", "no provider is set up for qwen3-coder-plus over openai-chat")
    assert way("qwen", tmp_path, {"OPENAI_API_KEY": "k"}, model="vendor/qwen3-coder-plus")[0] == "gateway"


def test_an_endpoint_and_the_setting_off_go_before_all_of_it(tmp_path: Path) -> None:
    assert way("codex", tmp_path, {}, endpoint=Endpoint("http://127.0.0.1:1", "k"))[0] == "endpoint"
    assert way("codex", tmp_path, {}, use=GatewayUse.OFF)[0] == "direct"
