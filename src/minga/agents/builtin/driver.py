"""The driver of the built-in agent: no process, no network, no model."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import assert_never

from minga.agents.builtin import question as questions
from minga.agents.builtin.help_skill import HelpSkill
from minga.agents.builtin.question import Language, Question
from minga.agents.builtin.skill import Answered, Declined, Skill
from minga.domain.agents import Broker, Conversation, Launch, Prompt
from minga.domain.errors import MingaError
from minga.domain.events import Event, Failed, Finished, Notice, Text, ToolCall, ToolResult
from minga.domain.failure import Failure, FailureCode
from minga.infrastructure.clock import Clock

_TEXT_MAX = 10_000
"""Characters of a task without its documents. No provable task is longer, and looking for one would take long."""


class BuiltinDriver:
    """Answers with the one of ``skills`` that proves the whole task; if two do, it refuses.

    ``remedies`` are the commands that would make other tasks possible, one a line; every refusal shows them.
    """

    def __init__(self, skills: tuple[Skill, ...], remedies: tuple[str, ...], clock: Clock) -> None:
        self._skills = (*skills, HelpSkill(skills, remedies))
        self._remedies = remedies
        self._clock = clock

    def open(self, launch: Launch, broker: Broker) -> AbstractAsyncContextManager[Conversation]:
        """``broker`` is never asked: no skill changes anything."""
        return nullcontext(_Conversation(launch, self._skills, self._remedies, self._clock))


class _Conversation:
    """Each prompt stands alone: nothing is remembered from one to the next, so there is no native session."""

    def __init__(self, launch: Launch, skills: tuple[Skill, ...], remedies: tuple[str, ...], clock: Clock) -> None:
        self._launch = launch
        self._skills = skills
        self._remedies = remedies
        self._clock = clock
        self._calls = 0

    async def prompt(self, prompt: Prompt) -> AsyncIterator[Event]:
        launch = self._launch
        question = questions.read(
            prompt.text,
            launch.environment,
            self._clock,
            launch.cwd,
            remembers=launch.remembers,
            for_others=launch.for_others,
        )
        for text in _ignored(self._launch, question.language):
            yield Notice(text)
        if prompt.images:
            yield _failed(_blind(question.language), "", self._remedies, question.language)
            return
        declined: list[Declined] = []
        answers: list[tuple[Skill, Answered]] = []
        for skill in self._skills if len(question.text) <= _TEXT_MAX else ():
            try:
                said = await skill.answer(question)
            except MingaError as wrong:
                yield Failed(Failure(FailureCode.UNCLASSIFIED, wrong.message, wrong.remedy_text))
                return
            match said:
                case Answered():
                    answers.append((skill, said))
                case Declined():
                    declined.append(said)
                case None:
                    pass
                case _:
                    assert_never(said)
        if len(answers) == 1:
            for event in self._show(*answers[0], question):
                yield event
            return
        yield self._refuse(question, [skill for skill, _ in answers], declined)

    async def cancel(self) -> None:
        """Nothing to stop: a prompt ends within one step of the event loop."""

    def _show(self, skill: Skill, answered: Answered, question: Question) -> tuple[Event, ...]:
        self._calls += 1
        call_id = f"{self._launch.attempt_id}-{self._calls}"
        evidence = _evidence(answered, question.language)
        signed = _signature(question.language)
        pieces = [piece for piece in (answered.text, evidence, signed) if piece]
        texts = [piece + "\n\n" for piece in pieces[:-1]] + pieces[-1:]
        return (
            ToolCall(call_id, skill.name, skill.kind, skill.name, answered.input),
            ToolResult(call_id, True, evidence or answered.text),
            *(Text(text) for text in texts),
            Finished("".join(texts)),
        )

    def _refuse(self, question: Question, able: Sequence[Skill], declined: Sequence[Declined]) -> Failed:
        spanish = question.language == "es"
        if declined and not able:
            message = " ".join(each.reason for each in declined)
            hint = " ".join(dict.fromkeys(each.remedy for each in declined))
        elif able:
            names = ", ".join(skill.name for skill in able)
            message = (
                f"La tarea se puede leer de varias maneras: {names}."
                if spanish
                else f"The task can be read as {names}."
            )
            hint = "Pide una cosa a la vez." if spanish else "Ask for one thing at a time."
        else:
            message = (
                "No puedo probar una respuesta a esta tarea, así que no la intento."
                if spanish
                else "I cannot prove an answer to this task, so I do not try."
            )
            hint = (
                "«qué puedes hacer» muestra lo que sí puedo." if spanish else '"what can you do" lists what I can do.'
            )
        return _failed(message, hint, self._remedies, question.language)


def _failed(message: str, hint: str, remedies: tuple[str, ...], language: Language) -> Failed:
    if language == "es":
        who = "El agente incorporado de Minga no es un modelo: tiene habilidades fijas. Nada fue respondido ni hecho."
        lead = "Para esta tarea hace falta un agente con modelo:"
    else:
        who = "Minga's built-in agent is no model: it has fixed skills only. Nothing was answered or done."
        lead = "This task needs an agent with a model:"
    remedy = "\n".join([*([hint] if hint else []), lead, *(f"  {line}" for line in remedies)])
    return Failed(Failure(FailureCode.CANNOT, f"{message} {who}", remedy))


def _evidence(answered: Answered, language: Language) -> str:
    spanish = language == "es"
    blocks: list[str] = []
    if answered.steps:
        blocks.append("\n".join(["Cálculo:" if spanish else "Calculation:", *(f"- {step}" for step in answered.steps)]))
    if answered.facts:
        head = "Se apoya en:" if spanish else "It rests on:"
        blocks.append("\n".join([head, *(f"- «{fact.statement}» — {fact.citation}" for fact in answered.facts)]))
    return "\n\n".join(blocks)


def _signature(language: Language) -> str:
    if language == "es":
        return "— Agente incorporado de Minga: reglas fijas, ningún modelo."
    return "— Minga's built-in agent: fixed rules, no model."


def _blind(language: Language) -> str:
    return "No puedo ver imágenes." if language == "es" else "I cannot see pictures."


def _ignored(launch: Launch, language: Language) -> list[str]:
    """What the caller asked for and this agent cannot honour."""
    notes: list[str] = []
    spanish = language == "es"
    if launch.model:
        notes.append(
            f"El agente incorporado no usa modelos: «{launch.model}» no se usó."
            if spanish
            else f"The built-in agent uses no model: «{launch.model}» was not used."
        )
    if launch.mcp_servers:
        notes.append(
            "El agente incorporado no usa servidores MCP."
            if spanish
            else "The built-in agent uses no MCP servers; those of the task were not started."
        )
    return notes
