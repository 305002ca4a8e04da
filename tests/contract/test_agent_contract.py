"""One contract for every agent: six real CLIs, and an agent that Minga knows by a TOML file alone.

The scenarios of one agent run in the order of this file. The first ones share a warm process; what must end a process
has one of its own. `Stage.prove` compares with the usual or with the table in `deviations`.
"""

import json
import struct
import zlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from deviations import CAPABILITIES, SCENARIOS
from stage import ECHO, MODEL, Given, Live, Nobody, Stage, Told

from minga.agents.attempt import Bounds
from minga.agents.registry import is_proven
from minga.domain.events import (
    Cancelled,
    Failed,
    FileChange,
    Finished,
    NativeSession,
    PermissionAnswered,
    PermissionRequested,
    Text,
    ToolCall,
    ToolKind,
)
from minga.domain.failure import FailureCode
from minga.domain.ids import NativeId
from minga.domain.task import Image, Permissions
from minga.pipeline.project_rules import read_by
from minga.rules import documents, rendering, skills
from minga.rules.readers import readers
from minga.rules.source import piece_of
from minga.testing import (
    CallMcp,
    CutStream,
    Drip,
    Fail,
    Garbage,
    RunShell,
    Say,
    Script,
    Slow,
    Step,
    Tokens,
    WriteFile,
)

pytestmark = pytest.mark.cli

FAILURE_S_MAX = 180.0
CANCEL_S_MAX = 60.0


RULE = "Every commit names the harbour of its issue"
SKILL = "Used when a harbour is to be dredged"


@pytest.fixture(scope="module")
def ruled(stage: Stage) -> tuple[Told, list[str]]:
    """A prompt in a project with standing rules and a skill that `minga rules render` has written for all CLIs, and
    what the model was sent."""
    root = stage.place("ruled")
    (root / ".git").mkdir()
    (root / skills.FOLDER).mkdir(parents=True)
    (root / skills.FOLDER / "dredging.md").write_text(f"{SKILL}.\n\nAsk the harbour master.\n")
    for planned in (rendering.plan(root, [piece_of(RULE)], None), skills.plan(root, skills.read(root), readers())):
        for change in planned.changes:
            documents.write(change)
    told = stage.tell("what was said before", Script([Say("yes")]), Given(cwd=root))
    return told, [json.dumps(request.body) for request in stage.server.requests]


@pytest.fixture(scope="module")
def begun(ruled: tuple[Told, list[str]]) -> Told:
    """A session of a process that has ended. It is resumed near the end: Gemini CLI does not go on with a session in
    the minute in which it was made."""
    return ruled[0]


WARM = Given(warm="main", mcp=(ECHO,))
NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: the port of the discard service."""


def test_it_starts_and_names_its_version_and_its_session(stage: Stage, begun: Told) -> None:
    assert is_proven(stage.facts, stage.version), stage.version
    assert begun.native_id
    assert begun.answer == "yes"
    assert begun.left == ()
    stage.prove("start", begun.of(NativeSession)[0].model, MODEL)


def test_rules_and_skills_that_were_rendered_are_in_the_request_to_the_model_once(
    stage: Stage, ruled: tuple[Told, list[str]]
) -> None:
    _, sent = ruled
    knows = int(stage.agent in readers())
    assert max(body.count(RULE) for body in sent) == knows
    assert max(body.count(SKILL) for body in sent) == knows
    assert (RULE.lower() in " ".join(read_by(stage.agent, stage.place("ruled"), stage.place("none").joinpath))) == bool(
        knows
    )


def test_the_answer_streams_in_pieces(stage: Stage) -> None:
    told = stage.tell("scenario stream", Script([Drip(["Hello, ", "world", "."], 0.2)]), WARM)
    assert told.text == told.answer == "Hello, world."
    stage.prove("stream", len(told.of(Text)), 3)


def test_a_later_prompt_uses_the_warm_process_and_counts_its_own_tokens_only(stage: Stage) -> None:
    first = stage.tell("scenario first", Script([Say("one")]), WARM)
    second = stage.tell("scenario second", Script([(Tokens(200, 150, 20), Say("two"))]), WARM)
    assert (first.answer, second.answer) == ("one", "two")
    said = " ".join(stage.server.conversation[-1].user_texts)
    stage.prove("warm", (first.native_id == second.native_id, "scenario first" in said), (True, True))
    stage.prove("usage", (first.used, second.used), ((60, 40, 10), (50, 150, 20)))


def test_a_command_runs_once_it_is_allowed(stage: Stage) -> None:
    line = "echo made > made.txt && echo shown && sleep 0.3"
    told = stage.tell("scenario shell", Script([RunShell(line), Say("it is made")]), WARM)
    call, asked = told.the(ToolCall), told.the(PermissionRequested)
    assert (call.kind, asked.kind, asked.call_id) == (ToolKind.SHELL, ToolKind.SHELL, call.call_id)
    assert line in asked.detail
    assert (told.the(PermissionAnswered).allowed, told.the(PermissionAnswered).by) == (True, "person")
    assert (told.cwd / "made.txt").read_text() == "made\n"
    assert told.used == (120, 80, 20), "both model calls are counted"
    assert told.answer == "it is made"
    stage.prove("shell", told.result_of(call).ok, True)
    stage.prove("output", "shown" in told.result_of(call).output, True)


def test_a_tool_of_an_mcp_server_is_called(stage: Stage) -> None:
    told = stage.tell("scenario mcp", Script([CallMcp("echo", "echo", {"text": "over there"}), Say("done")]), WARM)
    call = told.the(ToolCall)
    assert (call.kind, told.the(PermissionRequested).kind) == (ToolKind.MCP, ToolKind.MCP)
    assert "echo" in call.name
    assert told.answer == "done"
    assert "echo: over there" in stage.server.conversation[-1].tool_results[-1].text
    result = told.result_of(call)
    stage.prove("mcp", (result.ok, "over there" in result.output), (True, True))


PATCH = "apply_patch <<'EOF'\n*** Begin Patch\n*** Add File: written.txt\n+a line\n*** End Patch\nEOF"
"""How models that Codex has no table entry for change files."""


def test_a_file_change_is_told_with_its_relative_path(stage: Stage) -> None:
    target = stage.place("main") / "written.txt"
    step = RunShell(PATCH) if stage.agent == "codex" else WriteFile(str(target), "a line\n")
    told = stage.tell("scenario edit", Script([step, Say("written")]), WARM)
    assert target.read_text() == "a line\n"
    assert told.answer == "written"
    stage.prove("edit", [(change.path, change.change) for change in told.of(FileChange)], [("written.txt", "added")])


def test_a_picture_reaches_the_model(stage: Stage, tmp_path: Path) -> None:
    picture = tmp_path / "dot.png"
    picture.write_bytes(_png())
    given = Given(warm="main", mcp=(ECHO,), images=(Image(picture, "image/png"),))
    told = stage.tell("scenario image", Script([Say("a dot")]), given)
    assert told.answer == "a dot"
    bodies = json.dumps([received.body for received in stage.server.requests])
    stage.prove("image", "image/png" in bodies and b64encode(_png()).decode() in bodies, True)


def test_a_question_that_nobody_answers_is_refused_after_the_stated_wait(stage: Stage) -> None:
    given = Given(warm="main", mcp=(ECHO,), asker=Nobody(), wait_s=0.5)
    told = stage.tell("scenario wait", Script([RunShell("echo no > never.txt"), Say("as you wish")]), given)
    answered = told.the(PermissionAnswered)
    assert (answered.allowed, answered.by, answered.reason) == (False, "timeout", "no answer within 0.5 s")
    assert not told.result_of(told.the(ToolCall)).ok
    assert not (told.cwd / "never.txt").exists()
    assert told.seconds < FAILURE_S_MAX
    stage.prove("denied", _end(told), "as you wish")


def test_a_cancel_ends_the_turn_and_every_process(stage: Stage) -> None:
    async def cancel(live: Live) -> None:
        await live.until_runs("sleep")
        live.cancel()

    told = stage.tell("scenario cancel", Script([RunShell("echo begun && sleep 77"), Say("too late")]), WARM, cancel)
    assert told.events[-1] == Cancelled("by the test")
    assert told.stop_s < CANCEL_S_MAX
    stage.prove("cancel", told.left, ())


def test_a_refusal_by_policy_stops_the_command_and_not_the_turn(stage: Stage) -> None:
    given = Given(Permissions.READ_ONLY, warm="read-only")
    target = stage.place("read-only") / "never.txt"
    told = stage.tell("scenario read-only", Script([RunShell(f"echo no > {target}"), Say("as you wish")]), given)
    assert not target.exists()
    assert not [answer for answer in told.of(PermissionAnswered) if answer.allowed]
    by = [answer.by for answer in told.of(PermissionAnswered)]
    stage.prove("read-only", (by, _end(told)), (["policy"], "as you wish"))


def test_a_model_that_says_nothing_is_given_up(stage: Stage) -> None:
    given = Given(Permissions.READ_ONLY, warm="read-only", bounds=Bounds(start_s=60.0, silence_s=2.0))
    told = stage.tell("scenario silence", Script(default=(Slow(60.0), Say("too late"))), given)
    _check_end(told)
    stage.prove("silence", told.failure.code, FailureCode.TIMEOUT)


def test_an_unknown_session_is_named(stage: Stage) -> None:
    unknown = NativeId(UNKNOWN.get(stage.agent, "0b7e9dcf-4eb5-448c-8eec-53eefbf04be0"))
    told = stage.tell("go on", Script(), Given(resume=unknown))
    _check_end(told)
    assert not stage.server.conversation, "nothing was sent"
    stage.prove("unknown", told.failure.code, FailureCode.SESSION_UNKNOWN)


UNKNOWN = {"opencode": "ses_0123456789abcdefghijklmnop"}
"""Ids of the form of the agent's own, where that is no UUID."""

FAILS: dict[str, tuple[Step, FailureCode]] = {
    "quota": (Fail(429, retry_after_s=7200), FailureCode.RATE_LIMITED),
    "garbage": (Garbage(), FailureCode.NETWORK),
    "down": (Say("never heard"), FailureCode.NETWORK),
    "500": (Fail(500), FailureCode.OVERLOADED),
    "529": (Fail(529), FailureCode.OVERLOADED),
    "429": (Fail(429, retry_after_s=1), FailureCode.RATE_LIMITED),
    "cut": (CutStream("half of it"), FailureCode.NETWORK),
    "401": (Fail(401), FailureCode.NOT_LOGGED_IN),
    "400": (Fail(400), FailureCode.CONTEXT_TOO_LONG),
    "413": (Fail(413), FailureCode.CONTEXT_TOO_LONG),
    "404": (Fail(404), FailureCode.MODEL_UNKNOWN),
}
"""The slowest first."""

QUOTAS = {"codex": "usage_limit_reached"}
"""How a vendor names a spent quota, where the CLI goes by that name."""


@pytest.fixture(scope="module")
def failed(stage: Stage) -> dict[str, Told]:
    """What each failure of the model server came to."""
    asked = {name: (step, Given(base_url=NOWHERE if name == "down" else "")) for name, (step, _) in FAILS.items()}
    quota = Fail(429, resets_at=_reset(), error_type=QUOTAS.get(stage.agent))
    if stage.facts.endpoint and stage.facts.endpoint.wire != "openai-chat":
        asked["quota"] = (quota, Given())
    return stage.tell_side_by_side(asked, at_once=6)


@pytest.mark.parametrize("scenario", FAILS)
def test_a_failure_of_the_model_server_has_its_cause(stage: Stage, failed: dict[str, Told], scenario: str) -> None:
    told = failed[scenario]
    _check_end(told)
    match scenario:
        case "garbage":
            stage.prove(scenario, type(told.events[-1]), Failed)
        case "quota":
            assert told.failure.code is FailureCode.RATE_LIMITED
            stage.prove(scenario, _is_near(told.failure.resets_at, _reset()), True)
        case "429":
            stage.prove(scenario, told.failure.code, FailureCode.RATE_LIMITED)
            stage.prove("reset", _is_near(told.failure.resets_at, datetime.now(UTC)), True)
        case _:
            stage.prove(scenario, told.failure.code, FAILS[scenario][1])


def test_a_session_goes_on_in_a_new_process(stage: Stage, begun: Told) -> None:
    told = stage.tell(
        "go on", Script([Say("I remember")]), Given(warm="resumed", cwd=begun.cwd, resume=begun.native_id)
    )
    assert told.text == told.answer == "I remember"
    assert told.used == (60, 40, 10), "the usage of the earlier process is not counted again"
    assert "what was said before" in " ".join(stage.server.conversation[-1].user_texts)
    stage.prove("resume", told.native_id == begun.native_id, True)


def test_a_cli_that_is_killed_in_the_middle_has_crashed(stage: Stage, begun: Told) -> None:
    async def kill(live: Live) -> None:
        await live.until_asked()
        await live.kill()

    given = Given(warm="resumed", cwd=begun.cwd)
    told = stage.tell("scenario killed", Script(default=(Slow(60.0), Say("too late"))), given, kill)
    _check_end(told)
    stage.prove("killed", told.failure.code, FailureCode.CRASHED)


def test_its_toml_claims_the_capabilities_that_it_has_shown(stage: Stage, request: pytest.FixtureRequest) -> None:
    missing = SCENARIOS.keys() - stage.shown.keys()
    if missing and (request.config.getoption("keyword") or any("::" in given for given in request.config.args)):
        pytest.skip("only a part of the suite was chosen")
    assert not missing
    claimed = msgspec.structs.asdict(stage.facts.capabilities)
    assert claimed == {name: stage.shown[scenario] for name, scenario in CAPABILITIES.items()}


def _reset() -> datetime:
    return datetime.now(UTC) + timedelta(hours=2)


def _is_near(said: datetime | None, expected: datetime) -> bool:
    return said is not None and abs(said - expected) < timedelta(minutes=5)


def _check_end(told: Told) -> None:
    """What holds for every failure."""
    assert isinstance(told.events[-1], Failed), told.events
    assert told.failure.message
    assert told.seconds < FAILURE_S_MAX
    assert told.left == ()


def _end(told: Told) -> object:
    """The answer, or the cause."""
    return told.answer if isinstance(told.events[-1], Finished) else told.failure.code


def _png() -> bytes:
    """One red dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")
