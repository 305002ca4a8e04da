"""The options of every verb that gives an agent work: which one, which model, what it may do, the model server."""

from collections.abc import Callable
from typing import Any

import click

from minga.domain.task import Permissions
from minga.entrypoints.cli.pages import option


def agent_options(command: Any) -> Any:
    """Add them to a verb."""
    for add in reversed(_AGENT_OPTIONS):
        command = add(command)
    return command


_AGENT_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    option("--agent", "-a", multiple=True, metavar="NAME", help="Use this agent; given twice, the next is a fallback."),
    option("--model", "-m", default="", metavar="NAME", help="Model for the agent to use; its own choice if left out."),
    option(
        "--permissions",
        type=click.Choice([mode.value for mode in Permissions]),
        help="What the agent may do: ask you (default), only read, also edit files here, or everything.",
    ),
    option("--endpoint", metavar="URL", help="Let the agent use this model server instead of its own login."),
    option("--api-key-env", metavar="NAME", help="Variable that holds the key for --endpoint."),
    option("--direct", is_flag=True, help="Let the agent use its own login, neither a gateway nor an endpoint."),
)
