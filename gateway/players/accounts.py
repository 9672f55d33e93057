"""The use cases behind ``PlayerService``: accounts and deposits; the wallet owns both."""

from dataclasses import dataclass

from adapters.contract.ids import BrandId, PlayerId, ProviderId, TransactionId
from adapters.contract.wallet_calls import Action, ActionKind, OutcomeCode, WalletCall
from gateway.errors import IdempotencyKeyReused
from gateway.rounds.ports import AccountRef, Balance, WalletPort
from gateway.rounds.refusals import refusal_of_reply

OPERATOR_CASHIER = ProviderId("operator-cashier")
_FIELDS = {"amount_micros": "amount.micros", "currency_code": "amount.currency_code"}


@dataclass(frozen=True, slots=True)
class Deposited:
    """A deposit as it was booked."""

    balance_micros: int
    replayed: bool


class PlayerAccounts:
    """Opens accounts and takes deposits."""

    def __init__(self, wallet: WalletPort) -> None:
        self._wallet = wallet

    async def open(self, account: AccountRef) -> tuple[Balance, bool]:
        """Make sure that the account exists; says whether this call made it."""
        return await self._wallet.open_account(account)

    async def deposit(self, account: AccountRef, transaction_id: str, amount_micros: int) -> Deposited:
        """Add money, once per transaction id."""
        action = Action(ActionKind.DEPOSIT, TransactionId(transaction_id), amount_micros)
        reply = await self._wallet.apply(
            WalletCall(
                BrandId(account.brand_id),
                PlayerId(account.player_id),
                account.currency_code,
                OPERATOR_CASHIER,
                (action,),
            )
        )
        if reply.code is OutcomeCode.KEY_REUSED:
            field = _FIELDS.get(reply.field, reply.field or "transaction_id")
            raise IdempotencyKeyReused(f"the transaction id was used before with another {field}", field=field)
        if not reply.accepted:
            raise refusal_of_reply(reply)
        result = reply.results[0]
        return Deposited(result.balance_micros or 0, result.replayed)
