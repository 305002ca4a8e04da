"""`minga config`: every setting, its value and its source."""

import click

from minga.entrypoints.cli.pages import Verb
from minga.entrypoints.cli.verb import Desk
from minga.settings import SETTINGS


@click.command(cls=Verb, name="config", help="Show every setting, its value and where it comes from.")
@click.pass_obj
def command(desk: Desk, /) -> None:
    settings, say = desk.settings, desk.say
    print(f"# MINGA_HOME    {settings.home}")
    print(f"# MINGA_CONFIG  {settings.config}")
    for setting in SETTINGS:
        value = settings.text(setting.key)
        if value and setting.key == "endpoint_key":
            value = "***"
        source = settings.sources.get(setting.key, say("not set"))
        print(f"\n# {say(setting.meaning)}\n# {setting.variable}; {source}")
        print(f"{'' if value else '# '}{setting.key} = {value!r}")
