"""Prompts: what a person picks from their CLI's menu, filled with what Minga knows."""

import asyncio
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minga.entrypoints.mcp.place import Place
from minga.entrypoints.mcp.protocol import Json
from minga.infrastructure.jsonrpc import INVALID_PARAMS, Refused

HAND_OVER = """\
Write a hand-over of this session for another agent that goes on with it: the goal, what was decided and why, what is
done (files), what is open, what failed. Name nothing that you have not seen. Then save each lasting decision with the
tool memory_save, one call each.{focus}"""

REVIEW = """\
Review the change in this working tree (git diff) against the project's standing rules: call the tool rules first, then
memory_search for earlier decisions on the files that it touches. Report faults by weight, each with file and line, why,
and a mend. Where two readings are possible, ask another agent with agent_ask, reading only.{focus}"""

DTE = """\
Check the tax documents of {path} with the tool dte_check. For each finding: what is wrong, the norm, what to do, in the
person's language. Reckon nothing yourself; where a rule is unclear, call dte_explain. If all is right, say what was
proved."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """``arguments``: name -> what it is, and whether it is needed."""

    name: str
    title: str
    description: str
    text: str
    arguments: Mapping[str, tuple[str, bool]]

    def filled(self, values: Mapping[str, str]) -> str:
        """Its text; what a person wrote into ``values`` is never read as a field of it."""
        return self.text.format(**values)

    def listed(self) -> Json:
        arguments = [
            {"name": name, "description": says, "required": needed} for name, (says, needed) in self.arguments.items()
        ]
        return {"name": self.name, "title": self.title, "description": self.description, "arguments": arguments}


_FOCUS = {"focus": ("What to look at most", False)}

PROMPTS = (
    Prompt(
        "hand_over", "Hand over", "Write a hand-over for another agent, and keep what was decided.", HAND_OVER, _FOCUS
    ),
    Prompt("review", "Review", "Review the change here by the project's rules and earlier decisions.", REVIEW, _FOCUS),
    Prompt("dte_check", "Check DTE", "Check tax documents and explain each finding.", DTE, {"path": ("File", True)}),
)


SPECIALIST = "as_"
"""Begins the names of prompts that are specialists."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """``known``, and a prompt for each specialist at ``place``."""

    place: Place
    known: tuple[Prompt, ...] = PROMPTS

    async def listed(self) -> list[Json]:
        specialists = (await self._work()).specialists(self.place)
        return [one.listed() for one in (*self.known, *specialists)]

    async def get(self, name: str, arguments: Any) -> Json:
        """Raises Refused, MingaError."""
        say = self.place.say
        if name.startswith(SPECIALIST):
            prompt: Prompt | None = (await self._work()).specialist(self.place, name.removeprefix(SPECIALIST))
        else:
            prompt = next((one for one in self.known if one.name == name), None)
        if prompt is None:
            raise Refused(INVALID_PARAMS, say("Unknown prompt: {name!r}", name=name))
        given = arguments if isinstance(arguments, dict) else {}
        values = {one: str(given.get(one, "")).strip() for one in prompt.arguments}
        if missing := [one for one, (_, needed) in prompt.arguments.items() if needed and not values[one]]:
            needs = ", ".join(missing)
            raise Refused(INVALID_PARAMS, say("the prompt {name!r} needs {needs}", name=name, needs=needs))
        if "focus" in values:
            values["focus"] = f"\n\nMost of all: {values['focus']}" if values["focus"] else ""
        text = prompt.filled(values)
        message = {"role": "user", "content": {"type": "text", "text": text}}
        return {"description": prompt.description, "messages": [message]}

    async def _work(self) -> Any:
        """Imported at its first use, like the tools."""
        return await asyncio.to_thread(importlib.import_module, "minga.entrypoints.mcp.work.prompts")
