"""`minga env`: points the CLIs of one shell at the gateway."""

import re
import shlex
from urllib.parse import urlsplit

import click

from minga.domain.errors import BadInput
from minga.entrypoints.cli.pages import Verb, option
from minga.entrypoints.cli.verb import Desk

HELP = """Print what a shell must set so that its CLIs use the gateway.

\b
  export MINGA_KEY=$(minga virtual-keys add laptop)
  eval "$(minga env)"

Claude Code, Gemini CLI, Copilot CLI, Qwen Code and `minga run` go there then. Codex and OpenCode take their address
from their own configuration alone; run them by `minga run`.
"""


@click.command(cls=Verb, name="env", help=HELP)
@option("--url", default="http://127.0.0.1:8484", metavar="URL", help="Where the gateway is; here, if left out.")
@option(
    "--key-env",
    default="MINGA_KEY",
    metavar="NAME",
    help="The variable that holds the virtual key; MINGA_KEY if left out.",
)
@click.pass_obj
def command(desk: Desk, /, url: str, key_env: str) -> None:
    key = desk.settings.environment.get(key_env, "")
    if not key:
        detail = "the variable {name} is not set; put a key there: export {name}=$(minga virtual-keys add NAME)"
        raise BadInput(detail=desk.say(detail, name=key_env))
    root = root_of(desk, "--url", url)
    variables = {
        "ANTHROPIC_BASE_URL": root,
        "ANTHROPIC_API_KEY": key,
        "OPENAI_BASE_URL": f"{root}/v1",
        "OPENAI_API_KEY": key,
        "GOOGLE_GEMINI_BASE_URL": root,
        "GEMINI_API_KEY": key,
        "COPILOT_PROVIDER_BASE_URL": f"{root}/v1",
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_API_KEY": key,
        "MINGA_ENDPOINT": root,
        "MINGA_ENDPOINT_KEY": key,
    }
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")


_CALL = re.compile(r"(/v1)/(?:chat/completions|completions|responses|messages|embeddings|models)(?:/.*)?$")
"""Where a path names a call, and not the gateway."""


def root_of(desk: Desk, option_name: str, url: str) -> str:
    """``url`` with its scheme, which is http if left out, without a slash or ``/v1`` at its end. Raises BadInput."""
    whole = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(whole)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise BadInput(
            detail=desk.say("{option} {url!r} is no http:// or https:// address", option=option_name, url=url)
        )
    if "@" in parts.netloc or parts.query or parts.fragment or whole.endswith(("?", "#")):
        detail = "{option} takes an address without a user, a password or a query; a key belongs in a variable"
        raise BadInput(detail=desk.say(detail, option=option_name))
    if found := _CALL.search(parts.path):
        detail = "{option} takes the gateway's address without the path of a call: {url!r}"
        raise BadInput(detail=desk.say(detail, option=option_name, url=whole[: whole.rindex(found[0])] + found[1]))
    return whole.rstrip("/").removesuffix("/v1").rstrip("/")
