"""The live view for a person: what the agent says as it says it, its tools, who takes over, the receipt."""

import time
from collections import deque
from dataclasses import dataclass

from rich.markup import escape
from rich.panel import Panel
from rich.status import Status
from rich.table import Table
from rich.text import Text as RichText

from minga.domain.events import (
    AttemptFailed,
    AttemptStarted,
    CallFailed,
    Cancelled,
    Event,
    Failed,
    FileChange,
    Finished,
    HandedOver,
    Notice,
    PermissionAnswered,
    PermissionRequested,
    PlanShown,
    RateLimit,
    Reasoning,
    Recorded,
    Remembered,
    RouteChosen,
    SpecialistChosen,
    Text,
    ToolCall,
    ToolResult,
    Verified,
)
from minga.domain.failure import Failure, FailureCode
from minga.domain.ledger import AttemptCost, Receipt
from minga.domain.verdict import CheckState, Judgement
from minga.entrypoints.cli.assigned import assigned, specialist_line
from minga.entrypoints.cli.console import Console
from minga.entrypoints.cli.remembered import remembered
from minga.entrypoints.cli.view import WAYS, failure_title, not_proven, remedy
from minga.entrypoints.cli.visible import visible
from minga.entrypoints.cli.words import Words

OUTPUT_LINES = 6
LINE_LENGTH = 160

LINE_HELD = 4000
"""Characters of a line that has not ended from which on they are shown: some agents never end one."""

SAID_KEPT = 64 * 1024
"""Characters of what an agent said last in which its answer is looked for: what was shown is not shown again."""

_PLAN_MARKS = {"pending": "[ ]", "in-progress": "[>]", "done": "[x]"}
_CHANGE_MARKS = {"added": "+", "modified": "~", "deleted": "-"}


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    style: str = ""


class RichView:
    """Prints as events come. ``label`` names the run where several share the screen; ``explain`` shows the route, and
    what is remembered and why."""

    def __init__(self, console: Console, say: Words, *, label: str = "", explain: bool = False) -> None:
        self._console = console
        self._say = say
        self._label = label
        self._explain = explain
        self._held: list[str] = []
        self._held_length = 0
        self._is_begun = False
        self._said = _Said()
        self._status: Status | None = None
        self._began = time.monotonic()

    def show(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, Text):
            self._stream(event.text)
            return
        self._flush()
        for line in self._lines(event):
            self._print(line)
        self._wait(event)

    def receipt(self, receipt: Receipt) -> None:
        self.pause()
        self._console.print(receipt_panel(receipt, self._say))

    def pause(self) -> None:
        self._flush()
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _stream(self, text: str) -> None:
        """Print whole lines at once; keep the rest until its line ends or is long."""
        self._said.add(text)
        first, *others = text.split("\n")
        self._hold(first)
        for piece in others:
            self._end_line()
            self._hold(piece)

    def _hold(self, piece: str) -> None:
        self._held.append(piece)
        self._held_length += len(piece)
        if self._held_length > LINE_HELD:
            self._print(Line(self._take_held()), end="" if self._is_alone else "\n")
            self._is_begun = True

    def _end_line(self) -> None:
        rest = self._take_held()
        if rest or self._is_alone or not self._is_begun:
            self._print(Line(rest))
        self._is_begun = False

    def _flush(self) -> None:
        if self._held_length or self._is_begun:
            self._end_line()

    def _take_held(self) -> str:
        held, self._held, self._held_length = "".join(self._held), [], 0
        return held

    @property
    def _is_alone(self) -> bool:
        """Whether a line can stay open: nobody else writes to this screen, neither another run nor the spinner."""
        return not self._label and self._status is None

    def _print(self, line: Line, end: str = "\n") -> None:
        label = f"{self._label:<9}" if self._label else ""
        shown = RichText(label, "cyan") + RichText(visible(line.text), line.style)
        self._console.print(shown, soft_wrap=True, end=end)

    def _wait(self, event: Event) -> None:
        """A spinner while the agent works; only for a terminal that one run has for itself."""
        if self._label or not self._console.is_terminal:
            return
        match event:
            case AttemptStarted(agent=agent):
                self.pause()
                self._status = self._console.status(escape(self._say("{agent} works …", agent=agent)))
                self._status.start()
            case Finished() | Failed() | Cancelled() | PermissionRequested() | AttemptFailed():
                self.pause()
            case _:
                pass

    def _lines(self, event: Event) -> list[Line]:
        say = self._say
        match event:
            case RouteChosen(reasons=reasons):
                return [Line(f"  {say.told(reason)}", "dim") for reason in reasons] if self._explain else []
            case Remembered():
                return [Line(f"  {line}", "dim") for line in remembered(event, say, explain=self._explain)]
            case SpecialistChosen():
                return [Line(line, "bold" if place == 0 else "dim") for place, line in enumerate(assigned(event, say))]
            case AttemptStarted():
                name = " ".join(filter(None, [event.agent, event.version]))
                resumed = say(", resumed") if event.resumed else ""
                way = ", " + say(WAYS[event.through]) if event.through else ""
                return [Line(f"→ {name} ({event.mode}{resumed}{way})", "bold cyan")]
            case Reasoning(text=text):
                return [Line(f"  {line}", "dim italic") for line in text.strip().splitlines()]
            case PlanShown(steps=steps):
                return [Line(f"  {_PLAN_MARKS[step.state]} {step.text}", "dim") for step in steps]
            case ToolCall(name=name, title=title):
                return [Line(f"• {_shorten(title or name)}", "yellow")]
            case ToolResult(ok=ok, output=output):
                return _output(output, ok=ok)
            case FileChange(path=path, change=change):
                return [Line(f"  {_CHANGE_MARKS[change]} {path}", "green")]
            case PermissionRequested(title=title, detail=detail):
                what = detail if title in detail else f"{title} {detail}"
                return [Line(f"? {_shorten(what)}", "bold magenta")]
            case PermissionAnswered(allowed=allowed, by=by, reason=reason):
                verdict = say("allowed") if allowed else say("refused")
                return [Line(f"  {verdict} ({say(by)}{': ' + say.told(reason) if reason else ''})", "magenta")]
            case RateLimit(reached=True, name=name, resets_at=resets_at):
                until = f" → {resets_at:%Y-%m-%d %H:%M} UTC" if resets_at else ""
                return [Line(f"! {say('limit reached')}: {name}{until}", "red")]
            case _:
                return self._endings(event)

    def _endings(self, event: Event) -> list[Line]:
        say = self._say
        match event:
            case Notice(text=text):
                return [Line(f"  {say.told(text)}", "dim")]
            case CallFailed(failure=failure, will_retry=will_retry):
                again = say("; it tries again") if will_retry else ""
                return [Line(f"! {_shorten(say.told(failure.message))}{again}", "red")]
            case AttemptFailed(failure=failure) if failure.code is FailureCode.REJECTED:
                return []  # its verdict was shown
            case AttemptFailed(agent=agent, failure=failure):
                return [Line(f"✗ {agent}: {self._failure(failure)}", "red")]
            case Verified():
                return self._verified(event)
            case HandedOver():
                head = say(
                    "{to_agent} takes over from {from_agent}", to_agent=event.to_agent, from_agent=event.from_agent
                )
                files = [Line(f"    {path}", "dim") for path in event.files_changed]
                changed = [Line("  " + say("already changed, not to be repeated:"), "dim"), *files] if files else []
                return [Line(f"↪ {head}: {_shorten(say.told(event.reason))}", "bold"), *changed]
            case Failed(failure=failure):
                advice = [Line(f"  → {line}") for line in say.told(remedy(failure)).splitlines()]
                return [Line(f"✗ {self._failure(failure)}", "bold red"), *advice]
            case Cancelled(reason=reason):
                return [Line(f"✗ {say('Cancelled')}: {say.told(reason)}", "bold red")]
            case Finished(answer=answer) if not self._said.has(answer):
                return [Line(answer)]
            case _:
                return []

    def _verified(self, event: Verified) -> list[Line]:
        say, verdict = self._say, event.verdict
        unproven = [Line(f"  ? {_shorten(say.told(line))}", "dim") for line in verdict.unproven]
        match event.judgement:
            case Judgement.ACCEPTED:
                passed = ", ".join(each.check for each in verdict.checks if each.state is CheckState.PASSED)
                return [Line(f"✓ {say('checked')}: {passed}", "green"), *unproven]
            case Judgement.REJECTED:
                reasons = [Line(f"  {_shorten(say.told(reason))}", "red") for reason in verdict.reasons]
                return [Line("✗ " + say("refuted by its checks:"), "bold red"), *reasons]
            case Judgement.NOT_VERIFIABLE:
                broken = [
                    Line(f"  ! {each.check}: {_shorten(say.told(line))}", "yellow")
                    for each in verdict.checks
                    if each.state is CheckState.BROKEN
                    for line in each.evidence
                ]
                demanded = f": {say.told(not_proven(verdict))}" if verdict.missing else ""
                return [Line("? " + say("not verified") + demanded, "yellow"), *unproven, *broken]

    def _failure(self, failure: Failure) -> str:
        return f"{self._say(failure_title(failure.code))}: {self._say.told(failure.message)}"


class _Said:
    """The last of what an agent said, at least ``SAID_KEPT`` characters of it."""

    def __init__(self) -> None:
        self._pieces: deque[str] = deque()
        self._length = 0

    def add(self, text: str) -> None:
        self._pieces.append(text[-SAID_KEPT:])
        self._length += len(self._pieces[-1])
        while self._length - len(self._pieces[0]) >= SAID_KEPT:
            self._length -= len(self._pieces.popleft())

    def has(self, answer: str) -> bool:
        """Whether ``answer`` was said; of a long one, whether its second half was."""
        return answer.strip()[-SAID_KEPT // 2 :] in "".join(self._pieces)


def receipt_panel(receipt: Receipt, say: Words) -> Panel:
    """The receipt as a table: a row an attempt."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("Agent", "Model", "Result", "Way"):
        table.add_column(say(title))
    for title in ("In", "Cached", "Out", "Cost"):
        table.add_column(say(title), justify="right")
    for attempt in receipt.attempts:
        result = _result(attempt, say)
        tokens = [f"{n:,}" for n in (attempt.input_tokens, attempt.cached_input_tokens, attempt.output_tokens)]
        model = RichText(visible(attempt.model) or "–")
        way = say(attempt.through) if attempt.through else "–"
        table.add_row(attempt.agent, model, result, way, *tokens, cost_text(attempt, say))
    files = ", ".join(receipt.files_changed) or "–"
    footer = say("{seconds:.1f} s · session {session} · files changed: {files}").format(
        seconds=receipt.duration_ms / 1000, session=receipt.session_id, files=files
    )
    grid = Table.grid()
    if receipt.attempts:
        grid.add_row(table)
    grid.add_row(RichText(visible(footer), "dim"))
    if saved := _saved(receipt, say):
        grid.add_row(RichText(visible(saved), "dim"))
    if receipt.specialist:
        grid.add_row(RichText(visible(specialist_line(receipt, say)), "yellow" if receipt.unproven else "dim"))
    return Panel(grid, title=say("Receipt"), title_align="left", border_style="dim", expand=False)


def _saved(receipt: Receipt, say: Words) -> str:
    """What the cascade saved or cost; empty where it is not known."""
    baseline, saving = receipt.baseline, receipt.saving
    if baseline is None or saving is None:
        return ""
    told = say("saved {percent:.0f} %") if saving >= 0 else say("cost {percent:.0f} % more")
    against = say("against {agent} ({model}) alone, ${usd:.4f} by list price for the tokens of the answer: an estimate")
    return " ".join(
        (
            told.format(percent=abs(saving) * 100),
            against.format(agent=baseline.agent, model=baseline.model, usd=baseline.cost_micro_usd / 1e6),
        )
    )


def _result(attempt: AttemptCost, say: Words) -> str:
    if attempt.cancelled:
        return say("Cancelled")
    if attempt.judgement is Judgement.ACCEPTED:
        return say("Accepted")
    if attempt.judgement is Judgement.REJECTED:
        return say("Rejected")
    return say(failure_title(attempt.failure.code)) if attempt.failure else say("Answered")


def cost_text(attempt: AttemptCost, say: Words) -> str:
    if attempt.cost_micro_usd is None:
        return say("unknown")
    return f"${attempt.cost_micro_usd / 1e6:.4f}" if attempt.cost_micro_usd else "$0"


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE_LENGTH else line[: LINE_LENGTH - 1] + "…"


def _output(output: str, *, ok: bool) -> list[Line]:
    lines = output.rstrip().splitlines()
    shown = [Line(f"  {line[:LINE_LENGTH]}", "dim") for line in lines[:OUTPUT_LINES]]
    if len(lines) > OUTPUT_LINES:
        shown.append(Line(f"  … +{len(lines) - OUTPUT_LINES}", "dim"))
    return shown if ok else [Line("  ✗", "red"), *shown]
