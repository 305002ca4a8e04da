"""Who calls, behind proxies: only the word of a trusted one counts, and of it only what it added itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minga.entrypoints.gateway.proxies import Proxies, networks_of

TRUSTED = Proxies(networks_of("10.0.0.0/8, ::1, 2001:db8::/32"))
PEER = "10.0.0.7"

TOLD = [
    ([("x-forwarded-for", "203.0.113.9")], "203.0.113.9", None),
    ([("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.1.1.1")], "203.0.113.9", None),
    ([("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9", None),
    ([("x-forwarded-for", "203.0.113.9:4711"), ("x-forwarded-proto", "https")], "203.0.113.9", "https"),
    ([("x-forwarded-for", "[2001:db9::1]:80")], "2001:db9::1", None),
    ([("x-forwarded-for", "::ffff:203.0.113.9")], "203.0.113.9", None),
    ([("x-forwarded-for", "6.6.6.6, unknown")], PEER, None),
    ([("x-forwarded-for", "6.6.6.6, not an address, 10.1.1.1")], "10.1.1.1", None),
    ([("x-forwarded-for", "10.2.2.2, 10.1.1.1")], "10.2.2.2", None),
    ([("forwarded", 'for=6.6.6.6, for="[2001:db9::1]:80";proto=https')], "2001:db9::1", "https"),
    ([("forwarded", "For=203.0.113.9;by=10.0.0.7;PROTO=HTTP")], "203.0.113.9", "http"),
    ([("forwarded", "for=_hidden")], PEER, None),
    ([("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9", None),
    ([("x-forwarded-proto", "javascript"), ("x-forwarded-for", "203.0.113.9")], "203.0.113.9", None),
    ([], PEER, None),
]


def raw(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]


@pytest.mark.parametrize(("headers", "client", "scheme"), TOLD)
def test_a_trusted_proxy_tells_who_calls(headers: list[tuple[str, str]], client: str, scheme: str | None) -> None:
    assert TRUSTED.caller(PEER, raw(headers)) == (client, scheme)


@pytest.mark.parametrize("peer", ["203.0.113.9", "11.0.0.1", "2001:db9::2"])
def test_others_are_not_believed(peer: str) -> None:
    for headers, _, _ in TOLD:
        assert TRUSTED.caller(peer, raw(headers)) == (peer, None)
        assert Proxies().caller(PEER, raw(headers)) == (PEER, None)


def test_a_peer_whose_ipv4_address_comes_as_ipv6_is_known() -> None:
    assert TRUSTED.caller("::ffff:10.0.0.7", raw(TOLD[0][0]))[0] == "203.0.113.9"


@given(st.lists(st.tuples(st.sampled_from([b"x-forwarded-for", b"forwarded", b"x-forwarded-proto"]), st.binary())))
def test_any_header_is_read(headers: list[tuple[bytes, bytes]]) -> None:
    address, scheme = TRUSTED.caller(PEER, headers)
    assert address
    assert scheme in (None, "http", "https")


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        networks_of("10.0.0.0/99")
