"""A task of the protocol -> a run of Minga's, that only reads."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from a2a.helpers import new_task_from_user_message, new_text_message, new_text_part
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.tasks import TaskUpdater
from a2a.types import Message, TaskState
from starlette.authentication import AuthCredentials

from minga.domain.errors import MingaError
from minga.domain.ids import SessionId
from minga.domain.model_calls import Refused, VirtualKey
from minga.pipeline.asking import Hears, Outcome

Ask = Callable[[VirtualKey, str, SessionId | None, Hears], Awaitable[Outcome]]
"""Who asks, a prompt, the session that it goes on with, who hears what is going on -> how it ended. Raises MingaError,
and Refused where the key's budget is spent."""

CONTEXTS_MAX = 10_000
"""Conversations that can be gone on with; then the oldest begins anew."""


class Shown(AuthCredentials):
    """What a caller may, and by which key; the SDK hands it on from the request to the task."""

    def __init__(self, key: VirtualKey) -> None:
        super().__init__(key.scopes)
        self.key = key


class Executor(AgentExecutor):
    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._sessions: OrderedDict[tuple[str, str], SessionId] = OrderedDict()

    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        message = context.message
        assert message is not None, "the SDK gives no call without a message"
        task = context.current_task
        if task is None:
            task = new_task_from_user_message(message)
            await event_queue.enqueue_event(task)
        conversation = context.call_context.user.user_name, task.context_id
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        prompt = context.get_user_input().strip()
        if not prompt:
            await updater.reject(_said(updater, "a task needs words: only text is taken"))
            return

        async def hears(says: str) -> None:
            await updater.update_status(TaskState.TASK_STATE_WORKING, _said(updater, says))

        await updater.start_work()
        try:
            key = context.call_context.state["auth"].key
            outcome = await self._ask(key, prompt, self._sessions.get(conversation), hears)
        except Refused as refused:
            await updater.failed(_said(updater, refused.message))
            return
        except MingaError as wrong:
            await updater.failed(_said(updater, f"{wrong.message} {wrong.remedy_text}".strip()))
            return
        self._remember(conversation, outcome.session_id)
        answered = outcome.member
        if answered.answer is None:
            await updater.failed(_said(updater, outcome.why))
            return
        checks = {"checks": answered.judgement.value, "agent": str(answered.agent), "session": str(outcome.session_id)}
        await updater.add_artifact([new_text_part(answered.answer)], name="answer", metadata=checks)
        await updater.complete()

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        """The SDK has cancelled `execute`, which has ended the run."""
        assert context.task_id is not None
        assert context.context_id is not None
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()

    def _remember(self, conversation: tuple[str, str], session_id: SessionId) -> None:
        self._sessions[conversation] = session_id
        self._sessions.move_to_end(conversation)
        if len(self._sessions) > CONTEXTS_MAX:
            self._sessions.popitem(last=False)


def _said(updater: TaskUpdater, text: str) -> Message:
    return new_text_message(text, context_id=updater.context_id, task_id=updater.task_id)
