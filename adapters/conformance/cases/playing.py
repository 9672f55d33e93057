"""Musts 4, 9 and 10: what is declared can be played, and the answer answers the request."""

from dataclasses import replace

from adapters.conformance.bench import Bench, refusal
from adapters.conformance.case import Case, Fault, Tier, require
from adapters.conformance.integrity import check_outcome, inexact_fields
from adapters.contract.errors import InvalidCall
from adapters.contract.manifest import Capability
from adapters.contract.money import Money
from adapters.contract.rounds import SpinOutcome, SpinRequest

SPIN = frozenset({Capability.SPIN})
ROUND_COUNT = 40
STEPS_MAX = 1_000


async def _answers_have_their_round(bench: Bench) -> None:
    for _ in range(ROUND_COUNT):
        request = bench.request()
        check_outcome(request, await bench.spin(request), bench.manifest)


async def _answers_have_their_currency(bench: Bench) -> None:
    for currency_code in sorted(bench.game.currency_codes or bench.manifest.currency_codes or {bench.currency_code}):
        session = bench.session(currency_code=currency_code)
        request = bench.request(session=session, stake=_stake_in(bench, currency_code))
        check_outcome(request, await bench.spin(request), bench.manifest)


def _stake_in(bench: Bench, currency_code: str) -> Money:
    ladder = bench.game.stakes_for(currency_code)
    return Money(currency_code, ladder[0]) if ladder else bench.stake(currency_code)


async def _every_game_is_played(bench: Bench) -> None:
    for game in bench.games[:50]:
        for stake_micros in {*game.stakes_for(bench.currency_code)[:1], *game.stakes_for(bench.currency_code)[-1:]}:
            request = bench.request(game_id=game.game_id, stake=Money(bench.currency_code, stake_micros))
            check_outcome(request, await bench.spin(request), bench.manifest)


async def _amounts_are_whole(bench: Bench) -> None:
    for _ in range(ROUND_COUNT):
        outcome = await bench.spin(bench.request())
        wrong = list(inexact_fields(outcome))
        require(not wrong, f"{', '.join(wrong)}; expected whole micros")


async def _stake_between_steps_is_refused(bench: Bench) -> None:
    ladder = bench.game.stakes_for(bench.currency_code)
    if not ladder:
        outcome = await bench.spin(bench.request(stake=Money(bench.currency_code, bench.stake().micros + 1)))
        require(type(outcome.win.micros) is int, "win is not a whole number of micros")
        return
    for stake_micros in (ladder[0] + 1, ladder[-1] + 1, ladder[0] - 1):
        request = bench.request(stake=Money(bench.currency_code, stake_micros))
        await refusal(bench.spin(request), InvalidCall, what=f"a stake of {stake_micros} micros, which is not on offer")


async def _steps_lead_to_an_end(bench: Bench) -> None:
    begun = await bench.round_of_steps()
    require(begun is not None, "multi_step is declared, but no round wanted a second step")
    request, outcome = begun  # type: ignore[misc]
    while not outcome.round_complete:
        require(request.step < STEPS_MAX, f"the round does not end within {STEPS_MAX} steps")
        request = _next(request, outcome)
        outcome = await bench.spin(request)
        check_outcome(request, outcome, bench.manifest)


def _next(request: SpinRequest, outcome: SpinOutcome) -> SpinRequest:
    choice = outcome.choices[0] if outcome.choices else ""
    return replace(
        request, step=request.step + 1, state=outcome.state, choice=choice, game_version=outcome.game_version
    )


async def _foreign_state_is_refused(bench: Bench) -> None:
    begun = await bench.round_of_steps()
    require(begun is not None, "multi_step is declared, but no round wanted a second step")
    request, outcome = begun  # type: ignore[misc]
    forged = replace(_next(request, outcome), state=b"\x00forged" + outcome.state)
    await refusal(bench.spin(forged), what="a step with a forged state")


async def _demo_is_played(bench: Bench) -> None:
    request = bench.request(session=bench.session(demo=True))
    check_outcome(request, await bench.spin(request), bench.manifest)


async def _other_currency_is_refused(bench: Bench) -> None:
    other = next(code for code in ("GBP", "USD", "EUR") if code != bench.currency_code)
    await refusal(
        bench.spin(bench.request(stake=Money(other, bench.stake().micros))),
        InvalidCall,
        what="a stake in another currency than the session's",
    )


CASES = (
    Case(
        "answers-have-their-round",
        4,
        Tier.PLAYABLE,
        "outcomes have round, step, currency and bounds of their request",
        _answers_have_their_round,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.OTHER_ROUND_ID, Fault.NEGATIVE_WIN),
    ),
    Case(
        "answers-have-their-currency",
        4,
        Tier.PLAYABLE,
        "a win is in the currency of its stake, for each on offer",
        _answers_have_their_currency,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.WRONG_CURRENCY,),
    ),
    Case(
        "every-game-is-played",
        9,
        Tier.PLAYABLE,
        "every listed game takes its smallest and its largest stake",
        _every_game_is_played,
        SPIN,
        rpcs=("Spin", "ListGames"),
    ),
    Case(
        "amounts-are-whole",
        10,
        Tier.PLAYABLE,
        "every amount of an outcome is an int of micros",
        _amounts_are_whole,
        SPIN,
        rpcs=("Spin",),
    ),
    Case(
        "inexact-stake-is-refused",
        10,
        Tier.PLAYABLE,
        "a stake beside the ladder is refused, never rounded",
        _stake_between_steps_is_refused,
        SPIN,
        rpcs=("Spin",),
    ),
    Case(
        "steps-lead-to-an-end",
        9,
        Tier.PLAYABLE,
        "a round of several steps can be played to its end",
        _steps_lead_to_an_end,
        SPIN | {Capability.MULTI_STEP},
        rpcs=("Spin",),
    ),
    Case(
        "forged-state-is-refused",
        7,
        Tier.RESILIENT,
        "a step with a state that the adapter did not make is refused",
        _foreign_state_is_refused,
        SPIN | {Capability.MULTI_STEP},
        rpcs=("Spin",),
    ),
    Case(
        "demo-is-played",
        9,
        Tier.PLAYABLE,
        "a demo session can spin",
        _demo_is_played,
        SPIN | {Capability.DEMO},
        rpcs=("Spin",),
    ),
    Case(
        "other-currency-is-refused",
        4,
        Tier.PLAYABLE,
        "a stake in another currency than the session's is InvalidCall",
        _other_currency_is_refused,
        SPIN,
        rpcs=("Spin",),
        faults=(Fault.WRONG_CURRENCY,),
    ),
)
