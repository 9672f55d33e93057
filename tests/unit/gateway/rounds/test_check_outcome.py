from dataclasses import replace

import pytest

from adapters.contract.ids import RoundId
from adapters.contract.money import Money
from adapters.contract.rounds import SpinOutcome
from gateway.errors import AdapterContractBroken
from gateway.rounds.check_outcome import check_outcome
from tests.support.builders import a_manifest

SOUND = SpinOutcome(RoundId("round-1"), 0, Money("EUR", 5))
MANIFEST = a_manifest(win_multiplier_max=100)


def check(outcome):
    check_outcome(outcome, MANIFEST, "round-1", 0, "EUR", 10)


def test_a_sound_outcome_passes():
    check(SOUND)


def test_the_largest_win_passes():
    check(replace(SOUND, win=Money("EUR", 1_000)))


def test_a_jackpot_is_not_bound_by_the_multiplier():
    check(replace(SOUND, win=Money("EUR", 1_000), jackpot_win_micros=10**12))


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"round_id": "round-2"}, "round_id"),
        ({"step": 1}, "step"),
        ({"win": Money("SEK", 5)}, "win.currency_code"),
        ({"win": Money("EUR", -1)}, "win.micros"),
        ({"win": Money("EUR", 1_001)}, "win.micros"),
        ({"jackpot_win_micros": -1}, "win.micros"),
        ({"jackpot_contribution_micros": -1}, "win.micros"),
        ({"price_micros": -1}, "price_micros"),
        ({"choices": ("left",)}, "choices"),
        ({"round_complete": False, "choices": ("x" * 257,)}, "choices"),
        ({"round_complete": False, "choices": ("x",) * 257}, "choices"),
        ({"presentation": bytes(64 * 1024 + 1)}, "presentation"),
        ({"state": bytes(64 * 1024 + 1)}, "state"),
        ({"record": bytes(64 * 1024 + 1)}, "record"),
    ],
)
def test_what_breaks_the_contract_is_named(fields, named):
    with pytest.raises(AdapterContractBroken) as refused:
        check(replace(SOUND, **fields))

    assert refused.value.facts["field"] == named
