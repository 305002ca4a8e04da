"""What a person chooses for a session in the editor: who answers, with which model, as whom, what it may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from minga.domain.ids import AgentName
from minga.domain.saying import Say
from minga.domain.task import Permissions, Strategy, Task
from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import INVALID_PARAMS, Refused

AUTO = "auto"

MODES = {
    AUTO: "The router chooses; another agent takes over if one fails.",
    "cascade": "The cheapest agent first; a dearer one where a check refutes its answer.",
    "panel": "Agents of different families answer side by side, and one answer is selected.",
}
"""Beside these, each agent that is installed is a mode: it answers, and no other takes over."""

PERMISSIONS = {
    Permissions.ASK: "Asks before everything that is not a read",
    Permissions.READ_ONLY: "Only reads",
    Permissions.EDITS: "Also edits files here; asks before commands",
    Permissions.ALL: "Everything, without asking",
}

MODEL_LENGTH_MAX = 200

OWN_MODEL = "default"
"""Stands for the agent's own choice of a model."""

NOBODY = "none"
"""Stands for no specialist."""


@dataclass(frozen=True, slots=True)
class Offered:
    """What there is to choose from at a session's directory: agents that are installed, and specialists, each with its
    title."""

    agents: Mapping[AgentName, str]
    specialists: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choices:
    """``specialist``: its name, or empty."""

    mode: str
    model: str
    permissions: Permissions
    specialist: str = ""

    def task(self, base: Task) -> Task:
        """``base`` is what was given on the command line and in the settings."""
        task = replace(base, model=self.model, permissions=self.permissions)
        match self.mode:
            case "auto":
                return task
            case "cascade":
                return replace(task, strategy=Strategy.CASCADE)
            case "panel":
                return replace(task, strategy=Strategy.PANEL)
            case agent:
                return replace(task, agents=(AgentName(agent),))


def first(base: Task) -> Choices:
    """How a session begins: as the command line and the settings say."""
    modes = {Strategy.CASCADE: "cascade", Strategy.PANEL: "panel"}
    return Choices(modes.get(base.strategy, AUTO), base.model, base.permissions)


def chosen(choices: Choices, option: str, value: str, offered: Offered) -> Choices:
    """Raises Refused for what there is not."""
    match option:
        case "mode" if value in (*MODES, *offered.agents):
            return replace(choices, mode=value)
        case "mode":
            raise Refused(
                INVALID_PARAMS, f"there is no mode {value!r}; there are {', '.join((*MODES, *offered.agents))}"
            )
        case "permissions":
            if value not in tuple(Permissions):
                raise Refused(INVALID_PARAMS, f"permissions are {', '.join(Permissions)}; not {value!r}")
            return replace(choices, permissions=Permissions(value))
        case "model":
            if not value.strip() or len(value) > MODEL_LENGTH_MAX:
                raise Refused(INVALID_PARAMS, f"the name of a model has 1 to {MODEL_LENGTH_MAX} characters")
            return replace(choices, model="" if value == OWN_MODEL else value)
        case "specialist":
            if value not in (NOBODY, *offered.specialists):
                raise Refused(INVALID_PARAMS, f"there is no specialist {value!r}; see minga specialists list")
            return replace(choices, specialist="" if value == NOBODY else value)
        case _:
            names = "mode, model, specialist, permissions"
            raise Refused(INVALID_PARAMS, f"there is no option {option!r}; there are {names}")


def modes(choices: Choices, offered: Offered, say: Say) -> Json:
    told = [{"id": name, "name": say(name), "description": say(meaning)} for name, meaning in MODES.items()]
    told += [{"id": name, "name": title} for name, title in offered.agents.items()]
    return {"currentModeId": choices.mode, "availableModes": told}


def options(choices: Choices, offered: Offered, say: Say) -> list[Json]:
    """Clients that know configuration options show these instead of the modes."""
    who = [{"value": name, "name": say(name), "description": say(meaning)} for name, meaning in MODES.items()]
    who += [{"value": name, "name": title} for name, title in offered.agents.items()]
    models = [{"value": OWN_MODEL, "name": say("The agent's own choice")}]
    models += [{"value": choices.model, "name": choices.model}] if choices.model else []
    whom = [{"value": NOBODY, "name": say("nobody in particular")}]
    whom += [{"value": name, "name": title} for name, title in offered.specialists.items()]
    allowed = [{"value": one.value, "name": say(meaning)} for one, meaning in PERMISSIONS.items()]
    return [
        _select("mode", say("Who answers"), "mode", choices.mode, who),
        _select("model", say("Model"), "model", choices.model or OWN_MODEL, models),
        _select("specialist", say("As a specialist"), "", choices.specialist or NOBODY, whom),
        _select("permissions", say("Permissions"), "", choices.permissions.value, allowed),
    ]


def _select(name: str, title: str, category: str, value: str, values: Sequence[Json]) -> Json:
    option: Json = {"type": "select", "id": name, "name": title, "currentValue": value, "options": list(values)}
    return option | ({"category": category} if category else {})
