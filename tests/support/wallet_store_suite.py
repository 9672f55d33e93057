"""The suite that every store keeps: a subclass gives ``database_url``, nothing else."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.wallets import BRAND, CURRENCY, EURO, PROVIDER, FakeClock, bet, command, deposit, rollback, spin, win
from wallet.bootstrap import open_wallet
from wallet.ledger.kinds import AccountStatus, ActionKind, Certainty, OutcomeCode
from wallet.ledger.limit_settings import RELAX_DELAY_MS
from wallet.ledger.types import Action, Command
from wallet.settlement.pages import PageTokenRefused
from wallet.settlement.ports import AccountRefused
from wallet.settlement.wallet import Wallet
from wallet.storage.addresses import parse_address
from wallet.storage.snapshot import audit_database

ACCOUNT = (BRAND, "player-1", CURRENCY)


class WalletStoreSuite:
    """Behaviour of a wallet on a real database."""

    @pytest.fixture
    def database_url(self, tmp_path: Path) -> str:
        raise NotImplementedError

    @pytest.fixture
    def clock(self) -> FakeClock:
        return FakeClock()

    @pytest.fixture
    async def wallet(self, database_url: str, clock: FakeClock) -> AsyncIterator[Wallet]:
        wallet = await open_wallet(database_url, clock.now_ms)
        await wallet.open_account(ACCOUNT)
        await wallet.apply(deposit("deposit-1", 100 * EURO))
        yield wallet
        await wallet.aclose()
        report = await audit_database(parse_address(database_url))
        assert report.findings == []

    @pytest.fixture
    async def second(self, wallet: Wallet, database_url: str, clock: FakeClock) -> AsyncIterator[Wallet]:
        """A second wallet process's worth on the same database."""
        second = await open_wallet(database_url, clock.now_ms)
        yield second
        await second.aclose()

    async def balance(self, wallet: Wallet, player_id: str = "player-1") -> int:
        account = await wallet.account((BRAND, player_id, CURRENCY))
        assert account is not None
        return account.cash_micros + account.bonus_micros

    async def test_a_spin_is_settled_in_one_call(self, wallet: Wallet) -> None:
        reply = await wallet.apply(spin("round-1", 2 * EURO, 5 * EURO, detail=b"\x00reels\xff"))

        assert reply.certainty is Certainty.CERTAIN
        assert [result.balance_micros for result in reply.results] == [98 * EURO, 103 * EURO]
        assert await self.balance(wallet) == 103 * EURO
        found = await wallet.round_with_rows((BRAND, "player-1", PROVIDER, "round-1"))
        assert found is not None
        round_, rows = found
        assert (round_.bet_micros, round_.win_micros, round_.status) == (2 * EURO, 5 * EURO, "closed")
        assert [(row.kind, row.sequence, row.detail) for row in rows] == [
            ("bet", 3, b""),
            ("win", 4, b"\x00reels\xff"),
        ]

    async def test_w08_a_spin_in_an_open_round_adds_to_it_and_never_writes_over_it(self, wallet: Wallet) -> None:
        await wallet.apply(bet("bet-1", 3 * EURO, "round-1"))
        more = spin("round-1", 2 * EURO, 5 * EURO)._replace(exclusive_game=False)
        reply = await wallet.apply(more)

        assert reply.balance_micros == 100 * EURO
        round_ = await wallet.round((BRAND, "player-1", PROVIDER, "round-1"))
        assert round_ is not None
        assert (round_.bet_micros, round_.win_micros, round_.status) == (5 * EURO, 5 * EURO, "closed")

    async def test_w06_a_spin_whose_bet_was_rolled_back_before_it_came_is_dead(self, wallet: Wallet) -> None:
        await wallet.apply(rollback("rollback-1", "round-1"))
        reply = await wallet.apply(spin("round-1", 2 * EURO, 5 * EURO))

        assert reply.results[0].code is OutcomeCode.ROLLED_BACK
        assert await self.balance(wallet) == 100 * EURO

    async def test_w02_one_spin_sent_many_times_at_once_to_two_processes_is_settled_once(
        self, wallet: Wallet, second: Wallet
    ) -> None:
        replies = await asyncio.gather(
            *((wallet, second)[number % 2].apply(spin("round-1", 2 * EURO, 5 * EURO)) for number in range(20))
        )

        assert [reply.results[0].replayed for reply in replies].count(False) == 1
        assert {reply.results[1].balance_micros for reply in replies} == {103 * EURO}
        assert await self.balance(wallet) == 103 * EURO

    async def test_w02_a_replay_after_a_restart_gives_the_stored_answer(
        self, wallet: Wallet, database_url: str, clock: FakeClock
    ) -> None:
        first = await wallet.apply(spin("round-1", 2 * EURO, 5 * EURO, detail=b"first"))
        await wallet.apply(spin("round-2", EURO, 0))
        await wallet.aclose()

        again = await open_wallet(database_url, clock.now_ms)
        reply = await again.apply(spin("round-1", 2 * EURO, 9 * EURO, detail=b"other"))
        await again.aclose()

        assert [result._replace(replayed=False) for result in reply.results] == list(first.results)
        assert all(result.replayed for result in reply.results)
        assert reply.balance_micros == 102 * EURO

    async def test_w01_one_key_sent_thirty_times_at_once_moves_money_once(self, wallet: Wallet, second: Wallet) -> None:
        replies = await asyncio.gather(
            *((wallet, second)[number % 2].apply(bet("bet-1", EURO, "round-1")) for number in range(30))
        )

        assert {reply.code for reply in replies} == {OutcomeCode.OK}
        assert sum(not reply.results[0].replayed for reply in replies) == 1
        assert len({reply.results[0].wallet_transaction_id for reply in replies}) == 1
        assert await self.balance(wallet) == 99 * EURO

    async def test_w13_two_processes_never_overdraw_one_account(self, wallet: Wallet, second: Wallet) -> None:
        async def play(number: int) -> OutcomeCode:
            process = (wallet, second)[number % 2]
            return (await process.apply(bet(f"bet-{number}", 7 * EURO, f"round-{number}"))).code

        codes = await asyncio.gather(*(play(number) for number in range(40)))

        assert codes.count(OutcomeCode.OK) == 14
        assert codes.count(OutcomeCode.INSUFFICIENT_FUNDS) == 26
        assert await self.balance(wallet) == 2 * EURO

    async def test_w01_the_key_of_another_player_is_refused_in_a_race_of_two_processes(
        self, wallet: Wallet, second: Wallet
    ) -> None:
        await wallet.open_account((BRAND, "player-2", CURRENCY))
        await wallet.apply(deposit("deposit-2", 10 * EURO, "player-2"))
        for number in range(10):
            replies = await asyncio.gather(
                wallet.apply(bet(f"bet-{number}", EURO, "round-1")),
                second.apply(bet(f"bet-{number}", EURO, "round-1", "player-2")),
            )
            assert sorted(reply.code.value for reply in replies) == ["key_reused", "ok"]
        total = await self.balance(wallet) + await self.balance(wallet, "player-2")
        assert total == 100 * EURO

    async def test_w06_a_tombstone_outlives_a_restart_and_another_process(
        self, wallet: Wallet, second: Wallet, database_url: str
    ) -> None:
        reply = await wallet.apply(rollback("rollback-1", "bet-1", round_id="round-1"))
        assert reply.code is OutcomeCode.OK
        assert reply.results[0].code is OutcomeCode.NO_EFFECT

        late = await second.apply(bet("bet-1", EURO, "round-1"))

        assert late.code is OutcomeCode.ROLLED_BACK
        assert late.certainty is Certainty.CERTAIN
        assert await self.balance(wallet) == 100 * EURO

    async def test_w06_a_tombstone_of_a_player_without_account_stays_when_it_is_opened(self, wallet: Wallet) -> None:
        await wallet.apply(rollback("rollback-1", "bet-1", "player-2"))
        assert await wallet.account((BRAND, "player-2", CURRENCY)) is None

        account, created = await wallet.open_account((BRAND, "player-2", CURRENCY))
        await wallet.apply(deposit("deposit-2", EURO, "player-2"))
        late = await wallet.apply(bet("bet-1", EURO, "round-1", "player-2"))

        assert created
        assert account.sequence > 0
        assert late.code is OutcomeCode.ROLLED_BACK

    async def test_w08_a_rollback_from_two_processes_refunds_once(self, wallet: Wallet, second: Wallet) -> None:
        await wallet.apply(bet("bet-1", 5 * EURO, "round-1"))

        replies = await asyncio.gather(
            *(
                (wallet, second)[number % 2].apply(rollback(f"rollback-{number}", "bet-1", round_id="round-1"))
                for number in range(8)
            )
        )

        assert {reply.code for reply in replies} == {OutcomeCode.OK}
        assert sum(reply.results[0].code is OutcomeCode.OK for reply in replies) == 1
        assert await self.balance(wallet) == 100 * EURO

    async def test_w09_win_and_rollback_of_one_bet_exclude_each_other_across_processes(
        self, wallet: Wallet, second: Wallet
    ) -> None:
        for number in range(10):
            await wallet.apply(bet(f"bet-{number}", EURO, f"round-{number}"))
            paid, undone = await asyncio.gather(
                wallet.apply(win(f"win-{number}", EURO, f"round-{number}")),
                second.apply(rollback(f"rollback-{number}", f"bet-{number}", round_id=f"round-{number}")),
            )
            assert paid.accepted != undone.accepted, (paid, undone)
        assert await self.balance(wallet) == 100 * EURO

    async def test_an_open_round_of_the_same_game_stops_a_second_one_of_another_process(
        self, wallet: Wallet, second: Wallet
    ) -> None:
        def opening(round_id: str) -> Command:
            return bet(f"bet-{round_id}", EURO, round_id)._replace(exclusive_game=True)

        replies = await asyncio.gather(wallet.apply(opening("round-1")), second.apply(opening("round-2")))
        again = await wallet.apply(opening("round-3"))

        assert sorted(reply.code.value for reply in replies) == ["ok", "round_in_progress"]
        assert again.code is OutcomeCode.ROUND_IN_PROGRESS
        assert await self.balance(wallet) == 99 * EURO

    async def test_w17_a_refused_batch_leaves_nothing_and_carries_the_true_balance(self, wallet: Wallet) -> None:
        reply = await wallet.apply(
            command(
                Action(ActionKind.BET, "bet-1", EURO),
                Action(ActionKind.BET, "bet-2", 100 * EURO),
                round_id="round-1",
            )
        )

        assert [result.code for result in reply.results] == [
            OutcomeCode.BATCH_REFUSED,
            OutcomeCode.INSUFFICIENT_FUNDS,
        ]
        assert reply.balance_micros == 100 * EURO
        assert await wallet.round((BRAND, "player-1", PROVIDER, "round-1")) is None

    async def test_w24_every_field_of_a_row_comes_back_as_it_was_hashed(self, wallet: Wallet) -> None:
        words = "tab\tbackslash\\ newline\nreturn\r quote'\" accent é"
        adjust = Action(ActionKind.ADJUST, "adjust-1", -3 * EURO, author="a\\b", reason=words.replace("\n", " "))
        reply = await wallet.apply(command(adjust))
        row = await wallet.transaction((BRAND, PROVIDER, "adjust", "adjust-1"))

        if reply.accepted:  # the audit at the end recomputes the hash over what was read back
            assert row is not None
            assert row.reason == adjust.reason
            assert row.author == "a\\b"
        else:
            assert reply.code is OutcomeCode.INVALID

    async def test_w19_the_largest_amount_fits_and_more_is_refused(self, wallet: Wallet) -> None:
        room = 2**63 - 1 - 100 * EURO
        assert (await wallet.apply(deposit("deposit-2", room))).accepted
        assert not (await wallet.apply(deposit("deposit-3", 1))).accepted
        assert await self.balance(wallet) == 2**63 - 1

    async def test_a_malformed_command_never_reaches_the_database(self, wallet: Wallet) -> None:
        bad = [
            bet("bet\x00-1", EURO, "round-1"),
            bet("bet-1", EURO, "round 1"),
            bet("bet-1", -1, "round-1"),
            bet("bet-1", 2**70, "round-1"),
            bet("bet-1", EURO, "round-1", "player\udcff"),
            bet("bet-1", EURO, "round-1")._replace(currency_code="X\x00X"),
        ]
        good = [bet(f"good-{number}", EURO, "round-2") for number in range(5)]

        replies = await asyncio.gather(*(wallet.apply(each) for each in [*bad, *good]))

        assert all(reply.certainty is Certainty.CERTAIN for reply in replies)
        assert [reply.accepted for reply in replies] == [False] * 6 + [True] * 5

    async def test_a_caller_that_leaves_does_not_take_its_command_back(self, wallet: Wallet) -> None:
        task = asyncio.create_task(wallet.apply(bet("bet-1", EURO, "round-1")))
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the group has begun
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        reply = await wallet.apply(bet("bet-1", EURO, "round-1"))

        assert reply.results[0].replayed
        assert await self.balance(wallet) == 99 * EURO

    async def test_closing_settles_what_waits_and_takes_nothing_in(self, wallet: Wallet) -> None:
        tasks = [asyncio.create_task(wallet.apply(bet(f"bet-{n}", EURO, "round-1"))) for n in range(80)]
        await asyncio.sleep(0)
        await wallet.aclose()

        assert all(reply.accepted for reply in await asyncio.gather(*tasks))
        assert (await wallet.apply(bet("bet-x", EURO, "round-1"))).code is OutcomeCode.UNAVAILABLE

    async def test_opening_an_account_twice_makes_it_once(self, wallet: Wallet, second: Wallet) -> None:
        key = (BRAND, "player-9", CURRENCY)
        made = await asyncio.gather(*((wallet, second)[n % 2].open_account(key, demo=True) for n in range(6)))

        assert all(account.demo for account, _ in made)
        assert [created for _, created in made].count(True) == 1

    @pytest.mark.parametrize("demo", [False, True])
    async def test_w30_an_account_that_is_open_as_the_other_is_refused(
        self, wallet: Wallet, second: Wallet, demo: bool
    ) -> None:
        key = (BRAND, "player-9", CURRENCY)
        stored, _ = await wallet.open_account(key, demo=demo)

        with pytest.raises(AccountRefused, match="open as the other") as caught:
            await second.open_account(key, demo=not demo)

        assert caught.value.field == "demo"
        assert await wallet.account(key) == stored
        assert await wallet.open_account(key, demo=demo) == (stored, False)

    async def test_opening_an_open_account_asks_for_no_other_account_of_the_player(
        self, wallet: Wallet, second: Wallet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await second.set_status(ACCOUNT, AccountStatus.BLOCKED, "support", "asked for")
        blocked = await wallet.account(ACCOUNT)
        monkeypatch.setattr(wallet, "administer_player", None)

        opened = await wallet.open_account(ACCOUNT)

        assert blocked is not None
        assert blocked.status == AccountStatus.BLOCKED.value
        assert opened == (blocked, False)

    async def test_pages_walk_every_row_and_round_once(self, wallet: Wallet) -> None:
        for number in range(7):
            await wallet.apply(spin(f"round-{number}", EURO, 0))
        sequences, token = [], ""
        while True:
            page = await wallet.transactions(ACCOUNT, page_size=4, page_token=token)
            sequences += [row.sequence for row in page.items]
            token = page.next_token
            if not token:
                break
        round_ids: list[str] = []
        while True:
            rounds = await wallet.rounds(ACCOUNT, page_size=3, page_token=token)
            round_ids += [round_.round_id for round_ in rounds.items]
            token = rounds.next_token
            if not token:
                break

        assert sequences == list(range(16, 1, -1))  # the account's own rows are no transactions
        assert round_ids == [f"round-{number}" for number in range(6, -1, -1)]

    async def test_open_rounds_are_listed_oldest_first_with_what_they_hold(self, wallet: Wallet) -> None:
        for number in range(5):
            await wallet.apply(bet(f"bet-{number}", (number + 1) * EURO, f"round-{number}"))
        await wallet.apply(win("win-2", 0, "round-2", close=True))

        first = await wallet.open_rounds(BRAND, page_size=3)
        rest = await wallet.open_rounds(BRAND, page_size=3, page_token=first.next_token)

        assert [round_.round_id for round_ in (*first.items, *rest.items)] == [
            "round-0",
            "round-1",
            "round-3",
            "round-4",
        ]
        assert [round_.held_micros // EURO for round_ in first.items] == [1, 2, 4]
        assert (await wallet.open_rounds(BRAND, player_id="nobody")).items == ()

    @pytest.mark.parametrize("token", ["x", "é", "WyJyb3VuZHMiLDFd", "A" * 2000, "bnVsbA"])
    async def test_a_foreign_page_token_is_refused(self, wallet: Wallet, token: str) -> None:
        with pytest.raises(PageTokenRefused):
            await wallet.transactions(ACCOUNT, page_token=token)

    async def test_events_are_gap_free_per_account_and_appear_after_the_delay(
        self, wallet: Wallet, second: Wallet, clock: FakeClock
    ) -> None:
        await wallet.open_account((BRAND, "player-2", CURRENCY))
        await wallet.apply(deposit("deposit-2", 100 * EURO, "player-2"))
        await asyncio.gather(
            *((wallet, second)[n % 2].apply(spin(f"round-{n}", EURO, 0, f"player-{1 + n // 2 % 2}")) for n in range(40))
        )
        clock.advance(60_000)
        events, cursor = [], ""
        while True:
            page = await wallet.events(brand_id=BRAND, cursor=cursor, page_size=7)
            if not page.items:
                break
            events += page.items
            cursor = page.next_token

        for player_id in ("player-1", "player-2"):
            sequences = [row.sequence for row in events if row.player_id == player_id]
            assert sequences == list(range(1, len(sequences) + 1))
        assert len(events) == 84
        await wallet.apply(spin("round-late", EURO, 0))
        assert (await wallet.events(cursor=cursor)).items == ()
        clock.advance(60_000)
        assert len((await wallet.events(cursor=cursor)).items) == 2

    async def test_a_watcher_sees_the_balance_now_and_after_each_commit(self, wallet: Wallet, second: Wallet) -> None:
        seen: list[int] = []
        watch = wallet.watch(ACCOUNT)
        seen.append((await anext(watch)).cash_micros // EURO)
        await wallet.apply(bet("bet-1", EURO, "round-1"))
        seen.append((await anext(watch)).cash_micros // EURO)
        await second.apply(bet("bet-2", EURO, "round-1"))
        seen.append((await anext(watch)).cash_micros // EURO)
        await watch.aclose()  # type: ignore[attr-defined]  # an asynchronous generator

        assert seen == [100, 99, 98]

    async def test_w06_a_win_and_a_close_after_the_rollback_that_overtook_the_bet_meet_the_mark_of_the_round(
        self, wallet: Wallet, second: Wallet
    ) -> None:
        await wallet.apply(rollback("undo-1", "bet-1", round_id="round-1"))
        late = await second.apply(win("win-1", 5 * EURO, "round-1"))
        both = await asyncio.gather(
            *(
                each.apply(rollback(f"undo-{n}", f"bet-{n}", round_id="round-2"))
                for n, each in ((2, wallet), (3, second))
            )
        )
        closed = await wallet.apply(command(Action(ActionKind.CLOSE, "close-1"), round_id="round-2"))

        assert late.code is OutcomeCode.ROLLED_BACK
        assert {reply.code for reply in (*both, closed)} == {OutcomeCode.OK}
        assert closed.results[0].code is OutcomeCode.NO_EFFECT
        assert await self.balance(wallet) == 100 * EURO

    async def test_w11_an_exclusion_holds_in_every_currency_and_in_accounts_opened_later(
        self, wallet: Wallet, second: Wallet, clock: FakeClock
    ) -> None:
        dollars, pounds = (BRAND, "player-1", "USD"), (BRAND, "player-1", "GBP")
        await second.open_account(dollars)
        await second.apply(deposit("deposit-2", 50 * EURO)._replace(currency_code="USD"))
        await second.apply(bet("bet-0", EURO, "round-0")._replace(currency_code="USD"))

        done = await wallet.set_status(ACCOUNT, AccountStatus.EXCLUDED, "ann", "asked for it")
        bets = [
            await each.apply(bet(f"bet-{currency}-{place}", EURO, "round-1")._replace(currency_code=currency))
            for place, each in enumerate((wallet, second))
            for currency in ("EUR", "USD")
        ]
        late, created = await second.open_account(pounds)
        won = await second.apply(win("win-0", 5 * EURO, "round-0")._replace(currency_code="USD"))
        early = await second.set_status(pounds, AccountStatus.OPEN, "bob", "wants back")
        clock.advance(RELAX_DELAY_MS)
        back = await second.set_status(pounds, AccountStatus.OPEN, "bob", "may come back")

        assert done.accepted
        assert {reply.code for reply in bets} == {OutcomeCode.PLAYER_BLOCKED}
        assert (created, late.status) == (True, "excluded")
        assert (won.code, early.code, back.code) == (OutcomeCode.OK, OutcomeCode.PLAYER_BLOCKED, OutcomeCode.OK)
        for key in (ACCOUNT, dollars, pounds):
            account = await wallet.account(key)
            assert account is not None
            assert account.status == "open"

    async def test_w11_no_account_escapes_an_exclusion_that_another_process_makes_at_the_same_time(
        self, wallet: Wallet, second: Wallet
    ) -> None:
        currencies = ("USD", "GBP", "SEK", "NOK", "CAD", "JPY")
        for number in range(8):
            player_id = f"racer-{number}"
            first = (BRAND, player_id, "EUR")
            await wallet.open_account(first)
            opened = [
                (wallet, second)[place % 2].open_account((BRAND, player_id, currency))
                for place, currency in enumerate(currencies)
            ]
            excluded = second.set_status(first, AccountStatus.EXCLUDED, "ann", "asked for it")
            await asyncio.gather(*opened[: number % 4], excluded, *opened[number % 4 :])
            accounts = [await wallet.account((BRAND, player_id, currency)) for currency in (*currencies, "EUR")]

            assert [account.status if account else "" for account in accounts] == ["excluded"] * 7

    async def test_w11_no_bet_passes_in_any_currency_once_the_exclusion_was_acknowledged(
        self, wallet: Wallet, second: Wallet
    ) -> None:
        await wallet.open_account((BRAND, "player-1", "USD"))
        await wallet.apply(deposit("deposit-2", 90 * EURO)._replace(currency_code="USD"))
        acknowledged = asyncio.Event()
        late: list[OutcomeCode] = []

        async def play(each: Wallet, currency_code: str, name: str) -> None:
            told = 0
            for number in range(5_000):
                told += acknowledged.is_set()
                one = spin(f"{name}-{number}", 1, 0)._replace(currency_code=currency_code)
                reply = await each.apply(one)
                if told:
                    late.append(reply.code)
                if told == 5:
                    return

        async def exclude() -> None:
            await asyncio.sleep(0)
            assert (await wallet.set_status(ACCOUNT, AccountStatus.EXCLUDED, "ann", "asked for it")).accepted
            acknowledged.set()

        await asyncio.gather(play(second, "USD", "a"), play(second, "EUR", "b"), exclude())

        assert late
        assert set(late) == {OutcomeCode.PLAYER_BLOCKED}

    async def test_the_story_of_a_round_has_its_refusals_and_replays(self, wallet: Wallet) -> None:
        await wallet.apply(bet("bet-1", EURO, "round-1"))
        await wallet.apply(bet("bet-1", EURO, "round-1"))
        await wallet.apply(bet("bet-1", 2 * EURO, "round-1"))
        await wallet.apply(bet("bet-2", 500 * EURO, "round-1"))

        story = await wallet.round_story((BRAND, "player-1", PROVIDER, "round-1"))

        assert story is not None
        assert [row.code for row in story.rows] == ["ok", "insufficient_funds"]
        assert [(note.code, note.replayed) for note in story.notes] == [("ok", True), ("key_reused", False)]

    @pytest.mark.parametrize("refused_first", [True, False])
    async def test_a_refusal_in_another_currency_is_no_row_of_the_round_that_it_names(
        self, wallet: Wallet, refused_first: bool
    ) -> None:
        await wallet.open_account((BRAND, "player-1", "USD"))
        for number in range(5):
            await wallet.apply(bet(f"usd-{number}", 10**9, f"u-{number}")._replace(currency_code="USD"))
        elsewhere = bet("bet-usd", 10**9, "round-1")._replace(currency_code="USD")
        pair = [elsewhere, bet("bet-1", EURO, "round-1")]
        # The first one keeps the writer busy, so that the others are one group.
        first = asyncio.ensure_future(wallet.apply(deposit("deposit-2", EURO)))
        await asyncio.sleep(0)
        await asyncio.gather(first, *(wallet.apply(each) for each in (pair if refused_first else reversed(pair))))
        await wallet.apply(win("win-1", EURO, "round-1"))

        found = await wallet.round_with_rows((BRAND, "player-1", PROVIDER, "round-1"))

        assert found is not None
        assert [row.transaction_id for row in found[1]] == ["bet-1", "win-1"]

    async def test_a_round_and_its_rows_are_of_one_moment(
        self, wallet: Wallet, second: Wallet, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await wallet.apply(bet("bet-1", EURO, "round-1"))
        reads: Any = wallet._reads
        honest = reads._rows

        async def interrupted(*query: Any) -> Any:
            found = await honest(*query)
            await second.apply(bet("bet-2", EURO, "round-1"))
            return found

        monkeypatch.setattr(reads, "_rows", interrupted)
        found = await wallet.round_with_rows((BRAND, "player-1", PROVIDER, "round-1"))

        assert found is not None
        assert (found[0].legs, [row.transaction_id for row in found[1]]) == (";bbet-1;", ["bet-1"])

    async def test_a_round_keeps_the_state_that_a_step_left(self, wallet: Wallet) -> None:
        await wallet.apply(bet("bet-1", EURO, "round-1")._replace(round_state=b"\x00step 1", game_version="1.0"))
        step = win("win-1", EURO, "round-1")._replace(round_state=b"step 2")
        await wallet.apply(step)
        round_ = await wallet.round((BRAND, "player-1", PROVIDER, "round-1"))

        assert round_ is not None
        assert (round_.state, round_.game_version, round_.status) == (b"step 2", "1.0", "open")

    async def test_a_fault_in_one_command_spares_the_others_of_its_group(self, wallet: Wallet) -> None:
        decide = wallet._ledger.decide

        def faulty(state: object, each: Command) -> object:
            if each.actions[0].transaction_id == "bad":
                raise ZeroDivisionError
            return decide(state, each)  # type: ignore[arg-type]  # passed through

        wallet._ledger.decide = faulty  # type: ignore[assignment]  # a planted fault
        each = [bet("bad" if number == 5 else f"bet-{number}", EURO, "round-1") for number in range(9)]
        replies = await asyncio.gather(*(wallet.apply(one) for one in each))
        wallet._ledger.decide = decide

        assert [reply.accepted for reply in replies] == [number != 5 for number in range(9)]
        assert replies[5].certainty is Certainty.UNCERTAIN
        assert await self.balance(wallet) == 92 * EURO
