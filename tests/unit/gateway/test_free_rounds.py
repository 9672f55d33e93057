"""Grants of free rounds: one key, one grant; what is not certain is asked again; every win under it is counted."""

from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from adapters.contract import errors as adapter_errors
from adapters.contract.free_rounds import FreeRoundsGrant, GrantReport, GrantStatus
from adapters.contract.ids import BrandId, GrantId, PlayerId, ProviderId, TransactionId
from adapters.contract.manifest import Capability, SettlementMode
from adapters.contract.wallet_calls import Action, ActionKind, Certainty, WalletCall
from gateway.errors import (
    CapabilityNotSupported,
    GameNotEnabled,
    GameUnknown,
    GrantNotFound,
    IdempotencyKeyReused,
    InvalidRequest,
    PlayerNotFound,
    ProviderRefused,
)
from gateway.free_rounds.book import FreeRoundsBook
from gateway.free_rounds.desk import FreeRoundsDesk
from gateway.free_rounds.grant_steps import GrantSteps
from gateway.free_rounds.records import FreeRoundsStatus, GrantFreeRounds
from gateway.rounds.free_bets import apply_under_grants
from gateway.rounds.ports import AccountRef
from gateway.storage.database import migrate, open_engine
from gateway.storage.free_rounds_store import SqlFreeRoundsStore
from tests.support.builders import GAME_ID, a_game, a_manifest
from tests.support.fakes import FakeAdapter, FakeCatalogue, FakeClock, FakeRegistry, FakeWallet


class Studio(FakeAdapter):
    """A provider that knows grants by ids of its own, and answers, refuses or goes silent as a test says."""

    def __init__(self, manifest: Any) -> None:
        super().__init__(manifest, (a_game(), a_game(game_id="other")))
        self.grants: dict[str, GrantStatus] = {}
        self.asked_for: list[FreeRoundsGrant] = []
        self.played_count = self.win_micros = 0
        self.before: Exception | None = None
        self.after: Exception | None = None

    def _report(self, grant_id: str, *, made: bool = False) -> GrantReport:
        if self.before is not None:
            raise self.before
        name = grant_id if grant_id.startswith("theirs-") else f"theirs-{grant_id}"
        if made:
            self.grants.setdefault(name, GrantStatus.ACTIVE)
        if self.after is not None:
            raise self.after
        status = self.grants.get(name, GrantStatus.NOT_FOUND)
        return GrantReport(GrantId(grant_id), status, self.played_count, self.win_micros, provider_grant_id=name)

    async def grant_free_rounds(self, grant: FreeRoundsGrant) -> GrantReport:
        self.asked_for.append(grant)
        return self._report(grant.grant_id, made=True)

    async def cancel_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        name = self._report(grant_id).provider_grant_id
        if name in self.grants:
            self.grants[name] = GrantStatus.CANCELLED
        return self._report(grant_id)

    async def get_free_rounds(self, brand_id: BrandId, grant_id: GrantId) -> GrantReport:
        return self._report(grant_id)


class House:
    """Everything that a grant touches."""

    def __init__(self, store: SqlFreeRoundsStore) -> None:
        self.clock = FakeClock()
        manifest = a_manifest(SettlementMode.PROVIDER_DRIVEN, capabilities=frozenset({Capability.FREE_ROUNDS}))
        self.studio = Studio(manifest)
        self.catalogue, self.wallet, self.store = FakeCatalogue(self.studio), FakeWallet(self.clock), store
        self.account = AccountRef("brand-1", "player-1", "EUR")
        self.wallet.fund(self.account, 10_000_000)
        self.book = FreeRoundsBook(store, self.clock)
        self.restart()

    def restart(self) -> None:
        registry = FakeRegistry(self.studio)
        steps = GrantSteps(self.store, self.wallet, registry, self.clock, 1.0, 60.0)
        self.desk = FreeRoundsDesk(self.store, self.wallet, steps, self.catalogue, self.clock)

    def wanted(self, **fields: Any) -> GrantFreeRounds:
        until_ms = 1_700_000_000_000 + 86_400_000
        return replace(
            GrantFreeRounds("brand-1", "g1", "player-1", "EUR", (GAME_ID,), 1_000_000, 3, None, until_ms), **fields
        )

    async def status(self, grant_id: str = "g1") -> FreeRoundsStatus:
        stored = await self.store.get("brand-1", grant_id)
        assert stored is not None
        return stored.status

    async def call(self, kind: ActionKind, key: str, grant_id: str, micros: int = 1_000_000) -> Any:
        action = Action(kind, TransactionId(key), micros, grant_id=GrantId(grant_id))
        call = WalletCall(BrandId("brand-1"), PlayerId("player-1"), "EUR", ProviderId("acme"), (action,))
        return await apply_under_grants(self.book, call, self.wallet.apply)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
    await migrate(engine)
    yield House(SqlFreeRoundsStore(engine))
    await engine.dispose()


async def test_a_grant_is_given_to_the_wallet_and_confirmed_by_its_provider(house: House) -> None:
    view, replayed = await house.desk.grant(house.wanted())

    assert (view.free_rounds.status, view.free_rounds.provider_grant_id, replayed) == ("active", "theirs-g1", False)
    assert house.studio.asked_for[0].game_ids == ("fruit",)
    assert house.wallet.grants["g1"].game_ids == (GAME_ID,)


async def test_a_repeat_is_answered_without_asking_again(house: House) -> None:
    first, _ = await house.desk.grant(house.wanted())

    again, replayed = await house.desk.grant(house.wanted())

    assert (again, replayed, len(house.studio.asked_for)) == (first, True, 1)


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", 4), ("stake_micros", 2_000_000), ("player_id", "player-2"), ("game_ids", ("acme:other",))],
)
async def test_the_same_key_with_other_content_is_a_conflict(house: House, field: str, value: Any) -> None:
    await house.desk.grant(house.wanted())

    with pytest.raises(IdempotencyKeyReused):
        await house.desk.grant(house.wanted(**{field: value}))

    assert len(house.studio.grants) == 1


@pytest.mark.parametrize("lost", [adapter_errors.OutcomeUnknown("cut"), KeyError("bug"), TimeoutError()])
async def test_a_lost_answer_is_pending_until_the_same_key_is_answered(house: House, lost: Exception) -> None:
    house.studio.after = lost
    view, _ = await house.desk.grant(house.wanted())
    house.studio.after = None
    house.restart()
    house.clock.pass_ms(10_000)

    await house.desk.advance_due()

    assert view.free_rounds.status is FreeRoundsStatus.PENDING
    assert await house.status() is FreeRoundsStatus.ACTIVE
    assert len(house.studio.grants) == 1


async def test_a_refusal_of_the_repeat_is_held_against_what_the_provider_knows(house: House) -> None:
    house.studio.after = adapter_errors.OutcomeUnknown("cut")
    await house.desk.grant(house.wanted())
    house.studio.after = None
    house.clock.pass_ms(10_000)
    grant = house.studio.grant_free_rounds

    async def refuses(_: FreeRoundsGrant) -> GrantReport:
        raise adapter_errors.ProviderRefused("exists already")

    house.studio.grant_free_rounds = refuses  # type: ignore[method-assign]  # a provider without idempotency
    await house.desk.advance_due()
    house.studio.grant_free_rounds = grant  # type: ignore[method-assign]  # as it was

    assert await house.status() is FreeRoundsStatus.ACTIVE


async def test_a_certain_refusal_is_the_answer_for_ever_and_ends_the_free_bets(house: House) -> None:
    house.studio.before = adapter_errors.ProviderRefused("no such stake")
    for _ in range(2):
        with pytest.raises(ProviderRefused):
            await house.desk.grant(house.wanted())

    assert house.wallet.cancelled_grants == {"g1"}
    assert len(house.studio.asked_for) == 1


async def test_a_provider_that_is_down_is_asked_with_growing_pauses(house: House) -> None:
    house.studio.before = adapter_errors.ProviderUnavailable("down")
    await house.desk.grant(house.wanted())
    asked_ms = []
    for _ in range(40):
        house.clock.pass_ms(1_000)
        before = len(house.studio.asked_for)
        await house.desk.advance_due()
        if len(house.studio.asked_for) > before:
            asked_ms.append(house.clock.now_ms())

    assert [later - earlier for earlier, later in pairwise(asked_ms)] == [
        2_000,
        4_000,
        8_000,
        16_000,
    ]


async def test_a_cancel_whose_answer_is_lost_goes_on_until_it_is_certain(house: House) -> None:
    await house.desk.grant(house.wanted())
    house.studio.before = adapter_errors.OutcomeUnknown("cut")
    view = await house.desk.cancel("brand-1", "g1")
    assert view.free_rounds.status is FreeRoundsStatus.CANCELLING
    house.studio.before = None
    house.clock.pass_ms(10_000)

    await house.desk.advance_due()

    assert await house.status() is FreeRoundsStatus.CANCELLED
    assert house.wallet.cancelled_grants == {"g1"}


async def test_a_cancel_that_the_provider_refuses_leaves_the_grant(house: House) -> None:
    await house.desk.grant(house.wanted())
    house.studio.before = adapter_errors.ProviderRefused("already claimed")

    with pytest.raises(ProviderRefused):
        await house.desk.cancel("brand-1", "g1")

    assert await house.status() is FreeRoundsStatus.ACTIVE


async def test_a_providers_equal_grant_is_not_counted_as_two_of_ours(house: House) -> None:
    await house.desk.grant(house.wanted())
    report = house.studio._report("g1")

    async def merges(_: FreeRoundsGrant) -> GrantReport:
        return report

    house.studio.grant_free_rounds = merges  # type: ignore[method-assign]  # a provider that takes equal for the same

    with pytest.raises(ProviderRefused):
        await house.desk.grant(house.wanted(grant_id="g2"))

    assert house.wallet.cancelled_grants == {"g2"}


async def test_calls_name_the_providers_id_and_the_wallet_counts_under_ours(house: House) -> None:
    await house.desk.grant(house.wanted())

    await house.call(ActionKind.BET, "b1", "theirs-g1")
    for _ in range(2):
        await house.call(ActionKind.WIN, "w1", "theirs-g1", 700_000)

    assert [call.actions[0].grant_id for call in house.wallet.calls] == ["g1", None, None]
    assert (await house.desk.get("brand-1", "g1")).win_micros == 700_000


async def test_a_free_bet_before_its_grant_is_confirmed_is_uncertain_and_its_win_is_paid(house: House) -> None:
    house.studio.after = adapter_errors.OutcomeUnknown("cut")
    await house.desk.grant(house.wanted())

    bet = await house.call(ActionKind.BET, "b1", "theirs-g1")
    promo = await house.call(ActionKind.PROMO_WIN, "p1", "theirs-g1")

    assert bet.certainty is Certainty.UNCERTAIN
    assert promo.accepted
    assert len(house.wallet.calls) == 1


async def test_a_grant_that_is_none_of_ours_is_the_wallets_to_judge(house: House) -> None:
    await house.call(ActionKind.BET, "b1", "foreign")

    assert house.wallet.calls[0].actions[0].grant_id == "foreign"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"game_ids": ("acme:none",)}, GameUnknown),
        ({"player_id": "nobody"}, PlayerNotFound),
        ({"valid_until_ms": 1_600_000_000_000}, InvalidRequest),
    ],
)
async def test_a_grant_that_cannot_be_is_refused_and_nothing_is_asked(
    house: House, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await house.desk.grant(house.wanted(**fields))

    assert (house.studio.asked_for, await house.store.get("brand-1", "g1")) == ([], None)


async def test_games_that_are_off_or_give_no_free_rounds_are_refused(house: House) -> None:
    house.catalogue.off[GAME_ID] = "regulator"
    with pytest.raises(GameNotEnabled):
        await house.desk.grant(house.wanted())
    house.catalogue.off.clear()
    house.studio.manifest = replace(house.studio.manifest, capabilities=frozenset())
    house.catalogue = FakeCatalogue(house.studio)
    house.restart()
    with pytest.raises(CapabilityNotSupported):
        await house.desk.grant(house.wanted())


async def test_pages_of_grants_follow_each_other_and_belong_to_their_filter(house: House) -> None:
    for number in range(5):
        house.clock.pass_ms(number % 2)
        await house.desk.grant(house.wanted(grant_id=f"g{number}"))
    seen, token = [], ""
    while True:
        views, token = await house.desk.list("brand-1", "player-1", "", 2, token)
        seen += [view.free_rounds.grant_id for view in views]
        if not token:
            break

    assert seen == ["g4", "g3", "g2", "g1", "g0"]
    _, token = await house.desk.list("brand-1", "player-1", "", 2, "")
    with pytest.raises(InvalidRequest):
        await house.desk.list("brand-1", "player-2", "", 2, token)
    with pytest.raises(GrantNotFound):
        await house.desk.get("brand-1", "unknown")


async def test_a_total_that_differs_from_the_booked_wins_is_told_until_it_does_so_no_more(house: House) -> None:
    """A series without calls: SOFTSWISS and A8R tell its total alone."""
    await house.desk.grant(house.wanted())
    house.studio.grants["theirs-g1"] = GrantStatus.FINISHED
    house.studio.played_count, house.studio.win_micros = 3, 5_000_000

    early = await house.desk.get("brand-1", "g1")
    await house.call(ActionKind.PROMO_WIN, "series", "theirs-g1", 5_000_000)
    later = await house.desk.get("brand-1", "g1")

    assert (early.free_rounds.status, early.played_count) == ("finished", 3)
    assert early.free_rounds.cause == (
        "differs from the ledger: the provider says that 5000000 micros were won, 0 are booked"
    )
    assert (later.free_rounds.cause, later.win_micros) == ("", 5_000_000)


@pytest.mark.parametrize("said", [4, -1])
async def test_a_count_beyond_the_grant_is_told_and_not_believed(house: House, said: int) -> None:
    await house.desk.grant(house.wanted())
    house.studio.played_count = 2
    await house.desk.get("brand-1", "g1")
    house.studio.played_count = said

    view = await house.desk.get("brand-1", "g1")

    assert (view.free_rounds.status, view.played_count) == ("active", 2)
    assert view.free_rounds.cause == f"differs from the ledger: the provider counts {said} rounds of 3"


async def test_a_count_beyond_the_grant_is_not_believed_when_it_is_confirmed(house: House) -> None:
    house.studio.played_count = 99

    view, _ = await house.desk.grant(house.wanted())

    assert (view.free_rounds.status, view.played_count) == ("active", 0)


async def test_a_count_that_is_not_that_of_the_placed_free_bets_is_told_and_theirs_counts(house: House) -> None:
    await house.desk.grant(house.wanted())
    await house.call(ActionKind.BET, "b1", "theirs-g1")
    house.studio.played_count = 2

    view = await house.desk.get("brand-1", "g1")

    assert view.played_count == 1
    assert view.free_rounds.cause == "differs from the ledger: the provider counts 2 rounds, 1 were placed"


async def test_a_provider_that_tells_no_total_is_held_to_none(house: House) -> None:
    await house.desk.grant(house.wanted())
    await house.call(ActionKind.PROMO_WIN, "series", "theirs-g1", 5_000_000)
    house.studio.grants["theirs-g1"] = GrantStatus.FINISHED

    assert (await house.desk.get("brand-1", "g1")).free_rounds.cause == ""
