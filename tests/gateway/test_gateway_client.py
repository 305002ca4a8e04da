"""What asks the providers, by the settings and the environment; and that a whole call of the gateway obeys it."""

from pathlib import Path

import pytest
from serving import Serving, chat

from minga.domain.errors import BadSetting
from minga.gateway_wiring import client
from minga.infrastructure.aiohttp_client import AiohttpClient
from minga.infrastructure.proxies import Proxy
from minga.infrastructure.thin_client import ThinClient
from minga.settings import read
from warm import Warm


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {"MINGA_HOME": str(folder), "MINGA_CONFIG": str(folder), **more}


def test_the_thin_client_asks_unless_a_setting_says_otherwise(tmp_path: Path) -> None:
    assert isinstance(client(read(environment(tmp_path))), ThinClient)
    assert isinstance(client(read(environment(tmp_path, MINGA_GATEWAY_CLIENT="aiohttp"))), AiohttpClient)
    with pytest.raises(BadSetting, match="curl"):
        read(environment(tmp_path, MINGA_GATEWAY_CLIENT="curl"))


def test_the_proxies_are_those_of_the_environment(tmp_path: Path) -> None:
    given = {"https_proxy": "http://a:3128", "HTTP_PROXY": "http://b:3129", "no_proxy": "c.example"}
    made = client(read(environment(tmp_path, **given)))
    assert isinstance(made, ThinClient)
    assert made.proxies.of("https", "api.example", 443) == Proxy("a", 3128, "")
    assert made.proxies.of("http", "api.example", 80) == Proxy("b", 3129, "")
    assert made.proxies.of("https", "c.example", 443) is None
    with pytest.raises(BadSetting, match="socks5"):
        client(read(environment(tmp_path, HTTPS_PROXY="socks5://a:1080")))


def test_a_provider_that_may_not_be_private_is_not_asked_at_a_private_address(tmp_path: Path, warm: Warm) -> None:
    serving = Serving(tmp_path, warm)
    serving.provide("http://127.0.0.1:9")
    file = tmp_path / "config" / "providers" / "test.toml"
    file.write_text(file.read_text().replace("[wires]", "private = false\n\n[wires]"))
    key = serving.key()
    with serving.running():
        answer = serving.ask("/v1/chat/completions", chat(), key)
    assert answer.status == 502
    assert "no address of the internet" in answer.json()["error"]["message"]
