"""The first router: explicit choice, else readiness, capability, limits, health, who began, cost, start-up time."""

from collections.abc import Sequence

from minga.domain.routing import AgentState, Candidate, Needs, Plan


def plan(states: Sequence[AgentState], needs: Needs) -> Plan:
    """Order the agents for one task. A pure function: the same facts give the same plan.

    Named agents keep their order and are never left out for health or limits (a person chose them), only where they
    cannot run at all. Otherwise agents with a model come first, by recent failures, then the one that began the
    session, then by cost (unknown last), then by start-up time; those that only a provider's key makes ready come after
    all that are logged in (but the one that began the session), those whose limit is spent after all that have some
    left; the deterministic agent comes last. With ``cheapest_first`` cost goes before failures, logins and who began.
    Those that a specialist prefers go before failures and who began.
    """
    wanted = _explicit(states, needs) if needs.explicit else sorted(states, key=lambda state: _rank(state, needs))
    candidates: list[Candidate] = []
    left_out: list[Candidate] = []
    for state in wanted:
        if obstacle := _obstacle(state, needs):
            left_out.append(Candidate(state.agent, obstacle, state.limited_until))
        else:
            candidates.append(Candidate(state.agent, _reason(state, needs), state.limited_until))
    return Plan(tuple(candidates), tuple(left_out))


def _explicit(states: Sequence[AgentState], needs: Needs) -> list[AgentState]:
    by_name = {state.agent: state for state in states}
    return [by_name[name] for name in dict.fromkeys(needs.explicit)]


def _limited(state: AgentState, needs: Needs) -> bool:
    return state.limited_until is not None and state.limited_until > needs.now


def _rank(state: AgentState, needs: Needs) -> tuple[bool, bool, float, bool, int, int, bool, float, int, str]:
    cost = float("inf") if state.expected_micro_usd is None else float(state.expected_micro_usd)
    limited = _limited(state, needs)
    later = state.agent != needs.began
    paid = state.on_key and later
    first = cost if needs.cheapest_first else 0.0
    wished = needs.preferred.index(state.agent) if state.agent in needs.preferred else len(needs.preferred)
    known = (state.recent_failures, later, cost, state.start_ms, state.agent)
    return (state.deterministic, limited, first, paid, wished, *known)


def _obstacle(state: AgentState, needs: Needs) -> str:
    if state.ready:
        return state.ready
    if needs.images and not state.images:
        return "takes no images"
    if needs.mcp and not state.mcp:
        return "takes no MCP servers"
    return ""


def _reason(state: AgentState, needs: Needs) -> str:
    if state.agent in needs.explicit:
        reasons = ["named by you"]
    elif state.deterministic:
        return "deterministic skills only; after every agent with a model"
    else:
        cost = state.expected_micro_usd
        reasons = [
            "ready",
            f"{state.recent_failures} failures in the last hour",
            "cost unknown" if cost is None else f"about ${cost / 1_000_000:.4f} at list price",
            f"starts in {state.start_ms / 1000:.1f} s",
        ]
    if state.agent in needs.preferred and state.agent not in needs.explicit:
        reasons.append("preferred by the specialist")
    if state.agent == needs.began:
        reasons.append("began this session")
    if _limited(state, needs) and state.limited_until:
        reasons.append(f"rate-limited until {state.limited_until:%Y-%m-%d %H:%M} UTC")
    return ", ".join(reasons)
