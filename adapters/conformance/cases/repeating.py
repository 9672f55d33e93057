"""Musts 1, 2 and 3: a round is played once, whoever asks how often."""

import asyncio
from dataclasses import replace

from adapters.conformance.bench import Bench, ended, refusal
from adapters.conformance.case import Case, Fault, Tier, require
from adapters.conformance.integrity import check_outcome
from adapters.contract.errors import InvalidCall, RoundConflict, RoundInProgress
from adapters.contract.ids import PlayerId
from adapters.contract.manifest import Capability
from adapters.contract.money import Money
from adapters.contract.rounds import SpinOutcome, SpinRequest

SPIN = frozenset({Capability.SPIN})
DRAWS_ANEW = "draws anew: the kit checks that each answer is a sound one; the wallet keeps the first"
KNOWS_NO_ROUND = "remembers no round: a repeat with other content draws; the wallet answers IDEMPOTENCY_KEY_REUSED"
ROUND_COUNT = 20
AT_ONCE_COUNT = 8


def _same(bench: Bench, request: SpinRequest, first: SpinOutcome, again: SpinOutcome) -> None:
    if bench.is_atomic:
        check_outcome(request, again, bench.manifest)
    else:
        require(again == first, f"the repeat of {request.round_id} gave another outcome: {again} after {first}")


async def _spin_twice(bench: Bench) -> None:
    for _ in range(ROUND_COUNT):
        request = bench.request()
        _same(bench, request, await bench.spin(request), await bench.spin(request))


async def _spin_on_another_connection(bench: Bench) -> None:
    other = await bench.connect()
    for _ in range(ROUND_COUNT):
        request = bench.request()
        first = await bench.spin(request)
        again = await other.spin(request, bench.deadline())
        _same(bench, request, first, again)


async def _spin_after_restart(bench: Bench) -> None:
    played = [(request, await bench.spin(request)) for request in (bench.request() for _ in range(ROUND_COUNT))]
    await bench.restart()
    for request, first in played:
        _same(bench, request, first, await bench.spin(request))


async def _steps_twice(bench: Bench) -> None:
    begun = await bench.round_of_steps()
    require(begun is not None, "multi_step is declared, but no round wanted a second step")
    request, outcome = begun  # type: ignore[misc]
    while True:
        _same(bench, request, outcome, await bench.spin(request))
        if outcome.round_complete:
            return
        choice = outcome.choices[0] if outcome.choices else ""
        request = replace(
            request, step=request.step + 1, state=outcome.state, choice=choice, game_version=outcome.game_version
        )
        outcome = await bench.spin(request)


async def _conflict(bench: Bench, request: SpinRequest, other: SpinRequest, what: str) -> None:
    first = await bench.spin(request)
    if bench.is_atomic:
        check_outcome(other, await bench.spin(other), bench.manifest)
        return
    await refusal(bench.spin(other), RoundConflict, what=what)
    require(await bench.spin(request) == first, "after the conflict the first request is answered differently")


async def _other_stake(bench: Bench) -> None:
    request = bench.request()
    ladder = bench.game.stakes_for(bench.currency_code) or (request.stake.micros, request.stake.micros * 2)
    require(len(ladder) > 1, "the game has one stake only: name another by --game")
    stake_micros = next(micros for micros in ladder if micros != request.stake.micros)
    other = replace(request, stake=Money(bench.currency_code, stake_micros))
    await _conflict(bench, request, other, "the same round id with another stake")


async def _other_player(bench: Bench) -> None:
    request = bench.request()
    other = replace(request, session=bench.session(player_id=PlayerId(f"{bench.setup.run_id}-other")))
    await _conflict(bench, request, other, "the same round id for another player")


async def _step_beyond_the_next(bench: Bench) -> None:
    request, _ = await bench.completed_round()
    beyond = replace(request, step=request.step + 5, state=b"beyond")
    await refusal(bench.spin(beyond), InvalidCall, RoundConflict, what="a step that does not follow the one before")


async def _at_once(bench: Bench, count: int) -> None:
    request = bench.request()
    answers = await asyncio.gather(*(ended(bench.word("spin", request, bench.deadline())) for _ in range(count)))
    outcomes = [answer for answer in answers if isinstance(answer, SpinOutcome)]
    others = [answer for answer in answers if not isinstance(answer, SpinOutcome | RoundInProgress)]
    require(not others, f"{count} at once: expected the outcome or RoundInProgress, got {others[:1]!r}")
    require(bool(outcomes), f"{count} at once: nobody got the outcome")
    for again in [*outcomes, await bench.spin(request)]:
        _same(bench, request, outcomes[0], again)


async def _two_at_once(bench: Bench) -> None:
    for _ in range(ROUND_COUNT):
        await _at_once(bench, 2)


async def _many_at_once(bench: Bench) -> None:
    await _at_once(bench, AT_ONCE_COUNT)


CASES = (
    Case(
        "same-spin-twice",
        1,
        Tier.RESILIENT,
        "the same request again gives an equal outcome",
        _spin_twice,
        SPIN,
        rpcs=("Spin",),
        atomic=DRAWS_ANEW,
    ),
    Case(
        "same-spin-on-another-connection",
        1,
        Tier.RESILIENT,
        "the same request on another connection gives an equal outcome",
        _spin_on_another_connection,
        SPIN,
        rpcs=("Spin",),
        atomic=DRAWS_ANEW,
    ),
    Case(
        "same-spin-after-restart",
        1,
        Tier.CERTIFIED,
        "the same request after a restart gives an equal outcome",
        _spin_after_restart,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.RESTART,),
        atomic=DRAWS_ANEW,
    ),
    Case(
        "same-step-twice",
        1,
        Tier.RESILIENT,
        "every step of a round can be repeated",
        _steps_twice,
        SPIN | {Capability.MULTI_STEP},
        rpcs=("Spin",),
        atomic=DRAWS_ANEW,
    ),
    Case(
        "other-stake-is-a-conflict",
        2,
        Tier.RESILIENT,
        "the same round id with another stake is RoundConflict, and the first outcome stays",
        _other_stake,
        SPIN,
        rpcs=("Spin",),
        atomic=KNOWS_NO_ROUND,
    ),
    Case(
        "other-player-is-a-conflict",
        2,
        Tier.RESILIENT,
        "the same round id for another player is RoundConflict, and the first outcome stays",
        _other_player,
        SPIN,
        rpcs=("Spin",),
        atomic=KNOWS_NO_ROUND,
    ),
    Case(
        "step-beyond-the-next-is-refused",
        7,
        Tier.RESILIENT,
        "a step that does not follow the one before is refused",
        _step_beyond_the_next,
        SPIN,
        rpcs=("Spin",),
    ),
    Case(
        "two-at-once-play-one-round",
        3,
        Tier.RESILIENT,
        "the same request twice at once plays one round",
        _two_at_once,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.DOUBLE_ANSWER,),
        atomic=DRAWS_ANEW,
    ),
    Case(
        "many-at-once-play-one-round",
        3,
        Tier.RESILIENT,
        "the same request eight times at once plays one round",
        _many_at_once,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.DOUBLE_ANSWER,),
        atomic=DRAWS_ANEW,
    ),
)
