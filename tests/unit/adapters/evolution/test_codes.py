import pytest

from adapters.contract import errors
from adapters.contract.ids import BrandId, PlayerId, ProviderId, TransactionId
from adapters.contract.wallet_calls import ActionResult, Certainty, OutcomeCode, RawCall, WalletCall, WalletReply
from adapters.evolution.adapter import create_adapter
from adapters.evolution.codes import CODES, RETRANSMITTED, STATUSES
from adapters.evolution.wire import Method
from tests.support.evolution_replies import checked

ADAPTER = create_adapter({})
REFUSALS = [code for code in OutcomeCode if code not in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)]


def call(method: Method) -> WalletCall:
    facts = {"method": method.value, "uuid": "u1", "sid": "s1"}
    return WalletCall(BrandId("brand"), PlayerId("ann"), "EUR", ProviderId("evolution"), facts=facts)


def reply(
    code: OutcomeCode, certainty: Certainty = Certainty.CERTAIN, field: str = "", replayed: bool = False
) -> WalletReply:
    result = ActionResult(code, TransactionId("1"), "w1", replayed=replayed)
    accepted = code in (OutcomeCode.OK, OutcomeCode.NO_EFFECT)
    summary = OutcomeCode.OK if accepted else code
    return WalletReply(certainty, (result,), summary, balance_micros=10_500_000, bonus_micros=500_001, field=field)


def status(method: Method, given: WalletReply) -> str:
    return str(checked(ADAPTER.encode(call(method), given), method.value)["status"])


def test_every_outcome_of_the_contract_has_a_status_of_the_protocol() -> None:
    assert set(CODES) == set(REFUSALS)
    assert set(CODES.values()) <= STATUSES


@pytest.mark.parametrize("code", REFUSALS)
def test_w15_a_certain_refusal_of_a_debit_is_never_retransmitted(code: OutcomeCode) -> None:
    assert status(Method.DEBIT, reply(code)) not in {*RETRANSMITTED, "OK", "BET_ALREADY_EXIST", "BET_ALREADY_SETTLED"}


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("code", list(OutcomeCode))
def test_w15_an_uncertain_answer_asks_for_retransmission(method: Method, code: OutcomeCode) -> None:
    assert status(method, reply(code, Certainty.UNCERTAIN)) == "TEMPORARY_ERROR"


@pytest.mark.parametrize("method", [Method.CREDIT, Method.CANCEL, Method.PROMO_PAYOUT])
def test_what_is_no_debit_comes_again_when_the_wallet_is_closed(method: Method) -> None:
    assert status(method, reply(OutcomeCode.UNAVAILABLE)) == "TEMPORARY_ERROR"


@pytest.mark.parametrize(
    ("method", "code", "expected"),
    [
        (Method.CREDIT, OutcomeCode.BET_NOT_FOUND, "BET_DOES_NOT_EXIST"),
        (Method.CREDIT, OutcomeCode.ROLLED_BACK, "BET_ALREADY_SETTLED"),
        (Method.CREDIT, OutcomeCode.KEY_REUSED, "BET_ALREADY_SETTLED"),
        (Method.CANCEL, OutcomeCode.ALREADY_SETTLED, "BET_ALREADY_SETTLED"),
        (Method.CANCEL, OutcomeCode.NO_EFFECT, "BET_DOES_NOT_EXIST"),
        (Method.DEBIT, OutcomeCode.ROLLED_BACK, "FINAL_ERROR_ACTION_FAILED"),
        (Method.DEBIT, OutcomeCode.KEY_REUSED, "FINAL_ERROR_ACTION_FAILED"),
        (Method.DEBIT, OutcomeCode.INSUFFICIENT_FUNDS, "INSUFFICIENT_FUNDS"),
        (Method.DEBIT, OutcomeCode.PLAYER_BLOCKED, "ACCOUNT_LOCKED"),
        (Method.CHECK, OutcomeCode.SESSION_EXPIRED, "INVALID_SID"),
    ],
)
def test_the_statuses_of_the_matrix(method: Method, code: OutcomeCode, expected: str) -> None:
    assert status(method, reply(code)) == expected


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (Method.DEBIT, "BET_ALREADY_EXIST"),
        (Method.CREDIT, "BET_ALREADY_SETTLED"),
        (Method.CANCEL, "BET_ALREADY_SETTLED"),
        (Method.PROMO_PAYOUT, "BET_ALREADY_SETTLED"),
    ],
)
def test_a_repeat_is_told_by_a_status_of_its_own(method: Method, expected: str) -> None:
    assert status(method, reply(OutcomeCode.OK, replayed=True)) == expected


@pytest.mark.parametrize("field", ["player_id", "currency_code"])
def test_a_credit_to_the_bet_of_another_account_is_not_called_settled(field: str) -> None:
    assert status(Method.CREDIT, reply(OutcomeCode.KEY_REUSED, field=field)) == "INVALID_PARAMETER"


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("stake", "CASINO_LIMIT_EXCEEDED_STAKE"),
        ("loss.day", "CASINO_LIMIT_EXCEEDED_LOSS"),
        ("session_ms", "CASINO_LIMIT_EXCEEDED_SESSION_TIME"),
        ("wager.week", "CASINO_LIMIT_EXCEEDED_TURNOVER"),
    ],
)
def test_each_limit_has_a_status_of_its_own(field: str, expected: str) -> None:
    assert status(Method.DEBIT, reply(OutcomeCode.LIMIT_REACHED, field=field)) == expected


def test_w14_w18_cash_and_bonus_are_told_apart_exactly() -> None:
    body = checked(ADAPTER.encode(call(Method.DEBIT), reply(OutcomeCode.OK)), "debit")

    assert (body["balance"], body["bonus"], body["uuid"]) == (9.999999, 0.500001, "u1")


def test_an_accepted_call_without_a_known_balance_is_uncertain() -> None:
    done = WalletReply(Certainty.CERTAIN, (ActionResult(OutcomeCode.OK, TransactionId("1"), "w1"),))

    assert status(Method.DEBIT, done) == "TEMPORARY_ERROR"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.SignatureRefused("x"), "INVALID_TOKEN_ID"),
        (errors.MalformedCall("x"), "INVALID_PARAMETER"),
        (errors.MalformedCall("x", field="sid"), "INVALID_SID"),
        (errors.RoundInProgress("x"), "OPERATION_IN_PROCESS"),
        (errors.ProviderUnavailable("x"), "TEMPORARY_ERROR"),
        (errors.DeadlinePassed("x"), "TEMPORARY_ERROR"),
        (RuntimeError("x"), "TEMPORARY_ERROR"),
    ],
)
def test_w15_a_failure_around_decode_keeps_its_class(error: Exception, expected: str) -> None:
    raw = RawCall("POST", "/brand/debit", "", (), b'{"uuid":"u9"}')

    body = checked(ADAPTER.encode_error(raw, error), "debit")

    assert body == {
        "status": expected, "uuid": "" if isinstance(error, errors.SignatureRefused) else "u9",
        **({"retransmission": True} if expected in RETRANSMITTED else {}),
    }  # fmt: skip
