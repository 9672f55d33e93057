"""Clients that play, remember what they were told and repeat what they were not sure of; and the final check."""

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from tests.support.wallets import BRAND, CURRENCY, EURO, bet, deposit, rollback, spin, win
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import ActionKind, Certainty, OutcomeCode
from wallet.ledger.types import ActionResult, Command, Reply
from wallet.settlement.wallet import Wallet
from wallet.storage.addresses import parse_address
from wallet.storage.snapshot import audit_database

Apply = Callable[[Command], Awaitable[Reply]]
START_MICROS = 50 * EURO


@dataclass
class Sent:
    """One command as a client saw it: sent, answered (or not), when, in the client's order of events."""

    command: Command
    reply: Reply | None = None
    began: int = 0
    ended: int = 0
    try_count: int = 0


@dataclass
class Play:
    """A seeded load of several clients on several players; ``sent`` is the recorded history."""

    seed: int
    client_count: int = 8
    player_count: int = 4
    tries_max: int = 30
    pause_s: float = 0.02
    spins_only: bool = False
    sent: list[Sent] = field(default_factory=list)
    stopping: bool = False
    _tick: int = 0

    def tick(self) -> int:
        """Return the next moment."""
        self._tick += 1
        return self._tick

    async def run(self, apply: Apply, commands_max: int) -> None:
        """Play until every client has sent its commands or ``stopping``."""
        share = commands_max // self.client_count
        await asyncio.gather(*(self._client(apply, number, share) for number in range(self.client_count)))

    async def _client(self, apply: Apply, number: int, share: int) -> None:
        rng = random.Random(f"{self.seed}/{number}")
        for turn in range(share):
            if self.stopping:
                return
            turns = spin_turn if self.spins_only else turn_commands
            for command in turns(rng, f"s{self.seed}.c{number}.t{turn}", self.player_count):
                sent = await self.send(apply, command)
                if sent.reply is None or not sent.reply.accepted:
                    break

    async def send(self, apply: Apply, command: Command) -> Sent:
        """Send a command, and again while the answer is uncertain."""
        sent = Sent(command, began=self.tick())
        self.sent.append(sent)
        while sent.try_count < self.tries_max and not self.stopping:
            sent.try_count += 1
            reply = await apply(command)
            if reply.certainty is Certainty.CERTAIN and reply.results:
                sent.reply = reply
                break
            await asyncio.sleep(self.pause_s)
        sent.ended = self.tick()
        return sent


def turn_commands(rng: random.Random, name: str, player_count: int) -> list[Command]:
    """Return what a client sends in one turn."""
    player_id = f"player-{rng.randrange(player_count)}"
    stake = rng.choice((1, 2, 5, 40)) * EURO
    match rng.randrange(6):
        case 0 | 1:
            return [spin(name, stake, rng.choice((0, 0, stake, 3 * stake)), player_id)]
        case 2:
            return [bet(f"{name}.b", stake, name, player_id), win(f"{name}.w", stake, name, player_id, close=True)]
        case 3:
            return [bet(f"{name}.b", stake, name, player_id), rollback(f"{name}.r", f"{name}.b", player_id, name)]
        case 4:
            return [rollback(f"{name}.r", f"{name}.b", player_id, name), bet(f"{name}.b", stake, name, player_id)]
        case _:
            return [deposit(f"{name}.d", rng.choice((1, 10)) * EURO, player_id)]


def spin_turn(rng: random.Random, name: str, player_count: int) -> list[Command]:
    """Return a spin, now and then twice."""
    stake = rng.choice((1, 2)) * EURO
    command = spin(name, stake, rng.choice((0, stake, 2 * stake)), f"player-{rng.randrange(player_count)}")
    return [command] * rng.choice((1, 1, 1, 1, 1, 2))


async def open_players(wallet: Wallet, player_count: int) -> None:
    """Open the players' accounts and fund them."""
    for number in range(player_count):
        await wallet.open_account((BRAND, f"player-{number}", CURRENCY))
        await wallet.apply(deposit(f"start-{number}", START_MICROS, f"player-{number}"))


def essence(results: Iterable[ActionResult]) -> list[tuple[object, ...]]:
    """Return what every repeat of an answer must have in common."""
    return [
        (result.code, result.transaction_id, result.wallet_transaction_id, result.amount_micros, result.balance_micros)
        for result in results
        if result.wallet_transaction_id
    ]


async def check(database_url: str, history: Iterable[Sent]) -> int:
    """Check the ledger against what clients were told; return how many answers were checked."""
    report = await audit_database(parse_address(database_url))
    assert report.findings == []
    wallet = await open_wallet(database_url)
    checked = 0
    try:
        for sent in history:
            checked += await _check_one(wallet, sent)
        players = {sent.command.player_id for sent in history}
        for player_id in players:
            account = await wallet.account((BRAND, player_id, CURRENCY))
            assert account is None or min(account.cash_micros, account.bonus_micros, account.reserved_micros) >= 0
    finally:
        await wallet.aclose()
    assert (await audit_database(parse_address(database_url))).findings == []
    return checked


async def _check_one(wallet: Wallet, sent: Sent) -> int:
    first, second = await wallet.apply(sent.command), await wallet.apply(sent.command)
    assert first.certainty is Certainty.CERTAIN
    assert essence(first.results) == essence(second.results), "two repeats of one key differ"
    if sent.reply is None:
        return 0
    if sent.reply.code is OutcomeCode.ROUND_IN_PROGRESS:
        return 1  # "not now" is not kept: the same key may be dealt later
    told = essence(sent.reply.results)
    if sent.command.actions[0].kind is ActionKind.BET:  # a bet that was refused stays refused
        assert first.code is sent.reply.code, f"{sent.command} was told {sent.reply.code}"
    assert essence(first.results)[: len(told)] == told, f"{sent.command} was told {told}"
    for result in sent.reply.results:
        if result.wallet_transaction_id:
            key = (BRAND, sent.command.provider_id, result.kind, result.transaction_id)
            row = await wallet.transaction(key)
            assert row is not None, f"{key} was acknowledged and is lost"
            assert row.wallet_transaction_id == result.wallet_transaction_id
            assert result.balance_micros is None or row.cash_micros + row.bonus_micros == result.balance_micros
    return 1


def report(words: str) -> None:
    """Print what a fault test did; shown with ``pytest -s``, and when it fails."""
    sys.stdout.write(words + "\n")
