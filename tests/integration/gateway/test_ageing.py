"""W25 in the gateway: old rounds are ended as agreed with their provider, through the port, on a virtual clock."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from adapters.contract.ids import AdapterId, BrandId, GameId, PlayerId, ProviderId, RoundId, TransactionId
from adapters.contract.manifest import Capability, Manifest, SettlementMode
from adapters.contract.money import Money
from adapters.contract.rounds import RoundReport, RoundStatus, SpinOutcome
from adapters.contract.wallet_calls import Action, ActionKind, WalletCall
from gateway.bootstrap.embedded_wallet import EmbeddedWallet
from gateway.provider_settings import AgeingRule, AgeingStepName
from gateway.rounds.ports import AccountRef, RoundRef, WalletRound
from gateway.rounds.resolve_round import ResolveRound
from gateway.storage.operator_store import Brand
from gateway.workers.ageing import AgeingTerms, AgeingWorker
from tests.support.builders import a_game, a_manifest
from tests.support.fakes import FakeAdapter, FakeClock, FakeRegistry
from wallet.bootstrap import open_wallet

DAY_MS = 86_400_000
EURO = 1_000_000
ACCOUNT = AccountRef("brand-1", "player-1", "EUR")
TELL = (AgeingRule(2 * DAY_MS, "escalate"),)
CANCEL = (AgeingRule(DAY_MS, "escalate"), AgeingRule(2 * DAY_MS, "cancel"))
CLOSE = (AgeingRule(2 * DAY_MS, "close"),)


@dataclass
class OneBrand:
    async def list_brands(self) -> list[Brand]:
        return [Brand("brand-1", "operator-1", "Brand")]


@dataclass
class House:
    """One provider that settles by itself, a real wallet, and a clock."""

    wallet: EmbeddedWallet
    clock: FakeClock
    rules: tuple[AgeingRule, ...] = TELL
    adapter: FakeAdapter = field(
        default_factory=lambda: FakeAdapter(
            a_manifest(SettlementMode.PROVIDER_DRIVEN, capabilities=frozenset()), (a_game(),)
        )
    )

    def worker(self, **adapters: FakeAdapter) -> AgeingWorker:
        """Return a worker as a fresh process makes it."""
        registry = FakeRegistry(self.adapter, *adapters.values())
        terms = AgeingTerms(TELL, {"acme": self.rules})
        resolve = ResolveRound(registry, self.wallet, self.clock)
        return AgeingWorker(self.wallet, registry, OneBrand(), resolve, self.clock, terms)

    def can_be_asked(self, mode: SettlementMode = SettlementMode.PROVIDER_DRIVEN) -> None:
        self.adapter.manifest = a_manifest(mode, capabilities=frozenset({Capability.ROUND_LOOKUP}))

    def reports(self, status: RoundStatus, win_micros: int | None = None) -> None:
        outcome = None if win_micros is None else SpinOutcome(RoundId("r1"), 0, Money("EUR", win_micros))
        self.adapter.reports["r1"] = RoundReport(RoundId("r1"), status, outcome)

    async def act(self, kind: ActionKind, name: str, micros: int, **fields: object) -> None:
        action = Action(kind, TransactionId(name), micros)
        play = kind in (ActionKind.BET, ActionKind.WIN)
        call = WalletCall(
            BrandId("brand-1"), PlayerId("player-1"), "EUR", ProviderId("acme"), (action,),
            GameId("acme:fruit") if play else None, RoundId("r1") if play else None, **fields,  # type: ignore[arg-type]  # a test names the fields
        )  # fmt: skip
        assert (await self.wallet.apply(call)).accepted

    async def micros(self) -> int:
        balance = await self.wallet.get_balance(ACCOUNT)
        assert balance is not None
        return balance.balance_micros

    async def is_closed(self) -> bool:
        stored = await self.wallet.get_round(REF)
        assert stored is not None
        return stored.closed

    async def told(self) -> list[str]:
        return [event.text for event in await self.wallet.round_timeline(REF) if event.author == "ageing"]


REF = RoundRef("brand-1", "player-1", "acme", "r1")


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = FakeClock()
    wallet = EmbeddedWallet(await open_wallet(f"sqlite:///{tmp_path}/wallet.db", clock.now_ms))
    house = House(wallet, clock)
    await wallet.open_account(ACCOUNT)
    await house.act(ActionKind.DEPOSIT, "d1", 100 * EURO)
    await house.act(ActionKind.BET, "b1", 10 * EURO)
    yield house
    await wallet.aclose()


async def test_w25_without_a_word_people_are_told_once_and_nothing_moves_also_after_a_restart(house: House) -> None:
    worker = house.worker()
    house.clock.pass_ms(2 * DAY_MS - 1)
    young = await worker.turn()
    house.clock.pass_ms(1)
    first, again = await worker.turn(), await worker.turn()
    house.clock.pass_ms(30 * DAY_MS)

    assert (dict(young), dict(first), dict(again)) == ({}, {"escalate": 1}, {})
    assert dict(await house.worker().turn()) == {}
    assert await house.micros() == 90 * EURO
    (told,) = await house.told()
    assert told.startswith("note by ageing: open and idle for 172800 s: nobody has ended it")


async def test_w25_people_are_told_again_when_the_round_has_moved_and_was_left_again(house: House) -> None:
    house.clock.pass_ms(2 * DAY_MS)
    await house.worker().turn()
    await house.act(ActionKind.BET, "b2", EURO)
    house.clock.pass_ms(2 * DAY_MS)

    assert dict(await house.worker().turn()) == {"escalate": 1}


@pytest.mark.parametrize(("rules", "step", "euros"), [(CANCEL, "cancel", 100), (CLOSE, "close", 90)])
async def test_w25_a_round_is_ended_as_agreed_with_its_provider_and_not_before(
    house: House, rules: tuple[AgeingRule, ...], step: str, euros: int
) -> None:
    house.rules = rules
    house.clock.pass_ms(2 * DAY_MS - 1)
    await house.worker().turn()
    early = await house.is_closed()
    house.clock.pass_ms(1)

    assert dict(await house.worker().turn()) == {step: 1}
    assert dict(await house.worker().turn()) == {}
    assert (early, await house.is_closed(), await house.micros()) == (False, True, euros * EURO)


async def test_w25_a_cancel_leaves_what_a_win_has_settled(house: House) -> None:
    house.rules = CANCEL
    await house.act(ActionKind.WIN, "w1", 5 * EURO)
    await house.act(ActionKind.BET, "b2", 3 * EURO)
    house.clock.pass_ms(2 * DAY_MS)

    assert dict(await house.worker().turn()) == {"cancel": 1}
    assert (await house.is_closed(), await house.micros()) == (True, 95 * EURO)


async def test_w25_a_round_that_its_player_can_finish_is_never_touched(house: House) -> None:
    house.rules = CANCEL
    await house.act(ActionKind.BET, "b2", EURO, round_state=b"free games left: 3")
    house.clock.pass_ms(9 * DAY_MS)

    assert dict(await house.worker().turn()) == {"escalate": 1}
    assert (await house.is_closed(), await house.micros()) == (False, 89 * EURO)
    assert "it waits for its player" in (await house.told())[0]


@pytest.mark.parametrize(
    ("status", "win", "step", "euros", "closed"),
    [
        (RoundStatus.RUNNING, None, "escalate", 90, False),
        (RoundStatus.NOT_FOUND, None, "cancel", 100, True),
        (RoundStatus.COMPLETED, 0, "close", 90, True),
        (RoundStatus.COMPLETED, 7 * EURO, "escalate", 90, False),
    ],
)
async def test_w25_a_provider_that_can_be_asked_is_asked_first(
    house: House, status: RoundStatus, win: int | None, step: str, euros: int, closed: bool
) -> None:
    house.rules = CLOSE
    house.can_be_asked()
    house.reports(status, win)
    house.clock.pass_ms(2 * DAY_MS)

    assert dict(await house.worker().turn()) == {step: 1}
    assert (await house.is_closed(), await house.micros()) == (closed, euros * EURO)


async def test_w25_a_provider_that_does_not_answer_keeps_its_round(house: House) -> None:
    house.rules = CANCEL
    house.can_be_asked()
    house.adapter.lookup_error = TimeoutError()
    house.clock.pass_ms(20 * DAY_MS)

    assert dict(await house.worker().turn()) == {"escalate": 1}
    assert await house.is_closed() is False


async def test_w25_a_round_of_a_provider_that_is_not_served_here_is_only_told_of(house: House) -> None:
    house.rules = CANCEL
    house.adapter.manifest = a_manifest(SettlementMode.PROVIDER_DRIVEN, provider_id=ProviderId("other"))
    house.clock.pass_ms(20 * DAY_MS)

    assert dict(await house.worker().turn()) == {"escalate": 1}
    assert await house.is_closed() is False


async def test_w25_two_workers_at_once_end_a_round_once(house: House) -> None:
    house.rules = CANCEL
    house.clock.pass_ms(2 * DAY_MS)

    for _ in range(2):
        stored = await house.wallet.get_round(REF)
        assert stored is not None
        assert await house.worker()._carry_out(stored, "cancel") == ("cancel", "")

    assert await house.micros() == 100 * EURO


class Silent(FakeAdapter):
    """A provider that takes a question and answers when it is told to."""

    def __init__(self, manifest: Manifest) -> None:
        super().__init__(manifest, ())
        self.answers = asyncio.Event()

    async def get_round(self, round_id: RoundId) -> RoundReport:
        self.asked.set()
        await self.answers.wait()
        return RoundReport(round_id, RoundStatus.RUNNING)


async def test_w25_a_provider_that_does_not_answer_holds_up_no_round_of_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.rules = CANCEL
    lookup = frozenset({Capability.ROUND_LOOKUP})
    manifest = a_manifest(SettlementMode.PROVIDER_DRIVEN, capabilities=lookup)
    silent = Silent(replace(manifest, adapter_id=AdapterId("silent-adapter"), provider_id=ProviderId("a-silent")))
    bet = Action(ActionKind.BET, TransactionId("s1"), EURO)
    ids = BrandId("brand-1"), PlayerId("player-1"), "EUR", ProviderId("a-silent")
    assert (await house.wallet.apply(WalletCall(*ids, (bet,), GameId("a-silent:fruit"), RoundId("s1")))).accepted
    house.clock.pass_ms(2 * DAY_MS)
    worker = house.worker(silent=silent)
    worker._terms = AgeingTerms(CANCEL, {"acme": CANCEL})
    ended, carry_out = asyncio.Event(), worker._carry_out

    async def carried_out(stored: WalletRound, step: AgeingStepName) -> tuple[AgeingStepName | None, str]:
        done = await carry_out(stored, step)
        ended.set()
        return done

    monkeypatch.setattr(worker, "_carry_out", carried_out)

    turn = asyncio.create_task(worker.turn())
    await asyncio.wait_for(silent.asked.wait(), 5)
    await asyncio.wait_for(ended.wait(), 5)
    held_up = not await house.is_closed()
    silent.answers.set()

    assert not held_up
    assert dict(await turn) == {"cancel": 1, "escalate": 1}


async def test_w25_nonsense_about_one_round_moves_nothing_and_ends_no_turn(house: House) -> None:
    house.rules = CANCEL
    house.can_be_asked()
    house.adapter.reports["r1"] = RoundReport(RoundId("r1"), RoundStatus.COMPLETED, {"win": 0})  # type: ignore[arg-type]  # that is the nonsense
    house.clock.pass_ms(2 * DAY_MS)

    assert dict(await house.worker().turn()) == {"escalate": 1}
    assert (await house.is_closed(), await house.micros()) == (False, 90 * EURO)
