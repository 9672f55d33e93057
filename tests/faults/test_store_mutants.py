"""Planted mutants of the real stores: each must be caught by play from two sides and the final check."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from tests.support.postgres import PostgresServer
from tests.support.store_mutants import MUTANTS, Mutant
from tests.support.wallet_load import Play, Sent, check, open_players
from tests.support.wallets import BRAND, CURRENCY, EURO, bet, deposit, rollback, spin
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import AccountStatus, OutcomeCode
from wallet.settlement.account_memory import AccountMemory
from wallet.settlement.wallet import Wallet
from wallet.storage.addresses import parse_address
from wallet.storage.migrate import migrate

MUTANTS_MIN = 5
TRIES = 4
FLIPS = 12
NewDatabase = Callable[[], str]


@pytest.fixture(scope="module")
def template(postgres: PostgresServer) -> str:
    """A migrated database to copy."""
    name = postgres.create_database()
    thread_run(lambda: migrate(parse_address(postgres.dsn(name))))
    return name


@pytest.fixture
def new_database(
    request: pytest.FixtureRequest, tmp_path: Path, template: str, postgres: PostgresServer
) -> Iterator[NewDatabase]:
    made: list[str] = []

    def sqlite() -> str:
        made.append(f"sqlite:///{tmp_path}/wallet-{len(made)}.db")
        return made[-1]

    def on_postgres() -> str:
        made.append(postgres.create_database(template))
        return postgres.dsn(made[-1])

    is_postgres = request.param == "postgres"
    yield on_postgres if is_postgres else sqlite
    for name in made if is_postgres else ():
        postgres.drop_database(name)


def thread_run(*works: Callable[[], Coroutine[Any, Any, Any]]) -> list[Any]:
    """Run each of ``works`` on an event loop and in a thread of its own; return their answers, or raise."""
    answers: list[Any] = [None] * len(works)

    def run(place: int) -> None:
        try:
            answers[place] = asyncio.run(works[place]())
        except BaseException as error:  # noqa: BLE001 - raised again below
            answers[place] = error

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return answers


async def a_refusal_stays(wallet: Wallet) -> None:
    await wallet.apply(bet("dear", 1_000 * EURO, "round-dear", "player-0"))
    await wallet.apply(deposit("riches", 2_000 * EURO, "player-0"))
    assert (await wallet.apply(bet("dear", 1_000 * EURO, "round-dear", "player-0"))).code is not OutcomeCode.OK


async def a_key_has_one_owner(wallet: Wallet) -> None:
    await wallet.apply(bet("mine", EURO, "round-mine", "player-0"))
    assert (await wallet.apply(bet("mine", EURO, "round-mine", "player-1"))).code is OutcomeCode.KEY_REUSED


async def a_spin_meets_keys_that_are_taken(wallet: Wallet) -> None:
    await wallet.apply(rollback("undo", "dead", "player-0"))
    await wallet.apply(bet("owned", EURO, "round-owned", "player-0"))
    assert (await wallet.apply(spin("dead", EURO, 7 * EURO, "player-0"))).code is not OutcomeCode.OK
    assert (await wallet.apply(spin("owned", EURO, 7 * EURO, "player-1"))).code is OutcomeCode.KEY_REUSED


async def an_operator_blocks_and_opens(url: str) -> None:
    """While the others play: what the operator was told is what stands."""
    wallet = await open_wallet(url)
    key = (BRAND, "player-3", CURRENCY)
    try:
        for turn in range(FLIPS):
            status = AccountStatus.OPEN if turn % 2 else AccountStatus.BLOCKED
            await wallet.set_status(key, status, "desk", "test")
            for _ in range(3):
                account = await wallet.account(key)
                assert account is not None
                assert account.status == status, "what an operator decided was overwritten"
    finally:
        await wallet.aclose()


async def play(url: str, seed: int) -> list[Sent]:
    wallet = await open_wallet(url)
    try:
        load = Play(seed=seed, client_count=8, tries_max=6)
        await load.run(wallet.apply, 80)
    finally:
        await wallet.aclose()
    return load.sent


def battery(url: str, seed: int) -> None:
    """Everything that a wrong store must trip over."""

    async def alone() -> None:
        wallet = await open_wallet(url)
        try:
            await open_players(wallet, 4)
            await a_refusal_stays(wallet)
            await a_key_has_one_owner(wallet)
            await a_spin_meets_keys_that_are_taken(wallet)
        finally:
            await wallet.aclose()

    thread_run(alone)
    first, second, _ = thread_run(
        lambda: play(url, 2 * seed), lambda: play(url, 2 * seed + 1), lambda: an_operator_blocks_and_opens(url)
    )
    thread_run(lambda: check(url, first + second))


def drop_the_unique_key(url: str, postgres: PostgresServer) -> None:
    if url.startswith("sqlite"):
        thread_run(lambda: migrate(parse_address(url)))
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute("drop index journal_key")
        connection.close()
    else:
        postgres.execute("drop index journal_key", make_url(url).database or "")


@pytest.mark.slow
@pytest.mark.parametrize("new_database", ["sqlite", "postgres"], indirect=True)
def test_the_right_store_passes_the_battery(new_database: NewDatabase) -> None:
    battery(new_database(), 1)


@pytest.mark.slow
@pytest.mark.parametrize("new_database", ["sqlite", "postgres"], indirect=True)
def test_nothing_rests_on_the_memory_being_right(new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is stale meets the versions on PostgreSQL, on SQLite the sequences of the journal, after a run in vain."""
    for forgetting in ("forget", "forget_all", "pause"):
        monkeypatch.setattr(AccountMemory, forgetting, lambda *_: None)
    battery(new_database(), 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("new_database", "name"),
    [(store, name) for name, mutant in MUTANTS.items() for store in mutant.stores],
    indirect=["new_database"],
)
def test_a_planted_mutant_of_the_store_is_caught(
    name: str, new_database: NewDatabase, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant: Mutant = replace(MUTANTS[name])
    mutant.plant(monkeypatch)

    def survives(seed: int) -> bool:
        url = new_database()
        if not mutant.key_is_unique:
            drop_the_unique_key(url, postgres)
        if not mutant.sequence_is_unique and url.startswith("postgresql"):
            postgres.execute("alter table journal drop constraint journal_pkey", make_url(url).database or "")
        try:
            battery(url, seed)
        except AssertionError:
            return False
        return True

    assert not all(survives(seed) for seed in range(TRIES)), f"the store mutant {name!r} survived"
    assert mutant.is_planted


def test_there_are_enough_mutants_of_the_store() -> None:
    assert len(MUTANTS) >= MUTANTS_MIN
