"""Says what the built-in agent can do, and that it is no model."""

import json
import re

from minga.agents.builtin.question import Language, Question
from minga.agents.builtin.skill import Answered, Skill
from minga.domain.events import ToolKind

_ASKED = re.compile(
    r"(?:que (?:puedes|sabes) hacer|(?:que|cuales) (?:son )?(?:tus )?habilidades(?: tienes)?|(?:en que )?"
    r"(?:me )?puedes ayudar(?:me)?|ayuda|ayudame|quien eres|que eres|eres un (?:modelo|llm)|"
    r"what can you do(?: for me)?|what are your skills|list (?:your )?skills|how can you help(?: me)?|help|help me|"
    r"who are you|what are you|are you an? (?:model|llm|ai))"
)
"""The whole task: `help me fix the build` is another one."""


class HelpSkill:
    name = "help"
    kind = ToolKind.OTHER

    def __init__(self, skills: tuple[Skill, ...], remedies: tuple[str, ...]) -> None:
        self._skills = skills
        self._remedies = remedies

    def describe(self, language: Language) -> str:
        return "Esta lista: «qué puedes hacer»" if language == "es" else 'This list: "what can you do"'

    async def answer(self, question: Question) -> Answered | None:
        asked = " ".join(re.sub(r"[¿?¡!.,;:]", " ", question.folded).split())
        if question.documents or not _ASKED.fullmatch(asked):
            return None
        if question.language == "es":
            lead = "No soy un modelo de lenguaje. Tengo habilidades fijas, cuyas respuestas se pueden comprobar:"
            rest = "Todo lo demás lo rechazo. Para eso hace falta un agente con modelo:"
        else:
            lead = "I am no language model. I have fixed skills whose answers can be checked:"
            rest = "I refuse everything else. That needs an agent with a model:"
        skills = [f"- {skill.describe(question.language)}" for skill in (*self._skills, self)]
        text = "\n".join([lead, *skills, "", rest, *(f"  {line}" for line in self._remedies)])
        return Answered(text, json.dumps({}))
