"""Which addresses are public, and which hosts of a URL are the person's own."""

import pytest

from minga.infrastructure.destinations import is_own, is_public

PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]

OTHERS = [
    "0.0.0.0",
    "10.1.1.1",
    "100.64.1.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.5",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2001:0:7f00:1::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", OTHERS)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "a.localhost",
        "0.0.0.0",
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "::1",
        "10.0.0.7",
        "100.64.0.1",
        "::ffff:10.0.0.7",
        "64:ff9b::a00:7",
        "fd12:3456::7",
    ],
)
def test_what_is_literally_of_this_machine_or_a_private_network_is_the_persons_own(host: str) -> None:
    assert is_own(host)


@pytest.mark.parametrize(
    "host", ["api.openai.com", "8.8.8.8", "169.254.169.254", "fe80::1", "224.0.0.1", "localhost.x"]
)
def test_names_public_and_link_local_addresses_are_not(host: str) -> None:
    assert not is_own(host)


@pytest.mark.parametrize(
    "host",
    [
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "::169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2852039166",
        "fd00:ec2::254",
        "fd20:ce::254",
        "100.100.100.200",
        "::ffff:100.100.100.200",
        "192.0.0.192",
    ],
)
def test_what_hands_out_a_cloud_machines_credentials_is_nobodys_own_however_it_is_written(host: str) -> None:
    assert not is_own(host)
    assert not is_public(host)
