"""Help pages and usage errors in the person's language: click writes the page, the words come from `Words`."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

import click
from click.types import OptionHelpExtra

from minga.entrypoints.cli.words import Words


class Formatter(click.HelpFormatter):
    """Writes click's own words (``Usage:``, the names of sections) through ``say``."""

    def __init__(self, say: Words, width: int | None, max_width: int | None) -> None:
        super().__init__(width=width, max_width=max_width)
        self._say = say

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix if prefix is not None else f"{self._say('Usage:')} ")

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        with super().section(self._say(name)):
            yield


class Context(click.Context):
    def make_formatter(self) -> click.HelpFormatter:
        return Formatter(words_of(self), self.terminal_width, self.max_content_width)


class Option(click.Option):
    """An option whose help and metavar are translated when they are shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        shown = copy.copy(self)
        shown.help = words_of(ctx)(self.help or "")
        return click.Option.get_help_record(shown, ctx)

    def get_help_extra(self, ctx: click.Context) -> OptionHelpExtra:
        extra, say = super().get_help_extra(ctx), words_of(ctx)
        if "required" in extra:
            extra["required"] = say("required")
        return extra

    def make_metavar(self, ctx: click.Context) -> str:
        return words_of(ctx)(super().make_metavar(ctx))


class Page(click.Command):
    """What a verb's page and a group's page share."""

    context_class = Context

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return list(map(words_of(ctx), super().collect_usage_pieces(ctx)))

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        shown = copy.copy(self)
        shown.help = translated(words_of(ctx), self.help or "")
        click.Command.format_help_text(shown, ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = words_of(ctx)(option.help or "")
        return option


class Verb(Page):
    """A command."""


class Verbs(Page, click.Group):
    """A group of commands."""

    command_class = Verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, words_of(ctx)(summary)) for name, summary in self.summaries().items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def summaries(self) -> dict[str, str]:
        """The first line of each command's help."""
        return {name: (command.help or "").split("\n", 1)[0] for name, command in self.commands.items()}


def translated(say: Words, text: str) -> str:
    """Translate a help text piece by piece; see `pieces`."""
    for piece in pieces(text):
        text = text.replace(piece, say(_joined(piece)))
    return text


def pieces(text: str) -> list[str]:
    """Paragraphs; and, where click must not fill them (``\\b``), their lines."""
    found: list[str] = []
    for paragraph in text.strip().split("\n\n"):
        found += map(str.strip, paragraph.splitlines()[1:]) if paragraph.startswith("\b") else [paragraph.strip()]
    return found


def _joined(piece: str) -> str:
    return piece.replace("\n", " ")


def option(*names: str, **settings: Any) -> Callable[[Any], Any]:
    return click.option(*names, cls=Option, **settings)


def words_of(ctx: click.Context) -> Words:
    say: Words = ctx.find_root().obj.say
    return say


def usage_problem(say: Words, wrong: click.ClickException) -> tuple[str, str]:
    """What is wrong on the command line, and where to read how it is right."""
    ctx = wrong.ctx if isinstance(wrong, click.UsageError) else None
    remedy = say("See `{command} --help`.", command=ctx.command_path if ctx else "minga")
    if isinstance(wrong, click.NoSuchOption) and ctx is not None and any(p.name == "task" for p in ctx.command.params):
        remedy = say("{remedy} A task that begins with a dash stands after --.", remedy=remedy)
    if isinstance(wrong, click.NoSuchCommand) and ctx is not None and isinstance(ctx.command, click.Group):
        return say.told(wrong.message) + _nearest(say, wrong.command_name, ctx.command.list_commands(ctx)), remedy
    return say.told(wrong.format_message()), remedy


def _nearest(say: Words, name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return say(" Did you mean {name!r}?", name=near[0]) if near else ""
