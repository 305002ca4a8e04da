"""Where a call goes: the shipped providers, those whose key is there, and the name of the model."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from minga.domain.errors import BadSetting
from minga.domain.model_calls import Refused
from minga.providers import catalog, routes
from minga.providers.clouds.aws_account import AwsAccount, AwsKeys
from minga.providers.clouds.google_account import AuthorizedUser
from minga.providers.deployments import Deployments

NONE = Path("/nonexistent")

KEYS = {"OPENAI_API_KEY": "ok", "ANTHROPIC_API_KEY": "ak", "GOOGLE_API_KEY": "gk", "DEEPSEEK_API_KEY": "dk"}


def deployments(environment: Mapping[str, str] = KEYS, local: tuple[str, ...] = ()) -> Deployments:
    return Deployments(catalog.load(NONE), environment, local)


def test_every_shipped_provider_is_whole() -> None:
    found = catalog.load(NONE)
    assert len(found) == 17
    for name, provider in found.items():
        assert name == provider.name
        assert provider.wires
        assert provider.local == (provider.auth == "none"), "only what runs here needs no key"
        assert provider.local or provider.key_variables
        for url in provider.wires.values():
            assert url.startswith("http://127.0.0.1:" if provider.local else ("https://", "${")), url


def test_a_provider_is_there_with_its_key_and_its_address() -> None:
    assert sorted(deployments().names()) == ["anthropic", "deepseek", "google", "openai"]
    assert deployments({"AZURE_OPENAI_API_KEY": "k"}).names("openai-chat") == []
    azure = deployments({"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_ENDPOINT": "https://x.openai.azure.com/"})
    [[chosen]] = azure.candidates("openai-chat", "my-model")
    assert chosen.base_url == "https://x.openai.azure.com/openai/v1"
    assert chosen.headers == (("api-key", "k"),)
    assert deployments({}, ("ollama",)).names() == ["ollama"]


@pytest.mark.parametrize(
    ("wire", "model", "provider", "header"),
    [
        ("openai-responses", "gpt-5.1", "openai", ("authorization", "Bearer ok")),
        ("openai-chat", "deepseek-chat", "deepseek", ("authorization", "Bearer dk")),
        ("anthropic", "claude-sonnet-4-5", "anthropic", ("x-api-key", "ak")),
        ("anthropic", "deepseek-chat", "deepseek", ("authorization", "Bearer dk")),
        ("gemini", "gemini-2.5-pro", "google", ("x-goog-api-key", "gk")),
        ("openai-chat", "google/gemini-2.5-pro", "google", ("x-goog-api-key", "gk")),
    ],
)
def test_a_model_goes_to_its_provider_with_that_ones_key(
    wire: str, model: str, provider: str, header: tuple[str, str]
) -> None:
    [[chosen]] = deployments().candidates(wire, model)  # type: ignore[arg-type]
    assert (chosen.provider, chosen.model) == (provider, model.rpartition("/")[2])
    assert header in chosen.headers


def test_a_model_that_nobody_is_known_for_is_refused_with_what_is_near() -> None:
    with pytest.raises(Refused, match="gpt-") as refused:
        deployments().candidates("openai-chat", "gtp-5")
    assert refused.value.reason == "unknown-model"
    with pytest.raises(Refused, match="set up: none"):
        deployments({}).candidates("openai-chat", "gpt-5")


OWN = """
name = "own"
title = "Own"
auth = "none"
{more}
[wires]
openai-chat = "{url}"
"""


@pytest.mark.parametrize(
    ("url", "more", "private"),
    [
        ("http://127.0.0.1:8000/v1", "", True),
        ("http://[::1]:8000/v1", "", True),
        ("http://localhost:8000/v1", "", True),
        ("http://10.0.0.7:8000/v1", "", True),
        ("http://${OWN_HOST}/v1", "", True),
        ("https://models.example.com/v1", "", False),
        ("http://169.254.169.254/v1", "", False),
        ("http://169.254.169.254/v1", "private = true", True),
        ("https://models.example.com/v1", "private = true", True),
        ("http://10.0.0.7:8000/v1", "private = false", False),
    ],
    ids=[str(number) for number in range(10)],
)
def test_a_private_address_is_allowed_where_the_persons_own_file_names_it(
    tmp_path: Path, url: str, more: str, private: bool
) -> None:
    (tmp_path / "own.toml").write_text(OWN.format(url=url, more=more))
    here = Deployments(catalog.load(tmp_path), {"OWN_HOST": "192.168.1.7"}, ())
    assert here.candidates("openai-chat", "own/m")[0][0].private is private


def test_of_the_shipped_providers_only_those_of_this_machine_may_be_private() -> None:
    here = deployments({**KEYS}, ("ollama",))
    assert here.candidates("openai-chat", "ollama/m")[0][0].private
    assert not here.candidates("openai-chat", "openai/m")[0][0].private


ODD = {
    "no name": ('name = "own"', 'name = ""'),
    "colon": ('name = "own"', 'name = "a:b"'),
    "slash": ('name = "own"', 'name = "a/b"'),
    "ftp": ("http://own.example", "ftp://own.example"),
    "no host": ("http://own.example", "http:///v1"),
    "port": ("http://own.example", "http://own.example:99999"),
    "port zero": ("http://own.example", "http://own.example:0"),
    "password": ("http://own.example", "http://ana:hunter2@own.example"),
    "no wire": ('openai-chat = "http://own.example"', ""),
    "concurrent": ("[wires]", "[limits]\nconcurrent = 0\n[wires]"),
    "rate": ("[wires]", "[limits]\nrequests_per_minute = -1\n[wires]"),
    "form": ("[wires]", 'form = "bedrock"\n[wires]'),
    "header": ("[wires]", '[headers]\nx-own = "a\\r\\nx-other: b"\n[wires]'),
}


@pytest.mark.parametrize("name", list(ODD))
def test_a_providers_file_that_cannot_be_meant_is_refused_without_telling_its_password(
    tmp_path: Path, name: str
) -> None:
    whole = OWN.format(url="http://own.example", more="")
    file = tmp_path / "own.toml"
    file.write_text(whole)
    assert "own" in catalog.load(tmp_path)
    file.write_text(whole.replace(*ODD[name]))
    with pytest.raises(BadSetting) as wrong:
        catalog.load(tmp_path)
    assert "own.toml" in str(wrong.value)
    assert "hunter2" not in str(wrong.value)


def test_what_calls_can_do_without_is_a_warning_and_a_key_has_no_blanks_around_it(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(OWN.format(url="http://${OWN_HOST}", more=""))
    environment = {"OWN_HOST": "ana:hunter2@x", "OPENAI_API_KEY": " ok\n", "DEEPSEEK_API_KEY": " "}
    own_routes = (routes.Route("fast", ("openai/gpt-5.1", "oponai/gpt-5.1")),)
    here = Deployments(catalog.load(tmp_path), environment, (), own_routes)
    assert len(here.warnings) == 2
    assert "oponai" in here.warnings[0]
    assert "own" in here.warnings[1]
    assert "hunter2" not in here.warnings[1]
    assert here.names("openai-responses") == ["openai"]
    assert here.names("openai-chat") == ["openai"]
    [[chosen]] = here.candidates("openai-chat", "gpt-5.1")
    assert chosen.headers == (("authorization", "Bearer ok"),)


AMAZON = {"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"}

CLAUDE = "us.anthropic.claude-sonnet-4-5-v1:0"


def test_amazon_has_an_account_for_each_signing_key_and_a_bearers_key_goes_before_them() -> None:
    more = {"AWS_ACCESS_KEY_ID_2": "B", "AWS_SECRET_ACCESS_KEY_2": "t"}
    [group] = deployments({**AMAZON, **more}).candidates("anthropic", CLAUDE)
    assert [one.account for one in group] == ["AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY_ID_2"]
    assert [one.credentials for one in group] == [
        AwsAccount("us-east-1", AwsKeys("A", "s")),
        AwsAccount("us-east-1", AwsKeys("B", "t")),
    ]
    assert {(one.form, one.headers, one.model) for one in group} == {("bedrock", (), CLAUDE)}
    assert group[0].base_url == "https://bedrock-runtime.us-east-1.amazonaws.com"
    [[bearer]] = deployments({**AMAZON, "AWS_BEARER_TOKEN_BEDROCK": "k"}).candidates("anthropic", CLAUDE)
    assert (bearer.credentials, bearer.headers) == (None, (("authorization", "Bearer k"),))
    [[openai]] = deployments(AMAZON).candidates("openai-chat", "openai.gpt-oss-20b-1:0")
    assert (openai.provider, openai.form) == ("bedrock-openai", "")


@pytest.mark.parametrize("missing", list(AMAZON))
def test_amazon_is_not_there_without_all_that_a_signature_takes(missing: str) -> None:
    assert deployments({**AMAZON, missing: ""}).names("anthropic") == []


def google(tmp_path: Path, location: str) -> dict[str, str]:
    file = tmp_path / "adc.json"
    file.write_text('{"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}')
    named = {"GOOGLE_CLOUD_PROJECT": "p", "GOOGLE_CLOUD_LOCATION": location}
    return {**named, "GOOGLE_APPLICATION_CREDENTIALS": str(file)}


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_a_place_of_googles_has_the_host_that_it_is_called_by(tmp_path: Path, location: str, host: str) -> None:
    here = deployments(google(tmp_path, location))
    [[gemini]] = here.candidates("gemini", "gemini-2.5-pro")
    [[claude]] = here.candidates("anthropic", "claude-sonnet-4-5@20250929")
    base = f"https://{host}/v1/projects/p/locations/{location}/publishers"
    assert (gemini.base_url, claude.base_url) == (f"{base}/google", f"{base}/anthropic")
    assert gemini.credentials == claude.credentials == AuthorizedUser("c", "s", "r")
    assert (gemini.form, claude.form) == ("", "vertex")


def test_a_credentials_file_that_cannot_be_used_is_a_warning_and_the_others_are_there(tmp_path: Path) -> None:
    environment = {**KEYS, **google(tmp_path, "global")}
    (tmp_path / "adc.json").write_text("{")
    here = deployments(environment)
    assert sorted(here.names()) == ["anthropic", "deepseek", "google", "openai"]
    assert sorted(here.warnings) == [
        "the account of vertex cannot be used: GOOGLE_APPLICATION_CREDENTIALS: it is no JSON",
        "the account of vertex-claude cannot be used: GOOGLE_APPLICATION_CREDENTIALS: it is no JSON",
    ]
    own = {**KEYS, "GCE_METADATA_HOST": "http://x/"}
    assert "GCE_METADATA_HOST: it is not HOST or HOST:PORT" in deployments(own).warnings[0]
