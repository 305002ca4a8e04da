"""A connection can be made, made again and undone, whatever happens to the files in between."""

import asyncio
import json
import os
import shutil
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from minga.agents.connecting import facts as connecting
from minga.agents.connecting.connections import Connections
from minga.agents.connecting.facts import GatewayUse, Server
from minga.domain.errors import (
    ConfigChanged,
    ConfigTouched,
    ConfigUnfit,
    ConfigUnreadable,
    ConfigUnwritable,
    ConnectionDamaged,
    MingaError,
)

FACTS = connecting.load()
CLIS = tuple(FACTS)
SERVER = Server(sys.executable, ("mcp",), {"MINGA_HOME": "/there"}, ("memory_search", "dte_check"))
GATEWAY = GatewayUse("http://127.0.0.1:8484", "MINGA_KEY", "gpt-6")

OWN = {
    "toml": '# mine\r\nmodel = "gpt-6" # the best\r\n\r\n[projects."/x"]\r\ntrust_level = "trusted"',
    "json": '{\n    // mine\n    "a": [1, 2,],\n    "permissions": {"allow": ["Read"]}, /* end */\n}',
    "own": "# somebody's\n",
}
"""What a person may have in a file of each format: comments, line ends, no newline at the end."""


@dataclass(frozen=True)
class Person:
    """A person's home, and what `minga connect` is to them."""

    home: Path

    @property
    def connections(self) -> Connections:
        return Connections(self.home / "minga" / "connections", {"HOME": str(self.home)})

    def files(self, cli: str) -> dict[Path, str]:
        return {connecting.place(file, {"HOME": str(self.home)}): file.format for file in FACTS[cli].files}

    def has(self, cli: str) -> dict[Path, bytes]:
        """Give the person files of their own."""
        for path, kind in self.files(cli).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(OWN[kind].encode())
        return self.seen()

    def seen(self) -> dict[Path, bytes]:
        """Every file of the home, Minga's own left out."""
        found = (path for path in self.home.rglob("*") if not path.is_relative_to(self.home / "minga"))
        return {path: path.read_bytes() if path.is_file() else b"" for path in found}

    def connect(self, cli: str, server: Server = SERVER, gateway: GatewayUse | None = None) -> bool:
        """Whether there was something to do."""
        facts, environment = FACTS[cli], self.connections.environment
        parts = connecting.tools_part(facts, server, environment)
        parts += connecting.gateway_part(facts, gateway, environment) if gateway else []
        plan = self.connections.plan(facts, parts, server, gateway)
        asyncio.run(self.connections.carry_out(facts, plan))
        return plan.changes

    def forget(self) -> None:
        """As who deletes Minga's own folder."""
        shutil.rmtree(self.home / "minga", ignore_errors=True)

    def disconnect(self, cli: str, server: Server = SERVER) -> bool:
        plan = self.connections.plan_end(FACTS[cli], server)
        asyncio.run(self.connections.carry_out(FACTS[cli], plan))
        return plan.changes

    def state(self, cli: str, server: Server = SERVER) -> str:
        return self.connections.state(FACTS[cli], server)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    return Person(tmp_path)


@pytest.mark.parametrize("gateway", [None, GATEWAY], ids=["tools", "gateway"])
@pytest.mark.parametrize("cli", CLIS)
def test_a_disconnected_cli_has_its_files_back_byte_for_byte(
    cli: str, gateway: GatewayUse | None, person: Person
) -> None:
    before = person.has(cli)
    assert person.connect(cli, gateway=gateway)
    assert person.state(cli) == "connected"
    assert all(path.read_bytes() != before[path] for path in person.files(cli))
    assert not person.connect(cli, gateway=gateway)
    assert person.disconnect(cli)
    assert person.seen() == before
    assert person.state(cli) == "not connected"
    assert not person.disconnect(cli)


@pytest.mark.parametrize("cli", CLIS)
def test_a_file_that_connect_made_is_gone_afterwards_with_its_folder(cli: str, person: Person) -> None:
    person.connect(cli, gateway=GATEWAY)
    made = person.seen()
    assert made.keys() >= person.files(cli).keys()
    assert all(path.stat().st_mode & 0o077 == 0 for path in person.files(cli))
    person.disconnect(cli)
    assert person.seen() == {}


@pytest.mark.parametrize("cli", CLIS)
def test_a_minga_that_has_moved_is_told_and_mended(cli: str, person: Person) -> None:
    before = person.has(cli)
    person.connect(cli, replace_command("/old/place/minga"))
    assert person.state(cli) == "minga moved"
    assert person.connect(cli)
    assert person.state(cli) == "connected"
    assert not any(b"/old/place" in content for content in person.seen().values())
    person.disconnect(cli)
    assert person.seen() == before


def test_what_a_person_changed_meanwhile_stays(person: Person) -> None:
    person.has("codex")
    person.connect("codex", gateway=GATEWAY)
    (config,) = person.files("codex")
    text = config.read_bytes().decode()
    config.write_bytes(text.replace("# mine", "# mine, and new").encode() + b'[mcp_servers.other]\ncommand = "x"\n')
    assert person.state("codex") == "connected"
    assert person.disconnect("codex")
    wanted = OWN["toml"].replace("# mine", "# mine, and new") + '\r\n[mcp_servers.other]\ncommand = "x"\n'
    assert config.read_bytes().decode() == wanted


def test_a_cli_that_writes_its_file_anew_does_not_hinder_the_end(person: Person) -> None:
    """As Claude Code and Qwen Code do."""
    settings, state = person.files("claude")
    state.parent.mkdir()
    state.write_text('{"permissions": {"allow": ["Read"]}}')
    person.connect("claude")
    for file in (settings, state):
        file.write_text(json.dumps({"first": 1, **json.loads(file.read_text()), "numStartups": 7}))
    person.disconnect("claude")
    assert json.loads(settings.read_text()) == {"first": 1, "numStartups": 7}
    assert json.loads(state.read_text()) == {"first": 1, "permissions": {"allow": ["Read"]}, "numStartups": 7}


def test_an_entry_that_was_changed_by_hand_is_left_alone_and_its_line_told(person: Person) -> None:
    (config,) = person.files("copilot")
    person.connect("copilot")
    changed = config.read_text().replace('"mcp"', '"mcp",\n        "--tools=rut_check"')
    config.write_text(changed)
    assert person.state("copilot") == "changed by hand"
    with pytest.raises(ConfigTouched) as caught:
        person.disconnect("copilot")
    assert caught.value.values["line"] == 3
    assert config.read_text() == changed
    config.write_text('{"mcpServers": {}}')  # taken out by hand, as the remedy says
    person.disconnect("copilot")
    assert person.state("copilot") == "not connected"


@pytest.mark.parametrize(("cli", "old", "new"), [("copilot", '"mcp"', '"mcp", "-v"'), ("codex", "= true", "= false")])
def test_an_entry_that_was_changed_by_hand_is_written_anew(cli: str, old: str, new: str, person: Person) -> None:
    before = person.has(cli)
    person.connect(cli)
    connected = person.seen()
    (config,) = person.files(cli)
    config.write_bytes(config.read_bytes().replace(old.encode(), new.encode()))
    assert person.state(cli) == "changed by hand"
    assert person.connect(cli)
    assert person.seen() == connected
    person.disconnect(cli)
    assert person.seen() == before


def test_a_model_that_a_person_chose_since_stays_theirs(person: Person) -> None:
    (config,) = person.files("codex")
    person.has("codex")
    person.connect("codex", gateway=GatewayUse(GATEWAY.url, GATEWAY.key_variable, "m1"))
    config.write_bytes(config.read_bytes().replace(b'"m1"', b'"mine"'))
    (planned,) = person.connections.plan_end(FACTS["codex"], SERVER).files
    assert planned.left == ("model",)
    person.disconnect("codex")
    assert config.read_bytes().decode() == OWN["toml"].replace("gpt-6", "mine")
    assert person.state("codex") == "not connected"


@pytest.mark.parametrize("gateway", [None, GATEWAY], ids=["tools", "gateway"])
@pytest.mark.parametrize("cli", CLIS)
def test_without_its_record_a_connection_is_found_and_taken_out(
    cli: str, gateway: GatewayUse | None, person: Person
) -> None:
    server = replace_command(str(Path(sys.executable).with_name("minga")))
    before = person.has(cli)
    person.connect(cli, server)
    person.forget()
    assert person.state(cli, server) == "connected"
    assert person.disconnect(cli, server)
    left = {path: content.strip() for path, content in person.seen().items()}
    assert left == {path: content.strip() for path, content in before.items() if content != OWN["own"].encode()}
    before = person.has(cli)
    person.connect(cli, server, gateway)
    person.forget()
    assert not person.connect(cli, server, gateway)
    assert person.state(cli, server) == "connected"
    person.forget()
    is_marked = cli in ("claude", "codex", "qwen")
    assert person.state(cli, replace_command("/new/minga")) == ("minga moved" if is_marked else "not connected")
    person.connect(cli, replace_command("/new/minga"), gateway)
    assert all(path.read_bytes() != before[path] for path in person.files(cli))
    assert person.disconnect(cli, replace_command("/new/minga"))
    assert b"/new/minga" not in b"".join(person.seen().values())


def test_a_server_of_that_name_that_is_not_minga_is_no_connection(person: Person) -> None:
    (config,) = person.files("codex")
    config.parent.mkdir()
    config.write_text('model = "gpt-6"\n[mcp_servers.minga]\ncommand = "mine"\n')
    assert person.state("codex") == "not connected"
    assert not person.disconnect("codex")


@pytest.mark.parametrize(
    ("cli", "text"),
    [
        ("claude", '{"mcpServers": {"minga": {"command": "minga", "args": ["mcp"]}}}'),
        ("gemini", '{"mcpServers": {"minga": {"command": "minga", "args": ["mcp"]}}}'),
        ("codex", '[mcp_servers.minga]\ncommand = "minga"\nargs = ["mcp", "--tools", "memory_*"]\nenv = { A = "b" }\n'),
    ],
)
def test_a_server_of_minga_that_a_person_wrote_is_theirs(cli: str, text: str, person: Person) -> None:
    config = next(iter(person.files(cli)))
    config.parent.mkdir(exist_ok=True)
    config.write_text(text)
    assert person.state(cli) == "not connected"
    assert not person.disconnect(cli)
    assert person.connect(cli)
    assert person.disconnect(cli)
    assert config.read_text() == text


def test_a_server_of_that_name_that_was_there_comes_back(person: Person) -> None:
    (config,) = person.files("codex")
    config.parent.mkdir()
    config.write_text('[mcp_servers.minga]\ncommand = "mine" # my own\n[mcp_servers.minga.env]\nA = "b"\n\n[z]\n')
    before = config.read_text()
    person.connect("codex")
    assert tomllib.loads(config.read_text())["mcp_servers"]["minga"]["command"] == sys.executable
    config.write_text("# new\n" + config.read_text())
    person.disconnect("codex")
    assert config.read_text() == "# new\n" + before


@pytest.mark.parametrize(
    ("cli", "text", "line"),
    [
        ("codex", b"a = 1\nb = \n", 2),
        ("codex", b"a = 1\n\xff\n", 2),
        ("copilot", b'{\n"a": 1\n"b": 2}', 3),
        ("copilot", b'{\n"a": 1,\n', 3),
        ("copilot", b"[]", 1),
        ("copilot", b"{} /* no end", 1),
        ("copilot", b'{"a": "\\x"}', 1),
        ("copilot", b"\xef\xbb\xbf{\n\n" + b"[" * 100_000, 3),
    ],
)
def test_a_file_that_does_not_parse_is_left_alone_and_its_line_told(
    cli: str, text: bytes, line: int, person: Person
) -> None:
    (config,) = person.files(cli)
    config.parent.mkdir()
    config.write_bytes(text)
    with pytest.raises(ConfigUnreadable) as caught:
        person.connect(cli)
    assert caught.value.values["line"] == line
    assert config.read_bytes() == text


@pytest.mark.parametrize(
    ("cli", "text", "line"),
    [
        ("codex", 'mcp_servers = { other = { command = "x" } }\n', 1),
        ("codex", 'a = 1\nmcp_servers.minga.command = "x"\n', 2),
        ("copilot", '{\n"mcpServers": []}', 2),
        ("opencode", '{\n"mcp": "none"}', 2),
        ("qwen", '{"a": 1,\n"$version": 5}', 2),
    ],
)
def test_a_file_without_a_place_for_minga_is_left_alone_and_its_line_told(
    cli: str, text: str, line: int, person: Person
) -> None:
    (config,) = person.files(cli)
    config.parent.mkdir(parents=True)
    config.write_text(text)
    with pytest.raises(ConfigUnfit) as caught:
        person.connect(cli)
    assert caught.value.values["line"] == line
    assert config.read_text() == text


def test_one_word_for_all_permissions_is_the_persons_and_stays(person: Person) -> None:
    (config,) = person.files("opencode")
    config.parent.mkdir(parents=True)
    config.write_text('{"permission": "ask"}')
    person.connect("opencode")
    found = json.loads(config.read_text())
    assert found["permission"] == "ask"
    assert found["mcp"]["minga"]["enabled"] is True
    assert not person.connect("opencode")
    person.disconnect("opencode")
    assert config.read_text() == '{"permission": "ask"}'


def test_a_link_stays_and_what_it_leads_to_is_changed(person: Person) -> None:
    (config,) = person.files("codex")
    real = person.home / "dotfiles" / "codex.toml"
    real.parent.mkdir()
    config.parent.mkdir()
    real.write_text("a = 1\n")
    real.chmod(0o640)
    config.symlink_to(real)
    person.connect("codex")
    assert config.is_symlink()
    assert "mcp_servers" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640
    person.disconnect("codex")
    assert config.is_symlink()
    assert real.read_text() == "a = 1\n"


def test_a_damaged_record_is_told_and_nothing_is_changed(person: Person) -> None:
    before = person.has("codex")
    (person.home / "minga" / "connections").mkdir(parents=True)
    person.connect("codex")
    after = person.seen()
    (record,) = (person.home / "minga" / "connections").glob("*.json")
    assert record.stat().st_mode & 0o077 == 0
    whole = record.read_bytes()
    record.write_bytes(whole[:-9])
    for act in (person.connect, person.disconnect, person.state):
        with pytest.raises(ConnectionDamaged):
            act("codex")
    assert person.seen() == after
    record.rename(record.with_suffix(".away"))  # as the remedy says
    assert person.state("codex") == "connected"
    record.with_suffix(".away").rename(record)
    record.write_bytes(whole)
    person.disconnect("codex")
    assert person.seen() == before


def _read_only_file(config: Path) -> None:
    config.chmod(0o444)


def _read_only_folder(config: Path) -> None:
    config.parent.chmod(0o555)


def _a_folder(config: Path) -> None:
    config.unlink()
    config.mkdir()


def _a_loop(config: Path) -> None:
    config.unlink()
    config.symlink_to(config)


@pytest.mark.parametrize("spoil", [_read_only_file, _read_only_folder, _a_folder, _a_loop])
def test_a_place_that_must_not_be_written_is_told_and_nothing_is_kept(
    spoil: Callable[[Path], None], person: Person
) -> None:
    (config,) = person.files("codex")
    config.parent.mkdir()
    config.write_text("a = 1\n")
    spoil(config)
    with pytest.raises(ConfigUnwritable):
        person.connect("codex")
    config.parent.chmod(0o755)
    assert list((person.home / "minga").rglob("*.json")) == []


def test_where_the_second_file_cannot_be_written_the_first_is_as_it_was(person: Person) -> None:
    state, settings = person.files("claude")
    state.write_text("{}")
    facts, environment = FACTS["claude"], person.connections.environment
    plan = person.connections.plan(facts, connecting.tools_part(facts, SERVER, environment), SERVER, None)
    settings.parent.write_text("in the way")
    with pytest.raises(MingaError):
        asyncio.run(person.connections.carry_out(facts, plan))
    assert state.read_text() == "{}"
    assert person.state("claude") == "not connected"


def test_what_was_changed_while_it_was_shown_is_not_overwritten(person: Person) -> None:
    (config,) = person.files("codex")
    facts, environment = FACTS["codex"], person.connections.environment
    plan = person.connections.plan(facts, connecting.tools_part(facts, SERVER, environment), SERVER, None)
    config.parent.mkdir()
    config.write_text("a = 1\n")
    with pytest.raises(ConfigChanged):
        asyncio.run(person.connections.carry_out(facts, plan))
    assert config.read_text() == "a = 1\n"


def test_two_that_connect_at_once_do_it_once(person: Person) -> None:
    before = person.has("codex")
    facts, environment = FACTS["codex"], person.connections.environment
    parts = connecting.tools_part(facts, SERVER, environment)
    plans = [person.connections.plan(facts, parts, SERVER, None) for _ in range(2)]

    async def both() -> None:
        await asyncio.gather(*(person.connections.carry_out(facts, plan) for plan in plans))

    asyncio.run(both())
    assert person.state("codex") == "connected"
    person.disconnect("codex")
    assert person.seen() == before


@pytest.mark.parametrize("act", ["connect", "update", "disconnect"])
def test_killed_at_any_moment_each_file_is_whole_and_can_be_restored(act: str, person: Person) -> None:
    """The process ends before its first, second, … access to a file."""
    before = person.has("claude")
    person.connect("claude")
    connected = {path: person.seen()[path] for path in person.files("claude")}
    person.disconnect("claude")
    for step in range(1, 200):
        if act != "connect":
            person.connect("claude", replace_command("/old/minga") if act == "update" else SERVER)
        shown = {path: path.read_bytes() for path in connected}
        ended = _killed_at(step, person, act)
        for path, content in connected.items():
            assert path.read_bytes() in (content, shown[path], before[path])
        person.disconnect("claude")
        left = {path: content for path, content in person.seen().items() if not path.name.endswith(".new")}
        assert left == before, step
        if ended:
            break
    assert step > 10


def _killed_at(step: int, person: Person, act: str) -> bool:
    """Whether it came to its end before that step."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    counted = [0]

    def count(event: str, arguments: tuple[object, ...]) -> None:
        inside = any(str(person.home) in str(one) for one in arguments)
        if event in ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir") and inside:
            counted[0] += 1
            if counted[0] == step:
                os._exit(9)

    sys.addaudithook(count)
    try:
        (person.disconnect if act == "disconnect" else person.connect)("claude")
        os._exit(0)
    finally:
        os._exit(1)


def test_what_a_killed_one_left_of_a_record_goes(person: Person) -> None:
    folder = person.home / "minga" / "connections"
    person.connect("codex")
    (record,) = folder.glob("*.json")
    for act in (person.disconnect, person.connect):
        (folder / f".{record.name}.123.new").write_bytes(b"the original")
        act("codex")
        assert not list(folder.glob(".*.new"))


def test_a_relative_folder_of_a_cli_is_another_one_in_another_place(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections = Connections(person.home / "minga" / "connections", {"HOME": "/nowhere", "CODEX_HOME": "here"})
    states = []
    for name in ("one", "other"):
        (person.home / name).mkdir()
        monkeypatch.chdir(person.home / name)
        states.append(connections.state(FACTS["codex"], SERVER))
        parts = connecting.tools_part(FACTS["codex"], SERVER, connections.environment)
        asyncio.run(connections.carry_out(FACTS["codex"], connections.plan(FACTS["codex"], parts, SERVER, None)))
    assert states == ["not connected"] * 2
    assert len(list((person.home / "minga" / "connections").glob("*.json"))) == 2


def replace_command(command: str) -> Server:
    return Server(command, SERVER.arguments, SERVER.environment, SERVER.reading)
