"""SwipeGames' rules over HTTP against callback server, gateway and ledger; every answer within its public schema."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.mocks.exchange import exchange
from adapters.mocks.scenario_words import GivenWords, Scenario
from adapters.mocks.types import Answer, MockSession, Step, StepKind
from tests.support.gateway_target import GatewayBench, GatewayTarget, gateway_bench

SCENARIO = Scenario.model_validate(
    {"name": "acceptance", "proves": "the rules", "provider": "swipegames", "steps": [{"settle": "1s"}]}
)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[GatewayBench]:
    async with gateway_bench("swipegames", tmp_path / "acceptance.db") as opened:
        yield opened


async def launched(bench: GatewayBench, player_id: str, **given: object) -> tuple[MockSession, GatewayTarget]:
    target = GatewayTarget(bench, player_id)
    scenario = SCENARIO.model_copy(update={"given": GivenWords.model_validate(given)})
    return await target.launch(scenario, bench.tenant), target


async def test_the_same_round_id_in_two_games_is_two_rounds(bench: GatewayBench) -> None:
    bench.fresh_tenant(21)
    games = [game.game_id for game in bench.tenant.games]
    first, _ = await launched(bench, "one", game=games[0])
    second, _ = await launched(bench, "two", game=games[1])

    verdicts = [
        await exchange(bench.tenant, Step(StepKind.BET, kept.session_id, "round-1", f"bet-{number}", amount_micros=10))
        for number, kept in enumerate((first, second))
    ]

    assert [verdict.answer for verdict in verdicts] == [Answer.DONE, Answer.DONE]


async def test_a_repeated_call_has_the_same_transaction_id(bench: GatewayBench) -> None:
    bench.fresh_tenant(22)
    session, target = await launched(bench, "one")
    bet = Step(StepKind.BET, session.session_id, "round-1", "bet-1", amount_micros=1_000_000)

    first, again = await exchange(bench.tenant, bet), await exchange(bench.tenant, bet)

    assert first.wallet_transaction_id == again.wallet_transaction_id != ""
    assert await target.balance_micros() == 99_000_000


async def test_an_id_that_another_player_used_is_refused_without_a_500(bench: GatewayBench) -> None:
    bench.fresh_tenant(23)
    first, _ = await launched(bench, "first")
    second, target = await launched(bench, "second")
    for session in (first, second):
        verdict = await exchange(
            bench.tenant, Step(StepKind.BET, session.session_id, "round-1", "bet-1", amount_micros=1_000_000)
        )

    assert (verdict.answer, verdict.code) == (Answer.REFUSED, "400")
    assert await target.balance_micros() == 100_000_000


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"sessionID": "forged"}, "404 session_not_found"),
        ({"sessionID": "forged~one_EUR~sg_comet_rush"}, "404 session_not_found"),
        ({"amount": "-1"}, "400"),
        ({"amount": 1}, "400"),
        ({"type": "gift"}, "400"),
        ({"txID": None}, "400"),
    ],
    ids=str,
)
async def test_a_call_that_is_wrong_moves_nothing_and_is_certain(
    bench: GatewayBench, fields: dict[str, object], code: str
) -> None:
    bench.fresh_tenant(24)
    session, target = await launched(bench, "one")

    verdict = await exchange(
        bench.tenant, Step(StepKind.BET, session.session_id, "round-1", "bet-1", amount_micros=1_000_000, fields=fields)
    )

    assert (verdict.answer, verdict.code) == (Answer.REFUSED, code)
    assert await target.balance_micros() == 100_000_000
