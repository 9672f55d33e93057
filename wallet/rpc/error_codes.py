"""THE table: what the wallet answers, as canonical code and reason. Nothing else in the wallet makes a status."""

from typing import Any

import grpc
from reelgate.wallet.v1.error_reason_pb2 import ErrorReason

from protos.wire.failures import Failure
from wallet.ledger.kinds import Certainty, OutcomeCode
from wallet.ledger.types import Reply
from wallet.settlement.group_commit import OVERLOADED
from wallet.settlement.pages import PageTokenRefused
from wallet.settlement.ports import AccountRefused, WalletUnavailable

DOMAIN = "wallet.reelgate"
RETRY_AFTER_MS = 200
_PREFIX = "ERROR_REASON_"
_C = grpc.StatusCode

_CODES: dict[OutcomeCode, tuple[grpc.StatusCode, str]] = {
    OutcomeCode.INSUFFICIENT_FUNDS: (_C.FAILED_PRECONDITION, "INSUFFICIENT_FUNDS"),
    OutcomeCode.KEY_REUSED: (_C.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED"),
    OutcomeCode.BET_NOT_FOUND: (_C.NOT_FOUND, "BET_NOT_FOUND"),
    OutcomeCode.ROLLED_BACK: (_C.FAILED_PRECONDITION, "ROLLED_BACK"),
    OutcomeCode.ALREADY_SETTLED: (_C.FAILED_PRECONDITION, "ALREADY_SETTLED"),
    OutcomeCode.ROUND_CLOSED: (_C.FAILED_PRECONDITION, "ROUND_CLOSED"),
    OutcomeCode.ROUND_IN_PROGRESS: (_C.ABORTED, "ROUND_IN_PROGRESS"),
    OutcomeCode.ROUND_MISMATCH: (_C.FAILED_PRECONDITION, "ROUND_MISMATCH"),
    OutcomeCode.CURRENCY_MISMATCH: (_C.FAILED_PRECONDITION, "CURRENCY_MISMATCH"),
    OutcomeCode.CURRENCY_UNKNOWN: (_C.INVALID_ARGUMENT, "CURRENCY_UNKNOWN"),
    OutcomeCode.PLAYER_NOT_FOUND: (_C.NOT_FOUND, "PLAYER_NOT_FOUND"),
    OutcomeCode.PLAYER_BLOCKED: (_C.FAILED_PRECONDITION, "PLAYER_BLOCKED"),
    OutcomeCode.LIMIT_REACHED: (_C.OUT_OF_RANGE, "LIMIT_REACHED"),
    OutcomeCode.LIMIT_WARNING: (_C.OUT_OF_RANGE, "LIMIT_WARNING"),
    OutcomeCode.GRANT_NOT_FOUND: (_C.NOT_FOUND, "GRANT_NOT_FOUND"),
    OutcomeCode.GRANT_EXHAUSTED: (_C.FAILED_PRECONDITION, "GRANT_EXHAUSTED"),
    OutcomeCode.SESSION_NOT_FOUND: (_C.FAILED_PRECONDITION, "SESSION_NOT_FOUND"),
    OutcomeCode.SESSION_EXPIRED: (_C.FAILED_PRECONDITION, "SESSION_EXPIRED"),
    OutcomeCode.GAME_NOT_ENABLED: (_C.FAILED_PRECONDITION, "GAME_NOT_ENABLED"),
    OutcomeCode.INVALID: (_C.INVALID_ARGUMENT, "INVALID_REQUEST"),
}
_OVERLOADED = (_C.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS")
_UNKNOWN = (_C.UNAVAILABLE, "OUTCOME_UNKNOWN")
_HELD = (_C.FAILED_PRECONDITION, "BATCH_REFUSED")
_NAMES_FIELD = {
    OutcomeCode.LIMIT_REACHED: "limit",
    OutcomeCode.LIMIT_WARNING: "limit",
    OutcomeCode.ROUND_IN_PROGRESS: "round_id",
}


class WalletRefused(Exception):
    """A call that the wallet did not accept."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _failure(
    code: grpc.StatusCode, reason: str, message: str, certainty: Certainty = Certainty.CERTAIN, **facts: Any
) -> Failure:
    ErrorReason.Value(_PREFIX + reason)  # a reason that the contract does not have is a fault of ours
    metadata = {key: str(value) for key, value in facts.items() if value not in ("", None)}
    repeat = certainty is not Certainty.CERTAIN and reason != "BATCH_REFUSED"  # that one stays until it is rolled back
    return Failure(
        code,
        _PREFIX + reason,
        DOMAIN,
        message,
        {"certainty": certainty.value} | metadata,
        bad_field=str(facts.get("field", "")) if code is _C.INVALID_ARGUMENT else "",
        retry_after_ms=RETRY_AFTER_MS if repeat or reason == "TOO_MANY_REQUESTS" else 0,
    )


def refusal_of(reply: Reply) -> WalletRefused:
    """Return the error for a reply that is not accepted."""
    if reply.certainty is Certainty.UNCERTAIN:
        code, reason = _OVERLOADED if reply is OVERLOADED else _UNKNOWN
        if reply.code is OutcomeCode.BATCH_REFUSED:
            code, reason = _HELD
        return WalletRefused(_failure(code, reason, reply.reason, reply.certainty))
    index = next((place for place, result in enumerate(reply.results) if result.code == reply.code), None)
    return outcome_refused(reply.code, reply.field, reply.reason, reply.balance_micros, index)


def outcome_refused(
    code: OutcomeCode, field: str, reason: str, balance_micros: int | None = None, action_index: int | None = None
) -> WalletRefused:
    """Return the error for a refusal."""
    status, name = _CODES.get(code, (_C.INTERNAL, "INTERNAL"))
    facts: dict[str, Any] = {
        _NAMES_FIELD.get(code, "field"): field,
        "balance_micros": balance_micros,
        "action_index": action_index,
    }
    return WalletRefused(_failure(status, name, reason or code.value, **facts))


def invalid(field: str, message: str) -> WalletRefused:
    """Return the error for a malformed field."""
    return WalletRefused(_failure(_C.INVALID_ARGUMENT, "INVALID_REQUEST", message, field=field))


def not_found(reason: str, message: str) -> WalletRefused:
    """Return the error for something that is not there."""
    return WalletRefused(_failure(_C.NOT_FOUND, reason, message))


UNAUTHENTICATED = WalletRefused(_failure(_C.UNAUTHENTICATED, "UNAUTHENTICATED", "the caller is not known"))
STOPPING = WalletRefused(_failure(*_UNKNOWN, "the wallet stops; watch again"))


def describe(error: Exception) -> Failure | None:
    """Return the failure for a known error; ``None`` for a fault of ours."""
    if isinstance(error, WalletRefused):
        return error.failure
    if isinstance(error, PageTokenRefused):
        return invalid("page_token", str(error)).failure
    if isinstance(error, AccountRefused):
        return invalid(error.field, error.reason).failure
    if isinstance(error, WalletUnavailable):
        return _failure(*_UNKNOWN, str(error), Certainty.UNCERTAIN)
    return None


def internal(fault_id: str) -> Failure:
    """Return the failure for a fault of ours."""
    return _failure(_C.INTERNAL, "INTERNAL", f"internal error {fault_id}", Certainty.UNCERTAIN)
