"""One project has one name, however its remote is written."""

import pytest

from minga.domain.memory import project_of


@pytest.mark.parametrize(
    "remote",
    [
        "git@github.com:acme/tienda.git",
        "https://github.com/acme/tienda",
        "https://GitHub.com/acme/tienda.git/",
        "https://ana:secret@github.com/acme/tienda.git",
        "ssh://git@github.com:22/acme/tienda.git",
        "github.com/acme/tienda",
    ],
)
def test_a_remote_has_one_name_and_no_login(remote: str) -> None:
    assert project_of(remote, "/src") == "github.com/acme/tienda"


@pytest.mark.parametrize(
    ("remote", "name"), [("", "/src"), ("/srv/git/x.git", "/srv/git/x.git"), ("upstream", "upstream")]
)
def test_what_is_no_address_stays_as_it_is(remote: str, name: str) -> None:
    assert project_of(remote, "/src") == name
