"""What was dealt replays from what is stored, byte for byte; what was changed is found."""

from dataclasses import replace

import pytest

from gateway.errors import CapabilityNotSupported, RoundNotFound
from gateway.rounds.ports import RoundRef
from gateway.rounds.records import StepRecord
from gateway.rounds.verify_round import VerifyRound
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, FakeRegistry


class Tampering:
    """The wallet with the stored outcome of a round changed."""

    def __init__(self, wallet, **fields):
        self._wallet = wallet
        self._fields = fields

    async def get_round(self, ref):
        stored = await self._wallet.get_round(ref)
        return replace(stored, transactions=tuple(map(self._changed, stored.transactions)))

    def _changed(self, row):
        if row.kind.value != "win":
            return row
        record = StepRecord.decode(row.detail)._replace(**self._fields)
        return replace(row, detail=record.encode())


@pytest.fixture
async def played(served, seat):
    """Play until every kind of round was seen: with and without a win."""
    for number in range(20):
        reply = await seat.spin(f"r{number}")
        step = reply
        while step.status == 1:
            step = await seat.spin(f"r{number}", step=step.step + 1, stake=None)
    return served


async def test_rounds_replay_byte_for_byte(played):
    verifier = VerifyRound(played.gateway.registry, played.gateway.wallet)

    for number in range(20):
        verified = await verifier(await verifier.find(["nobody", "demo"], f"r{number}"))
        assert verified.holds, verified.steps


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"win_micros": 1}, "win_micros"),
        ({"presentation": b"{}"}, "presentation"),
        ({"record": b"{}"}, "record"),
        ({"choices": ("x",)}, "choices"),
    ],
)
async def test_what_was_changed_is_named(played, fields, named):
    verifier = VerifyRound(played.gateway.registry, Tampering(played.gateway.wallet, **fields))

    verified = await verifier(RoundRef("demo", "player-1", "reelgate", "r0"))

    assert not verified.holds
    assert any(difference.startswith(named) for difference in verified.steps[0].differences)


async def test_an_unknown_round_is_not_found(served):
    with pytest.raises(RoundNotFound):
        await VerifyRound(served.gateway.registry, served.gateway.wallet).find(["demo"], "nothing")


async def test_what_another_deals_cannot_be_replayed_here(served):
    registry = FakeRegistry(FakeAdapter(a_manifest(), (a_game(),)))

    with pytest.raises(CapabilityNotSupported):
        await VerifyRound(registry, served.gateway.wallet)(RoundRef("demo", "p", "acme", "r"))
