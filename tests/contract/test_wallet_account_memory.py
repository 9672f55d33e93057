"""Two wallets on one database: what each remembers of an account never decides about money that the other has moved."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.support.postgres import PostgresServer
from tests.support.wallets import BRAND, CURRENCY, EURO, deposit, rollback, spin
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import OutcomeCode
from wallet.ledger.state import LoadPlan
from wallet.settlement.group import Group
from wallet.settlement.wallet import Wallet
from wallet.settlement.writes import Writes

KEY = (BRAND, "player-1", CURRENCY)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'wallet.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@asynccontextmanager
async def two_wallets(database_url: str, funds_micros: int) -> AsyncIterator[tuple[Wallet, Wallet]]:
    first, second = await open_wallet(database_url), await open_wallet(database_url)
    try:
        await first.open_account(KEY)
        assert (await first.apply(deposit("d1", funds_micros))).accepted
        yield first, second
    finally:
        await first.aclose()
        await second.aclose()


async def test_w13_players_who_move_between_processes_never_spend_what_is_gone(database_url: str) -> None:
    async with two_wallets(database_url, 10 * EURO) as (first, second):
        replies = []
        for number in range(12):
            replies += [await wallet.apply(spin(f"{name}{number}", EURO, 0)) for name, wallet in
                        (("a", first), ("b", second))]  # fmt: skip
        account = await first.account(KEY)

    codes = [reply.results[0].code for reply in replies]
    assert codes == [OutcomeCode.OK] * 10 + [OutcomeCode.INSUFFICIENT_FUNDS] * 14
    assert account is not None
    assert account.cash_micros == 0


async def test_w13_money_that_another_process_took_in_is_there_for_the_next_spin(database_url: str) -> None:
    async with two_wallets(database_url, 2 * EURO) as (first, second):
        assert (await first.apply(spin("r1", 2 * EURO, 0))).accepted
        assert (await second.apply(deposit("d2", 5 * EURO))).accepted

        reply = await first.apply(spin("r2", 5 * EURO, EURO))

    assert reply.accepted
    assert reply.balance_micros == EURO


async def test_w13_two_processes_at_once_on_few_players_lose_nothing(database_url: str) -> None:
    async with two_wallets(database_url, 1_000 * EURO) as (first, second):

        async def play(name: str, wallet: Wallet) -> list[bool]:
            return [(await wallet.apply(spin(f"{name}-{number}", EURO, EURO // 2))).accepted for number in range(25)]

        answers = await asyncio.gather(*(play(f"{n}", (first, second)[n % 2]) for n in range(8)))
        account = await second.account(KEY)

    assert all(accepted for some in answers for accepted in some)
    assert account is not None
    assert account.cash_micros == 1_000 * EURO - 200 * (EURO // 2)
    assert account.sequence == 2 + 400


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many accounts each group asked its database for."""
    counts: list[int] = []
    next_plan = Group.next_plan

    def counted(self: Group) -> LoadPlan:
        plan = next_plan(self)
        counts.append(len(plan.accounts))
        return plan

    monkeypatch.setattr(Group, "next_plan", counted)
    return counts


async def test_what_another_process_wrote_to_the_file_is_seen_before_a_spin_is_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decided: list[Group] = []
    decide = Group.decide

    def counted(self: Group) -> Writes | None:
        decided.append(self)
        return decide(self)

    async with two_wallets(f"sqlite:///{tmp_path / 'wallet.db'}", 100 * EURO) as (first, second):
        await first.apply(spin("r1", EURO, 0))
        await second.apply(spin("r2", EURO, 0))
        monkeypatch.setattr(Group, "decide", counted)
        reply = await first.apply(spin("r3", EURO, 0))

    assert reply.balance_micros == 97 * EURO
    assert len(decided) == 1


async def test_a_player_who_stays_is_read_once(database_url: str, asked: list[int]) -> None:
    async with two_wallets(database_url, 100 * EURO) as (first, _):
        await first.apply(spin("r0", EURO, 0))
        asked.clear()
        for turn in range(5):  # three at once: one goes alone, two make a group
            await asyncio.gather(*(first.apply(spin(f"r{turn}-{number}", EURO, 0)) for number in range(3)))

    assert asked
    assert sum(asked) == 0


async def test_w27_behind_a_new_connection_nothing_is_remembered(
    postgres: PostgresServer, postgres_url: str, asked: list[int]
) -> None:
    wallet = await open_wallet(postgres_url, writer_count=1)
    for player_id in ("ann", "bob"):
        await wallet.open_account((BRAND, player_id, CURRENCY))
        await wallet.apply(deposit(f"d-{player_id}", 100 * EURO, player_id))
    name = make_url(postgres_url).database
    await asyncio.to_thread(
        postgres.execute, f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
    )
    await wallet.apply(spin("r1", EURO, 0, "ann"))
    asked.clear()

    reply = await wallet.apply(spin("r2", EURO, 0, "bob"))
    await wallet.aclose()

    assert reply.accepted
    assert sum(asked) == 1


async def test_w06_a_remembered_account_does_not_hide_a_tombstone(database_url: str) -> None:
    async with two_wallets(database_url, 100 * EURO) as (first, second):
        await first.apply(spin("r1", EURO, 0))
        await second.apply(rollback("undo", "r2"))

        reply = await first.apply(spin("r2", EURO, 7 * EURO))
        account = await first.account(KEY)

    assert reply.results[0].code is OutcomeCode.ROLLED_BACK
    assert account is not None
    assert account.cash_micros == 99 * EURO
