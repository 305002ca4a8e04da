"""The answer to one prompt: a turn of the pipeline, shown as it goes."""

from contextlib import aclosing
from dataclasses import replace

from minga.bootstrap import Minga, shelf
from minga.domain.events import Cancelled, Event, Failed, Finished, PermissionRequested, Usage
from minga.domain.failure import Failure
from minga.domain.ledger import Receipt
from minga.domain.saying import Say
from minga.domain.task import Strategy, Task
from minga.entrypoints.acp.contents import contents
from minga.entrypoints.acp.panel import answer_by_panel
from minga.entrypoints.acp.session import Session, begun, tell_info
from minga.entrypoints.acp.updates import Shown
from minga.entrypoints.acp.wire import Prompt
from minga.infrastructure.jsonlines import Json
from minga.infrastructure.jsonrpc import INTERNAL_ERROR, Refused
from minga.infrastructure.scratch import scratch_folder
from minga.pipeline.task import TaskRun
from minga.specialists.assign import assign


async def answer_prompt(minga: Minga, session: Session, given: Prompt, base: Task, say: Say) -> Json:
    """Run one turn and show it. Raises Refused where there is no answer, and MingaError where there is no turn."""
    assert session.stop is not None
    with scratch_folder("acp") as folder:
        said = contents(given.prompt, folder)
        task = replace(
            session.choices.task(base),
            prompt=said.prompt,
            documents=said.documents,
            images=said.images,
            cwd=session.cwd,
            mcp_servers=(*base.mcp_servers, *session.servers),
            session_id=None if session.is_new else session.id,
            begins=session.id if session.is_new else None,
        )
        if session.choices.specialist:
            task = assign(task, shelf(minga.settings).get(session.choices.specialist, session.cwd))
        if task.strategy is Strategy.PANEL:
            return _ended(await answer_by_panel(minga, session, session.stop, task, say), None, say)
        run = await minga.runner.start(task, session.stop, asker=session.asker, warm=True)
        await begun(minga, session)
        end, used = await _follow(run, session, say)
    if used and run.receipt:
        await _tell_usage(minga, session, used, run.receipt)
    await tell_info(minga, session)
    return _ended(end, run.receipt, say)


async def _follow(run: TaskRun, session: Session, say: Say) -> tuple[Event, Usage | None]:
    """Show what ``run`` does; return its last event, and what the last model calls took."""
    shown = Shown(session.cwd, session.calls, say, live=True)
    last: Event | None = None
    used: Usage | None = None
    async with aclosing(run.events()) as events:
        async for recorded in events:
            last = recorded.event
            for update in shown.of(recorded):
                await session.update(update)
            if isinstance(last, PermissionRequested):
                session.asker.shown(last)
            if isinstance(last, Usage):
                used = last
    assert last is not None
    return last, used


async def _tell_usage(minga: Minga, session: Session, used: Usage, receipt: Receipt) -> None:
    """How full the model's context is, and what the session cost; neither is told where it is not known. A CLI that
    counts several calls as one is shown with a context at most full."""
    size = minga.runner.prices.context_tokens(used.model or receipt.attempts[-1].model)
    if size is None:
        return
    held = used.input_tokens + used.cached_input_tokens + used.cache_write_tokens + used.output_tokens
    update: Json = {"sessionUpdate": "usage_update", "used": min(held, size), "size": size}
    cost, is_known = (await minga.runner.ledger.costs_of([session.id]))[session.id]
    if is_known:
        update["cost"] = {"amount": cost / 1e6, "currency": "USD"}
    await session.update(update)


def _ended(end: Event, receipt: Receipt | None, say: Say) -> Json:
    match end:
        case Finished():
            return {"stopReason": "end_turn", **({"usage": _usage(receipt)} if receipt else {})}
        case Cancelled():
            return {"stopReason": "cancelled"}
        case Failed(failure=failure):
            raise Refused(INTERNAL_ERROR, _words(failure, say), {"code": failure.code.value})
    raise AssertionError(end)


def _words(failure: Failure, say: Say) -> str:
    return " ".join(filter(None, (say.told(failure.message), say.told(failure.remedy))))


def _usage(receipt: Receipt) -> Json:
    """Of the whole turn, with the attempts that failed."""
    tried = receipt.attempts
    return {
        "inputTokens": sum(one.input_tokens for one in tried),
        "cachedReadTokens": sum(one.cached_input_tokens for one in tried),
        "cachedWriteTokens": sum(one.cache_write_tokens for one in tried),
        "outputTokens": sum(one.output_tokens for one in tried),
        "totalTokens": sum(one.tokens for one in tried),
    }
