"""What providers tell of their rate limits, and what the permit queue makes of it."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from permitted import START, World, in_virtual_time

from minga.routing.balance import Lease, NoPermit
from minga.routing.permits import Target
from minga.routing.rate_headers import Heard, RateHeaders, Told

RATES = RateHeaders()
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
A = Target("a")

OPENAI = [
    ("x-ratelimit-limit-requests", "5000"),
    ("x-ratelimit-limit-tokens", "160000"),
    ("x-ratelimit-remaining-requests", "4999"),
    ("x-ratelimit-remaining-tokens", "159976"),
    ("x-ratelimit-reset-requests", "12ms"),
    ("x-ratelimit-reset-tokens", "6m0s"),
]
ANTHROPIC = [
    ("anthropic-ratelimit-requests-limit", "1000"),
    ("anthropic-ratelimit-requests-remaining", "999"),
    ("anthropic-ratelimit-requests-reset", "2026-11-25T12:00:01Z"),
    ("anthropic-ratelimit-input-tokens-limit", "80000"),
    ("anthropic-ratelimit-input-tokens-remaining", "0"),
    ("anthropic-ratelimit-input-tokens-reset", "2026-11-25T12:00:40Z"),
    ("retry-after", "7"),
]
GROQ = [
    ("x-ratelimit-limit-requests", "14400"),
    ("x-ratelimit-remaining-requests", "14370"),
    ("x-ratelimit-reset-requests", "2m59.56s"),
]

VALUES = st.text(max_size=8) | st.sampled_from(["0", "1", "1e300", "-1", "5s", "1h2m", "9999-12-31T23:59:59Z", "ms"])


def requests(limit: int, remaining: int, reset: str) -> list[tuple[str, str]]:
    values = (("limit", limit), ("remaining", remaining), ("reset", reset))
    return [(f"x-ratelimit-{name}-requests", f"{value}") for name, value in values]


def test_openai() -> None:
    told = Told("requests", 5000, 4999, 0.012), Told("tokens", 160000, 159976, 360)
    assert RATES.read([("content-type", "application/json"), *OPENAI], NOW) == Heard(told)


def test_anthropic() -> None:
    told = Told("requests", 1000, 999, 1), Told("tokens", 80000, 0, 40)
    assert RATES.read(ANTHROPIC, NOW) == Heard(told, 7)


def test_groq() -> None:
    assert RATES.read(GROQ, NOW) == Heard((Told("requests", 14400, 14370, pytest.approx(179.56)),))


def test_azure_tells_nothing_with_a_minus() -> None:
    headers = [
        ("x-ratelimit-limit-tokens", "-1"),
        ("x-ratelimit-remaining-tokens", "-1"),
        ("x-ratelimit-reset-tokens", "0"),
        ("retry-after-ms", "1500"),
        ("retry-after", "2"),
    ]
    assert RATES.read(headers, NOW) == Heard((), 1.5)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12),
        ("0.5", 0.5),
        ("Wed, 25 Nov 2026 12:00:30 GMT", 30),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    assert RATES.read([("retry-after", text)], NOW).retry_after_s == seconds


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from([name for name, _ in OPENAI + ANTHROPIC]), VALUES), max_size=8))
def test_no_header_whatever_it_says_is_an_error_or_a_number_that_makes_no_sense(
    headers: list[tuple[str, str]],
) -> None:
    heard = RATES.read(headers, NOW)
    assert heard.retry_after_s is None or 0 <= heard.retry_after_s < 1e15
    for told in heard.budgets:
        assert 0 <= told.remaining <= told.limit < 1e15
        assert 0 <= told.reset_s < 1e20


async def told(world: World, headers: list[tuple[str, str]], target: Target = A, status: int = 200) -> Lease:
    lease = await world.lease(target)
    lease.heard(status, headers)
    return lease


def test_what_is_left_is_not_passed_and_refills_as_it_is_told() -> None:
    async def main(world: World) -> None:
        await told(world, requests(60, 2, "58s"))
        times = []
        for _ in range(5):
            await world.lease(A)
            times.append(round(world.now(), 1))
        assert times == [0, 0, 1, 2, 3]

    in_virtual_time(main)


def test_calls_that_went_out_after_the_one_that_heard_are_counted_off() -> None:
    async def main(world: World) -> None:
        first = await world.lease(A)
        for _ in range(3):
            await world.lease(A)
        first.heard(200, requests(60, 3, "57s"))
        await world.lease(A)
        assert world.now() == pytest.approx(1, abs=0.01)

    in_virtual_time(main)


def test_a_bucket_that_is_full_again_is_believed() -> None:
    async def main(world: World) -> None:
        await told(world, requests(60, 0, "60s"))
        await told(world, requests(60, 59, "59s"))  # a new window
        began = world.now()
        for _ in range(30):
            await world.lease(A)
        assert world.now() == began

    in_virtual_time(main)


def test_a_known_rate_is_kept_beside_what_headers_allow() -> None:
    async def main(world: World) -> None:
        target = Target("known", rpm=60)
        await told(world, OPENAI, target)
        state = world.of(target)
        assert (state.rpm, state.tokens) == (60, 9)

    in_virtual_time(main)


def test_no_tokens_left_is_a_pause_of_a_tenth_of_the_time_to_the_whole() -> None:
    async def main(world: World) -> None:
        (await told(world, ANTHROPIC)).end("ok")
        await world.lease(A)
        assert world.now() == pytest.approx(4, abs=0.01)

    assert START == NOW
    in_virtual_time(main)


@pytest.mark.parametrize(("status", "pause_s"), [(429, 7), (529, 7)])
def test_a_refusal_pauses_as_long_as_it_says(status: int, pause_s: float) -> None:
    async def main(world: World) -> None:
        lease = await told(world, [("retry-after", "7")], status=status)
        lease.end("rate-limited" if status == 429 else "overloaded")
        await world.lease(A)
        assert world.now() == pytest.approx(pause_s, abs=0.01)

    in_virtual_time(main)


def test_refusals_that_do_not_say_how_long_pause_longer_each_time_up_to_a_minute() -> None:
    async def main(world: World) -> None:
        pauses = []
        for _ in range(8):
            (await world.lease(A)).end("rate-limited")
            pauses.append(world.of(A).cool_s)
            await asyncio.sleep(pauses[-1])
        assert pauses == sorted(pauses)
        assert 1 <= pauses[0] <= 1.5
        assert pauses[-1] == 60

    in_virtual_time(main)


def test_a_known_rate_pauses_for_two_calls_at_least() -> None:
    async def main(world: World) -> None:
        target = Target("known", rpm=12)
        (await told(world, [("retry-after", "1")], target, 429)).end("rate-limited")
        state = world.of(target)
        assert state.cool_s == 10
        assert state.tokens == 0

    in_virtual_time(main)


def test_a_rate_is_learned_from_refusals_alone() -> None:
    """A provider that takes one call a second, asked by twenty at once without end."""

    async def main(world: World) -> None:
        left, at, refused, answered = 10.0, 0.0, 0, 0

        async def caller() -> None:
            nonlocal left, at, refused, answered
            while world.now() < 600:
                try:
                    lease = await world.lease(A)
                except NoPermit:
                    continue
                left, at = min(10.0, left + world.now() - at), world.now()
                is_taken = left >= 1
                left -= is_taken
                answered += is_taken
                refused += not is_taken
                await asyncio.sleep(2 if is_taken else 0.05)
                lease.end("ok" if is_taken else "rate-limited")

        await asyncio.gather(*(caller() for _ in range(20)))
        assert answered > 0.85 * 600
        assert refused < 0.05 * answered

    in_virtual_time(main)
