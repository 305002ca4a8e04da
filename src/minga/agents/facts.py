"""Facts about one agent CLI: the schema of the catalogue's TOML files.

A new CLI that speaks a known protocol is one such file, in this package's ``catalog`` folder or in the person's own
``agents`` folder beside Minga's configuration; it needs no code. Each fact about a vendor carries its source as a
TOML comment.

In ``arguments``, ``environment`` and ``content`` the placeholders ``${base_url}``, ``${api_key}``, ``${model}``,
``${home}`` and ``${cwd}`` are replaced; an argument or variable whose placeholder has no value is left out.
"""

from typing import Literal

import msgspec

from minga.domain.task import Permissions


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where `minga agents install` gets it. ``postinstall`` is a script in the package that must run after unpacking;
    no other install script is run."""

    npm: str
    version: str
    postinstall: str = ""


class Proven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Versions, both included, that passed the contract suite."""

    min: str
    max: str


class HomeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file that Minga writes into a configuration home of its own before a start; ``path`` is relative to it."""

    path: str
    content: str


class Home(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The CLI's configuration home. ``variables``: environment variables that move it, with ``${home}``.
    ``default``: the person's own, relative to ``~`` (empty if ``${home}`` is ``~`` itself). ``files`` are written
    into Minga's homes only."""

    default: str
    variables: dict[str, str]
    files: tuple[HomeFile, ...] = ()


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to see, without starting the CLI, whether the person is logged in: any of ``files`` (relative to the home)
    exists, any of ``patterns`` (file to regular expression) is found in its file, or any of ``variables`` is set.
    ``command`` is what must be run otherwise: a command of the CLI, which `minga agents login` runs, or any text.
    ``variables_in`` (file to regular expression): each group names a variable to which the person's own configuration
    refers; the CLI gets it, whatever it is called."""

    command: str
    files: tuple[str, ...] = ()
    patterns: dict[str, str] = {}
    variables: tuple[str, ...] = ()
    variables_in: dict[str, str] = {}


class Extra(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Arguments, variables and files that one situation adds."""

    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = {}
    files: tuple[HomeFile, ...] = ()


class EndpointFacts(Extra, frozen=True, forbid_unknown_fields=True):
    """How to point the CLI at a model server of the person's own. ``wire`` is the format it must speak.

    For Minga's own gateway: ``keys`` are those of ``login.variables`` that hold an ordinary key of a provider, which
    the gateway can spend in the CLI's place; ``unless`` (variables) and ``unless_in`` (file to regular expression) are
    marks of a server or an account that the person has chosen, which is left alone; ``needs_model``: it does not
    start without the name of a model."""

    wire: Literal["openai-responses", "openai-chat", "anthropic", "gemini"] = "openai-chat"
    keys: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    unless_in: dict[str, str] = {}
    needs_model: bool = False


class Capabilities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was seen to work through Minga's driver, for the table of `minga doctor` and for the router."""

    stream: bool = True
    resume: bool = False
    tools: bool = True
    mcp: bool = False
    usage: bool = False
    images: bool = False
    permissions: bool = False


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds. ``start_s``: process start to open session. ``silence_s``: without any event while no tool runs."""

    start_s: float = 90.0
    silence_s: float = 300.0


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One agent. ``driver`` names the protocol. ``model_family`` is what a rate limit of its vendor is counted by, and
    ``model`` the default for cost estimates when the CLI chooses the model itself. ``options`` are for the driver."""

    name: str
    title: str
    vendor: str
    model_family: str
    model: str
    command: str
    driver: str
    arguments: tuple[str, ...]
    home: Home
    login: Login
    proven: Proven
    package: Package | None = None
    start_ms: int = 1000
    """Typical time from start to an open session, for the router; measured."""
    version_arguments: tuple[str, ...] = ("--version",)
    environment: dict[str, str] = {}
    pass_variables: tuple[str, ...] = ()
    user_agents: tuple[str, ...] = ()
    """Patterns of the User-Agent header of its calls of models, by which the gateway knows it."""
    endpoint: EndpointFacts | None = None
    model_arguments: tuple[str, ...] = ()
    permissions: dict[Permissions, Extra] = {}
    capabilities: Capabilities = Capabilities()
    limits: Limits = Limits()
    options: dict[str, str] = {}
    tool_kinds: dict[str, Literal["read", "search", "edit", "shell", "web", "mcp", "other"]] = {}
    """The CLI's own tool names, for protocols that do not say what a tool does."""


def parse(text: str, source: str) -> Facts:
    """Parse one TOML file. Raises ValueError naming ``source`` and the field that is wrong."""
    try:
        return msgspec.toml.decode(text, type=Facts)
    except msgspec.DecodeError as wrong:
        raise ValueError(f"{source}: {wrong}") from wrong
