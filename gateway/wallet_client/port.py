"""``WalletPort`` over gRPC. Every call may be repeated: the ids in it make a repeat harmless."""

from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
from reelgate.wallet.v1 import wallet_service_pb2 as pb
from reelgate.wallet.v1 import wallet_service_pb2_grpc as pb_grpc

from adapters.contract.wallet_calls import ActionKind, Certainty, OutcomeCode, WalletCall, WalletReply
from gateway.errors import (
    CurrencyUnknown,
    GatewayError,
    IdempotencyKeyReused,
    InvalidRequest,
    PlayerNotFound,
    WalletUnavailable,
)
from gateway.rounds.free_bets import FREE_BETS_AUTHOR, FreeBets
from gateway.rounds.ports import (
    AccountRef,
    Balance,
    RoundEvent,
    RoundPage,
    RoundRef,
    TransactionPage,
    WalletRound,
    WalletTransaction,
)
from gateway.wallet_client.words import (
    KIND_NUMBERS,
    REASON_PREFIX,
    account_message,
    apply_request,
    balance_of,
    refusal_reply,
    reply_of,
    round_event_of,
    round_of,
    round_ref_message,
    transaction_of,
)
from protos.wire.channel import open_channel
from protos.wire.failures import Failure, failure_of

MESSAGE_BYTES_MAX = 16 * 1024 * 1024


class WalletClient:
    """A wallet that runs elsewhere."""

    def __init__(self, channel: grpc.aio.Channel, timeout_s: float, token: str = "") -> None:
        self._channel = channel
        self._stub: Any = pb_grpc.WalletServiceStub(channel)
        self._metadata = (("authorization", f"Bearer {token}"),) if token else ()
        self._timeout_s = timeout_s

    async def apply(self, call: WalletCall) -> WalletReply:
        """Move money, once per key."""
        if not call.actions:
            return await self._balance_reply(call)
        try:
            return reply_of(await self._call(self._stub.Apply, apply_request(call)))
        except grpc.aio.AioRpcError as error:
            return refusal_reply(call, failure_of(error))

    async def open_account(self, account: AccountRef, *, demo: bool = False) -> tuple[Balance, bool]:
        """Make sure that the account exists."""
        request = pb.OpenAccountRequest(account=account_message(account), demo=demo)
        response = await self._ask(self._stub.OpenAccount, request)
        return balance_of(response.balance), response.created

    async def get_balance(self, account: AccountRef) -> Balance | None:
        """Read a balance."""
        request = pb.GetBalanceRequest(account=account_message(account))
        response = await self._ask_or_none(self._stub.GetBalance, request)
        return None if response is None else balance_of(response.balance)

    async def watch_balance(self, account: AccountRef) -> AsyncIterator[Balance]:
        """Yield the balance now and after every change, until the wallet stops."""
        request = pb.WatchBalanceRequest(account=account_message(account))
        try:
            async for response in self._stub.WatchBalance(request, metadata=self._metadata):
                yield balance_of(response.balance)
        except grpc.aio.AioRpcError:
            return

    async def get_round(self, ref: RoundRef) -> WalletRound | None:
        """Read a round with its transactions."""
        response = await self._ask_or_none(self._stub.GetRound, pb.GetRoundRequest(ref=round_ref_message(ref)))
        if response is None:
            return None
        return round_of(response.round, tuple(map(transaction_of, response.transactions)))

    async def round_timeline(self, ref: RoundRef) -> tuple[RoundEvent, ...]:
        """Tell everything that happened in a round."""
        request = pb.GetRoundTimelineRequest(ref=round_ref_message(ref))
        response = await self._ask_or_none(self._stub.GetRoundTimeline, request)
        return () if response is None else tuple(map(round_event_of, response.entries))

    async def note_round(self, ref: RoundRef, author: str, text: str) -> bool:
        """Leave a note in a round's story."""
        request = pb.NoteRoundRequest(ref=round_ref_message(ref), author=author, text=text)
        return await self._ask_or_none(self._stub.NoteRound, request) is not None

    async def get_transaction(
        self, brand_id: str, provider_id: str, kind: ActionKind, transaction_id: str
    ) -> WalletTransaction | None:
        """Read the stored answer under a key."""
        request = pb.GetTransactionRequest(
            brand_id=brand_id, provider_id=provider_id, kind=KIND_NUMBERS[kind], transaction_id=transaction_id
        )
        response = await self._ask_or_none(self._stub.GetTransaction, request)
        return None if response is None else transaction_of(response.transaction)

    async def list_transactions(self, account: AccountRef, page_size: int, page_token: str) -> TransactionPage:
        """List an account's transactions, newest first."""
        request = pb.ListTransactionsRequest(
            account=account_message(account), page_size=page_size, page_token=page_token
        )
        response = await self._ask(self._stub.ListTransactions, request)
        return TransactionPage(tuple(map(transaction_of, response.transactions)), response.next_page_token)

    async def list_rounds(self, account: AccountRef, page_size: int, page_token: str, game_id: str = "") -> RoundPage:
        """List an account's rounds, newest first."""
        request = pb.ListRoundsRequest(
            account=account_message(account), page_size=page_size, page_token=page_token, game_id=game_id
        )
        response = await self._ask(self._stub.ListRounds, request)
        return RoundPage(tuple(map(round_of, response.rounds)), response.next_page_token)

    async def list_open_rounds(
        self,
        brand_id: str,
        page_size: int,
        page_token: str,
        *,
        player_id: str = "",
        provider_id: str = "",
        opened_before_ms: int = 0,
    ) -> RoundPage:
        """List open rounds of a brand, oldest first."""
        request = pb.ListOpenRoundsRequest(
            brand_id=brand_id,
            player_id=player_id,
            provider_id=provider_id,
            page_size=page_size,
            page_token=page_token,
        )
        if opened_before_ms:
            request.opened_before_time.FromMilliseconds(opened_before_ms)
        response = await self._ask(self._stub.ListOpenRounds, request)
        return RoundPage(tuple(map(round_of, response.rounds)), response.next_page_token)

    async def set_free_bets(self, free_bets: FreeBets, *, cancelled: bool = False) -> int:
        """Make sure that a grant is there, or has ended; returns how many bets were placed under it."""
        account = AccountRef(free_bets.brand_id, free_bets.player_id, free_bets.currency_code)
        request = pb.SetFreeRoundsGrantRequest(
            account=account_message(account),
            grant_id=free_bets.grant_id,
            count=free_bets.count,
            stake_micros=free_bets.stake_micros,
            cancelled=cancelled,
            provider_id=free_bets.provider_id,
            game_ids=free_bets.game_ids,
            author=FREE_BETS_AUTHOR,
        )
        request.expire_time.FromMilliseconds(free_bets.expire_time_ms)
        response = await self._ask(self._stub.SetFreeRoundsGrant, request)
        return int(response.used_count)

    async def aclose(self) -> None:
        """Let go of the connection."""
        await self._channel.close()

    async def _balance_reply(self, call: WalletCall) -> WalletReply:
        account = AccountRef(call.brand_id, call.player_id, call.currency_code)
        balance = await self.get_balance(account)
        if balance is None:
            return WalletReply(Certainty.CERTAIN, code=OutcomeCode.PLAYER_NOT_FOUND, field="player_id")
        return WalletReply(
            Certainty.CERTAIN,
            balance_micros=balance.balance_micros,
            bonus_micros=balance.bonus_micros,
            currency_code=call.currency_code,
        )

    async def _call(self, method: Any, request: Any) -> Any:
        return await method(request, timeout=self._timeout_s, metadata=self._metadata)

    async def _ask(self, method: Any, request: Any) -> Any:
        try:
            return await self._call(method, request)
        except grpc.aio.AioRpcError as error:
            raise _read_error(failure_of(error)) from error

    async def _ask_or_none(self, method: Any, request: Any) -> Any | None:
        try:
            return await self._call(method, request)
        except grpc.aio.AioRpcError as error:
            failure = failure_of(error)
            if failure.code is grpc.StatusCode.NOT_FOUND and failure.reason:
                return None
            raise _read_error(failure) from error


def _read_error(failure: Failure) -> GatewayError:
    reason = failure.reason.removeprefix(REASON_PREFIX)
    if reason == "CURRENCY_UNKNOWN":
        return CurrencyUnknown("no such currency", field="currency_code")
    if reason == "PLAYER_NOT_FOUND":
        return PlayerNotFound("the player has no account in this currency")
    if reason == "IDEMPOTENCY_KEY_REUSED":
        return IdempotencyKeyReused(failure.message, field=failure.metadata.get("field", ""))
    if failure.code is grpc.StatusCode.INVALID_ARGUMENT:
        return InvalidRequest(failure.bad_field or "request", failure.message)
    return WalletUnavailable(f"the wallet cannot be asked: {failure.code.name}")


def open_wallet_client(target: str, timeout_s: float, token: str = "") -> WalletClient:
    """Return a client of the wallet at HOST:PORT; the connection is made with the first call."""
    return WalletClient(open_channel(target, message_bytes_max=MESSAGE_BYTES_MAX), timeout_s, token)
