"""Which names of models become labels, while the configuration changes."""

from pathlib import Path

from minga.pipeline.configuration import Configuration
from minga.providers.catalog import Provider
from minga.providers.deployments import Deployments
from minga.settings import read
from minga.store_wiring import price_table
from minga.telemetry import conventions
from minga.telemetry.metrics import Metrics
from minga.telemetry_wiring import name_models


def test_a_model_of_a_provider_that_came_later_has_its_name(tmp_path: Path) -> None:
    prices = price_table(read({"MINGA_HOME": str(tmp_path), "MINGA_CONFIG": str(tmp_path)}))
    late = Provider("late", "Late", "none", {"openai-chat": "http://late.example/v1"}, models=("late-9", "later-*"))
    in_force = [Configuration(Deployments({}, {}), prices)]
    metrics = Metrics(conventions.load(), str)
    name_models(metrics, lambda: in_force[-1])
    assert [metrics.known(model) for model in ("gpt-5.1", "late-9")] == ["gpt-5.1", ""]
    in_force.append(Configuration(Deployments({"late": late}, {}), prices))
    assert [metrics.known(model) for model in ("late-9", "later-1")] == ["late-9", ""]
