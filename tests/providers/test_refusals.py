"""What the gateway says where a provider does not take the gateway's own key."""

import json
from typing import get_args

import pytest

from minga.domain.model_calls import Wire
from minga.providers.refusals import STATUS, body, event, of_provider_key


@pytest.mark.parametrize("wire", get_args(Wire))
def test_a_key_that_the_provider_does_not_take_is_no_fault_of_the_callers(wire: Wire) -> None:
    refused = of_provider_key("openai", 401)
    assert STATUS[refused.reason] == 502
    error = json.loads(body(wire, refused))["error"]
    assert error["message"] == "openai does not take the key that the gateway has for it (it answered 401)"
    told = {error.get("type"), error.get("code"), error.get("status")}
    assert told & {"server_error", "api_error", "UNAVAILABLE"}
    assert not told & {"invalid_api_key", "authentication_error", "UNAUTHENTICATED", 401}
    assert event(wire, refused).endswith(b"\n\n")
