"""What runs are offered, and what stands in the way: the gateway's configuration stops nothing else."""

from serving import Serving

from minga.bootstrap import Minga
from minga.gateway_wiring import gateway


async def providers_of(minga: Minga) -> list[str]:
    wired = await gateway(minga)
    try:
        return wired.configuration.value.deployments.names()
    finally:
        await wired.close()


def test_a_key_that_is_meant_for_another_server_is_not_shown_to_the_provider(serving: Serving) -> None:
    serving.environment |= {"OPENAI_API_KEY": "of-another", "OPENAI_BASE_URL": "http://models.corp/v1"}
    assert serving.use(providers_of) == ["test"]
    del serving.environment["OPENAI_BASE_URL"]
    assert serving.use(providers_of) == ["openai", "test"]
