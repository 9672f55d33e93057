"""``PlayerService``: operators open accounts and deposit."""

from typing import Any

import grpc.aio
from reelgate.gateway.v1 import player_service_pb2 as pb
from reelgate.type.v1.money_pb2 import Money

from gateway.players.accounts import PlayerAccounts
from gateway.rpc import validation_of_operators
from gateway.rpc.callers import operator_id
from gateway.sessions.authenticate import OperatorAuthentication


class PlayerService:
    """OpenAccount, Deposit."""

    def __init__(self, accounts: PlayerAccounts, operators: OperatorAuthentication) -> None:
        self._accounts = accounts
        self._operators = operators

    async def OpenAccount(  # noqa: N802  # gRPC's name
        self, request: pb.OpenAccountRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.OpenAccountResponse:
        """Make sure that a player has an account in a currency."""
        caller = await operator_id(context, self._operators)
        account = validation_of_operators.account_ref(request)
        await self._operators.require_brand(caller, account.brand_id)
        balance, created = await self._accounts.open(account)
        money = Money(currency_code=account.currency_code, micros=balance.balance_micros)
        return pb.OpenAccountResponse(balance=money, created=created)

    async def Deposit(  # noqa: N802  # gRPC's name
        self, request: pb.DepositRequest, context: grpc.aio.ServicerContext[Any, Any]
    ) -> pb.DepositResponse:
        """Add money to an account."""
        caller = await operator_id(context, self._operators)
        account, transaction_id, amount_micros = validation_of_operators.deposit(request)
        await self._operators.require_brand(caller, account.brand_id)
        deposited = await self._accounts.deposit(account, transaction_id, amount_micros)
        money = Money(currency_code=account.currency_code, micros=deposited.balance_micros)
        return pb.DepositResponse(balance=money, replayed=deposited.replayed)
