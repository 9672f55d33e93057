"""``WalletService`` as front ends see it: reading only."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc.aio
from reelgate.gateway.v1 import wallet_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from adapters.contract.wallet_calls import OutcomeCode
from gateway.errors import PlayerNotFound, Stopping
from gateway.rounds.ports import Balance, PlayerSession, WalletPort
from gateway.rpc import validation
from gateway.rpc.callers import player_session
from gateway.rpc.to_proto import transaction_message
from gateway.sessions.authenticate import PlayerAuthentication

PAGE_SIZE = 50
PAGE_SIZE_MAX = 200


class WalletService:
    """GetBalance, WatchBalance, ListTransactions."""

    def __init__(self, wallet: WalletPort, players: PlayerAuthentication, stopping: asyncio.Event) -> None:
        self._wallet = wallet
        self._players = players
        self._stopping = stopping

    async def GetBalance(  # noqa: N802  # gRPC's name
        self, _request: pb.GetBalanceRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.GetBalanceResponse:
        """Read the balance of the session's account."""
        session = await player_session(context, self._players)
        balance = await self._balance(session)
        return pb.GetBalanceResponse(balance=_money(session, balance), bonus_micros=balance.bonus_micros)

    async def WatchBalance(  # noqa: N802  # gRPC's name
        self, _request: pb.WatchBalanceRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[pb.WatchBalanceResponse]:
        """Send the balance now and after every change."""
        session = await player_session(context, self._players)
        await self._balance(session)
        changes = self._wallet.watch_balance(session.account)
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            while True:
                change = asyncio.ensure_future(anext(changes))
                await asyncio.wait((change, stopping), return_when=asyncio.FIRST_COMPLETED)
                if not change.done():
                    await _dropped(change)
                    raise Stopping("the server is stopping; watch again elsewhere")
                try:
                    balance = change.result()
                except StopAsyncIteration:
                    raise Stopping("the wallet is stopping; watch again") from None
                yield pb.WatchBalanceResponse(balance=_money(session, balance), bonus_micros=balance.bonus_micros)
        finally:
            stopping.cancel()

    async def ListTransactions(  # noqa: N802  # gRPC's name
        self, request: pb.ListTransactionsRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.ListTransactionsResponse:
        """List the account's money movements, newest first."""
        session = await player_session(context, self._players)
        size = validation.page_size(request.page_size, PAGE_SIZE, PAGE_SIZE_MAX)
        token = validation.optional_text("page_token", request.page_token, 512)
        page = await self._wallet.list_transactions(session.account, size, token)
        rows = [transaction_message(row, session.currency_code) for row in page.items if row.code is OutcomeCode.OK]
        return pb.ListTransactionsResponse(transactions=rows, next_page_token=page.next_page_token)

    async def _balance(self, session: PlayerSession) -> Balance:
        balance = await self._wallet.get_balance(session.account)
        if balance is None:
            raise PlayerNotFound("the player has no account in this currency")
        return balance


async def _dropped(change: "asyncio.Future[Balance]") -> None:
    change.cancel()
    await asyncio.wait((change,))


def _money(session: PlayerSession, balance: Balance) -> Money:
    return Money(currency_code=session.currency_code, micros=balance.balance_micros)
