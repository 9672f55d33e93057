"""The port's words as messages of ``reelgate.wallet.v1``, and back."""

from collections.abc import Mapping

from reelgate.wallet.v1 import wallet_service_pb2 as pb
from reelgate.wallet.v1.error_reason_pb2 import ErrorReason

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
from gateway.rounds.ports import AccountRef, Balance, RoundEvent, RoundRef, WalletRound, WalletTransaction
from protos.wire.failures import Failure

REASON_PREFIX = "ERROR_REASON_"
KIND_NUMBERS = {kind: pb.ActionKind.Value(f"ACTION_KIND_{kind.name}") for kind in ActionKind}
_KINDS = {number: kind for kind, number in KIND_NUMBERS.items()}
_CODES = {
    "INVALID_REQUEST": OutcomeCode.INVALID,
    "IDEMPOTENCY_KEY_REUSED": OutcomeCode.KEY_REUSED,
}
_MS_PER_S = 1000
_NS_PER_MS = 1_000_000


def account_message(account: AccountRef) -> pb.AccountRef:
    """Return the name of an account."""
    return pb.AccountRef(brand_id=account.brand_id, player_id=account.player_id, currency_code=account.currency_code)


def round_ref_message(ref: RoundRef) -> pb.RoundRef:
    """Return the name of a round."""
    return pb.RoundRef(
        brand_id=ref.brand_id, player_id=ref.player_id, provider_id=ref.provider_id, round_id=ref.round_id
    )


def apply_request(call: WalletCall) -> pb.ApplyRequest:
    """Return a call as a message."""
    return pb.ApplyRequest(
        account=pb.AccountRef(brand_id=call.brand_id, player_id=call.player_id, currency_code=call.currency_code),
        provider_id=call.provider_id,
        actions=map(_action, call.actions),
        round_id=call.round_id or "",
        game_id=call.game_id or "",
        close_round=call.close_round,
        one_unit=call.one_unit,
        exclusive_game=call.exclusive_game,
        round_state=call.round_state,
        game_version=call.game_version,
        with_receipt=call.with_receipt,
        session_id=call.session_id or "",
        refuse_new_bets=_reason_number(call.refuse_new_bets),
    )


def _reason_number(code: OutcomeCode | None) -> "ErrorReason.ValueType":
    return ErrorReason.ERROR_REASON_UNSPECIFIED if code is None else ErrorReason.Value(f"{REASON_PREFIX}{code.name}")


def _action(action: Action) -> pb.Action:
    kind = action.reference_kind
    return pb.Action(
        kind=KIND_NUMBERS[action.kind],
        transaction_id=action.transaction_id,
        amount_micros=action.amount_micros,
        reference_transaction_id=action.reference_transaction_id or "",
        reference_kind=pb.ACTION_KIND_UNSPECIFIED if kind is None else KIND_NUMBERS[kind],
        grant_id=action.grant_id or "",
        bonus_micros=action.bonus_micros,
        jackpot_contribution_micros=action.jackpot_contribution_micros,
        jackpot_id=action.jackpot_id,
        author=action.author,
        reason=action.reason,
        detail=action.detail,
    )


def reply_of(response: pb.ApplyResponse) -> WalletReply:
    """Return what the wallet accepted."""
    return WalletReply(
        Certainty.CERTAIN,
        tuple(map(_result, response.results)),
        OutcomeCode.OK,
        response.balance.micros,
        response.bonus_micros,
        response.balance.currency_code,
        receipt=response.receipt.text.encode() if response.HasField("receipt") else b"",
    )


def _result(result: pb.ActionResult) -> ActionResult:
    done = result.outcome == pb.ACTION_OUTCOME_OK
    return ActionResult(
        OutcomeCode.OK if done else OutcomeCode.NO_EFFECT,
        TransactionId(result.transaction_id),
        result.wallet_transaction_id,
        result.amount_micros,
        result.bonus_micros,
        result.balance_micros,
        result.replayed,
        result.processed_time.seconds * _MS_PER_S + result.processed_time.nanos // _NS_PER_MS,
        detail=result.detail,
    )


def refusal_reply(call: WalletCall, failure: Failure) -> WalletReply:
    """Return what the wallet refused; a failure without a reason of the wallet's may have followed a commit."""
    code = _code_of(failure)
    if code is None:
        is_held = failure.reason == f"{REASON_PREFIX}{OutcomeCode.BATCH_REFUSED.name}"
        doubt = OutcomeCode.BATCH_REFUSED if is_held else OutcomeCode.UNAVAILABLE
        return WalletReply(Certainty.UNCERTAIN, code=doubt, currency_code=call.currency_code, reason=failure.message)
    facts = failure.metadata
    field = facts.get("field") or facts.get("limit") or facts.get("round_id") or ""
    index = _number(facts, "action_index")
    results = tuple(
        ActionResult(
            code if place == (index or 0) else OutcomeCode.BATCH_REFUSED,
            action.transaction_id,
            field=field,
            reason=failure.message,
        )
        for place, action in enumerate(call.actions)
    )
    balance = _number(facts, "balance_micros")
    return WalletReply(Certainty.CERTAIN, results, code, balance, None, call.currency_code, field, failure.message)


def _code_of(failure: Failure) -> OutcomeCode | None:
    reason = failure.reason.removeprefix(REASON_PREFIX)
    if not reason or not failure.certain:
        return None
    if reason in _CODES:
        return _CODES[reason]
    return OutcomeCode.__members__.get(reason)


def _number(facts: Mapping[str, str], name: str) -> int | None:
    text = facts.get(name, "")
    return int(text) if text.lstrip("-").isdigit() else None


def balance_of(message: pb.Balance) -> Balance:
    """Return a balance."""
    return Balance(message.balance_micros, message.bonus_micros, message.open_round_count)


def transaction_of(row: pb.Transaction) -> WalletTransaction:
    """Return a transaction."""
    return WalletTransaction(
        _KINDS[row.kind],
        row.transaction_id,
        OutcomeCode(row.outcome.lower()),
        row.amount_micros,
        row.balance_micros,
        row.processed_time.ToMilliseconds(),
        row.provider_id,
        row.account.player_id,
        row.account.currency_code,
        row.round_id,
        row.game_id,
        row.reference_transaction_id,
        row.detail,
        row.delta_micros,
    )


def round_event_of(message: pb.TimelineEntry) -> RoundEvent:
    """Return one thing that happened in a round."""
    row = transaction_of(message.transaction) if message.HasField("transaction") else None
    return RoundEvent(message.time.ToMilliseconds(), message.text, message.author, row)


def round_of(message: pb.Round, rows: tuple[WalletTransaction, ...] = ()) -> WalletRound:
    """Return a round."""
    ref = message.ref
    return WalletRound(
        RoundRef(ref.brand_id, ref.player_id, ref.provider_id, ref.round_id),
        message.currency_code,
        message.game_id,
        message.game_version,
        message.status == pb.ROUND_STATUS_CLOSED,
        message.bet_micros,
        message.win_micros,
        message.rolled_back_micros,
        message.open_time.ToMilliseconds(),
        message.close_time.ToMilliseconds() if message.HasField("close_time") else 0,
        message.state,
        rows,
        message.update_time.ToMilliseconds() if message.HasField("update_time") else 0,
        message.undone,
    )
