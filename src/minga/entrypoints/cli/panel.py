"""`minga run --strategy panel`: agents of different families answer side by side, and one answer is selected."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from rich.panel import Panel as Box

from minga.agents.attempt import Stop
from minga.bootstrap import Minga
from minga.domain.errors import BadInput
from minga.domain.events import Recorded
from minga.domain.ids import AgentName
from minga.domain.task import Task
from minga.domain.verdict import CheckState
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.ending import complain
from minga.entrypoints.cli.parallel import DIFF_LINES, show_diffs, show_receipts
from minga.entrypoints.cli.request import Request
from minga.entrypoints.cli.rich_view import RichView
from minga.entrypoints.cli.run import follow, stopping_on_signals
from minga.entrypoints.cli.verb import Desk
from minga.entrypoints.cli.view import JUDGED, JsonView, View, exit_code
from minga.entrypoints.cli.visible import for_reader, visible
from minga.pipeline.panel import Decision, Member, confidence
from minga.pipeline.sitting import Panels, Seat
from minga.pipeline.task import TaskRun
from minga.verification.agreement import differences
from minga.verification.kinds import kind_of
from minga.verification.quality import Posterior


@dataclass(slots=True)
class Listening:
    """A view that keeps what was shown, and shows it on ``inner``, where there is one."""

    inner: View | None
    shown: list[Recorded]

    def show(self, recorded: Recorded) -> None:
        self.shown.append(recorded)
        if self.inner:
            self.inner.show(recorded)

    def receipt(self, receipt: object) -> None:
        """Told at the end, for all."""

    def pause(self) -> None:
        if self.inner:
            self.inner.pause()


async def run(desk: Desk, minga: Minga, task: Task, request: Request) -> int:
    """Ask two agents, a third where they do not agree; 0 where an answer was selected."""
    if request.worktree or request.session or request.parallel:
        detail = "a panel makes worktrees and sessions of its own; leave out --worktree, --parallel and --session"
        raise BadInput(detail=desk.say(detail))
    panels = Panels(minga.runner, minga.worktrees, minga.labels)
    panel = await panels.convene(task)
    if panel.one_family and not request.quiet:
        complain(desk.say("the agents of this panel are of one family: that they agree says less"))
    if panel.only_reads and not request.quiet:
        complain(desk.say("outside a git repository the agents of a panel only read"))
    stop = Stop()

    async def follows(agent: AgentName, going: TaskRun) -> Sequence[Recorded]:
        view = Listening(_view(desk, agent, request), [])
        await follow(going, view, stop)
        return view.shown

    decision, taken = await stopping_on_signals(stop, lambda: panels.sit(panel, stop, follows))
    posterior = confidence(await minga.labels.all(), kind_of(task.prompt), agreed=decision.state is CheckState.PASSED)
    await _show(desk, minga, taken, decision, posterior, request)
    if decision.selected is None and stop.requested.is_set():
        return exit_code(stop.event)
    return 0 if decision.selected else 1


def _view(desk: Desk, agent: AgentName, request: Request) -> View | None:
    if request.as_json:
        return JsonView()
    return None if request.quiet else RichView(Console(highlight=False), desk.say, label=agent)


async def _show(
    desk: Desk, minga: Minga, taken: Sequence[Seat], decision: Decision, posterior: Posterior, request: Request
) -> None:
    members = [seat.member for seat in taken]
    receipts = [seat.receipt for seat in taken if seat.receipt]
    trees = [seat.tree for seat in taken if seat.tree]
    if request.as_json:
        print(msgspec.json.encode(_fields(members, decision, posterior)).decode())
    elif request.quiet:
        _say_quietly(desk, decision)
    else:
        _show_answers(desk, members, decision, posterior)
    show_receipts(desk, receipts, request)
    if trees:
        await show_diffs(desk, minga, trees, request)


def _fields(members: list[Member], decision: Decision, posterior: Posterior) -> dict[str, object]:
    return {
        "kind": "panel",
        "standing": decision.standing,
        "selected": decision.selected.agent if decision.selected else None,
        "confidence": posterior.mean,
        "outcomes": posterior.right + posterior.wrong,
        "comparisons": [{"agents": [one, other], "comparison": same} for one, other, same in decision.comparisons],
        "answers": [
            {
                "agent": one.agent,
                "session_id": one.session_id,
                "answer": one.answer,
                "judgement": one.judgement,
                "checks": {each.check: each.state for each in one.verified.verdict.checks} if one.verified else {},
            }
            for one in members
        ],
    }


def _say_quietly(desk: Desk, decision: Decision) -> None:
    if decision.selected:
        sys.stdout.write(for_reader((decision.selected.answer or "").rstrip("\n") + "\n", sys.stdout))
    else:
        complain(desk.say(STANDINGS[decision.standing]))


STANDINGS = {
    "agreed": "The answers agree.",
    "majority": "Two of three answers agree.",
    "proven": "A check accepts this work.",
    "undecided": "The answers do not agree: you decide.",
    "none": "No answer stands: every one was refuted, or failed.",
}


def _show_answers(desk: Desk, members: list[Member], decision: Decision, posterior: Posterior) -> None:
    say = desk.say
    console = Console(highlight=False)
    for one in members:
        checks = one.verified.verdict.checks if one.verified else ()
        told = ", ".join(f"{each.check}: {say(each.state.value)}" for each in checks) or say("no check")
        title = f"{one.agent} ({say(JUDGED[one.judgement])}; {told})"
        body = visible(one.answer) if one.answer is not None else say("(no answer)")
        console.print(Box(body, title=visible(title), title_align="left"), markup=False)
    answers = [one for one in members if one.stands]
    if decision.standing in ("undecided", "majority") and len(answers) > 1:
        for other in answers[1:]:
            lines = differences(answers[0].answer or "", other.answer or "")[:DIFF_LINES]
            title = f"- {answers[0].agent}  + {other.agent}"
            if lines:
                console.print(Box(visible("\n".join(lines)), title=title, title_align="left"), markup=False)
    console.print(say(STANDINGS[decision.standing]), style="bold", markup=False)
    if decision.selected:
        told = say("Selected: {agent} (session {session})")
        chosen = decision.selected
        console.print(told.format(agent=chosen.agent, session=chosen.session_id), markup=False, soft_wrap=True)
        console.print(_confidence(desk, posterior), style="dim", markup=False, soft_wrap=True)


def _confidence(desk: Desk, posterior: Posterior) -> str:
    """A number only where outcomes are known."""
    known = posterior.right + posterior.wrong
    if not known:
        return desk.say("How far that can be trusted is not known yet: say with `minga feedback` how answers turn out.")
    text = desk.say("Of {known} such answers, {right} were right; at least {lower:.0%} are, 95 % sure.")
    return text.format(known=known, right=posterior.right, lower=posterior.lower())
