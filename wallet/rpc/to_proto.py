"""The ledger's words as messages."""

from collections.abc import Mapping

from google.protobuf.timestamp_pb2 import Timestamp
from reelgate.type.v1.money_pb2 import Money
from reelgate.wallet.v1 import wallet_service_pb2 as pb

from wallet.ledger.kinds import ADMIN_KINDS, AccountStatus, OutcomeCode
from wallet.ledger.legs import all_undone
from wallet.ledger.limit_settings import WARNINGS, LimitSettings, warn_percent_of
from wallet.ledger.receipts import decode_receipt
from wallet.ledger.state import Account, Round
from wallet.ledger.types import ActionResult, JournalRow, Reply
from wallet.ledger.work import result_of
from wallet.rpc.from_proto import KINDS, MS_PER_MINUTE, STATUSES, TIMES
from wallet.settlement.timeline import TimelineEntry

_NUMBER_OF_KIND: dict[str, int] = {kind.value: number for number, kind in KINDS.items()} | {
    kind: pb.ActionKind.Value(f"ACTION_KIND_{kind.upper()}") for kind in ADMIN_KINDS
}
_NUMBER_OF_STATUS = {status.value: number for number, status in STATUSES.items()}
_PERIODS = {"day": pb.LIMIT_PERIOD_DAY, "week": pb.LIMIT_PERIOD_WEEK, "month": pb.LIMIT_PERIOD_MONTH}
_MEASURES = {"loss": pb.LIMIT_KIND_LOSS, "wager": pb.LIMIT_KIND_WAGER, "deposit": pb.LIMIT_KIND_DEPOSIT}
_PLAYER_ACCOUNT = "player"


def timestamp(time_ms: int) -> Timestamp | None:
    """Return a time; 0 is none."""
    return Timestamp(seconds=time_ms // 1000, nanos=time_ms % 1000 * 1_000_000) if time_ms else None


def account_ref(brand_id: str, player_id: str, currency_code: str) -> pb.AccountRef:
    """Return the name of an account."""
    return pb.AccountRef(brand_id=brand_id, player_id=player_id, currency_code=currency_code)


def balance(account: Account) -> pb.Balance:
    """Return what a player has."""
    return pb.Balance(
        account=account_ref(*account.key),
        balance_micros=account.cash_micros + account.bonus_micros,
        cash_micros=account.cash_micros,
        bonus_micros=account.bonus_micros,
        reserved_micros=account.reserved_micros,
        receivable_micros=account.receivable_micros,
        open_round_count=account.open_round_count,
        sequence=account.sequence,
        status=_NUMBER_OF_STATUS.get(AccountStatus(account.status).value, pb.ACCOUNT_STATUS_UNSPECIFIED),  # type: ignore[arg-type]  # an enum's number
    )


def _result(result: ActionResult) -> pb.ActionResult:
    done = result.code is OutcomeCode.OK
    return pb.ActionResult(
        outcome=pb.ACTION_OUTCOME_OK if done else pb.ACTION_OUTCOME_NO_EFFECT,
        transaction_id=result.transaction_id,
        wallet_transaction_id=result.wallet_transaction_id,
        amount_micros=result.amount_micros,
        bonus_micros=result.bonus_micros,
        balance_micros=result.balance_micros or 0,
        replayed=result.replayed,
        processed_time=timestamp(result.processed_time_ms),
        detail=result.detail,
    )


def apply_response(reply: Reply) -> pb.ApplyResponse:
    """Return an accepted reply."""
    response = pb.ApplyResponse(
        results=map(_result, reply.results),
        balance=Money(currency_code=reply.currency_code, micros=reply.balance_micros or 0),
        bonus_micros=reply.bonus_micros or 0,
    )
    if reply.receipt:
        receipt = decode_receipt(reply.receipt)
        response.receipt.account.CopyFrom(account_ref(*receipt[:3]))
        response.receipt.sequence = receipt.sequence
        response.receipt.chain_head = receipt.chain_head
        response.receipt.text = reply.receipt.decode()
    return response


def round_message(round_: Round) -> pb.Round:
    """Return a round."""
    brand_id, player_id, provider_id, round_id = round_.key
    return pb.Round(
        ref=pb.RoundRef(brand_id=brand_id, player_id=player_id, provider_id=provider_id, round_id=round_id),
        currency_code=round_.currency_code,
        game_id=round_.game_id,
        game_version=round_.game_version,
        status=pb.ROUND_STATUS_CLOSED if round_.status == "closed" else pb.ROUND_STATUS_OPEN,
        bet_micros=round_.bet_micros,
        win_micros=round_.win_micros,
        rolled_back_micros=round_.rolled_back_micros,
        jackpot_contribution_micros=round_.jackpot_contribution_micros,
        held_micros=round_.held_micros,
        open_time=timestamp(round_.opened_time_ms),
        close_time=timestamp(round_.closed_time_ms),
        state=round_.state,
        update_time=timestamp(round_.updated_time_ms),
        undone=all_undone(round_.legs),
    )


def transaction(row: JournalRow) -> pb.Transaction:
    """Return a journal row; the posting's sign says which side was debited."""
    moved_micros = row.cash_delta_micros + row.bonus_delta_micros + row.reserved_delta_micros
    moved_micros -= row.receivable_delta_micros
    debit, credit = ("", "")
    if row.house_account:
        sides = (_PLAYER_ACCOUNT, row.house_account)
        debit, credit = sides if moved_micros < 0 else (row.house_account, _PLAYER_ACCOUNT)
    return pb.Transaction(
        account=account_ref(*row.account_key),
        sequence=row.sequence,
        wallet_transaction_id=row.wallet_transaction_id,
        provider_id=row.provider_id,
        kind=_NUMBER_OF_KIND[row.kind],  # type: ignore[arg-type]  # an enum's number
        transaction_id=row.transaction_id,
        outcome=row.code.upper(),
        round_id=row.round_id,
        game_id=row.game_id,
        amount_micros=result_of(row, replayed=True).amount_micros,
        bonus_micros=abs(row.bonus_delta_micros),
        debit_account=debit,
        credit_account=credit,
        balance_micros=row.cash_micros + row.bonus_micros,
        reference_transaction_id=row.reference_transaction_id,
        processed_time=timestamp(row.time_ms),
        chain_hash=row.chain_head,
        detail=row.detail,
        author=row.author,
        reason=row.reason,
        delta_micros=row.cash_delta_micros + row.bonus_delta_micros,
    )


def timeline_entry(entry: TimelineEntry) -> pb.TimelineEntry:
    """Return one thing that happened in a round."""
    return pb.TimelineEntry(
        time=timestamp(entry.time_ms),
        text=entry.text,
        transaction=transaction(entry.row) if entry.row is not None else None,
        author=entry.author,
    )


def _limit(name: str, value: int | None, warn_percent: int) -> pb.Limit:
    limit = pb.Limit(warn_percent=warn_percent)
    if name == "stake":
        limit.kind = pb.LIMIT_KIND_STAKE
    elif name in TIMES:
        limit.kind = TIMES[name]
        value = value // MS_PER_MINUTE if value is not None else None
    else:
        measure, _, period = name.partition(".")
        limit.kind, limit.period = _MEASURES[measure], _PERIODS[period]
    if value is not None:
        limit.value = value
    return limit


def limits_response(settings: LimitSettings, now_ms: int) -> pb.SetLimitsResponse:
    """Return the limits in force, and those that wait."""

    def known(name: str) -> bool:
        return name == "stake" or name in TIMES or name.partition(".")[0] in _MEASURES

    def shown(name: str) -> int:
        return warn_percent_of(name, values) if f"warn.{name}" in WARNINGS else values.get("warn_percent", 0)

    values = settings.at(now_ms)
    response = pb.SetLimitsResponse(
        limits=[_limit(name, value, shown(name)) for name, value in sorted(values.items()) if known(name)]
    )
    waiting = [change for change in settings.pending if change.from_time_ms > now_ms]
    staying = values.keys() - {change.name for change in waiting if change.value is None}
    for change in waiting:
        if known(change.name):
            limits = [_limit(change.name, change.value, 0)]
        else:
            warned = sorted(staying.intersection(_warned_by(change.name, values)))
            limits = [_pending_share(name, values[name], change.value) for name in warned]
        for limit in limits:
            response.pending.add(limit=limit, effective_time=timestamp(change.from_time_ms))
    return response


def _warned_by(share: str, values: Mapping[str, int]) -> list[str]:
    """Return the names of the limits of which a share warns: its own, or all that have none of their own."""
    own = share.removeprefix("warn.")
    return [own] if own != share else [name.removeprefix("warn.") for name in WARNINGS if name not in values]


def _pending_share(name: str, value: int, percent: int | None) -> pb.Limit:
    limit = _limit(name, value, percent or 0)
    limit.lift_warn_percent = percent is None
    return limit
