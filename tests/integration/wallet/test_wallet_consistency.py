"""32 concurrent clients on several wallet processes' worth of PostgreSQL: every account's history is linearizable."""

from dataclasses import replace

import pytest

from tests.support.linearizable import Seen, violations
from tests.support.wallet_load import Play, Sent, check, open_players, report
from tests.support.wallets import BRAND, CURRENCY
from wallet.bootstrap import open_wallet
from wallet.ledger.types import Command, Reply
from wallet.settlement.wallet import Wallet

READ_EVERY = 4


async def look(wallet: Wallet, play: Play, player_id: str) -> Seen:
    """Read a balance, as one more operation of the history."""
    began = play.tick()
    account = await wallet.account((BRAND, player_id, CURRENCY))
    assert account is not None
    return Seen(account.key, began, play.tick(), account.sequence, account.cash_micros + account.bonus_micros)


@pytest.mark.slow
async def test_w13_the_history_of_32_clients_on_three_processes_is_linearizable(postgres_url: str) -> None:
    wallets = [await open_wallet(postgres_url) for _ in range(3)]
    await open_players(wallets[0], 5)
    play = Play(seed=11, client_count=32, player_count=5)
    calls = iter(range(10**9))
    reads: list[Seen] = []

    async def apply(command: Command) -> Reply:
        number = next(calls)
        if number % READ_EVERY == 0:
            reads.append(await look(wallets[number // READ_EVERY % 3], play, command.player_id))
        return await wallets[number % 3].apply(command)

    await play.run(apply, 640)
    rows = {}
    for player in range(5):
        token = ""
        while True:
            page = await wallets[0].transactions((BRAND, f"player-{player}", "EUR"), page_size=500, page_token=token)
            rows |= {row.key: row for row in page.items}
            token = page.next_token
            if not token:
                break
    for wallet in wallets:
        await wallet.aclose()

    assert violations(play.sent, rows, reads) == []
    checked = await check(postgres_url, play.sent)
    report(f"{len(play.sent)} operations and {len(reads)} reads of 32 clients, {checked} acknowledged, linearizable")
    assert checked == len(play.sent)
    assert len(reads) > 100
    assert all(sent.reply is not None for sent in play.sent)


async def test_the_checker_sees_a_history_that_is_not_linearizable(postgres_url: str) -> None:
    wallet = await open_wallet(postgres_url)
    await open_players(wallet, 1)
    play = Play(seed=12, client_count=1, player_count=1)
    await play.run(wallet.apply, 8)
    page = await wallet.transactions((BRAND, "player-0", "EUR"), page_size=500)
    await wallet.aclose()
    rows = {row.key: row for row in page.items}
    sent = [each for each in play.sent if each.reply is not None and each.reply.results[0].wallet_transaction_id]
    backwards = [Sent(each.command, each.reply, 1000 - each.ended, 1000 - each.began) for each in sent]

    assert violations(sent, rows) == []
    assert violations(backwards, rows) != []
    last = page.items[0]
    right = Seen(last.account_key, 2000, 2001, last.sequence, last.cash_micros)
    assert violations(sent, rows, [right]) == []
    assert violations(sent, rows, [replace(right, balance_micros=1)]) != []
    assert violations(sent, rows, [replace(right, sequence=1, balance_micros=page.items[-1].cash_micros)]) != []
    rows.pop(next(iter(rows)))
    assert violations(sent, rows) != []
