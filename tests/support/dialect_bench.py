"""An adapter's wallet side on the real ledger in memory: bytes in, bytes out, as the callback server would do it."""

from dataclasses import dataclass, field
from typing import Protocol

from adapters.contract.errors import AdapterError
from adapters.contract.ids import BrandId, TransactionId
from adapters.contract.wallet_calls import (
    Action,
    ActionResult,
    Certainty,
    Credential,
    OutcomeCode,
    RawCall,
    RawReply,
    WalletCall,
    WalletReply,
)
from tests.support.ledger_book import Book
from wallet.ledger.kinds import ActionKind as LedgerKind
from wallet.ledger.types import Action as LedgerAction
from wallet.ledger.types import Command

SECRET = b"test"
CREDENTIAL = Credential(BrandId("brand"), (SECRET,))


class WalletDialect(Protocol):
    """The wallet side of an adapter."""

    def decode(self, call: RawCall, credential: Credential) -> WalletCall:
        """Check and read."""
        ...

    def encode(self, call: WalletCall, reply: WalletReply) -> RawReply:
        """Render."""
        ...

    def encode_error(self, call: RawCall, error: Exception) -> RawReply:
        """Render a failure."""
        ...


@dataclass
class Bench:
    """One brand's mount of an adapter, and its players' book. ``lost`` makes the wallet answer: I do not know."""

    adapter: WalletDialect
    book: Book = field(default_factory=Book)
    credential: Credential = CREDENTIAL
    lost: bool = False
    owners: dict[str, str] = field(default_factory=dict)
    """Players by token; a token that is not here belongs to whoever shows it."""
    dead_tokens: set[str] = field(default_factory=set)

    def answer(self, call: RawCall) -> RawReply:
        """Decode, apply, encode; failures through ``encode_error``."""
        try:
            wallet_call = self.adapter.decode(call, self.credential)
        except AdapterError as error:
            return self.adapter.encode_error(call, error)
        return self.adapter.encode(wallet_call, self.apply(wallet_call))

    def apply(self, call: WalletCall) -> WalletReply:
        """Do what gateway and wallet do: the session for bets, then the ledger."""
        needs_session = call.session_required or any(action.kind == "bet" for action in call.actions)
        if needs_session and self.owners.get(call.token, call.player_id) != call.player_id:
            return WalletReply(Certainty.CERTAIN, code=OutcomeCode.SESSION_NOT_FOUND)
        if needs_session and call.token in self.dead_tokens:
            return WalletReply(Certainty.CERTAIN, code=OutcomeCode.SESSION_EXPIRED)
        reply = self.book.apply(_command(call, self.book.now_ms))
        if self.lost:
            return WalletReply(Certainty.UNCERTAIN, code=OutcomeCode.UNAVAILABLE)
        return WalletReply(
            certainty=Certainty(reply.certainty.value),
            results=tuple(
                ActionResult(
                    code=OutcomeCode(result.code.value),
                    transaction_id=TransactionId(result.transaction_id),
                    wallet_transaction_id=result.wallet_transaction_id,
                    amount_micros=result.amount_micros,
                    bonus_micros=result.bonus_micros,
                    balance_micros=result.balance_micros,
                    replayed=result.replayed,
                    processed_time_ms=result.processed_time_ms,
                    field=result.field,
                    reason=result.reason,
                )
                for result in reply.results
            ),
            code=OutcomeCode(reply.code.value),
            balance_micros=reply.balance_micros,
            bonus_micros=reply.bonus_micros,
            currency_code=reply.currency_code,
            field=reply.field,
            reason=reply.reason,
        )


def _command(call: WalletCall, now_ms: int) -> Command:
    return Command(
        brand_id=call.brand_id,
        player_id=call.player_id,
        currency_code=call.currency_code,
        provider_id=call.provider_id,
        now_ms=now_ms,
        actions=tuple(map(_action, call.actions)),
        game_id=call.game_id or "",
        round_id=call.round_id or "",
        session_id=call.session_id or "",
        close_round=call.close_round,
        demo=call.demo,
    )


def _action(action: Action) -> LedgerAction:
    return LedgerAction(
        kind=LedgerKind(action.kind.value),
        transaction_id=action.transaction_id,
        amount_micros=action.amount_micros,
        reference_transaction_id=action.reference_transaction_id or "",
        reference_kind=LedgerKind(action.reference_kind.value) if action.reference_kind else None,
        grant_id=action.grant_id or "" if action.kind.value == "bet" else "",  # as the gateway tells the wallet
        bonus_micros=action.bonus_micros,
        jackpot_contribution_micros=action.jackpot_contribution_micros,
        jackpot_id=action.jackpot_id,
        author=action.author,
        reason=action.reason,
        detail=action.detail,
    )
