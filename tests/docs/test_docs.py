"""The pages are true: their commands run, their files are accepted, their links lead somewhere."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import click
import msgspec
import pytest
from pages import NEVER, ROOT, Reader, blocks, commands, fits, installed_clis, name_of, pages

from minga.agents.facts import parse
from minga.entrypoints.cli.main import root
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.words import load
from minga.settings import SETTINGS, read
from minga.testing import Script

PAGES = pytest.mark.parametrize("page", pages(), ids=name_of)


@PAGES
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    clis = installed_clis()
    written = [block for block in blocks(page) if block.file or block.language in ("bash", "python")]
    runnable = [block for block in written if block.needs <= clis.keys()]
    if os.environ.get("MINGA_REQUIRE_CLIS"):
        missing = [block.where for block in written if not block.needs <= clis.keys() | NEVER]
        assert not missing, "blocks that need a CLI which is not installed"
    if not runnable:
        return
    reader = Reader(tmp_path / "home")
    reader.prepare(clis)
    code, outputs = reader.type(runnable)
    told = "\n".join(f"--- {block.where}\n{output}" for block, output in zip(runnable, outputs, strict=True))
    assert code == 0, told
    for block, output in zip(runnable, outputs, strict=True):
        assert block.shown is None or fits(block.shown, output), f"{block.where} printed\n{output}"


@PAGES
def test_every_command_of_a_page_exists_with_its_options(page: Path, tmp_path: Path) -> None:
    desk = Desk(read({"MINGA_HOME": str(tmp_path), "MINGA_CONFIG": str(tmp_path)}), load("en"))
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for block in blocks(page):
        if block.language != "bash":
            continue
        subprocess.run(["/bin/bash", "-n"], input=block.text, text=True, check=True)
        for arguments in commands(block.text, "minga"):
            parse_as_click_does(root, arguments, desk, block.where)
        for arguments in commands(block.text, "make"):
            assert set(arguments) <= {*targets}, block.where


def parse_as_click_does(command: click.Command, arguments: list[str], desk: Desk, where: str) -> None:
    context = None
    try:
        context = command.make_context("minga", list(arguments), obj=desk)
        while isinstance(command, click.Group):
            given = [*context._protected_args, *context.args]
            if command.invoke_without_command and not given:
                return
            name, found, rest = command.resolve_command(context, given)
            assert found is not None
            command = found
            context = command.make_context(name, rest, parent=context)
    except click.exceptions.Exit:
        pass
    except click.UsageError as wrong:
        pytest.fail(f"{where}: minga {' '.join(arguments)}: {wrong.format_message()}")


@PAGES
def test_what_a_page_says_it_needs_is_known(page: Path) -> None:
    known = {*NEVER, *installed_clis(), "claude", "codex", "copilot", "gemini", "opencode", "qwen"}
    for block in blocks(page):
        assert block.needs <= known, block.where


@PAGES
def test_the_files_that_a_page_shows_are_accepted(page: Path) -> None:
    keys = {setting.key for setting in SETTINGS}
    for block in blocks(page):
        if block.language == "json":
            msgspec.json.decode(block.text)
        if block.language != "toml":
            continue
        found = tomllib.loads(block.text)
        if "driver" in found:
            assert parse(block.text, block.where).driver in ("acp", "app-server", "stream-json")
        elif found.keys() & {"turns", "rules", "default"}:
            msgspec.toml.decode(block.text, type=Script)
        elif block.file.endswith("config.toml"):
            assert found.keys() <= keys, block.where


@PAGES
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", prose)
    broken = [link for link in links if not (page.parent / link).exists()]
    assert not broken


def test_a_block_is_cut_out_with_its_output_and_its_needs(tmp_path: Path) -> None:
    page = ROOT / "docs" / "no-such-page.md"
    assert not page.exists()
    fake = tmp_path / "page.md"
    fake.write_text("One.\n\n```bash\n# needs: codex npm\nminga run hi\n```\n\n```text\nhello\n```\n")
    [block] = blocks(fake)
    assert (block.language, block.line, block.shown) == ("bash", 3, "hello\n")
    assert block.needs == {"codex", "npm"}


def test_output_is_compared_up_to_the_parts_left_out() -> None:
    assert fits("a …\n…\nz\n", "a 1\nb\nc\nz\n")
    assert fits("a\n…\nz\n", "a\nz\n")
    assert not fits("a …\nz\n", "a 1\nb\nz\n")
    assert not fits("a …\nz\n", "b 1\nz\n")
    assert not fits("a\n", "a\nb\n")


def test_commands_are_found_behind_pipes_variables_and_substitutions() -> None:
    script = 'git diff | KEY=1 minga run "review this" </dev/null && id=$(minga sessions list --json | head -1)\n'
    assert commands(script, "minga") == [["run", "review this"], ["sessions", "list", "--json"]]
