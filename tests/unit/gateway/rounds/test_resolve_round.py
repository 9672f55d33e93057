import pytest

from adapters.contract import errors as adapter_errors
from adapters.contract.manifest import Capability
from adapters.contract.money import Money
from adapters.contract.rounds import RoundReport, RoundStatus
from gateway.errors import RoundInDoubt
from gateway.rounds.resolve_round import Resolution
from tests.support.builders import a_manifest
from tests.support.fakes import pays


async def in_doubt(table, error=None):
    """Leave round-1 in doubt and return it."""
    table.adapter.error = error or adapter_errors.OutcomeUnknown("cut")
    with pytest.raises(RoundInDoubt):
        await table.spin()
    return table.round()


def completed(table, **fields):
    outcome = pays(4_000_000, **fields)(table.adapter.spins[0])
    table.adapter.reports["round-1"] = RoundReport("round-1", RoundStatus.COMPLETED, outcome)


async def test_a_completed_round_is_settled_with_its_outcome(driven):
    stored = await in_doubt(driven)
    completed(driven)

    assert await driven.resolve(stored) is Resolution.SETTLED

    assert (driven.balance_micros, driven.round().closed) == (103_000_000, True)


async def test_a_round_that_the_provider_never_saw_is_rolled_back(driven):
    stored = await in_doubt(driven)

    assert await driven.resolve(stored) is Resolution.ROLLED_BACK

    assert driven.balance_micros == 100_000_000


async def test_resolving_twice_moves_money_once(driven):
    stored = await in_doubt(driven)
    completed(driven)

    await driven.resolve(stored)
    assert await driven.resolve(stored) is Resolution.SETTLED

    assert driven.balance_micros == 103_000_000


async def test_a_running_round_waits(driven):
    stored = await in_doubt(driven)
    driven.adapter.reports["round-1"] = RoundReport("round-1", RoundStatus.RUNNING)

    assert await driven.resolve(stored) is Resolution.RUNNING

    assert driven.balance_micros == 99_000_000


@pytest.mark.parametrize("error", [adapter_errors.ProviderUnavailable("down"), KeyError("bug"), TimeoutError()])
async def test_a_provider_that_cannot_be_asked_is_never_guessed(driven, error):
    stored = await in_doubt(driven)
    driven.adapter.lookup_error = error

    assert await driven.resolve(stored) is Resolution.UNKNOWN

    assert driven.balance_micros == 99_000_000


@pytest.mark.parametrize(
    "fields", [{"round_id": "round-2"}, {"step": 1}, {"win": Money("EUR", -5)}, {"win": Money("SEK", 5)}]
)
async def test_an_outcome_that_breaks_the_contract_is_not_booked(driven, fields):
    stored = await in_doubt(driven)
    completed(driven, **fields)

    assert await driven.resolve(stored) is Resolution.UNKNOWN

    assert driven.balance_micros == 99_000_000


async def test_a_report_about_another_round_is_not_believed(driven):
    stored = await in_doubt(driven)
    driven.adapter.reports["round-1"] = RoundReport("round-2", RoundStatus.NOT_FOUND)

    assert await driven.resolve(stored) is Resolution.UNKNOWN


async def test_a_completed_round_without_outcome_is_not_booked(driven):
    stored = await in_doubt(driven)
    driven.adapter.reports["round-1"] = RoundReport("round-1", RoundStatus.COMPLETED)

    assert await driven.resolve(stored) is Resolution.UNKNOWN


async def test_a_provider_without_look_up_leaves_the_round_visible(driven):
    stored = await in_doubt(driven)
    driven.adapter.manifest = a_manifest(driven.mode, capabilities=frozenset({Capability.SPIN}))

    assert await driven.resolve(stored) is Resolution.UNKNOWN


async def test_a_provider_that_can_cancel_is_told_before_the_bet_is_given_back(driven):
    stored = await in_doubt(driven)
    capabilities = driven.adapter.manifest.capabilities | {Capability.CANCEL}
    driven.adapter.manifest = a_manifest(driven.mode, capabilities=capabilities)

    assert await driven.resolve(stored) is Resolution.ROLLED_BACK

    assert driven.adapter.cancelled == ["round-1"]


@pytest.mark.parametrize(
    ("error", "resolution"),
    [
        (adapter_errors.RoundAlreadyCompleted("too late"), Resolution.RUNNING),
        (adapter_errors.ProviderUnavailable("down"), Resolution.UNKNOWN),
        (RuntimeError("bug"), Resolution.UNKNOWN),
    ],
)
async def test_a_cancel_that_fails_keeps_the_bet(driven, error, resolution):
    stored = await in_doubt(driven)
    capabilities = driven.adapter.manifest.capabilities | {Capability.CANCEL}
    driven.adapter.manifest = a_manifest(driven.mode, capabilities=capabilities)
    driven.adapter.cancel_error = error

    assert await driven.resolve(stored) is resolution

    assert driven.balance_micros == 99_000_000
