"""Requests as the ledger's words. The ledger itself says what is malformed; here only what its types cannot hold."""

from google.protobuf.timestamp_pb2 import Timestamp
from reelgate.wallet.v1 import wallet_service_pb2 as pb
from reelgate.wallet.v1.error_reason_pb2 import ErrorReason

from wallet.ledger.currencies import CURRENCY_CODES
from wallet.ledger.ids import AccountKey, RoundKey, is_id
from wallet.ledger.kinds import AccountStatus, ActionKind, OutcomeCode
from wallet.ledger.limit_settings import WARNINGS
from wallet.ledger.types import Action, Command
from wallet.ledger.validate import REASONS_OF_CALLERS
from wallet.rpc.error_codes import invalid, outcome_refused

KINDS: dict[int, ActionKind] = {pb.ActionKind.Value(f"ACTION_KIND_{kind.name}"): kind for kind in ActionKind}
STATUSES: dict[int, AccountStatus] = {
    pb.ACCOUNT_STATUS_OPEN: AccountStatus.OPEN,
    pb.ACCOUNT_STATUS_BLOCKED: AccountStatus.BLOCKED,
    pb.ACCOUNT_STATUS_EXCLUDED: AccountStatus.EXCLUDED,
}
_PERIODS = {pb.LIMIT_PERIOD_DAY: "day", pb.LIMIT_PERIOD_WEEK: "week", pb.LIMIT_PERIOD_MONTH: "month"}
_MEASURES = {pb.LIMIT_KIND_LOSS: "loss", pb.LIMIT_KIND_WAGER: "wager", pb.LIMIT_KIND_DEPOSIT: "deposit"}
TIMES: "dict[str, pb.LimitKind.ValueType]" = {
    "session_ms": pb.LIMIT_KIND_SESSION_TIME,
    "reality_check_ms": pb.LIMIT_KIND_REALITY_CHECK,
}
"""Limits that are told in minutes and kept in milliseconds."""
_REASONS_OF_CALLERS = {
    0 if code is None else int(ErrorReason.Value(f"ERROR_REASON_{code.name}")): code for code in REASONS_OF_CALLERS
}
LIMITS_MAX = 16
MS_PER_MINUTE = 60_000
AUTHOR_LENGTH_MAX = 128
REASON_LENGTH_MAX = 512
TIME_S_MAX = 7_258_118_400
"""2200-01-01: what is later is a mistake."""


def account_key(ref: pb.AccountRef) -> AccountKey:
    """Return the key of an account, or refuse it."""
    for field in ("brand_id", "player_id"):
        id_field(f"account.{field}", getattr(ref, field))
    if ref.currency_code not in CURRENCY_CODES:
        raise outcome_refused(OutcomeCode.CURRENCY_UNKNOWN, "account.currency_code", "not in the currency table")
    return (ref.brand_id, ref.player_id, ref.currency_code)


def id_field(field: str, text: str) -> str:
    """Return an id, or refuse it."""
    if not is_id(text):
        raise invalid(field, "ids are 1 to 64 of A-Z a-z 0-9 . _ : -")
    return text


def optional_id(field: str, text: str) -> str:
    """Return an id or nothing, or refuse it."""
    return id_field(field, text) if text else ""


def text_field(field: str, text: str, length_max: int) -> str:
    """Return a text that must be given, or refuse it."""
    if not text.strip() or len(text.encode()) > length_max or not text.isprintable():
        raise invalid(field, f"1 to {length_max} bytes of printable text")
    return text


def time_field(field: str, time: Timestamp) -> int:
    """Return a time in milliseconds, or refuse one that is none."""
    if not (0 <= time.seconds <= TIME_S_MAX and 0 <= time.nanos < 1_000_000_000):
        raise invalid(field, "must be a time between 1970 and 2200")
    return time.seconds * 1_000 + time.nanos // 1_000_000


def page_size(size: int) -> int:
    """Return the page size, or refuse a negative one."""
    if size < 0:
        raise invalid("page_size", "must not be negative")
    return size


def round_key(ref: pb.RoundRef) -> RoundKey:
    """Return the key of a round, or refuse it."""
    fields = ("brand_id", "player_id", "provider_id", "round_id")
    brand_id, player_id, provider_id, round_id = (id_field(f"ref.{name}", getattr(ref, name)) for name in fields)
    return (brand_id, player_id, provider_id, round_id)


def kind_field(field: str, number: int) -> ActionKind:
    """Return the kind of an action, or refuse it."""
    kind = KINDS.get(number)
    if kind is None:
        raise invalid(field, "not a kind of action")
    return kind


def _action(action: pb.Action) -> Action:
    return Action(
        kind_field("actions.kind", action.kind),
        action.transaction_id,
        action.amount_micros,
        action.reference_transaction_id,
        kind_field("actions.reference_kind", action.reference_kind) if action.reference_kind else None,
        action.grant_id,
        action.bonus_micros,
        action.jackpot_contribution_micros,
        action.jackpot_id,
        action.author,
        action.reason,
        action.detail,
    )


def command(request: pb.ApplyRequest, *, demo: bool) -> Command:
    """Return the command of an Apply."""
    if not request.actions:
        raise invalid("actions", "1 to 64 actions")
    account = request.account
    return Command(
        account.brand_id,
        account.player_id,
        account.currency_code,
        request.provider_id,
        0,
        tuple(map(_action, request.actions)),
        request.game_id,
        request.round_id,
        request.session_id,
        request.close_round,
        request.one_unit,
        request.exclusive_game,
        request.round_state if request.HasField("round_state") else None,
        request.game_version,
        request.with_receipt,
        demo,
        _reason_of_caller(request.refuse_new_bets),
    )


def _reason_of_caller(number: int) -> OutcomeCode | None:
    if number not in _REASONS_OF_CALLERS:
        raise invalid("refuse_new_bets", "not a reason of a caller")
    return _REASONS_OF_CALLERS[number]


def limit_changes(request: pb.SetLimitsRequest) -> dict[str, int | None]:
    """Return limits by the ledger's names; an absent value lifts a limit."""
    if not 1 <= len(request.limits) <= LIMITS_MAX:
        raise invalid("limits", f"1 to {LIMITS_MAX} limits")
    changes: dict[str, int | None] = {}
    for limit in request.limits:
        value = limit.value if limit.HasField("value") else None
        name = _limit_name(limit)
        if name in TIMES and value is not None:
            value *= MS_PER_MINUTE
        changes[name] = value
        own = f"warn.{name}" if f"warn.{name}" in WARNINGS else "warn_percent"
        if limit.lift_warn_percent and limit.warn_percent:
            raise invalid("limits.lift_warn_percent", "a share is set or lifted")
        if limit.lift_warn_percent or (value is None and own != "warn_percent"):
            changes[own] = None  # a limit that is lifted takes its warning along
        elif limit.warn_percent:
            changes[own] = limit.warn_percent
    return changes


def _limit_name(limit: pb.Limit) -> str:
    if limit.kind == pb.LIMIT_KIND_STAKE:
        return "stake"
    timed = next((name for name, kind in TIMES.items() if kind == limit.kind), None)
    if timed is not None:
        return timed
    measure, period = _MEASURES.get(limit.kind), _PERIODS.get(limit.period)
    if measure is None or period is None:
        raise invalid("limits.kind" if measure is None else "limits.period", "not a limit")
    return f"{measure}.{period}"
