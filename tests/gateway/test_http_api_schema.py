"""The API does what its OpenAPI document says: schemathesis makes requests of it, right and wrong ones."""

import json
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, settings
from serving import Serving

from minga.entrypoints.api.document import document
from warm import Warm

EXAMPLES = 10
"""An operation and a test."""


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory, warm: Warm) -> Iterator[tuple[str, str]]:
    """Address and key."""
    serving = Serving(tmp_path_factory.mktemp("schema"), warm)
    key = serving.key("admin", scopes=("admin",))
    with serving.running():
        yield serving.url, key


schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document())))
accepted = schema.config.checks.positive_data_acceptance
accepted.expected_statuses = [*accepted.expected_statuses, "422"]  # an expiry that is past: no schema says it
schema.config.generation.update(modes=list(schemathesis.GenerationMode))


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_does_what_the_document_says(case: schemathesis.Case, admin: tuple[str, str]) -> None:
    assume(all(value not in ([], {}) for value in (case.query or {}).values()))  # such a one is not sent at all
    url, key = admin
    case.call_and_validate(base_url=url, headers={"Authorization": f"Bearer {key}"})
