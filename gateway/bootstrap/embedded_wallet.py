"""The wallet in this process, behind the gateway's port: converts words, adds nothing."""

from collections.abc import AsyncIterator
from typing import TypeVar

from adapters.contract.ids import TransactionId
from adapters.contract.wallet_calls import (
    Action,
    ActionKind,
    ActionResult,
    Certainty,
    OutcomeCode,
    WalletCall,
    WalletReply,
)
from gateway.errors import (
    CurrencyUnknown,
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
from wallet.ledger import kinds
from wallet.ledger import types as ledger
from wallet.ledger.currencies import CURRENCY_CODES
from wallet.ledger.ids import AccountKey
from wallet.ledger.legs import all_undone
from wallet.ledger.state import Account, Grant, Round
from wallet.settlement import ports as settlement
from wallet.settlement.pages import PageTokenRefused
from wallet.settlement.timeline import TimelineEntry, timeline
from wallet.settlement.wallet import Wallet

_KINDS = {kind: kinds.ActionKind(kind.value) for kind in ActionKind}
_CODES = {kinds.OutcomeCode(code.value): code for code in OutcomeCode}
_CERTAINTIES = {kinds.Certainty(certainty.value): certainty for certainty in Certainty}
Answer = TypeVar("Answer")


class EmbeddedWallet:
    """``WalletPort`` on a wallet of this process."""

    def __init__(self, wallet: Wallet) -> None:
        self._wallet = wallet

    @property
    def wallet(self) -> Wallet:
        """The wallet itself."""
        return self._wallet

    async def apply(self, call: WalletCall) -> WalletReply:
        """Move money, once per key."""
        return _reply(await self._wallet.apply(_command(call)))

    async def open_account(self, account: AccountRef, *, demo: bool = False) -> tuple[Balance, bool]:
        """Make sure that the account exists."""
        if account.currency_code not in CURRENCY_CODES:
            raise CurrencyUnknown("no such currency", field="currency_code")
        try:
            found, created = await self._wallet.open_account(_key(account), demo=demo)
        except settlement.WalletUnavailable as error:
            raise WalletUnavailable("the wallet could not open the account; repeat") from error
        except settlement.AccountRefused as error:
            raise InvalidRequest(error.field, error.reason) from error
        return _balance(found), created

    async def get_balance(self, account: AccountRef) -> Balance | None:
        """Read a balance."""
        found = await self._wallet.account(_key(account))
        return None if found is None else _balance(found)

    async def watch_balance(self, account: AccountRef) -> AsyncIterator[Balance]:
        """Yield the balance now and after every change."""
        async for found in self._wallet.watch(_key(account)):
            yield _balance(found)

    async def get_round(self, ref: RoundRef) -> WalletRound | None:
        """Read a round with its transactions."""
        key = (ref.brand_id, ref.player_id, ref.provider_id, ref.round_id)
        found = await self._wallet.round_with_rows(key)
        return None if found is None else _round(*found)

    async def round_timeline(self, ref: RoundRef) -> tuple[RoundEvent, ...]:
        """Tell everything that happened in a round."""
        story = await self._wallet.round_story((ref.brand_id, ref.player_id, ref.provider_id, ref.round_id))
        return () if story is None else tuple(map(_event, timeline(story)))

    async def find_rounds(
        self, round_id: str, brand_id: str = "", player_id: str = "", provider_id: str = ""
    ) -> list[RoundRef]:
        """Return the rounds with this id; slow without brand and player."""
        return [RoundRef(*key) for key in await self._wallet.find_rounds(round_id, brand_id, player_id, provider_id)]

    async def note_round(self, ref: RoundRef, author: str, text: str) -> bool:
        """Leave a note in a round's story."""
        key = (ref.brand_id, ref.player_id, ref.provider_id, ref.round_id)
        try:
            return await self._wallet.note_round(key, author, text)
        except settlement.WalletUnavailable as error:
            raise WalletUnavailable("the wallet could not keep the note; repeat") from error

    async def get_transaction(
        self, brand_id: str, provider_id: str, kind: ActionKind, transaction_id: str
    ) -> WalletTransaction | None:
        """Read the stored answer under a key."""
        row = await self._wallet.transaction((brand_id, provider_id, kind.value, transaction_id))
        return None if row is None else _transaction(row)

    async def list_transactions(self, account: AccountRef, page_size: int, page_token: str) -> TransactionPage:
        """List an account's transactions, newest first."""
        try:
            page = await self._wallet.transactions(_key(account), page_size=page_size, page_token=page_token)
        except PageTokenRefused as error:
            raise InvalidRequest("page_token", str(error)) from error
        return TransactionPage(tuple(map(_transaction, page.items)), page.next_token)

    async def list_rounds(self, account: AccountRef, page_size: int, page_token: str, game_id: str = "") -> RoundPage:
        """List an account's rounds, newest first."""
        try:
            page = await self._wallet.rounds(_key(account), page_size=page_size, page_token=page_token, game_id=game_id)
        except PageTokenRefused as error:
            raise InvalidRequest("page_token", str(error)) from error
        return RoundPage(tuple(map(_round, page.items)), page.next_token)

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
        try:
            page = await self._wallet.open_rounds(
                brand_id,
                player_id=player_id,
                provider_id=provider_id,
                opened_before_ms=opened_before_ms or None,
                page_size=page_size,
                page_token=page_token,
            )
        except PageTokenRefused as error:
            raise InvalidRequest("page_token", str(error)) from error
        return RoundPage(tuple(map(_round, page.items)), page.next_token)

    async def set_free_bets(self, free_bets: FreeBets, *, cancelled: bool = False) -> int:
        """Make sure that a grant is there, or has ended; returns how many bets were placed under it."""
        grant = Grant(
            free_bets.brand_id,
            free_bets.player_id,
            free_bets.currency_code,
            free_bets.grant_id,
            free_bets.count,
            free_bets.stake_micros,
            provider_id=free_bets.provider_id,
            game_ids=",".join(free_bets.game_ids),
            expires_time_ms=free_bets.expire_time_ms,
        )
        try:
            outcome = await self._wallet.issue_grant(grant, FREE_BETS_AUTHOR)
            if cancelled and outcome.accepted:
                outcome = await self._wallet.cancel_grant(grant.key, FREE_BETS_AUTHOR)
        except settlement.WalletUnavailable as error:
            raise WalletUnavailable("the wallet could not note the grant; repeat") from error
        if outcome.code is kinds.OutcomeCode.PLAYER_NOT_FOUND:
            raise PlayerNotFound("the player has no account in this currency")
        if outcome.code is kinds.OutcomeCode.KEY_REUSED:
            field = outcome.field
            raise IdempotencyKeyReused(f"the grant id was used before with another {field}", field=field)
        if not outcome.accepted or outcome.grant is None:
            raise InvalidRequest(outcome.field, outcome.reason)
        return outcome.grant.used_count

    async def aclose(self) -> None:
        """Finish what has entered and let go."""
        await self._wallet.aclose()


def _key(account: AccountRef) -> AccountKey:
    return (account.brand_id, account.player_id, account.currency_code)


def _command(call: WalletCall) -> ledger.Command:
    return ledger.Command(
        call.brand_id,
        call.player_id,
        call.currency_code,
        call.provider_id,
        0,
        tuple(map(_action, call.actions)),
        call.game_id or "",
        call.round_id or "",
        call.session_id or "",
        call.close_round,
        call.one_unit,
        call.exclusive_game,
        call.round_state,
        call.game_version,
        call.with_receipt,
        call.demo,
        None if call.refuse_new_bets is None else kinds.OutcomeCode(call.refuse_new_bets.value),
    )


def _action(action: Action) -> ledger.Action:
    reference_kind = action.reference_kind
    return ledger.Action(
        _KINDS[action.kind],
        action.transaction_id,
        action.amount_micros,
        action.reference_transaction_id or "",
        None if reference_kind is None else _KINDS[reference_kind],
        action.grant_id or "",
        action.bonus_micros,
        action.jackpot_contribution_micros,
        action.jackpot_id,
        action.author,
        action.reason,
        action.detail,
    )


def _reply(reply: ledger.Reply) -> WalletReply:
    return WalletReply(
        _CERTAINTIES[reply.certainty],
        tuple(map(_result, reply.results)),
        _CODES[reply.code],
        reply.balance_micros,
        reply.bonus_micros,
        reply.currency_code,
        reply.field,
        reply.reason,
        reply.receipt,
    )


def _result(result: ledger.ActionResult) -> ActionResult:
    return ActionResult(
        _CODES[result.code],
        TransactionId(result.transaction_id),
        result.wallet_transaction_id,
        result.amount_micros,
        result.bonus_micros,
        result.balance_micros,
        result.replayed,
        result.processed_time_ms,
        result.field,
        result.reason,
        result.detail,
    )


def _balance(account: Account) -> Balance:
    balance_micros = account.cash_micros + account.bonus_micros
    return Balance(balance_micros, account.bonus_micros, account.open_round_count)


def _transaction(row: ledger.JournalRow) -> WalletTransaction:
    return WalletTransaction(
        ActionKind(row.kind),
        row.transaction_id,
        OutcomeCode(row.code),
        row.amount_micros,
        row.cash_micros + row.bonus_micros,
        row.time_ms,
        row.provider_id,
        row.player_id,
        row.currency_code,
        row.round_id,
        row.game_id,
        row.reference_transaction_id,
        row.detail,
        row.cash_delta_micros + row.bonus_delta_micros,
    )


def _event(entry: TimelineEntry) -> RoundEvent:
    row = None if entry.row is None else _transaction(entry.row)
    return RoundEvent(entry.time_ms, entry.text, entry.author, row)


def _round(found: Round, rows: tuple[ledger.JournalRow, ...] = ()) -> WalletRound:
    return WalletRound(
        RoundRef(found.brand_id, found.player_id, found.provider_id, found.round_id),
        found.currency_code,
        found.game_id,
        found.game_version,
        found.status == kinds.RoundStatus.CLOSED.value,
        found.bet_micros,
        found.win_micros,
        found.rolled_back_micros,
        found.opened_time_ms,
        found.closed_time_ms,
        found.state,
        tuple(map(_transaction, rows)),
        found.updated_time_ms,
        all_undone(found.legs),
    )
