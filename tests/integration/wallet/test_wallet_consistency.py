"""32 concurrent clients on several wallet processes' worth of PostgreSQL: every account's history is linearizable."""

import pytest

from tests.support.linearizable import violations
from tests.support.wallet_load import Play, Sent, check, open_players, report
from tests.support.wallets import BRAND
from wallet.bootstrap import open_wallet
from wallet.ledger.types import Command, Reply


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_w13_the_history_of_32_clients_on_three_processes_is_linearizable(postgres_url: str) -> None:
    wallets = [await open_wallet(postgres_url) for _ in range(3)]
    await open_players(wallets[0], 5)
    play = Play(seed=11, client_count=32, player_count=5)
    calls = iter(range(10**9))

    async def apply(command: Command) -> Reply:
        return await wallets[next(calls) % 3].apply(command)

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

    assert violations(play.sent, rows) == []
    checked = await check(postgres_url, play.sent)
    report(f"{len(play.sent)} operations of 32 clients, {checked} acknowledged, linearizable")
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
    rows.pop(next(iter(rows)))
    assert violations(sent, rows) != []
