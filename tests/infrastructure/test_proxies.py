"""Which proxy a request goes through."""

import pytest

from minga.infrastructure import proxies

ALL = proxies.read(
    "http://secure:3128", "plain:8080", "a.example,.b.example,*.c.example,10.0.0.0/8,[::2]:90,d.example:81"
)


@pytest.mark.parametrize(
    ("scheme", "host", "port", "proxy"),
    [
        ("https", "api.openai.com", 443, "secure"),
        ("http", "api.openai.com", 80, "plain"),
        ("https", "a.example", 443, None),
        ("https", "x.A.example", 443, None),
        ("https", "xa.example", 443, "secure"),
        ("https", "x.b.example", 443, None),
        ("https", "x.c.example", 443, None),
        ("https", "10.1.2.3", 443, None),
        ("https", "11.1.2.3", 443, "secure"),
        ("http", "::2", 90, None),
        ("http", "::2", 91, "plain"),
        ("http", "d.example", 81, None),
        ("http", "d.example", 80, "plain"),
        ("https", "localhost", 443, None),
        ("http", "127.0.0.1", 11434, None),
        ("http", "::1", 11434, None),
    ],
)
def test_a_request_goes_through_the_proxy_of_its_scheme_unless_it_goes_directly(
    scheme: str, host: str, port: int, proxy: str | None
) -> None:
    found = ALL.of(scheme, host, port)
    assert (found.host if found else None) == proxy


def test_a_proxy_has_its_port_and_its_credentials() -> None:
    found = proxies.read("http://ana:s%40ge@p.example", "", "").https
    assert found == proxies.Proxy("p.example", 80, "Basic YW5hOnNAZ2U=")
    assert ALL.http == proxies.Proxy("plain", 8080, "")


def test_without_values_there_is_none_and_a_star_passes_all_by() -> None:
    assert proxies.read("", "", "").of("https", "api.openai.com", 443) is None
    assert proxies.read("http://p", "http://p", " * ").of("https", "api.openai.com", 443) is None


@pytest.mark.parametrize("text", ["socks5://p:1080", "https://p:3128", "http://"])
def test_a_proxy_that_is_not_spoken_to_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no proxy that is spoken to"):
        proxies.read(text, "", "")
