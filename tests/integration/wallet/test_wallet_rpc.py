"""The wallet's gRPC service on a real server and a real SQLite file."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import grpc.aio
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from reelgate.wallet.v1 import wallet_service_pb2 as pb
from reelgate.wallet.v1 import wallet_service_pb2_grpc as pb_grpc

from protos.wire.failures import Failure, failure_of
from wallet.rpc.serve import serving_wallet
from wallet.storage.addresses import parse_address
from wallet.storage.snapshot import audit_database

ACCOUNT = pb.AccountRef(brand_id="brand-1", player_id="player-1", currency_code="EUR")
REF = pb.RoundRef(brand_id="brand-1", player_id="player-1", provider_id="reels", round_id="round-1")
EURO = 1_000_000


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/wallet.db"


@pytest.fixture
async def client(database_url: str) -> AsyncIterator["pb_grpc.WalletServiceAsyncStub"]:
    # Two statements: the channel needs the server's port.
    async with serving_wallet(database_url, "127.0.0.1:0") as server:  # noqa: SIM117 - see above
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            client: pb_grpc.WalletServiceAsyncStub = pb_grpc.WalletServiceStub(channel)
            await client.OpenAccount(pb.OpenAccountRequest(account=ACCOUNT))
            await client.Apply(money(pb.ACTION_KIND_DEPOSIT, "deposit-1", 100 * EURO, provider_id="cashier"))
            yield client
    assert (await audit_database(parse_address(database_url))).findings == []


def money(kind: int, transaction_id: str, micros: int, provider_id: str = "reels", **fields: object) -> pb.ApplyRequest:
    action = pb.Action(kind=kind, transaction_id=transaction_id, amount_micros=micros)  # type: ignore[arg-type]  # a number
    return pb.ApplyRequest(account=ACCOUNT, provider_id=provider_id, actions=[action], **fields)  # type: ignore[arg-type]


def bet(transaction_id: str, micros: int, round_id: str = "round-1") -> pb.ApplyRequest:
    return money(pb.ACTION_KIND_BET, transaction_id, micros, round_id=round_id, game_id="game-1")


def win(transaction_id: str, micros: int, round_id: str = "round-1", **fields: object) -> pb.ApplyRequest:
    return money(pb.ACTION_KIND_WIN, transaction_id, micros, round_id=round_id, game_id="game-1", **fields)


async def refused(call: object) -> Failure:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]  # an awaitable call
    return failure_of(caught.value)


async def test_bet_and_win_move_money_and_the_round_adds_up(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    paid = await client.Apply(bet("bet-1", 5 * EURO))
    won = await client.Apply(win("win-1", 7 * EURO, close_round=True, with_receipt=True))
    seen = await client.GetRound(pb.GetRoundRequest(ref=REF))

    assert (paid.balance.micros, won.balance.micros) == (95 * EURO, 102 * EURO)
    assert (seen.round.bet_micros, seen.round.win_micros, seen.round.held_micros) == (5 * EURO, 7 * EURO, 0)
    assert seen.round.status == pb.ROUND_STATUS_CLOSED
    assert [(row.debit_account, row.credit_account) for row in seen.transactions] == [
        ("player", "house:gaming"),
        ("house:gaming", "player"),
    ]
    assert won.receipt.sequence == 4
    assert won.receipt.chain_head == seen.transactions[-1].chain_hash


async def test_w14_insufficient_funds_carries_the_true_balance(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    failure = await refused(client.Apply(bet("bet-1", 101 * EURO)))

    assert failure.code is grpc.StatusCode.FAILED_PRECONDITION
    assert failure.reason == "ERROR_REASON_INSUFFICIENT_FUNDS"
    assert failure.metadata["balance_micros"] == str(100 * EURO)
    assert failure.metadata["certainty"] == "certain"
    assert failure.metadata["action_index"] == "0"


@pytest.mark.parametrize(
    ("request_", "code", "reason"),
    [
        (bet("bet 1", EURO), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
        (bet("bet-1", -EURO), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
        (pb.ApplyRequest(account=ACCOUNT, provider_id="reels"), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
        (pb.ApplyRequest(actions=[pb.Action()]), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
        (money(99, "x", 1), grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST"),
        (win("win-1", EURO, "round-9"), grpc.StatusCode.NOT_FOUND, "BET_NOT_FOUND"),
    ],
)
async def test_a_refusal_has_its_code_and_reason(
    client: "pb_grpc.WalletServiceAsyncStub", request_: pb.ApplyRequest, code: grpc.StatusCode, reason: str
) -> None:
    failure = await refused(client.Apply(request_))

    assert (failure.code, failure.reason) == (code, f"ERROR_REASON_{reason}")
    assert failure.certain


async def test_w02_a_repeat_is_marked_and_another_amount_is_a_conflict(
    client: "pb_grpc.WalletServiceAsyncStub",
) -> None:
    first = await client.Apply(bet("bet-1", EURO))
    again = await client.Apply(bet("bet-1", EURO))
    conflict = await refused(client.Apply(bet("bet-1", 2 * EURO)))

    assert again.results[0].replayed
    assert again.results[0].wallet_transaction_id == first.results[0].wallet_transaction_id
    assert conflict.code is grpc.StatusCode.ALREADY_EXISTS
    assert conflict.metadata["field"] == "amount_micros"


async def test_reading_what_is_not_there_says_what_is_missing(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    stranger = pb.AccountRef(brand_id="brand-1", player_id="nobody", currency_code="EUR")
    calls = {
        "PLAYER_NOT_FOUND": client.GetBalance(pb.GetBalanceRequest(account=stranger)),
        "ROUND_NOT_FOUND": client.GetRound(pb.GetRoundRequest(ref=REF)),
        "TRANSACTION_NOT_FOUND": client.GetTransaction(
            pb.GetTransactionRequest(
                brand_id="brand-1", provider_id="reels", kind=pb.ACTION_KIND_BET, transaction_id="bet-1"
            )
        ),
    }
    for reason, call in calls.items():
        assert (await refused(call)).reason == f"ERROR_REASON_{reason}"


async def test_lists_walk_pages_and_refuse_foreign_tokens(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    for number in range(3):
        await client.Apply(bet(f"bet-{number}", EURO, f"round-{number}"))
    page = await client.ListTransactions(pb.ListTransactionsRequest(account=ACCOUNT, page_size=2))
    rest = await client.ListTransactions(
        pb.ListTransactionsRequest(account=ACCOUNT, page_size=2, page_token=page.next_page_token)
    )
    open_rounds = await client.ListOpenRounds(pb.ListOpenRoundsRequest(brand_id="brand-1"))
    rounds = await client.ListRounds(pb.ListRoundsRequest(account=ACCOUNT))
    failure = await refused(client.ListRounds(pb.ListRoundsRequest(account=ACCOUNT, page_token=page.next_page_token)))

    assert [row.sequence for row in (*page.transactions, *rest.transactions)] == [5, 4, 3, 2]
    assert [round_.held_micros for round_ in open_rounds.rounds] == [EURO] * 3
    assert [round_.ref.round_id for round_ in rounds.rounds] == ["round-2", "round-1", "round-0"]
    assert failure.bad_field == "page_token"


async def test_a_watcher_sees_each_commit_and_the_end_of_the_server(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    watch = client.WatchBalance(pb.WatchBalanceRequest(account=ACCOUNT))
    stream = watch.__aiter__()
    seen = [(await anext(stream)).balance.balance_micros]
    await client.Apply(bet("bet-1", EURO))
    seen.append((await anext(stream)).balance.balance_micros)
    watch.cancel()

    assert seen == [100 * EURO, 99 * EURO]


async def test_limits_status_and_free_rounds_act_at_once(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    limit = pb.Limit(kind=pb.LIMIT_KIND_STAKE, value=2 * EURO)
    answer = await client.SetLimits(pb.SetLimitsRequest(account=ACCOUNT, limits=[limit], author="player"))
    too_high = await refused(client.Apply(bet("bet-1", 3 * EURO)))
    raised = await client.SetLimits(
        pb.SetLimitsRequest(account=ACCOUNT, limits=[pb.Limit(kind=pb.LIMIT_KIND_STAKE, value=9 * EURO)], author="p")
    )
    grant = pb.SetFreeRoundsGrantRequest(
        account=ACCOUNT, grant_id="grant-1", count=1, stake_micros=EURO, author="promotions"
    )
    await client.SetFreeRoundsGrant(grant)
    free = bet("bet-2", EURO)
    free.actions[0].grant_id = "grant-1"
    cost_nothing = await client.Apply(free)
    used = await client.SetFreeRoundsGrant(grant)
    blocked = await client.SetAccountStatus(
        pb.SetAccountStatusRequest(account=ACCOUNT, status=pb.ACCOUNT_STATUS_BLOCKED, author="desk", reason="check")
    )
    no_bet = await refused(client.Apply(bet("bet-3", EURO)))

    assert answer.limits[0].value == 2 * EURO
    assert too_high.reason == "ERROR_REASON_LIMIT_REACHED"
    assert raised.limits[0].value == 2 * EURO
    assert raised.pending[0].limit.value == 9 * EURO
    assert cost_nothing.balance.micros == 100 * EURO
    assert used.used_count == 1
    assert blocked.balance.status == pb.ACCOUNT_STATUS_BLOCKED
    assert no_bet.reason == "ERROR_REASON_PLAYER_BLOCKED"


async def test_a_grant_says_by_whom_it_was_given_and_ended_and_on_what_terms(
    client: "pb_grpc.WalletServiceAsyncStub",
) -> None:
    grant = pb.SetFreeRoundsGrantRequest(account=ACCOUNT, grant_id="g1", count=2, stake_micros=EURO)
    nobody = await refused(client.SetFreeRoundsGrant(grant))
    for author, cancelled in (("promotions", False), ("promotions", False), ("desk", True)):
        grant.author, grant.cancelled = author, cancelled
        await client.SetFreeRoundsGrant(grant)

    listed = await client.ListTransactions(pb.ListTransactionsRequest(account=ACCOUNT))
    async with asyncio.timeout(20):
        while True:
            page = await client.ListEvents(pb.ListEventsRequest())
            if len(page.events) == 4:
                break
    given, ended = page.events[-2:]

    assert nobody.bad_field == "author"
    assert [(event.kind, event.author) for event in (given, ended)] == [
        (pb.ACTION_KIND_ISSUE_GRANT, "promotions"),
        (pb.ACTION_KIND_CANCEL_GRANT, "desk"),
    ]
    assert (json.loads(given.detail)["bet_count"], json.loads(ended.detail)["cancelled"]) == (2, True)
    assert [row.kind for row in listed.transactions] == [pb.ACTION_KIND_DEPOSIT]


async def test_w29_a_session_has_its_minutes_and_its_reality_checks(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    limits = [
        pb.Limit(kind=pb.LIMIT_KIND_SESSION_TIME, value=0),
        pb.Limit(kind=pb.LIMIT_KIND_REALITY_CHECK, value=60),
    ]
    answer = await client.SetLimits(pb.SetLimitsRequest(account=ACCOUNT, limits=limits, author="player"))
    codes = []
    for number in range(3):
        request = bet(f"bet-{number}", EURO)
        request.session_id = "session-1"
        try:
            await client.Apply(request)
            codes.append("")
        except grpc.aio.AioRpcError as error:
            codes.append(failure_of(error).reason)

    assert {(limit.kind, limit.value) for limit in answer.limits} == {(limit.kind, limit.value) for limit in limits}
    assert codes == ["", *["ERROR_REASON_LIMIT_REACHED"] * 2]


@pytest.mark.parametrize(
    "limit",
    [
        pb.Limit(kind=pb.LIMIT_KIND_REALITY_CHECK, value=0),
        pb.Limit(kind=pb.LIMIT_KIND_LOSS, period=pb.LIMIT_PERIOD_DAY, value=EURO, warn_percent=101),
    ],
)
async def test_w29_a_warning_that_would_never_or_always_come_is_refused(
    client: "pb_grpc.WalletServiceAsyncStub", limit: pb.Limit
) -> None:
    failure = await refused(client.SetLimits(pb.SetLimitsRequest(account=ACCOUNT, limits=[limit], author="player")))

    assert failure.bad_field == "limits"


async def test_w29_every_limit_has_its_own_share_at_which_it_warns(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    def limit(kind: int, percent: int, **value: int) -> pb.Limit:
        period = pb.LIMIT_PERIOD_UNSPECIFIED if kind == pb.LIMIT_KIND_STAKE else pb.LIMIT_PERIOD_DAY
        return pb.Limit(kind=kind, period=period, warn_percent=percent, **value)  # type: ignore[arg-type]  # an enum's number

    async def set_to(*limits: pb.Limit) -> dict[int, int]:
        answer = await client.SetLimits(pb.SetLimitsRequest(account=ACCOUNT, limits=limits, author="player"))
        return {each.kind: each.warn_percent for each in answer.limits}

    loss, wager, stake = pb.LIMIT_KIND_LOSS, pb.LIMIT_KIND_WAGER, pb.LIMIT_KIND_STAKE
    own = await set_to(limit(loss, 50, value=10 * EURO), limit(wager, 0, value=10 * EURO))
    fallback = await set_to(limit(stake, 90, value=9 * EURO))
    lifted = await client.SetLimits(pb.SetLimitsRequest(account=ACCOUNT, limits=[limit(loss, 0)], author="player"))
    warned = await refused(client.Apply(bet("bet-1", 5 * EURO)))
    await client.Apply(bet("bet-2", 5 * EURO))
    again = await refused(client.Apply(bet("bet-3", 4 * EURO)))

    assert own == {loss: 50, wager: 0}
    assert fallback == {loss: 50, wager: 90, stake: 90}
    assert [pending.limit.kind for pending in lifted.pending] == [loss]
    assert (warned.reason, again.reason) == ("ERROR_REASON_LIMIT_WARNING", "ERROR_REASON_LIMIT_WARNING")
    assert (warned.metadata["limit"], again.metadata["limit"]) == ("loss.day", "wager.day")


async def test_w29_a_share_at_which_is_warned_is_lifted_after_a_day_and_its_limit_stays(
    client: "pb_grpc.WalletServiceAsyncStub",
) -> None:
    day = {"period": pb.LIMIT_PERIOD_DAY}
    loss = pb.Limit(kind=pb.LIMIT_KIND_LOSS, value=10 * EURO, warn_percent=50, **day)  # type: ignore[arg-type]  # an enum's number
    wager = pb.Limit(kind=pb.LIMIT_KIND_WAGER, value=20 * EURO, **day)  # type: ignore[arg-type]  # an enum's number
    usual = pb.Limit(kind=pb.LIMIT_KIND_STAKE, value=9 * EURO, warn_percent=90)

    async def set_to(*limits: pb.Limit) -> pb.SetLimitsResponse:
        return await client.SetLimits(pb.SetLimitsRequest(account=ACCOUNT, limits=limits, author="player"))

    def lifting(limit: pb.Limit) -> pb.Limit:
        lifted = pb.Limit(kind=limit.kind, period=limit.period, value=limit.value)
        lifted.lift_warn_percent = True
        return lifted

    await set_to(loss, wager, usual)
    answer = await set_to(lifting(loss), lifting(usual))
    both = pb.Limit(kind=loss.kind, value=1, warn_percent=5, lift_warn_percent=True, **day)  # type: ignore[arg-type]  # an enum's number

    assert {each.kind: (each.value, each.warn_percent) for each in answer.limits} == {
        loss.kind: (10 * EURO, 50), wager.kind: (20 * EURO, 90), usual.kind: (9 * EURO, 90),
    }  # fmt: skip
    assert [waiting.limit for waiting in answer.pending] == [lifting(loss), lifting(wager)]
    assert {waiting.effective_time.seconds > 0 for waiting in answer.pending} == {True}
    failure = await refused(client.SetLimits(pb.SetLimitsRequest(account=ACCOUNT, limits=[both], author="player")))
    assert failure.bad_field == "limits.lift_warn_percent"


async def test_w11_an_exclusion_over_the_wire_holds_in_the_players_other_currencies(
    client: "pb_grpc.WalletServiceAsyncStub",
) -> None:
    dollars = pb.AccountRef(brand_id=ACCOUNT.brand_id, player_id=ACCOUNT.player_id, currency_code="USD")
    pounds = pb.AccountRef(brand_id=ACCOUNT.brand_id, player_id=ACCOUNT.player_id, currency_code="GBP")
    await client.OpenAccount(pb.OpenAccountRequest(account=dollars))
    await client.SetAccountStatus(
        pb.SetAccountStatusRequest(account=ACCOUNT, status=pb.ACCOUNT_STATUS_EXCLUDED, author="a", reason="asked")
    )
    opened = await client.OpenAccount(pb.OpenAccountRequest(account=pounds))
    known = await client.GetBalance(pb.GetBalanceRequest(account=dollars))

    assert opened.created
    assert {opened.balance.status, known.balance.status} == {pb.ACCOUNT_STATUS_EXCLUDED}


async def test_w30_a_real_account_is_not_opened_as_one_of_play_money(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    failure = await refused(client.OpenAccount(pb.OpenAccountRequest(account=ACCOUNT, demo=True)))

    assert (failure.code, failure.bad_field) == (grpc.StatusCode.INVALID_ARGUMENT, "demo")
    assert not (await client.OpenAccount(pb.OpenAccountRequest(account=ACCOUNT))).created


@pytest.mark.parametrize("seconds", [2**60, -1])
async def test_w15_a_time_that_is_none_is_refused_for_certain(
    client: "pb_grpc.WalletServiceAsyncStub", seconds: int
) -> None:
    never = Timestamp(seconds=seconds)
    excluded = pb.SetAccountStatusRequest(account=ACCOUNT, status=pb.ACCOUNT_STATUS_EXCLUDED, author="a", reason="b")
    excluded.until_time.CopyFrom(never)
    grant = pb.SetFreeRoundsGrantRequest(account=ACCOUNT, grant_id="g1", count=1, expire_time=never, author="a")
    listed = pb.ListOpenRoundsRequest(brand_id="brand-1", opened_before_time=never)

    failures = [
        await refused(client.SetAccountStatus(excluded)),
        await refused(client.SetFreeRoundsGrant(grant)),
        await refused(client.ListOpenRounds(listed)),
    ]

    assert [failure.bad_field for failure in failures] == ["until_time", "expire_time", "opened_before_time"]
    assert {failure.metadata["certainty"] for failure in failures} == {"certain"}


async def test_w11_an_exclusion_has_an_end_that_nobody_brings_forward(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    request = pb.SetAccountStatusRequest(account=ACCOUNT, status=pb.ACCOUNT_STATUS_EXCLUDED, author="a", reason="asked")
    request.until_time.FromMilliseconds(4_102_444_800_000)
    excluded = await client.SetAccountStatus(request)
    reopened = await refused(
        client.SetAccountStatus(
            pb.SetAccountStatusRequest(account=ACCOUNT, status=pb.ACCOUNT_STATUS_OPEN, author="a", reason="again")
        )
    )
    request.until_time.FromMilliseconds(10**14)
    absurd = await refused(client.SetAccountStatus(request))
    deposit = money(pb.ACTION_KIND_WITHDRAW_RESERVE, "wd-1", EURO)
    deposit.round_id = ""

    assert excluded.balance.status == pb.ACCOUNT_STATUS_EXCLUDED
    assert reopened.reason == "ERROR_REASON_PLAYER_BLOCKED"
    assert absurd.bad_field == "until_time"
    assert (await client.Apply(deposit)).balance.micros == 99 * EURO


async def test_note_round_leaves_a_note_in_the_story(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    await client.Apply(bet("bet-1", EURO))
    for _ in range(2):
        await client.NoteRound(pb.NoteRoundRequest(ref=REF, author="desk", text="the player asked for this round"))
    story = await client.GetRoundTimeline(pb.GetRoundTimelineRequest(ref=REF))
    nowhere = pb.RoundRef(brand_id="brand-1", player_id="player-1", provider_id="reels", round_id="never")
    failure = await refused(client.NoteRound(pb.NoteRoundRequest(ref=nowhere, author="desk", text="x")))
    empty = await refused(client.NoteRound(pb.NoteRoundRequest(ref=REF, author="desk")))

    assert [(entry.text, entry.author) for entry in story.entries][1:] == [
        ("note by desk: the player asked for this round", "desk")
    ]
    assert failure.reason == "ERROR_REASON_ROUND_NOT_FOUND"
    assert empty.bad_field == "text"


async def test_the_timeline_tells_replays_and_refusals_in_words(client: "pb_grpc.WalletServiceAsyncStub") -> None:
    await client.Apply(bet("bet-1", EURO))
    await client.Apply(bet("bet-1", EURO))
    await refused(client.Apply(bet("bet-1", 2 * EURO)))
    story = await client.GetRoundTimeline(pb.GetRoundTimelineRequest(ref=REF))
    words = [entry.text for entry in story.entries]

    assert words[0] == "bet of 1.00 EUR (bet-1): player pays 1.00 EUR, balance 99.00 EUR, opens the round"
    assert words[1] == "bet bet-1 came again: answered from memory, nothing moved"
    assert words[2].startswith("bet bet-1: refused, key reused")


async def test_the_timeline_tells_what_a_player_owes_and_owes_no_more(
    client: "pb_grpc.WalletServiceAsyncStub",
) -> None:
    await client.Apply(bet("bet-1", 100 * EURO))
    await client.Apply(win("win-1", 5 * EURO))
    await client.Apply(bet("bet-2", 5 * EURO))
    undo = money(pb.ACTION_KIND_ROLLBACK, "undo-1", 0, round_id="round-1", game_id="game-1")
    undo.actions[0].reference_transaction_id, undo.actions[0].reference_kind = "win-1", pb.ACTION_KIND_WIN
    await client.Apply(undo)
    await client.Apply(win("win-2", 2 * EURO))
    story = await client.GetRoundTimeline(pb.GetRoundTimelineRequest(ref=REF))

    assert [entry.text.partition(": ")[2] for entry in story.entries][-2:] == [
        "the balance stays, balance 0.00 EUR, the player owes 5.00 EUR more",
        "the balance stays, balance 0.00 EUR, the player owes 2.00 EUR less",
    ]


async def test_a_stored_transaction_says_what_its_answer_said_and_what_it_did_to_the_balance(
    client: "pb_grpc.WalletServiceAsyncStub",
) -> None:
    undo = money(pb.ACTION_KIND_ROLLBACK, "undo-1", 0, round_id="round-1", game_id="game-1")
    undo.actions[0].reference_transaction_id, undo.actions[0].reference_kind = "win-1", pb.ACTION_KIND_WIN
    confirm = money(pb.ACTION_KIND_WITHDRAW_CONFIRM, "out-1", 0)
    confirm.actions[0].reference_transaction_id = "set-1"
    calls = [
        bet("bet-1", 100 * EURO),
        win("win-1", 50 * EURO),
        money(pb.ACTION_KIND_WITHDRAW_RESERVE, "set-1", 45 * EURO),
        confirm,
        undo,  # 5 are there, 45 are owed
        win("win-2", 60 * EURO),
    ]
    answered = [(await client.Apply(call)).results[0] for call in calls]
    stored = [
        (
            await client.GetTransaction(
                pb.GetTransactionRequest(
                    brand_id="brand-1",
                    provider_id="reels",
                    kind=call.actions[0].kind,
                    transaction_id=each.transaction_id,
                )
            )
        ).transaction
        for call, each in zip(calls, answered, strict=True)
    ]

    assert [row.amount_micros for row in stored] == [each.amount_micros for each in answered]
    assert [row.amount_micros // EURO for row in stored] == [100, 50, 45, 45, 50, 60]
    assert [row.delta_micros // EURO for row in stored] == [-100, 50, -45, 0, -5, 15]
    assert [row.balance_micros for row in stored] == [each.balance_micros for each in answered]


async def test_events_come_by_cursor_and_the_cursor_stays_when_nothing_is_new(
    client: "pb_grpc.WalletServiceAsyncStub",
) -> None:
    await client.Apply(bet("bet-1", EURO))
    async with asyncio.timeout(20):
        while True:
            page = await client.ListEvents(pb.ListEventsRequest())
            if len(page.events) == 3:
                break
    again = await client.ListEvents(pb.ListEventsRequest(cursor=page.next_cursor))

    assert [(row.sequence, row.kind) for row in page.events] == [
        (1, pb.ACTION_KIND_OPEN_ACCOUNT),
        (2, pb.ACTION_KIND_DEPOSIT),
        (3, pb.ACTION_KIND_BET),
    ]
    assert again.next_cursor == page.next_cursor
    assert not again.events


async def test_a_server_with_a_token_knows_its_callers(database_url: str) -> None:
    request = pb.GetBalanceRequest(account=ACCOUNT)
    async with serving_wallet(database_url, "127.0.0.1:0", token="secret-1") as server:  # noqa: SIM117 - needs its port
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            client: pb_grpc.WalletServiceAsyncStub = pb_grpc.WalletServiceStub(channel)
            nobody = await refused(client.GetBalance(request))
            known = await refused(client.GetBalance(request, metadata=(("authorization", "Bearer secret-1"),)))

    assert nobody.code is grpc.StatusCode.UNAUTHENTICATED
    assert known.reason == "ERROR_REASON_PLAYER_NOT_FOUND"
